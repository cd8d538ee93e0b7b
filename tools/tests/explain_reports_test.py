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


def explain(lines):
    """Return the causes of all lines that were explained, as (cause, remedy), in their order."""
    run = subprocess.run([sevadm, "-j", "explain", "--elsewhere"], input=lines, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    rows = json.loads(run.stdout) if run.stdout else []
    # {"error": …}: nothing was explained.
    rows = [] if isinstance(rows, dict) else rows
    return [[(cause["cause"], cause["remedy"]) for cause in row["causes"]] for row in rows]


def fits(causes, cause, remedy):
    return any(cause in one and remedy in two for one, two in causes[:2])


number = 0
failed = False
rows = list(reports())
print("TAP version 13")
print(f"1..{len(rows)}")
for kind, link, cause, remedy, lines in rows:
    number += 1
    found = explain(lines.replace("\\n", "\n") + "\n")
    # The line that says why may stand after the one that says what.
    good = any(fits(causes, cause, remedy) for causes in found[:2])
    if not good:
        print(f"# {lines[:200]}")
        for causes in found:
            for one, two in causes[:2]:
                print(f"#   {one}: {two}")
        print(f"#   expected: {cause}: {remedy}")
    print(f"{'' if good else 'not '}ok {number} {kind} {link}")
    if not good:
        failed = True
raise SystemExit(failed)
