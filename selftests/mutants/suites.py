# SPDX-License-Identifier: GPL-2.0-only
"""The two bodies of unit tests that mutants are run with, and how a mutant is built for each.

A suite has: files (paths that can be mutated), prepare() (builds what does not change, and learns
which test comes to which line), judge(tree, mutant, passes): how a mutant died, "survived", or None
if it is no mutant.

There are two kinds of every program. The plain one is built and run in a fraction of the time, and
kills most mutants. What survives it is built with the sanitisers, as the tests themselves are.
"""
import glob
import hashlib
import json
import os
import re
import subprocess
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
KINDS = {"plain": [], "sanitised": SANITIZE}
# A mutant may leave a variable unused, but no pointer is a number.
WARN = ["-Werror=int-conversion", "-Werror=incompatible-pointer-types", "-Werror=implicit-function-declaration"]
ENVIRONMENT = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1", LC_ALL="C.UTF-8", SANITIZED="1")


def run(command, **more):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          **more)


def compiles(command, directory):
    return not subprocess.run(command, cwd=directory, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode


def at_once(function, rows):
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(function, rows))


def built(command, target, now):
    """Runs the command that makes target, unless that was made of the same."""
    stamp, now = target.with_suffix(".stamp"), now + " ".join(command)
    if not stamp.exists() or stamp.read_text() != now:
        target.parent.mkdir(parents=True, exist_ok=True)
        run(command)
        stamp.write_text(now)


def cost(command, **more):
    """Processor seconds that a test takes; it has to pass."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, **more)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit("%s fails unchanged:\n%s" % (" ".join(command),
                                                      said.decode(errors="replace")[-3000:]))
    return usage.ru_utime + usage.ru_stime


def digest(paths):
    """One number for the contents of files and folders."""
    whole = hashlib.sha256()
    for path in sorted({str(file) for path in paths for file in ([Path(path)] + list(Path(path).rglob("*")))}):
        # What a mutant of check --fix has left there is nobody's source.
        if os.path.isfile(path) and not path.endswith(".fixed"):
            whole.update(path.encode() + Path(path).read_bytes())
    return whole.hexdigest()


def covered(data, sources):
    """The lines that ran, by path, of the .gcda files in a folder."""
    lines = defaultdict(set)
    files = [str(path) for path in Path(data).rglob("*.gcda")]
    if not files:
        return lines
    found = subprocess.run(["gcov", "--json-format", "--stdout"] + files, cwd=data, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL)
    for text in found.stdout.splitlines():
        for one in json.loads(text)["files"]:
            path = os.path.relpath(os.path.realpath(os.path.join(sources, one["file"])), sources)
            lines[path].update(row["line_number"] for row in one["lines"] if row["count"])
    return lines


class Module:
    """What the KUnit suites in user space include of module/."""
    def __init__(self, out):
        self.out = out / "module"
        users = defaultdict(list)
        for suite in sorted(glob.glob("module/tests/*_test.c") +
                            glob.glob("module/tests/user/*_test.c")):
            for path in re.findall(r'^#include "(?:\.\./)+(\w+\.c)"', Path(suite).read_text(), re.M):
                users["module/" + path].append(suite)
        # The suite of that name first: it is the one that sees most.
        self.users = {path: sorted(users[path], key=lambda suite: Path(suite).name != Path(path).stem + "_test.c")
                      for path in users}
        self.files = sorted(self.users)

    def compile(self, kind, tree, source, target):
        return ["gcc", *self.flags, *WARN, "-O0", *KINDS[kind], "-I", "%s/module/tests/user" % tree,
                "-I", str(tree), "-c", "-o", str(target), "%s/%s" % (tree, source)]

    def prepare(self):
        self.out.mkdir(parents=True, exist_ok=True)
        self.include = self.out / "include"
        # A source may name a header that none has named before.
        sources = glob.glob("module/**/*.[ch]", recursive=True)
        named = " ".join(sorted({line for path in sources for line in
                                 re.findall(r"^#include <.*", Path(path).read_text(), re.M)}))
        built(["module/tests/user/headers", str(self.include), os.environ.get("KERNEL", "6.12")],
              self.include, named)
        makefile = Path("module/tests/user/Makefile").read_text()
        self.flags = ["-std=gnu11", "-fno-strict-aliasing", "-I", str(self.include)]
        self.flags += re.findall(r"-D\w+", makefile)
        sources = ["module/tests/user/kunit.c"] + sorted(glob.glob("module/tests/*_test.c") +
                                                         glob.glob("module/tests/user/*_test.c"))
        self.sound = {(kind, source): self.out / kind / (os.path.basename(source)[:-2] + ".o")
                      for kind in KINDS for source in sources}
        now = digest(["module", "uapi"])
        at_once(lambda row: built(self.compile(row[0], ".", row[1], self.sound[row]),
                                  self.sound[row], now), self.sound)
        # Suites use each other's sources: all are in one program.
        programs = {kind: self.link(kind, self.out / kind, {}) for kind in KINDS}
        self.seconds = {kind: 1 + int(10 * cost([programs[kind]], env=ENVIRONMENT))
                        for kind in KINDS}

    def link(self, kind, directory, instead):
        program = str(directory / "kunit")
        objects = [str(instead.get(source, self.sound[kind, source]))
                   for of, source in self.sound if of == kind]
        run(["gcc", "-fuse-ld=gold", *KINDS[kind], "-o", program, *objects])
        return program

    def judge(self, tree, mutant, passes):
        for kind in KINDS:
            for suite in self.users[mutant.path]:
                changed = tree / (os.path.basename(suite)[:-2] + ".o")
                if not compiles(self.compile(kind, tree, suite, changed), tree):
                    return None
                program = self.link(kind, tree, {suite: changed})
                if not passes([program], tree, self.seconds[kind], ENVIRONMENT):
                    return "%s, %s" % (os.path.basename(suite), kind)
        return "survived"


class Tools:
    """tools/ with its unit tests in C, and those in shell and Python that run the program."""
    # Those take long, or run another program.
    WITHOUT = ("check_hostile_test.sh", "liar_test.sh")
    # What says which lines a test comes to.
    COVERAGE = {"coverage": ["--coverage"]}

    def __init__(self, out, longest):
        self.out = out / "tools"
        self.longest = longest
        self.files = sorted(path for path in glob.glob("tools/**/*.c", recursive=True)
                            if not re.match(r"tools/(tests|fuzz)/", path))
        self.tests = sorted(glob.glob("tools/tests/*_test.c"))
        self.tests += sorted(path for path in glob.glob("tools/tests/*_test.sh")
                             if os.path.basename(path) not in self.WITHOUT)
        self.tests += sorted(path for path in glob.glob("tools/tests/*_test.py")
                             if "environ" in Path(path).read_text())

    def flags_of(self, kind):
        return {**KINDS, **self.COVERAGE}[kind]

    def compile(self, kind, tree, source, target):
        includes = ["-I", "%s/tools" % tree, "-I", str(tree), "-I", "%s/uapi" % tree]
        return ["gcc", *self.flags, *WARN, "-O0", *self.flags_of(kind), *includes, "-c", "-o", str(target),
                "%s/%s" % (tree, source)]

    def object(self, kind, source):
        return self.out / kind / (source[:-2] + ".o")

    def build(self, kind):
        """All objects, and a library of those that each test may take; main.c is the program's
        own."""
        sources = self.files + [test for test in self.tests if test.endswith(".c")]
        tests = [path for path in glob.glob("tools/**/*.h", recursive=True) if "/tests/" in path]
        headers = digest(set(glob.glob("tools/**/*.h", recursive=True)) - set(tests) |
                         {"uapi", "module/trace_names.h", "tools/Makefile", "VERSION"})
        # Only tests include the tests' own.
        own = {True: headers + digest(tests), False: headers}
        at_once(lambda source: built(self.compile(kind, ".", source, self.object(kind, source)),
                                     self.object(kind, source),
                                     own[source in self.tests] + digest([source])),
                sources)
        library = self.out / kind / "all.a"
        library.unlink(missing_ok=True)
        run(["ar", "rcs", str(library)] + [str(self.object(kind, path)) for path in self.files
                                          if path != "tools/main.c"])

    def link(self, kind, target, test, mutant=None):
        """A test in C, or the program: the mutant's object stands before the library that has the
        sound one."""
        own = test if test.endswith(".c") else "tools/main.c"
        objects = [str(self.object(kind, own))] if not mutant or own != mutant[0] else []
        objects += [str(mutant[1])] if mutant else []
        return compiles(["gcc", "-fuse-ld=gold", *self.flags_of(kind), "-o", str(target), *objects,
                         str(self.out / kind / "all.a"), *self.libraries], ".")

    def command(self, kind, test, program):
        """The command of a test, and its environment."""
        if test.endswith(".c"):
            return [str(program)], ENVIRONMENT
        # Where replay_test.sh builds what it loads before the program, and what has to come first.
        more = {"SEVADM": str(program), "BUILD": str(self.out / "replay")}
        if kind == "sanitised":
            more["PRELOAD"] = self.runtime
        shell = "bash" if test.endswith(".sh") else "/usr/bin/python3"
        return [shell, os.path.abspath(test)], dict(ENVIRONMENT, **more)

    def prepare(self):
        makefile = Path("tools/Makefile").read_text()
        packages = re.search(r"^LIBRARIES := (.*)", makefile, re.M)[1].split()
        config = lambda what: run(["pkg-config", what, *packages]).stdout.decode().split()
        self.flags = ["-std=gnu11", "-D_GNU_SOURCE", '-DSEVADM_VERSION="%s"' % Path("VERSION").read_text().strip(),
                      '-DTESTS_FOLDER="%s"' % os.path.abspath("tools/tests"), *config("--cflags")]
        self.libraries = config("--libs")
        self.runtime = run(["gcc", "-print-file-name=libasan.so"]).stdout.decode().strip()
        for kind in [*KINDS, *self.COVERAGE]:
            self.build(kind)
        self.reach = defaultdict(lambda: defaultdict(list))
        self.seconds = {}
        self.limits = {}
        self.slow = set()
        for test, seconds, lines in at_once(self.measure, self.tests):
            self.seconds[test] = seconds["plain"]
            self.slow |= {(kind, test) for kind in KINDS if seconds[kind] > self.longest}
            self.limits[test] = {kind: 1 + int(6 * seconds[kind]) for kind in KINDS}
            for path in lines:
                for line in lines[path]:
                    self.reach[path][line].append(test)

    def measure(self, test):
        """Runs a test unchanged, as each kind: its time, and the lines of each file that it comes
        to."""
        name = os.path.basename(test)
        known = self.out / "data" / (name + ".json")
        now = digest([test, "selftests/lib.sh", "tools/tests/data", "tools/tests/cases", "tools/tests/messages",
                      "tools/tests/replay", *glob.glob("tools/tests/*.h")] + self.files)
        if known.exists() and json.loads(known.read_text())["of"] == now:
            row = json.loads(known.read_text())
            return test, row["seconds"], row["lines"]
        data = self.out / "data" / name
        subprocess.run(["rm", "-rf", str(data)], check=True)
        (data / "run").mkdir(parents=True)
        program = data / ("program" if test.endswith(".c") else "sevadm")
        seconds = {}
        for kind in [*KINDS, *self.COVERAGE]:
            if not self.link(kind, program, test):
                raise SystemExit("%s cannot be linked" % test)
            command, environment = self.command(kind, test, program)
            # All objects' data go there, under their whole paths.
            environment = dict(environment, GCOV_PREFIX=str(data / "gcda"))
            seconds[kind] = cost(command, cwd=data / "run", env=environment)
        for path in (data / "gcda").rglob("*.gcda"):
            note = Path("/" + str(path.relative_to(data / "gcda"))).with_suffix(".gcno")
            if note.exists() and not path.with_suffix(".gcno").exists():
                path.with_suffix(".gcno").symlink_to(note)
        lines = {path: sorted(rows) for path, rows in covered(data / "gcda", os.getcwd()).items()}
        subprocess.run(["rm", "-rf", str(data)], check=True)
        known.write_text(json.dumps({"of": now, "seconds": seconds, "lines": lines}))
        return test, seconds, lines

    def tests_of(self, mutant):
        """Those that come to the line. Where none is counted for it - a brace, the second line of a
        statement - those that come to its function. A process that ends at once counts none: any
        test that comes to the file. A table's row is on no line that runs, and is used by other
        files: any test that comes to the folder."""
        lines = self.reach[mutant.path]
        within = self.function(mutant.path, mutant.line)
        tests = lines.get(mutant.line) or {test for line in within or ()
                                           for test in lines.get(line, ())}
        if not tests:
            folder = os.path.dirname(mutant.path)
            files = [lines] if within and lines else [self.reach[path] for path in list(self.reach)
                                                      if os.path.dirname(path) == folder]
            tests = {test for file in files for line in file for test in file[line]}
        return sorted(tests, key=lambda test: self.seconds[test])

    def function(self, path, line):
        """The lines of the function that the line is in: from a brace in the first column behind a
        signature to its end; None: it is in none."""
        if path not in self.__dict__.setdefault("functions", {}):
            functions, start = [], None
            for number, text in enumerate(Path(path).read_text().splitlines(), 1):
                if text == "{":
                    start = number
                elif text == "}" and start:
                    functions.append(range(start, number))
                    start = None
            self.functions[path] = functions
        return next((lines for lines in self.functions[path] if line in lines), None)

    def judge(self, tree, mutant, passes):
        target = tree / "mutant.o"
        for kind in KINDS:
            if not compiles(self.compile(kind, tree, mutant.path, target), tree):
                return None
            for test in self.tests_of(mutant):
                if (kind, test) in self.slow:
                    continue
                program = tree / ("program" if test.endswith(".c") else "sevadm")
                if not self.link(kind, program, test, (mutant.path, target)):
                    return None
                command, environment = self.command(kind, test, program)
                if not passes(command, tree, self.limits[test][kind], environment):
                    return "%s, %s" % (os.path.basename(test), kind)
        return "survived"


def all(out, files, longest):
    """The suites that the files, or all, need; tests that take longer are left out."""
    for suite in (Module(out), Tools(out, longest)):
        if not files or set(files) & set(suite.files):
            yield suite
