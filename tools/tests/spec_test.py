#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The netlink specification, the ABI header, and the tables of the module and the tool say the
same."""
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT / "Documentation/netlink/specs/sevadm.yaml"
HEADERS = [ROOT / "uapi/linux" / name for name in ("sevadm.h", "sevadm_netlink.h")]
MODULE = sorted((ROOT / "module").glob("netlink*.c"))
TOOL = ROOT / "tools/kernel/attributes.c"

# The path of the cgroup, and failures less those by status, say the same.
UNREAD = ["SEVADM_A_VM_CGROUP_ID", "SEVADM_A_STATS_OTHER_FAILURES"]


def upper(name):
    return name.upper().replace("-", "_")


def spec_enums(spec):
    """Enums as the kernel's generator would name and number them."""
    enums = {}
    for definition in spec["definitions"]:
        prefix = f"SEVADM_{upper(definition['name'])}_"
        names = [entry if isinstance(entry, str) else entry["name"]
                 for entry in definition["entries"]]
        enums[f"sevadm_{definition['name']}".replace("-", "_")] = {
            prefix + upper(name): value for value, name in enumerate(names)}
    for space in spec["attribute-sets"]:
        prefix = f"SEVADM_A_{upper(space['name'])}_"
        enums[space["enum-name"].replace("-", "_")] = {
            prefix + upper(attribute["name"]): value
            for value, attribute in enumerate(space["attributes"], 1)}
    operations = spec["operations"]
    enums[operations["enum-name"].replace("-", "_")] = {
        "SEVADM_CMD_" + upper(operation["name"]): value
        for value, operation in enumerate(operations["list"], 1)}
    return enums


def header_enums(text):
    """Enums of the header, and the type word that begins the comment beside an attribute."""
    enums, types = {}, {}
    for name, body in re.findall(r"^enum (\w+) \{\n(.*?)^\};", text, re.M | re.S):
        value, enums[name] = 0, {}
        for line in body.splitlines():
            row = re.match(r"\t(\w+)(?: = (\w+))?,(?:\s*/\* (\w+))?", line)
            if not row or row[1].startswith("__"):
                continue
            if row[1].endswith("_NR"):
                continue
            value = int(row[2], 0) if row[2] else value
            enums[name][row[1]] = value
            types[row[1]] = row[3]
            value += 1
    return enums, types


def header_strings(text):
    return dict(re.findall(r'^#define (\w+)\s+"([^"]+)"', text, re.M))


def compare(what, expected, found):
    if expected == found:
        return 0
    print(f"# {what}: the specification has {expected}, but found {found}")
    return 1


def check_enums(spec, header):
    enums, types = header_enums(header)
    errors = 0
    for name, members in spec_enums(spec).items():
        errors += compare(f"enum {name}", members, enums.get(name))
    return errors + sum(
        compare(f"type of SEVADM_A_{upper(space['name'])}_{upper(attribute['name'])}",
                None if attribute["type"] == "pad" else attribute["type"],
                types.get(f"SEVADM_A_{upper(space['name'])}_{upper(attribute['name'])}"))
        for space in spec["attribute-sets"] for attribute in space["attributes"])


def check_complete(spec, header):
    """An enum for netlink that only the header has would go unnoticed otherwise."""
    enums, _ = header_enums(header)
    netlink = {name for name in enums if re.match(r"sevadm_(a_|cmd$)", name)}
    return compare("enums of netlink", netlink,
                   {name for name in spec_enums(spec) if re.match(r"sevadm_(a_|cmd$)", name)})


def check_names(spec, header):
    strings = header_strings(header)
    return (compare("family", spec["name"], strings.get("SEVADM_GENL_NAME")) +
            compare("multicast groups", [group["name"] for group in spec["mcast-groups"]["list"]],
                    [value for name, value in strings.items() if "_MCGRP_" in name]))


def asked_with(operation, mode):
    return operation.get(mode, {}).get("request", {"attributes": []})["attributes"]


def check_references(spec):
    """Every attribute, space and enum that is referred to exists."""
    spaces = {space["name"]: [attribute["name"] for attribute in space["attributes"]]
              for space in spec["attribute-sets"]}
    enums = {definition["name"] for definition in spec["definitions"]}
    errors = 0
    for space in spec["attribute-sets"]:
        for attribute in space["attributes"]:
            if attribute.get("enum", next(iter(enums))) not in enums or \
               attribute.get("nested-attributes", space["name"]) not in spaces:
                errors += compare(attribute["name"], "a definition", "none")
    for operation in spec["operations"]["list"]:
        known = spaces[operation["attribute-set"]]
        for mode in ("do", "dump"):
            for side in operation.get(mode, {}).values():
                errors += compare(f"attributes of {operation['name']}", [],
                                  [name for name in side["attributes"] if name not in known])
        mode = operation.get("do", operation.get("dump"))
        if not mode or "reply" not in mode:
            continue
        # What is asked with and not answered comes first in its space; in a dump's request,
        # anywhere.
        asked = asked_with(operation, "do")
        of_dump = asked_with(operation, "dump")
        reply = mode["reply"]["attributes"]
        errors += compare(f"attributes used by {operation['name']}",
                          [n for n in known if n not in ["pad", *of_dump]],
                          [n for n in asked if n not in reply] + reply)
        errors += compare(f"attributes of a dump of {operation['name']}", [],
                          [n for n in of_dump if n not in known])
    return errors


def check_module(spec, source):
    """Handlers, permissions and accepted attributes of the module's operations."""
    policies = {name: re.findall(r"^\t\[(\w+)\]", body, re.M) for name, body in re.findall(
        r"struct nla_policy (\w+)\[[^=]*= \{\n(.*?)^\};", source, re.M | re.S)}
    table = re.search(r"genl_ops sevadm_ops\[\] = \{\n(.*?)^\};", source, re.M | re.S)[1]
    found = {}
    for body in re.findall(r"^\t\{\n(.*?)^\t\},", table, re.M | re.S):
        row = dict(re.findall(r"\.(\w+) = (\w+),", body))
        found[row["cmd"]] = ("doit" in row, "dumpit" in row, row.get("flags"),
                             policies.get(row.get("policy"), []))
    expected = {}
    for operation in spec["operations"]["list"]:
        if "event" in operation:
            continue
        request = asked_with(operation, "do") + asked_with(operation, "dump")
        expected["SEVADM_CMD_" + upper(operation["name"])] = (
            "do" in operation, "dump" in operation,
            "GENL_ADMIN_PERM" if "admin-perm" in operation.get("flags", []) else None,
            [f"SEVADM_A_{upper(operation['attribute-set'])}_{upper(name)}" for name in request])
    return compare("the module's operations", expected, found)


def kind_of(attribute):
    """The kind of row that the tool reads an attribute by."""
    if attribute["type"] == "nest":
        return "NESTS" if attribute.get("multi-attr") else "NEST"
    return {"string": "STRING", "flag": "FLAG", "u32": "U32", "s32": "U32"}.get(attribute["type"], "U64")


def check_tool(spec, source):
    """The tool has a row for each attribute that the module answers with, of its type."""
    rows = re.findall(r"^\t\{ (SEVADM_A_\w+), ATTRIBUTE_(\w+), \"(\w+)\"", source, re.M)
    found = {}
    for name, kind, _ in rows:
        found.setdefault(name, "U32" if kind == "NAME" else kind)
    spaces = {space["name"]: space["attributes"] for space in spec["attribute-sets"]}
    expected, seen = {}, set()

    def answer(space, names):
        for attribute in spaces[space]:
            if attribute["type"] == "pad" or names is not None and attribute["name"] not in names:
                continue
            expected[f"SEVADM_A_{upper(space)}_{upper(attribute['name'])}"] = kind_of(attribute)
            inner = attribute.get("nested-attributes")
            if inner and inner not in seen:
                seen.add(inner)
                answer(inner, None)

    for operation in spec["operations"]["list"]:
        mode = operation.get("do", operation.get("dump"))
        if mode and "reply" in mode:
            answer(operation["attribute-set"], mode["reply"]["attributes"])
    twice = sorted({name for name, _, _ in rows if [row[0] for row in rows].count(name) > 1})
    for name in UNREAD:
        found.setdefault(name, expected.get(name))
    return (compare("attributes that the tool reads", set(expected.items()) - set(found.items()),
                    set(found.items()) - set(expected.items())) +
            compare("attributes with two rows", [], twice))


def main():
    spec = yaml.safe_load(SPEC.read_text())
    header = "".join(path.read_text() for path in HEADERS)
    results = {
        "numbers and types of the header": check_enums(spec, header),
        "nothing is only in the header": check_complete(spec, header),
        "names of the family and its groups": check_names(spec, header),
        "references inside of the specification": check_references(spec),
        "operations of the module": check_module(spec, "".join(path.read_text() for path in MODULE)),
        "attributes that the tool reads": check_tool(spec, TOOL.read_text()),
    }
    print("TAP version 13")
    print(f"1..{len(results)}")
    for number, (name, errors) in enumerate(results.items(), 1):
        print(f"{'not ok' if errors else 'ok'} {number} {name}")
    return 1 if any(results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
