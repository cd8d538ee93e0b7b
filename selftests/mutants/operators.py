# SPDX-License-Identifier: GPL-2.0-only
"""Where a C file in the kernel's style can be changed by one small mistake, and how.

candidates() gives Mutant rows: (offset, length, text) of the change, and what it is called. It
reads the style, not the language: binary operators have spaces around them, a function's body
begins with a brace in the first column. What does not compile afterwards counts as no mutant.
"""
import re
from collections import namedtuple

Mutant = namedtuple("Mutant", "path operator offset length text line was becomes")


def masked(source):
    """The source with comments, strings, characters and preprocessor lines as spaces of the same
    length."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ \t]*#(?:\\\n|[^\n])*'
    return re.sub(pattern, lambda found: re.sub(r"[^\n]", " ", found[0]), source, flags=re.S | re.M)


def closing(text, start):
    """The offset of the parenthesis that closes the one at start."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if not depth:
            return at
    return -1


def replaced(pattern, table):
    """An operator that exchanges one word for another, where pattern finds it as its first
    group."""
    def find(code, source):
        for found in re.finditer(pattern, code, re.M):
            for text in table[found[1]]:
                yield found.start(1), len(found[1]), text
    return find


def negated(code, source):
    for found in re.finditer(r"\b(?:if|while) (\()", code):
        end = closing(code, found.start(1))
        if end > 0:
            yield found.start(1), end + 1 - found.start(1), "(!%s)" % source[found.start(1):end + 1]


def bounds(code, source):
    """Other comparisons, but for "a > b ? a - b : 0", "a > 0 ? a : 0" and "if (a > b) b = a": where
    both sides are the same, it makes no difference."""
    table = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
    side = r"[\w>.\[\]-]+"
    clamp = re.compile(r"(?<![\w>.\]])(?P<a>%s) >=? (?:(?P<b>%s) \? (?P=a) - (?P=b)|0 \? (?P=a)) : 0\b" % (side, side))
    greatest = re.compile(r"(?P<a>[\w>.\[\]()-]+) (?P<op>[<>])=? (?P<b>%s)\)\n\t+(?P=b) = (?P<c>[^;]+);" % side)
    same = {code.index(">", found.end("a")) for found in clamp.finditer(code)}
    same |= {found.start("op") for found in greatest.finditer(code) if found["a"].endswith(found["c"])}
    for found in re.finditer(r"(?<= )(<=|>=|<|>)(?= )", code):
        if found.start(1) not in same:
            yield found.start(1), len(found[1]), table[found[1]]


def rooms(code):
    """Where a number is how much room there is: a greater one cannot be seen. That of all entries
    of an array is one size."""
    for found in re.finditer(r"\b(?:k?v?[mc]alloc|reallocarray|malloc)(\()", code):
        yield found.start(1), closing(code, found.start(1))
    for found in re.finditer(r"^\t+(?:static |unsigned )*(?:char|u8|uint8_t) [^=;()]*;", code, re.M):
        yield found.span()
    for found in re.finditer(r"\bsizeof\([^()]*\)", code):
        yield found.span()


def constants(code, source):
    room = list(rooms(code))
    for found in re.finditer(r"(?<![\w.])(0x[0-9a-fA-F]+|\d+)(?=U?L*\b)", code):
        # Any negative number says that there is none.
        if re.search(r"(?:return|:) -$", code[:found.start()]) and found[1] == "1":
            continue
        if any(start <= found.start() < end for start, end in room):
            continue
        octal = re.fullmatch(r"0\d+", found[1])
        yield found.start(1), len(found[1]), str(int(found[1], 8 if octal else 0) + 1)


# What one thread in user space cannot miss, and what this processor's ABI has no use for.
UNSEEN = (r"lockdep_assert_held|cond_resched|rcu_read_(?:un)?lock|smp_mb|pr_(?:info|warn|err|debug)|KUNIT_STATIC|"
          r"va_end")


def dropped(code, source):
    """Statements that are a call, an assignment or a jump; no declaration, no label, no return."""
    for found in re.finditer(r"(?<=[;{})\n])\s*\n\t+([a-z_*(+-][^;{}]*);", code):
        text = found[1]
        if re.match(r"(?:return|goto|case|default|do|for|if|while|switch|else|struct|static|const|enum|"
                    r"unsigned|%s)\b|[a-z_]\w*:|[a-z_]\w*\s+\**[a-z_]|\(void\)" % UNSEEN, text):
            continue
        yield found.start(1), len(text), ""
    # The branches of an if are found apart: their line before ends in no semicolon.
    for found in re.finditer(r"\)\n\t+([a-z_*(][^;{}]*);|\belse\n\t+([a-z_*(][^;{}]*);", code):
        group = 1 if found[1] else 2
        if not re.match(r"(?:return|goto|for|if|while|switch|do)\b", found[group]):
            yield found.start(group), len(found[group]), ""


# Calls that have no order, and such as have none where only "the same or not" is asked.
NO_ORDER = r"min|max|max3|uid_eq|gid_eq"
TRUTHS = r"strcmp|strcasecmp|strncmp|memcmp"


def has_order(code, found):
    """Whether the order of a call's arguments matters."""
    name = code[found.start():code.index("(", found.start())]
    if re.fullmatch(NO_ORDER, name):
        return False
    asked = re.search(r"(?:!|&& |\|\| |\b(?:if|while) \(|;[^;]*; )$", code[:found.start()])
    end = closing(code, code.index("(", found.start()))
    return not (re.fullmatch(TRUTHS, name) and asked and not re.match(r" [<>]", code[end + 1:end + 3]))


def swapped(code, source):
    """The first two arguments of a call, and the sides of a minus or a shift."""
    word = r"[\w>.&*\[\]-]+"
    for found in re.finditer(r"\b[a-z_]\w*\((%s), (%s)(?=[,)])" % (word, word), code):
        if source[found.start(1):found.end(2)] == found[0][found[0].index("(") + 1:] and found[1] != found[2] and \
           has_order(code, found):
            yield found.start(1), found.end(2) - found.start(1), "%s, %s" % (found[2], found[1])
    for found in re.finditer(r"(?<=[ (])([\w>.-]+) (-|<<|/|%%) ([\w>.-]+)(?=[ ;,)])", code):
        yield found.start(1), found.end(3) - found.start(1), "%s %s %s" % (found[3], found[2], found[1])


def early(code, source):
    """A function that returns at once."""
    for found in re.finditer(r"^((?:static |const |inline )*)([a-z_][\w ]*?[ *]+)\w+\([^;{}]*\)\n(\{)", code, re.M):
        kind = found[2].strip()
        for text in {"void": ["return;"], "bool": ["return false;", "return true;"]}.get(kind, ["return 0;"]):
            yield found.start(3), 1, "{\n" + text


def returned(code, source):
    for found in re.finditer(r"\breturn ([^;]+);", code):
        value = source[found.start(1):found.end(1)]
        # EXIT_OK is 0.
        opposite = {"true": "false", "false": "true", "0": "-5", "NULL": None, "EXIT_OK": "EXIT_REFUSED"}
        text = opposite.get(value, "0")
        if text:
            yield found.start(1), len(value), text


OPERATORS = {
    "negated condition": negated,
    "bound": bounds,
    "equality": replaced(r"(?<= )(==|!=)(?= )", {"==": ["!="], "!=": ["=="]}),
    "and, or": replaced(r"(&&|\|\|)", {"&&": ["||"], "||": ["&&"]}),
    "arithmetic": replaced(r"(?<=[\w)\]] )(\+|-|&|\||\+=|-=)(?= )",
                           {"+": ["-"], "-": ["+"], "&": ["|"], "|": ["&"], "+=": ["-="], "-=": ["+="]}),
    "step": replaced(r"(\+\+|--)", {"++": ["--"], "--": ["++"]}),
    "not": replaced(r"(!)(?=[\w(*])", {"!": [""]}),
    "constant": constants,
    "dropped statement": dropped,
    "swapped operands": swapped,
    "early return": early,
    "returned value": returned,
    "jump": replaced(r"\b(break|continue)(?=;)", {"break": ["", "continue"], "continue": ["", "break"]}),
}


def candidates(path, source):
    """All mutants of one file, in its order."""
    code = masked(source)
    rows = {}
    for name, find in OPERATORS.items():
        for offset, length, text in find(code, source):
            if source[offset:offset + length] == text:
                continue
            line = source.count("\n", 0, offset) + 1
            start = source.rfind("\n", 0, offset) + 1
            end = source.find("\n", offset + length)
            was = source[start:end]
            becomes = source[start:offset] + text + source[offset + length:end]
            # Two operators that come to the same are one mutant.
            rows.setdefault((offset, length, text),
                            Mutant(path, name, offset, length, text, line,
                                   " ".join(was.split()), " ".join(becomes.split())))
    return [rows[key] for key in sorted(rows)]
