#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""bash, zsh and fish complete what is typed at their prompts, by the scripts of `sevadm
completion`.

Each shell is started on a terminal of its own, without the user's files. KTAP.
"""
import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", TOP / "build"))
SEVADM = BUILD / "bin/sevadm"
# A shell on a loaded machine is slow, never this slow.
PATIENCE_S = 180

SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source <(sevadm completion bash)"),
    "zsh": (["zsh", "-f", "-i"], "autoload -Uz compinit && compinit -u -D && source <(sevadm completion zsh)"),
    "fish": (["fish", "--no-config", "-i"], "sevadm completion fish | source"),
}

# What is typed before the tabulator, and what stands in the line after it. FILE is in the folder.
LINES = [
    ("sevadm stat", "sevadm status"),
    ("sevadm trace fo", "sevadm trace follow"),
    ("sevadm trace show --la", "sevadm trace show --last"),
    ("sevadm trace show --event unp", "sevadm trace show --event unpin"),
    ("sevadm -j vm sh", "sevadm -j vm show"),
    ("sevadm limit set host pin.h", "sevadm limit set host pin.high="),
    ("sevadm monitor --ex", "sevadm monitor --exec"),
    ("sevadm trace show --command LAUNCH_UPDATE_VM", "sevadm trace show --command LAUNCH_UPDATE_VMSA"),
    ("sevadm check domain a-dom", "sevadm check domain a-domain.xml"),
]


class Terminal:
    """A shell, on a terminal of 200 columns."""

    def __init__(self, command, folder):
        self.text = ""
        self.pid, self.file = pty.fork()
        if not self.pid:
            os.chdir(folder)
            home = str(folder)
            environment = {"HOME": home, "TERM": "xterm", "LANG": "C.UTF-8", "COLUMNS": "200", "LINES": "24",
                           "XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home, "XDG_CACHE_HOME": home, "SHELL": "/bin/sh",
                           "PATH": f"{SEVADM.parent}:/usr/bin:/bin:/usr/sbin:/sbin"}
            os.execvpe(command[0], command, environment)
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))

    def send(self, text):
        os.write(self.file, text.encode())

    def wait_for(self, text):
        """Whether @text comes, among what is printed after the last that was waited for."""
        end = time.monotonic() + PATIENCE_S
        while True:
            plain = re.sub(r"\x1b(\[[0-9;?<>=]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()][0-9A-Za-z]|P[^\x1b]*\x1b\\|[=>78])",
                           "", self.text)
            at = plain.find(text)
            if at >= 0:
                self.text = plain[at + len(text):]
                return True
            if time.monotonic() > end or not select.select([self.file], [], [], PATIENCE_S)[0]:
                self.text = plain
                return False
            try:
                more = os.read(self.file, 65536).decode(errors="replace")
            except OSError:
                self.text = plain
                return False
            # Programs ask a terminal what it is, and wait for its answer.
            if "\x1b[c" in more or "\x1b[0c" in more:
                self.send("\x1b[?62;c")
            self.text += more

    def close(self):
        os.close(self.file)
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)


def completed(terminal, typed, wanted):
    """Whether the line is @wanted once the tabulator was pressed: printf says which words it
    has."""
    terminal.send(f"\x15{typed}\t\x01printf '<%s>' \x05\r")
    return terminal.wait_for("".join(f"<{word}>" for word in wanted.split()))


def check_shell(name, folder):
    command, setup = SHELLS[name]
    if not shutil.which(command[0]):
        yield f"{name} is here", False
        return
    terminal = Terminal(command, folder)
    # The echo of what is typed must not be taken for its output.
    terminal.send(f"{setup}; echo rea''dy\r")
    yield f"{name}: the script is taken", terminal.wait_for("ready")
    for typed, wanted in LINES:
        good = completed(terminal, typed, wanted)
        if not good:
            print(f"# {terminal.text[-300:]!r}")
        yield f"{name}: {typed}", good
    terminal.close()


def main():
    subprocess.run([HERE / "need-packages", "zsh", "fish"], check=True)
    subprocess.run(["make", "-s", "-C", TOP / "tools"], check=True)
    failed = 0
    total = len(SHELLS) * (len(LINES) + 1)
    print(f"KTAP version 1\n1..{total}", flush=True)
    number = 0
    for name in SHELLS:
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "a-domain.xml").write_text("<domain/>\n")
            for title, good in check_shell(name, folder):
                number += 1
                failed += not good
                print(f"{'' if good else 'not '}ok {number} {title}", flush=True)
    return failed > 0 or number != total


if __name__ == "__main__":
    sys.exit(main())
