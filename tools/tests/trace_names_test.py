#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The module's tracepoints and the tool give each firmware status the same name."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "module/trace_names.h"
TOOL = ROOT / "tools/sev/names.c"

# The module's list, and the tool's table.
TABLES = {
    "SEVADM_FW_ERROR_NAMES": "fw_errors",
}
ROW = re.compile(r"\{\s*(0x[0-9a-fA-F]+|\d+),\s*\"([^\"]+)\"")


def rows(text, start, end):
    """Numbers and names from the line that has @start up to @end."""
    part = text[text.index(start):]
    part = part[:re.search(end, part).start()]
    # A number whose only name is itself is one that the tool explains and nobody names.
    return {int(number, 0): name for number, name in ROW.findall(part)
            if not name.startswith("0x")}


def main():
    module, tool = MODULE.read_text(), TOOL.read_text()
    print("TAP version 13")
    print(f"1..{len(TABLES)}")
    failed = False
    for number, (ours, theirs) in enumerate(TABLES.items(), 1):
        left = rows(module, f"#define {ours} ", r"[^\\]\n(?=\n|#|/)")
        right = rows(tool, f" {theirs}[] = {{", r"\n\};")
        good = left and left == right
        failed |= not good
        if not good:
            print(f"# only one has, or they differ in: {dict(left.items() ^ right.items())}")
        print(f"{'ok' if good else 'not ok'} {number} {ours}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
