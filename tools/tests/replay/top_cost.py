#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""top_cost.py SEVADM REPLAY_SO [NR]: what one look of `sevadm top` costs with NR VMs (500), in
instructions.

The looks are at the recorded host, multiplied (multiply.py); callgrind counts. What the library
does that answers in the module's stead are left out. Fails if a look costs more than 2 % of a core
of 3 GHz that does one instruction a cycle.
"""
import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios

HERE = pathlib.Path(__file__).resolve().parent
INTERVAL, LOOKS = 2, 3			# seconds of the real clock, and how many are waited for
CYCLES = INTERVAL * 3_000_000_000
SILENT = 600				# seconds: a loaded machine is slow, never this slow


def watch(command, environment):
    """Run it on a terminal until it has drawn some looks, then end it."""
    pid, file = pty.fork()
    if not pid:
        os.execvpe(command[0], command, environment)
    fcntl.ioctl(file, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    writes = 0
    while True:
        if not select.select([file], [], [], SILENT)[0]:
            sys.exit("top says nothing")
        try:
            said = os.read(file, 65536)
        except OSError:
            break
        # From the first screen on: what is counted is divided by the looks that there were.
        if b"\x1b[?1049h" in said or writes:
            writes += 1
        if writes == LOOKS:
            os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)


def inclusive(profile, function, objects):
    """Return how often a function was called, and what that cost with all that it called."""
    names, calls, cost, called, in_object, current = {}, 0, 0, None, None, {}
    lines = iter(profile.read_text().splitlines())
    for line in lines:
        match = re.match(r"(c?fn|c?ob)=\((\d+)\)(?: (.*))?$", line)
        if match:
            kind = match[1][-2:]
            if match[3]:
                names[kind, match[2]] = match[3]
            current[match[1]] = names[kind, match[2]]
            if match[1] in ("fn",):
                current.pop("cob", None)
            continue
        match = re.match(r"calls=(\d+) ", line)
        if match:
            called = current.get("cfn")
            in_object = current.pop("cob", current.get("ob"))
            amount = int(next(lines).split()[1])
            # Of those into an object, not those within it: what they cost is in the others.
            inside = any(word in current.get("ob", "") for word in objects)
            if function == called if function else not inside and any(word in in_object
                                                                      for word in objects):
                calls, cost = calls + int(match[1]), cost + amount
    return calls, cost


def main():
    sevadm, replay, number = sys.argv[1], sys.argv[2], (sys.argv + ["500"])[3]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([sys.executable, HERE / "multiply.py", number, folder], check=True)
        environment = dict(os.environ, SEVADM_REPLAY=f"{name}/recording", SEVADM_SYSROOT=f"{name}/root", TERM="xterm",
                           LD_PRELOAD=replay)
        watch(["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={name}/profile", sevadm, "top", "--interval",
               str(INTERVAL)], environment)
        looks, look = inclusive(folder / "profile", "look", ())
        draws, draw = inclusive(folder / "profile", "draw", ())
        _, stand_in = inclusive(folder / "profile", None, ("replay.so",))
    if not looks or not draws:
        sys.exit("top took no look")
    own = (look + draw - stand_in) // looks
    print(f"{number} VMs: {own / 1e6:.1f} million instructions a look: {100 * own / CYCLES:.2f} % of a core of 3 GHz "
          f"every {INTERVAL} s")
    sys.exit(own > CYCLES * 2 // 100)


if __name__ == "__main__":
    main()
