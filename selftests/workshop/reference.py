#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""reference.py KERNEL-DOC FOLDER: makes Documentation/reference of the sources.

device.md     uapi/linux/sevadm.h, by the kernel's own kernel-doc
netlink.md    Documentation/netlink/specs/sevadm.yaml, with the key that the tool prints each
              attribute as
json.md       Documentation/sevadm.schema.json
metrics.md    tools/metrics/

selftests/workshop/reference calls it.
"""
import json
import pathlib
import re
import subprocess
import sys

import yaml

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADER = "uapi/linux/sevadm.h"
SPEC = "Documentation/netlink/specs/sevadm.yaml"
SCHEMA = "Documentation/sevadm.schema.json"
TABLES = "tools/kernel/attributes.c"


def made_of(*names):
    return f"Made from {' and '.join(f'`{name}`' for name in names)} by `make reference`: change it there.\n"


def cell(text):
    return " ".join(str(text).split()).replace("|", "\\|")


def table(heads, rows):
    """A table, without the columns that are empty in all rows."""
    keep = [i for i in range(len(heads)) if any(str(row[i]) for row in rows)]
    lines = [[heads[i] for i in keep], ["---"] * len(keep)] + [[cell(row[i]) for i in keep] for row in rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines) + "\n"


# ---- /dev/sevadm ---------------------------------------------------------------------------------

def kernel_doc(script, *options):
    run = subprocess.run(["perl", script, "-rst", "-sphinx-version", "3.1.0", *options, HEADER], cwd=ROOT,
                         text=True, capture_output=True, check=True)
    return run.stdout


def from_rst(text):
    """Markdown of what kernel-doc writes: headings, code, members, paragraphs."""
    out, rows, code, indent = [], [], False, 0
    for line in [*text.splitlines(), "end"]:
        depth = len(line) - len(line.lstrip())
        line = line.strip()
        if code:
            if not line or depth > indent:
                if line or out[-1] != "\n```c":
                    out.append(line and " " * max(depth - indent - 4, 0) + line)
                continue
            while out[-1] == "":
                out.pop()
            out.append("```\n")
            code = False
        line = re.sub(r"\*\*(\w[^*]*)\*\*", r"`\1`", line).replace("\\", "")
        term = re.fullmatch(r"``(.+)``", line)
        if term:
            rows.append([f"`{term[1]}`", ""])
        elif rows and line and not line.startswith(("`Description`", "..", "`Members`", "end")):
            rows[-1][1] += " " + line
        elif line:
            if rows:
                out += ["", table(["name", "meaning"], rows)]
                rows = []
            if line.startswith(".. c:"):
                out += ["", "## " + re.sub(r"\.\. c:(\w+):: ", r"\1 ", line), ""]
            elif line == "`Definition`::":
                out.append("\n```c")
                code, indent = True, depth
            elif line not in ("`Members`", "`Constants`", "`Description`", ".. container:: kernelindent", "end"):
                out.append(line.removesuffix("::"))
        elif not rows:
            out.append("")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)) + "\n"


def ioctls(script):
    """The ioctls, each with the structure that it takes."""
    header = (ROOT / HEADER).read_text()
    structures = dict(re.findall(r"^ \* struct (\w+) - (SEVADM_IOC_\w+): ", header, re.M))
    structures = {ioctl: name for name, ioctl in structures.items()}
    words = dict(re.findall(r"^ \* struct \w+ - (SEVADM_IOC_\w+): (.*)", header, re.M))
    rows = []
    for name, number in re.findall(r"^#define (SEVADM_IOC_\w+)\s+_IO\(SEVADM_IOC_MAGIC, (\w+)\)", header, re.M):
        if name not in structures:
            sys.exit(f"{script}: {HEADER}: no structure's comment begins with {name}")
        structure = structures[name]
        rows.append([f"`{name}`", f"`{number}`", f"[{structure}](#struct-{structure})", words[name]])
    return table(["ioctl", "number", "takes", "does"], rows)


def about_device():
    """The comment of the header that says how the device is used."""
    comments = re.findall(r"^/\*\n(.*?)\*/", (ROOT / HEADER).read_text(), re.M | re.S)
    text = max((comment for comment in comments if "/dev/sevadm" in comment), key=len, default="")
    return "\n".join(re.sub(r"^ \* ?", "", line) for line in text.splitlines()) + "\n\n"


def device(script):
    return ("# /dev/sevadm: events and ioctls\n\n" + made_of(HEADER) + "\n" + about_device() +
            ioctls(script) + from_rst(kernel_doc(script)))


# ---- netlink -------------------------------------------------------------------------------------

def netlink():
    spec = yaml.safe_load((ROOT / SPEC).read_text())
    keys = {name: key for name, key in
            re.findall(r'\{ SEVADM_A_(\w+), ATTRIBUTE_\w+, "(\w+)"', (ROOT / TABLES).read_text())}
    text = f"# The generic netlink family {spec['name']}\n\n{made_of(SPEC)}\n{spec['doc']}\n## Operations\n\n"
    rows = []
    for operation in spec["operations"]["list"]:
        asks = [", ".join(operation.get(mode, {}).get("request", {}).get("attributes", [])) for mode in ("do", "dump")]
        rows.append([f"`{operation['name']}`", " ".join(mode for mode in ("do", "dump", "event") if mode in operation),
                     f"[{operation['attribute-set']}](#{operation['attribute-set']})" if "attribute-set" in operation
                     else "", asks[0], asks[1], operation.get("doc", "")])
    text += table(["operation", "kinds", "attributes", "asked with (do)", "asked with (dump)", "does"], rows)
    text += "## Attributes\n\nJSON: the key that `sevadm -j` has it by, or that the tool reads it by.\n\n"
    for space in spec["attribute-sets"]:
        text += f"### {space['name']}\n\n"
        rows = []
        for number, attribute in enumerate(space["attributes"], 1):
            if attribute["type"] == "pad":
                continue
            kind = attribute["type"]
            if "enum" in attribute:
                kind += f": [{attribute['enum']}](#enum-{attribute['enum']})"
            if "nested-attributes" in attribute:
                kind += f": [{attribute['nested-attributes']}](#{attribute['nested-attributes']})"
            kind += ", many" if attribute.get("multi-attr") else ""
            name = f"{space['name']}_{attribute['name']}".upper().replace("-", "_")
            rows.append([number, f"`{attribute['name']}`", kind, f"`{keys[name]}`" if name in keys else "",
                         attribute.get("doc", "")])
        text += table(["number", "attribute", "type", "JSON", "meaning"], rows)
    for definition in spec["definitions"]:
        text += f"### enum {definition['name']}\n\n{definition.get('doc', '')}\n\n"
        entries = [entry if isinstance(entry, dict) else {"name": entry} for entry in definition["entries"]]
        text += table(["number", "name", "meaning"], [[number, f"`{entry['name']}`", entry.get("doc", "")]
                                                      for number, entry in enumerate(entries)])
    return text.rstrip() + "\n"


# ---- JSON ----------------------------------------------------------------------------------------

def type_of(schema):
    if "$ref" in schema:
        name = schema["$ref"].split("/")[-1]
        return f"[{name}](#{name})"
    if "oneOf" in schema or "anyOf" in schema:
        return " or ".join(type_of(part) for part in schema.get("oneOf", schema.get("anyOf")))
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return ", ".join("`null`" if word is None else f"`{word}`" for word in schema["enum"])
    if schema.get("type") == "array":
        return f"array of {type_of(schema.get('items', {}))}"
    kind = schema.get("type", "any")
    return kind if isinstance(kind, str) else " or ".join(kind)


def key_rows(schema, prefix=""):
    """A row for each key of an object; keys of inner objects follow it, with their path."""
    rows = []
    for key, value in schema.get("properties", {}).items():
        always = "" if key in schema.get("required", []) else "not always"
        rows.append([f"`{prefix}{key}`", type_of(value), always, value.get("description", "")])
        inner = value.get("items", value)
        rows += key_rows(inner, f"{prefix}{key}{'[]' if 'items' in value else ''}.")
    return rows


def printers():
    """The commands that print each of $defs, as the tests of the schema have them."""
    commands = {}
    sys.path.insert(0, str(ROOT / "tools/tests"))
    import schema_test  # pylint: disable=import-outside-toplevel
    for name, _, words in schema_test.CASES:
        commands.setdefault(name, []).append(words)
    for line in (ROOT / "selftests/documents/json.table").read_text().splitlines():
        name, _, text = (line + "\t\t").split("\t")[:3]
        if not line.startswith(("#", "-")) and name not in ("nothing", "error"):
            commands.setdefault(name, []).extend(re.findall(r"sevadm -j ([^|;&<>]+)", text))
    for name, words in commands.items():
        yield name, sorted({re.match(r"\w+( [a-z]+(?= |$))?", text.strip())[0] for text in words})


def json_keys():
    by = dict(printers())
    schema = json.loads((ROOT / SCHEMA).read_text())
    text = f"# {schema['title']}\n\n{made_of(SCHEMA)}\n{schema['description']}\n\n"
    for name, value in schema["$defs"].items():
        text += f"## {name}\n\n"
        if by.get(name) and name != "error":
            text += "Printed by " + ", ".join(f"`{command}`" for command in by[name]) + ".\n\n"
        if "description" in value:
            text += value["description"] + "\n\n"
        variants = value.get("oneOf", value.get("anyOf", [value]))
        for part in variants:
            if part.get("type") == "array":
                text += f"An array of {type_of(part['items'])}.\n\n"
                part = part["items"]
            rows = key_rows(part)
            if rows:
                text += table(["key", "type", "there", "meaning"], rows)
            elif part.get("type") != "array" and "$ref" not in part or len(variants) > 1:
                text += type_of(part) + "\n\n"
    return text.rstrip() + "\n"


# ---- metrics -------------------------------------------------------------------------------------

def metrics():
    table_c, commands_c = ((ROOT / "tools/metrics" / name).read_text() for name in ("metrics.c", "commands.c"))
    labels = {name: ", ".join(f"`{label}`" for label in re.findall(r'"(\w+)"', words))
              for name, words in re.findall(r"\[OF_(\w+)\] = \{([^}]*)\}", table_c)}
    rows = [[f"`{name}`", kind, labels.get(of, ""), words] for name, kind, words, of in
            re.findall(r'\{ "(sevadm_\w+)", "(\w+)", "([^"]+)",\s*OF_(\w+)', table_c)]
    for name, kind, words in re.findall(r'heading\(file, "(sevadm_\w+)", "(\w+)",\s*"([^"]+)"', commands_c):
        label = re.search(rf'"{name}\{{([^}}]*)\}}', commands_c)[1]
        rows.append([f"`{name}`", kind, ", ".join(f"`{word}`" for word in re.findall(r"(\w+)=", label)), words])
    for name, words in re.findall(r'write_histograms\(file, stats, "(sevadm_\w+)",\s*"([^"]+)"', commands_c):
        rows.append([f"`{name}`", "histogram", "`command`", words])
    return ("# What sevadm metrics prints\n\n" + made_of("tools/metrics/metrics.c", "tools/metrics/commands.c") +
            "\nA value that is not known and a limit that is not set have no sample. "
            "[alerts.md](../alerts.md) has rules for them.\n\n" +
            table(["metric", "type", "labels", "meaning"], rows))


def main():
    script, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("device.md", device(script)), ("netlink.md", netlink()), ("json.md", json_keys()),
                       ("metrics.md", metrics())):
        (folder / name).write_text(text.rstrip() + "\n")


if __name__ == "__main__":
    main()
