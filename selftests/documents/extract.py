# SPDX-License-Identifier: GPL-2.0-only
"""The examples of the man pages and guides: every line of a literal block, with where it stands."""
import collections
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]

# text: a command with its continuation lines; output: the lines below it that are no command.
Example = collections.namedtuple("Example", "file line text output")


def documents():
    """Man pages and guides that git has."""
    names = subprocess.run(["git", "ls-files", "-z", "*.md", "Documentation/man"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout.split("\0")
    return [name for name in sorted(names) if name and "/reference/" not in name]


def man_blocks(lines):
    """Yield the literal text of a man page as blocks of (number, line)."""
    block = None
    for number, line in enumerate(lines, 1):
        line = re.sub(r"\\e", r"\\", line.replace(r"\&", ""))
        if line.startswith(".Dl "):
            yield [(number, line[4:])]
        elif line.startswith(".Bd -literal"):
            block = []
        elif line.startswith(".Ed") and block is not None:
            yield block
            block = None
        elif block is not None:
            block.append((number, line))


def guide_blocks(lines):
    """Yield the fenced and indented blocks of a guide as blocks of (number, line)."""
    block, fenced = [], False
    for number, line in enumerate([*lines, ""], 1):
        if line.startswith("```"):
            if block:
                yield block
            block, fenced = [], not fenced
        elif fenced or line.startswith("    ") and (block or not lines[number - 2].strip()):
            block.append((number, line if fenced else line[4:]))
        elif line.strip() and block:
            yield block
            block = []
    if block:
        yield block


def is_open(text):
    """Return true if a shell would read on: after a backslash, a pipe, or inside quotes."""
    return text.endswith(("\\", "|")) or text.count("'") % 2 == 1


def examples_of(name, blocks):
    for block in blocks:
        block = [(number, line) for number, line in block if line.strip()]
        prompts = any(re.match(r"[#$%>] ", line) for _, line in block)
        if not prompts and not name.endswith(".md"):
            yield Example(name, block[0][0], "\n".join(line for _, line in block), "")
            continue
        found = None
        for number, line in block:
            if found and is_open(found.text):
                found = found._replace(text=found.text + "\n" + line)
            elif prompts and not re.match(r"[#$%>] ", line):
                found = found and found._replace(output=found.output + line + "\n")
            else:
                if found:
                    yield found
                text = re.sub(r"\s{3,}.*", "", line[2:]) if prompts else re.sub(r"\s{2,}#? .*|\s+# .*", "", line.strip())
                found = Example(name, number, text, "")
        if found:
            yield found


def examples():
    for name in documents():
        lines = (ROOT / name).read_text().splitlines()
        blocks = guide_blocks(lines) if name.endswith(".md") else man_blocks(lines)
        yield from examples_of(name, blocks)


if __name__ == "__main__":
    for example in examples():
        print(*example[:2], example.text.replace("\n", " "), f"({example.output.count(chr(10))} lines)", sep="\t")
