#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Reports from public threads: explain comes to what the thread came to, first or second."""
import json
import os
import subprocess

here = os.path.dirname(os.path.abspath(__file__))
sevadm = os.environ["SEVADM"]


def reports():
    with open(os.path.join(here, "data/explain/reports.tsv"), encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#"):
                yield line.rstrip("\n").split("\t")


# What real reports fall into: each class has reports of so many threads. No more threads were found
# about a wrong position of the C-bit: data/explain/reports.tsv says where.
CLASSES = {"rmp": 3, "iommu": 3, "firmware": 3, "tcb": 3, "asid": 3, "memfd": 3, "series": 3, "image": 3,
           "cpuid": 3, "id-block": 3, "policy": 3, "cbitpos": 1, "machine": 3, "reset": 3, "access": 3,
           "memlock": 3, "kexec": 3, "rmpupdate": 3, "psc": 3, "psp": 3, "guest": 3, "host": 3}
OTHERS = {"nova", "owner"}


def few(rows):
    """Return the classes with too few threads, and those that are none."""
    threads = {}
    for kind, link, *_ in rows:
        threads.setdefault(kind, set()).add(link)
    return [f"{kind}: {len(threads.get(kind, ()))} threads" for kind, least in CLASSES.items()
            if len(threads.get(kind, ())) < least] + [f"{kind}: no class" for kind in threads
                                                      if kind not in CLASSES and kind not in OTHERS]


def explain(lines):
    """Return the causes of all lines that were explained, as (cause, remedy), in their order, and
    the exit code."""
    run = subprocess.run([sevadm, "-j", "explain", "--elsewhere"], input=lines, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    rows = json.loads(run.stdout) if run.stdout else []
    # {"error": …}: nothing was explained.
    rows = [] if isinstance(rows, dict) else rows
    return [[(cause["cause"], cause["remedy"]) for cause in row["causes"]] for row in rows], run.returncode


def fits(causes, cause, remedy):
    return any(cause in one and remedy in two for one, two in causes[:2])


number = 0
failed = False
rows = list(reports())
print("TAP version 13")
print(f"1..{len(rows) + 2}")
for kind, link, cause, remedy, lines in rows:
    number += 1
    found, code = explain(lines.replace("\\n", "\n") + "\n")
    # The line that says why may stand after the one that says what.
    good = any(fits(causes, cause, remedy) for causes in found[:2]) and code == 0
    if not good:
        print(f"# exit code {code}")
        print(f"# {lines[:200]}")
        for causes in found:
            for one, two in causes[:2]:
                print(f"#   {one}: {two}")
        print(f"#   expected: {cause}: {remedy}")
    print(f"{'' if good else 'not '}ok {number} {kind} {link}")
    if not good:
        failed = True
missing = few(rows)
for line in missing:
    print(f"# {line}")
print(f"{'not ' if missing else ''}ok {number + 1} each class has reports of several threads")
nothing = explain("a line that nobody knows\n") == ([], 1)
print(f"{'' if nothing else 'not '}ok {number + 2} what is not explained ends with 1")
raise SystemExit(failed or bool(missing) or not nothing)
