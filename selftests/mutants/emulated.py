# SPDX-License-Identifier: GPL-2.0-only
"""Mutants of those files of module/ that only a kernel can run.

A module is built with each. Those whose rows of tests (the table `elsewhere`) want the same host
share a boot: guest.sh there loads one after another and runs its row. A mutant that the host does
not outlive, or that it cannot get rid of, is killed, and ends the boot. Each row begins with the
sound module, and the last one ends with it: where that fails, what was killed since it last passed
is tried again in another boot, but for the first one.
"""
import hashlib
import os
import re
import shutil
import subprocess
from collections import defaultdict
from itertools import chain, zip_longest
from pathlib import Path

import operators

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
SEVHOST = [str(TOP / "selftests/vm/sevhost")]


def host_of(row):
    """The options of a row of check.table, but for the time it may take, and its command, with more
    arguments."""
    name, _, arguments = row.partition(" ")
    for line in (TOP / "selftests/check.table").read_text().splitlines():
        if line.startswith(name + "\t"):
            _, _, options, command = re.split(r"\t+", line)
            options = re.sub(r"--timeout \d+|^none$", "", options).split()
            return tuple(options), "%s %s" % (command, arguments)
    raise SystemExit("elsewhere: there is no row %s in check.table" % name)


def in_turn(paths, seed):
    """All mutants of these files and their sources: one of each file, then another one of each, in
    an order that the seed chooses."""
    def key(row):
        text = " ".join([seed, row[0].operator, row[0].was, row[0].becomes])
        return hashlib.sha256(text.encode()).hexdigest()

    files = []
    for path in paths:
        source = (TOP / path).read_text()
        mutants = operators.candidates(path, source)
        files.append(sorted(((mutant, source) for mutant in mutants), key=key))
    return [row for row in chain(*zip_longest(*files)) if row]


def with_sound(pairs):
    """The order of a boot, of pairs of a module and a row."""
    rows = sorted({row for _, row in pairs})
    order = [pair for row in rows for pair in [("sound", row), *(pair for pair in pairs if pair[1] == row)]]
    return order + [("sound", rows[-1])]


def learned(said):
    """What a boot has proved, of what guest.sh said: for each module "survived", or how it died."""
    found, since = {}, []
    for what, name, why in said:
        if name != "sound":
            found[name] = why if what == "killed" else what
            since.append(name)
        elif what == "survived":
            since = []
        elif what == "killed":
            # Whatever the first of them has left behind, it may have killed the others.
            guilty = [name for name in dict.fromkeys(since) if found[name] != "survived"]
            for name in guilty[1:]:
                del found[name]
    return {name: "the host did not outlive it" if how == "begins" else how for name, how in found.items()}


class Host:
    """Builds modules, and boots the emulated host with them."""
    def __init__(self, out):
        self.out = out / "emulated"
        self.modules = self.out / "modules"
        self.version = subprocess.run([str(TOP / "selftests/vm/kernels/fetch"), "6.12"], check=True,
                                      stdout=subprocess.PIPE, text=True).stdout.strip()
        self.built = self.out / "build/module" / self.version
        # Without what debuggers read, which takes most of the time. What a mutant does not use any
        # more is no reason not to build it.
        self.environment = dict(os.environ, BUILD=str(self.out / "build"),
                                MAKEFLAGS="-j%d -- CONFIG_DEBUG_INFO_BTF_MODULES=" % os.cpu_count(),
                                KCFLAGS="-g0 -Wno-error -Werror=int-conversion -Werror=incompatible-pointer-types")
        cache = Path(os.environ.get("SEVADM_CACHE", Path.home() / ".cache/sevadm"))
        # As build-module has it, whose commands are relative to it.
        self.kernel = next(path for path in (Path("/lib/modules") / self.version / "build",
                                             cache / "kernels" / self.version / "build")
                           if (path / "Makefile").exists())

    def prepare(self):
        shutil.rmtree(self.modules, ignore_errors=True)
        self.modules.mkdir(parents=True)
        for name in ("bin", "selftests"):
            link = self.out / "build" / name
            link.unlink(missing_ok=True)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(Path(os.environ.get("BUILD", TOP / "build")) / name)
            if not link.exists():
                raise SystemExit("there is no %s: make tools selftests" % link.resolve())
        # What an interrupted run has left there is newer than the sources.
        for copy in (self.built / "src").rglob("module/*.[ch]"):
            source = TOP / copy.relative_to(self.built / "src")
            if not source.exists() or source.read_bytes() != copy.read_bytes():
                copy.unlink()
        with open(self.out / "make.log", "w") as log:
            status = subprocess.run([str(TOP / "selftests/vm/kernels/build-module"), self.version, str(self.built)],
                                    stdout=log, stderr=log, env=self.environment).returncode
        if status:
            raise SystemExit("the module does not build: %s" % (self.out / "make.log"))
        shutil.copy(self.built / "sevadm.ko", self.modules / "sound.ko")

    def made(self, target):
        """Makes a file by the command that kbuild has made it by; False: that fails."""
        text = (target.parent / (".%s.cmd" % target.name)).read_text()
        command = re.search(r"^savedcmd_\S+ := (.*)", text)[1].replace("$$", "$").replace("$(pound)", "#")
        with open(self.out / "make.log", "a") as log:
            return not subprocess.run(command, shell=True, stdout=log, stderr=log, cwd=self.kernel,
                                      # objtool asks for it.
                                      env=dict(self.environment, SRCARCH="x86")).returncode

    def mutant(self, name, mutant, source):
        """Builds a mutant in kbuild's copy of the sources, and no more of it than it has to; False:
        it is none."""
        file = self.built / "src" / mutant.path
        part = file.with_suffix(".o")
        sound = part.read_bytes()
        after = source[mutant.offset + mutant.length:]
        file.write_text(source[:mutant.offset] + mutant.text + after)
        try:
            parts = part, file.with_name("sevadm.o"), file.with_name("sevadm.ko")
            good = all(self.made(target) for target in parts)
            if good:
                shutil.copy(file.with_name("sevadm.ko"), self.modules / (name + ".ko"))
            return good
        finally:
            file.write_text(source)
            part.write_bytes(sound)

    def boot(self, pairs, options):
        """What guest.sh said of these pairs of a module and a row, whose host has these options:
        [(begins, killed or survived, module, why)]."""
        folder = self.out / "order"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        rows = sorted({row for _, row in pairs})
        for number, row in enumerate(rows):
            (folder / ("row.%d" % number)).write_text(host_of(row)[1] + "\n")
        (folder / "order").write_text("".join("%s %d\n" % (name, rows.index(row))
                                              for name, row in with_sound(pairs)))
        (folder / "splats").write_bytes(subprocess.run(
            ["bash", "-c", '. "$0" && printf "%s\\n" "${splat_patterns[@]}"', str(TOP / "selftests/vm/lib/splats.sh")],
            stdout=subprocess.PIPE, check=True).stdout)
        files = [HERE / "guest.sh", *sorted(folder.iterdir())]
        files += [self.modules / (name + ".ko") for name in sorted({"sound", *(name for name, _ in pairs)})]
        copies = [word for file in files for word in ("--copy", str(file))]
        # guest.sh loads the modules, and a boot is as long as all of them take.
        parameters = [value.split(".", 1)[1] for value in options if value.startswith("sevadm.")]
        said = []
        with open(self.out / "boot.log", "a") as log:
            command = [*SEVHOST, "--kernel", self.version, *options, "--no-module", *copies,
                       "--append", "oops=panic", "--timeout", str(1800 + 300 * len(pairs)),
                       "--", "sh", "guest.sh", *parameters]
            process = subprocess.Popen(command, env=self.environment, text=True, errors="replace",
                                       stdout=subprocess.PIPE, stderr=log)
            for line in process.stdout:
                log.write(line)
                log.flush()
                word, *rest = line.rstrip("\n").split(" ", 2)
                if word in ("begins", "killed", "survived") and rest:
                    said.append((word, rest[0], "".join(rest[1:])))
            process.wait()
        return said

    def run(self, pairs, options, say):
        """Judges all these modules, each by its row."""
        while pairs:
            said = self.boot(pairs, options)
            found = learned(said)
            if not found:
                why = [how for what, _, how in said if what == "killed"]
                raise SystemExit("no mutant was tried, as the sound module fails: %s: see %s" % (
                    why or "the host ended", self.out / "boot.log"))
            for name, verdict in found.items():
                say(name, dict(pairs)[name], verdict)
            pairs = [pair for pair in pairs if pair[0] not in found]


def build(host, number, seed, paths, known):
    """So many mutants that compile: [(mutant, source)], what is known of them, and the names of the
    modules of those that are not known to be dead, by their places."""
    work, results, modules = [], [], {}
    for mutant, source in in_turn(paths, seed):
        if len(work) == number:
            break
        last = known.last.get(known.key(mutant, source), "survived")
        if last is None:
            continue
        if last == "survived":
            name = "m%d" % len(work)
            if not host.mutant(name, mutant, source):
                known.keep(mutant, source, None)
                continue
            modules[name] = len(work)
        work.append((mutant, source))
        results.append(last)
    return work, results, modules


def judge(out, number, seed, rows_of, known):
    """So many mutants of the files of rows_of (path: rows of tests), and their verdicts:
    [(mutant, source)], [verdict]."""
    host = Host(out)
    host.prepare()
    work, results, modules = build(host, number, seed, rows_of, known)
    print("# %d modules are built" % len(modules), flush=True)

    def say(name, row, verdict):
        mutant, source = work[modules[name]]
        results[modules[name]] = verdict if verdict == "survived" else "%s: %s" % (row, verdict)
        print("# %s:%d: %s" % (mutant.path, mutant.line, results[modules[name]]), flush=True)
        known.keep(mutant, source, results[modules[name]])
    # With the first row of each file, then what has survived with the second one, and so on.
    for turn in range(max(map(len, rows_of.values()))):
        boots = defaultdict(list)
        for name, place in modules.items():
            rows = rows_of[work[place][0].path]
            if turn < len(rows) and results[place] == "survived":
                boots[host_of(rows[turn])[0]].append((name, rows[turn]))
        for options in sorted(boots):
            host.run(boots[options], options, say)
    return work, results
