#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""terminal.py [--size LINESxCOLUMNS] [--theme dark|light] [--press KEYS] --until TEXT OUT.svg
COMMAND...

Run COMMAND on a terminal of its own (python3-pyte), press KEYS once it shows TEXT, and draw what it
shows then as SVG. --until may be given again, with the keys that come after it. It ends the command
by TERM, and fails if TEXT does not come.
"""
import argparse
import fcntl
import html
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

import pyte

CELL, LINE, EDGE = 8.4, 18, 12
WAIT = 60 			# seconds: a loaded machine is slow, never this slow
SETTLED = 0.3			# seconds without a word: the screen is drawn
THEMES = {
    "dark": {"back": "#14181f", "text": "#e6eaf0"},
    "light": {"back": "#ffffff", "text": "#1f2733"},
}


class Terminal:
    def __init__(self, command, lines, columns):
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.pid, self.file = pty.fork()
        if not self.pid:
            os.environ["TERM"] = "linux"
            os.execvp(command[0], command)
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def read(self, seconds):
        """Take what the command says within some time; return false if it says nothing."""
        if not select.select([self.file], [], [], seconds)[0]:
            return False
        try:
            self.stream.feed(os.read(self.file, 65536))
        except OSError:
            sys.exit("terminal: the command ended:\n" + "\n".join(self.screen.display))
        return True

    def wait_for(self, text):
        end = time.monotonic() + WAIT
        while not any(text in line for line in self.screen.display):
            self.read(1)
            if time.monotonic() > end:
                sys.exit(f"terminal: {text!r} did not come:\n" + "\n".join(self.screen.display))
        while self.read(SETTLED):
            pass

    def press(self, keys):
        os.write(self.file, keys.encode().decode("unicode_escape").encode())

    def end(self):
        os.kill(self.pid, signal.SIGTERM)
        os.waitpid(self.pid, 0)


def runs(row, columns):
    """Split a line into pieces that look alike: (first column, text, reverse, bold, underlined)."""
    start = 0
    for column in range(1, columns + 1):
        look = [(row[at].reverse, row[at].bold, row[at].underscore)
                for at in (start, column) if at < columns]
        if column == columns or look[0] != look[1]:
            yield (start, "".join(row[at].data for at in range(start, column)), *look[0])
            start = column


def draw(screen, theme):
    width, height = screen.columns * CELL + 2 * EDGE, screen.lines * LINE + 2 * EDGE
    back, text = theme["back"], theme["text"]
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
           f'font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="14" fill="{text}">')
    yield f'<rect width="100%" height="100%" rx="8" fill="{back}"/>'
    for number in range(screen.lines):
        top = EDGE + number * LINE
        for column, words, reverse, bold, underlined in runs(screen.buffer[number], screen.columns):
            left, length = EDGE + column * CELL, len(words) * CELL
            if reverse:
                yield f'<rect x="{left:g}" y="{top:g}" width="{length:g}" height="{LINE}" fill="{text}"/>'
            if not words.strip():
                continue
            looks = f' fill="{back}"' * reverse + ' font-weight="bold"' * bold + ' text-decoration="underline"' * underlined
            # Each font has a width of its own: the words are as wide as their cells.
            words = words.rstrip()
            yield (f'<text x="{left:g}" y="{top + 14:g}" textLength="{len(words) * CELL:g}" xml:space="preserve"{looks}>'
                   f'{html.escape(words)}</text>')
    yield "</svg>"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", default="24x80")
    parser.add_argument("--theme", default="dark", choices=THEMES)
    parser.add_argument("--until", action="append", required=True)
    parser.add_argument("--press", action="append", default=[])
    parser.add_argument("out")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    lines, columns = map(int, options.size.split("x"))
    terminal = Terminal(options.command, lines, columns)
    for i, text in enumerate(options.until):
        terminal.wait_for(text)
        if i < len(options.press):
            terminal.press(options.press[i])
    picture = "\n".join(draw(terminal.screen, THEMES[options.theme]))
    terminal.end()
    with open(options.out, "w", encoding="utf-8") as file:
        print(picture, file=file)


if __name__ == "__main__":
    main()
