#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The picture of README.md, from a run of the demo: its terminal while the guest plays, and its waveforms.

    demo/picture.py Documentation/pictures/demo.svg
"""

import html
import os
import pathlib
import pty
import re
import sys
import tempfile

DEMO = pathlib.Path(__file__).resolve().parent / "run.sh"
COLUMNS, LINES = 88, 6
SHARE = 54          # per cent of the file at which the terminal is drawn
TEXT_WIDTH, LINE, MARGIN = 8.4, 19, 18
COLOURS = {"31": "red", "32": "green", "33": "yellow", "36": "cyan", "2": "dim"}
STYLE = """\
.t-back{fill:#11161d}.t{font:14px 'DejaVu Sans Mono',ui-monospace,monospace;fill:#e8edf3;white-space:pre}
.t-red{fill:#ff7480}.t-green{fill:#3ecfa6}.t-yellow{fill:#e9b949}.t-cyan{fill:#69a3ff}.t-dim{fill:#6b7787}
"""
TOKEN = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|\r|\n|[^\x1b\r\n]+|\x1b")


class Screen:
    """The lines of a terminal: lists of (character, colour)"""

    def __init__(self):
        self.lines, self.row, self.column, self.colour = [[]], 0, 0, None

    def write(self, text):
        for token in TOKEN.finditer(text):
            if token[2]:
                self.control(token[1], token[2])
            elif token[0] == "\r":
                self.column = 0
            elif token[0] == "\n":
                self.row += 1
                self.lines += [[]] * (self.row == len(self.lines))
            else:
                line = self.lines[self.row]
                line += [(" ", None)] * (self.column - len(line))
                line[self.column:self.column + len(token[0])] = [(char, self.colour) for char in token[0]]
                self.column += len(token[0])

    def control(self, number, letter):
        if letter == "A":
            self.row -= int(number or 1)
        elif letter == "K":
            del self.lines[self.row][self.column:]
        elif letter == "m":
            self.colour = COLOURS.get(number.split(";")[-1])

    def copy(self):
        return [list(line) for line in self.lines if line]


def run(out):
    """Runs the demo in a terminal. Returns the last lines of the screen while the guest plays."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm", LC_ALL="C.UTF-8", OUT=str(out), COLUMNS=str(COLUMNS))
        os.execvp("sh", ["sh", "-c", f'stty cols {COLUMNS} rows 40; exec "$0"', str(DEMO)])
    screen, best, pending = Screen(), (SHARE, []), b""
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:     # the other end is closed
            break
        os.write(1, data)
        # A character or a sequence may come in two parts.
        pending += data
        whole = pending.rfind(b"\n") + 1
        screen.write(pending[:whole].decode())
        pending = pending[whole:]
        for line in screen.lines:
            text = "".join(char for char, _ in line)
            if found := re.search(r"playing .* (\d+) %", text):
                best = min(best, (abs(int(found[1]) - SHARE), screen.copy()), key=lambda choice: choice[0])
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        sys.exit("picture: the demo failed")
    return best[1][-LINES:]


def terminal_text(lines):
    """The lines as SVG: one element for each run of one colour"""
    for row, line in enumerate(lines):
        y = MARGIN + (row + .8) * LINE
        for found in re.finditer(r"(.)\1*", "".join(chr(97 + list(COLOURS.values()).index(c)) if c else " " for _, c in line)):
            begin, end = found.span()
            text = "".join(char for char, _ in line[begin:end])
            if text.strip():
                colour = f" t-{line[begin][1]}" if line[begin][1] else ""
                yield (f'<text class="t{colour}" x="{MARGIN + begin * TEXT_WIDTH:.1f}" y="{y:.1f}" '
                       f'textLength="{len(text) * TEXT_WIDTH:.1f}" lengthAdjust="spacingAndGlyphs" '
                       f'xml:space="preserve">{html.escape(text)}</text>')


def thinner(waveform):
    """Every third point of the waveforms, in whole pixels"""
    def path(found):
        points = re.findall(r"(\d+) ([\d.]+) ", found[1])
        return 'd="M' + " ".join(f"{x} {float(y):.0f}" for x, y in points[::3]) + ' Z"'
    return re.sub(r'd="M((?:\d+ [\d.]+ ){9,})Z"', path, waveform)


def picture(lines, waveform):
    width = round(2 * MARGIN + COLUMNS * TEXT_WIDTH)
    above = round(2 * MARGIN + len(lines) * LINE)
    wave_width, wave_height = map(float, re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', waveform).groups())
    below = round(width * wave_height / wave_width)
    inner = re.sub(r' width="\d+" height="\d+"', f' y="{above + 8}" width="{width}" height="{below}"', waveform, count=1)
    return "\n".join([
        "<!-- SPDX-License-Identifier: GPL-2.0 -->",
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {above + 8 + below}" width="{width}" '
        f'height="{above + 8 + below}" role="img">',
        f"<style>\n{STYLE}</style>", f'<rect class="t-back" width="{width}" height="{above}" rx="8"/>',
        *terminal_text(lines), thinner(inner).strip(), "</svg>", ""])


def main():
    target = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        out = pathlib.Path(name)
        lines = run(out)
        target.write_text(picture(lines, (out / "waveform.svg").read_text()))


if __name__ == "__main__":
    main()
