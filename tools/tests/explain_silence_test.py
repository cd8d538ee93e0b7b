#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Ordinary lines: explain is silent where no encrypted guest is the matter."""
import os
import subprocess

here = os.path.dirname(os.path.abspath(__file__))
sevadm = os.environ["SEVADM"]


def explain(text):
    return subprocess.run([sevadm, "explain", "--elsewhere"], input=text, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


with open(os.path.join(here, "data/explain/ordinary.txt"), encoding="utf-8") as file:
    lines = [line.rstrip("\n").replace("\\n", "\n") for line in file if not line.startswith("#")]

failed = False
print("TAP version 13")
print("1..3")
spoken = []
for line in lines:
    run = explain(line + "\n")
    if run.returncode != 1 or run.stdout:
        spoken.append((line, run.stdout))
for line, said in spoken:
    print(f"# {line!r}: {said[:300]!r}")
print(f"{'not ' if spoken or len(lines) < 60 else ''}ok 1 {len(lines)} lines, one by one")
failed |= bool(spoken) or len(lines) < 60

run = explain("\n".join(lines) + "\n")
print(f"{'not ' if run.returncode != 1 or run.stdout else ''}ok 2 all of them as one log")
failed |= run.returncode != 1 or bool(run.stdout)

# A failure among them is found, and is all that is found.
middle = len(lines) // 2
run = explain("\n".join(lines[:middle] + [
    "AMD-Vi: SNP: IOMMU disabled or configured in passthrough mode, SNP cannot be supported."] +
    lines[middle:]) + "\n")
found = run.stdout.count("\n1. ")
print(f"{'not ' if found != 1 or run.returncode else ''}ok 3 a failure among them")
failed |= found != 1 or bool(run.returncode)
raise SystemExit(failed)
