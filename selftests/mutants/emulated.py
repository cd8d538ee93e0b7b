# SPDX-License-Identifier: GPL-2.0-only
"""Mutants of those files of module/ that only a kernel can run.

A module is built with each, and those whose file has the same row of the tests (the table
`elsewhere`) share a boot of the emulated host: guest.sh there loads one after another and runs the
row's command. The sound module is the first and the last of each boot, and comes after every few:
where it fails, what was killed since it last passed is tried again in another boot, but for the
first one. A mutant that the host does not outlive is killed, and ends the boot.
"""
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import operators

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
TABLES = ("check.table", "check-quick.table")
# How many modules are tried between two runs of the sound one.
PROBATION = 4
# What a module is built of, and by what.
SOURCES = ("Kbuild", "VERSION", "module", "uapi", "selftests/vm")


def rows_of_tests():
    """The options and the command of each row that the emulated host can run."""
    found = {}
    for table in TABLES:
        for line in (TOP / "selftests" / table).read_text().splitlines():
            if line and not line.startswith("#"):
                name, kernels, options, command = re.split(r"\t+", line)
                if kernels not in ("-", "own"):
                    found[name] = [] if options == "none" else options.split(), command
    return found


def in_order(paths, seed):
    """All mutants of the files and their sources, in an order that the seed chooses."""
    rows = []
    for path in paths:
        source = (TOP / path).read_text()
        rows += [(mutant, source) for mutant in operators.candidates(path, source)]

    def key(row):
        text = " ".join([seed, row[0].path, row[0].operator, row[0].was, row[0].becomes])
        return hashlib.sha256(text.encode()).hexdigest()
    return sorted(rows, key=key)


def with_sound(names):
    """The order of a boot: the sound module first, last, and after every few."""
    rows = ["sound"]
    for at in range(0, len(names), PROBATION):
        rows += [*names[at:at + PROBATION], "sound"]
    return rows


class Host:
    """Builds modules, and boots the emulated host with them."""
    def __init__(self, out):
        self.out = out / "emulated"
        self.tree = self.out / "tree"
        self.version = subprocess.run([str(TOP / "selftests/vm/kernels/fetch"), os.environ.get("KERNELS", "6.12")],
                                      check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        self.built = self.out / "build/module" / self.version
        self.environment = dict(os.environ, BUILD=str(self.out / "build"),
                                # What a mutant does not use any more is no reason not to build it.
                                KCFLAGS="-Wno-error -Werror=int-conversion -Werror=incompatible-pointer-types")

    def prepare(self):
        shutil.rmtree(self.tree, ignore_errors=True)
        names = subprocess.run(["git", "-C", str(TOP), "ls-files", *SOURCES], check=True,
                               stdout=subprocess.PIPE, text=True).stdout.splitlines()
        for name in names:
            (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / name, self.tree / name)
        self.modules = self.out / "modules"
        shutil.rmtree(self.modules, ignore_errors=True)
        self.modules.mkdir(parents=True)
        build = self.out / "build"
        for name in ("bin", "selftests"):
            (build / name).unlink(missing_ok=True)
            (build / name).parent.mkdir(parents=True, exist_ok=True)
            (build / name).symlink_to(Path(os.environ.get("BUILD", TOP / "build")) / name)
        if not self.module("sound"):
            raise SystemExit("the module does not build: %s" % (self.out / "make.log"))

    def module(self, name):
        """Builds the tree's module; False: it does not compile."""
        with open(self.out / "make.log", "w") as log:
            status = subprocess.run([str(self.tree / "selftests/vm/kernels/build-module"), self.version, str(self.built)],
                                    stdout=log, stderr=log, env=self.environment).returncode
        if not status:
            # As the emulated host has it: eleven of twelve megabytes are for debuggers.
            subprocess.run(["strip", "-g", "-o", str(self.modules / (name + ".ko")), str(self.built / "sevadm.ko")],
                           check=True)
        return not status

    def mutant(self, name, mutant, source):
        """Builds a mutant; False: it is none."""
        file = self.tree / mutant.path
        file.write_text(source[:mutant.offset] + mutant.text + source[mutant.offset + mutant.length:])
        built = self.module(name)
        file.write_text(source)
        # In the time of a second, nobody could say that it is another one.
        os.utime(file)
        return built

    def boot(self, names, options, command):
        """What guest.sh said of the modules in one boot: killed and survived, in order, with how."""
        folder = self.out / "order"
        folder.mkdir(exist_ok=True)
        order = folder / "order"
        order.write_text("\n".join(with_sound(names)) + "\n")
        parameters = []
        more = []
        for option, value in zip(options, options[1:]):
            if option == "--param" and value.startswith("sevadm."):
                parameters.append(value.split(".", 1)[1])
        # The modules are loaded by guest.sh; a boot is as long as all of them take.
        seconds = 1800 + 300 * len(names)
        for file in [HERE / "guest.sh", order] + [self.modules / (name + ".ko")
                                                  for name in ["sound", *names]]:
            more += ["--copy", str(file)]
        host = [str(TOP / "selftests/vm/sevhost"), "--kernel", self.version, *options, "--no-module", "--timeout",
                str(seconds), *more, "--", "sh", "guest.sh", command, *parameters]
        with open(self.out / "boot.log", "a") as log:
            log.write(" ".join(shlex.quote(word) for word in host) + "\n")
            log.flush()
            said = subprocess.run(host, env=self.environment, stdout=subprocess.PIPE, stderr=log,
                                  text=True, errors="replace").stdout
            log.write(said)
        return [line.split(" ", 2) for line in said.splitlines()
                if line.startswith(("begins ", "killed ", "survived "))]


def first_fails(said):
    """Why the sound module fails in the beginning: nothing can be learned then."""
    if len(said) < 2 or said[1][0] != "survived":
        return " ".join(said[-1]) if said else "the host did not boot"
    return None


def verdicts(said):
    """What one boot has proved, by name: "survived", or how it was killed. After the first one that
    is killed, others may be for what that has left: unless the sound module passes once more."""
    found, killed = {}, {}
    for what, name, *why in said + [["ends", ""]]:
        if name == "sound" and what == "survived":
            found.update(killed)
            killed = {}
        elif name == "sound":
            continue
        elif what == "survived":
            found[name] = "survived"
            killed.pop(name)
        elif what == "begins":
            killed[name] = "the host did not outlive it"
        elif what == "killed":
            killed[name] = why[0]
    found.update(list(killed.items())[:1])
    return found


def run(host, names, row, say):
    """The verdicts of all these mutants with one row."""
    name, _, arguments = row.partition(" ")
    options, command = rows_of_tests()[name]
    command += " " + arguments
    left, found = list(names), {}
    while left:
        said = host.boot(left, options, command)
        why = first_fails(said)
        if why:
            raise SystemExit("row %s with the sound module: %s: see %s" % (row, why, host.out / "boot.log"))
        learned = verdicts(said)
        if not learned:
            raise SystemExit("row %s: a boot proved nothing: see %s" % (row, host.out / "boot.log"))
        for name, verdict in learned.items():
            say(name, row, verdict)
        found.update(learned)
        left = [name for name in left if name not in found]
    return found


def judge(out, number, seed, rows_of, known):
    """So many mutants of the files of @rows_of (path: rows of tests), and their verdicts:
    [(mutant, source)], [verdict]."""
    host = Host(out)
    host.prepare()
    work, modules, results = [], {}, []
    for mutant, source in in_order(sorted(rows_of), seed):
        if len(work) == number:
            break
        last = known.last.get(known.key(mutant, source), "survived")
        if last is None:
            continue
        name = "m%d" % len(work)
        if last == "survived":
            if not host.mutant(name, mutant, source):
                known.keep(mutant, source, None)
                continue
            modules[name] = len(work)
        work.append((mutant, source))
        results.append(last)
        print("# built: %s:%d: %s => %s" % (mutant.path, mutant.line, mutant.was, mutant.becomes), flush=True)

    def say(name, row, verdict):
        mutant, source = work[modules[name]]
        print("# %s: %s:%d: %s" % (row, mutant.path, mutant.line, verdict), flush=True)
        if verdict != "survived":
            known.keep(mutant, source, "%s: %s" % (row, verdict))
    left = sorted(modules, key=lambda name: modules[name])
    turn = 0
    while left:
        groups = defaultdict(list)
        for name in left:
            rows = rows_of[work[modules[name]][0].path]
            if turn < len(rows):
                groups[rows[turn]].append(name)
        if not groups:
            break
        for row in sorted(groups):
            for name, verdict in run(host, groups[row], row, say).items():
                results[modules[name]] = verdict if verdict == "survived" else "%s: %s" % (row, verdict)
        left = [name for name in left if results[modules[name]] == "survived"]
        turn += 1
    for name in left:
        known.keep(*work[modules[name]], "survived")
    return work, results
