"""Types the README's tour into `jit demo --shell` on a pseudo-terminal, and writes what the terminal showed as SVG.

python3 tour.py PROGRAM README FOLDER

Writes tour-light.svg and tour-dark.svg, which play the recording by CSS keyframes alone, and still-light.svg and
still-dark.svg, which hold the part with the approval. The text, the styles and the times are those of the run. An id
of the README's run is replaced by the last id of this one, as its test does.
"""

import fcntl
import html
import os
import pathlib
import pty
import re
import select
import struct
import sys
import tempfile
import termios
import time

COLUMNS, ROWS = 100, 27
# Seconds between two keys, after a command's output, and for each line of it.
KEY, PAUSE, READING, LONGEST = 0.035, 0.9, 0.3, 4.5
# Seconds that the last picture stays before the recording begins again.
END = 6
# Pixels of one cell, of the frame, and of the bar above the text.
WIDE, HIGH, MARGIN, BAR = 8.4, 20, 16, 34
FONT = "ui-monospace, SFMono-Regular, Menlo, 'DejaVu Sans Mono', 'Liberation Mono', Consolas, monospace"
PROMPT = re.compile(r"(ana|bo)\$ $")
BEGIN = re.compile(r"(ana|bo)\$ ")
IDENTIFIER = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{10}\b")
# Foreground colours by their SGR number.
NAMES = {31: "red", 32: "green", 33: "yellow", 34: "blue", 35: "magenta", 36: "cyan"}
TONES = {
    "light": {
        "ground": "#ffffff", "bar": "#f0f2f5", "edge": "#d0d7de", "text": "#1f2328", "faint": "#59636e", "prompt": "#0550ae",
        "red": "#b3202a", "green": "#116329", "yellow": "#7d4e00", "blue": "#0550ae", "magenta": "#8250df", "cyan": "#0b6270",
    },
    "dark": {
        "ground": "#0d1117", "bar": "#161b22", "edge": "#30363d", "text": "#e6edf3", "faint": "#9198a1", "prompt": "#79c0ff",
        "red": "#ff7b72", "green": "#56d364", "yellow": "#e3b341", "blue": "#79c0ff", "magenta": "#d2a8ff", "cyan": "#76e3ea",
    },
}


class Screen:
    """A terminal with endless rows. It stops at a control sequence that it does not know, so nothing is drawn wrongly."""

    def __init__(self):
        self.rows, self.times = [[]], [None]
        self.row = self.column = 0
        self.style = frozenset()
        self.rest = ""

    def write(self, text, now):
        text = self.rest + text
        self.rest = ""
        at = 0
        while at < len(text):
            if text[at] != "\x1b":
                self.put(text[at], now)
                at += 1
                continue
            found = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])").match(text, at)
            if not found:
                self.rest = text[at:]
                return
            self.control(*found.groups())
            at = found.end()

    def put(self, letter, now):
        if letter == "\r":
            self.column = 0
        elif letter == "\n":
            self.down()
        elif letter == "\b":
            self.column -= 1
        elif letter >= " ":
            if self.column == COLUMNS:
                self.column = 0
                self.down()
            row = self.rows[self.row]
            row.extend([(" ", frozenset())] * (self.column + 1 - len(row)))
            row[self.column] = (letter, self.style)
            self.column += 1
            if self.times[self.row] is None:
                self.times[self.row] = now

    def down(self):
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append([])
            self.times.append(None)

    def control(self, numbers, kind):
        values = [int(number or 0) for number in numbers.lstrip("?").split(";")]
        if kind == "m":
            for value in values:
                if value == 0:
                    self.style = frozenset()
                elif value in (1, 2):
                    self.style |= {"bold" if value == 1 else "faint"}
                elif value in (22, 39):
                    gone = {"bold", "faint"} if value == 22 else set(NAMES.values())
                    self.style -= gone
                elif value in NAMES or value - 60 in NAMES:
                    self.style = self.style - set(NAMES.values()) | {NAMES[value if value in NAMES else value - 60]}
                else:
                    sys.exit(f"the style {value} is unknown here")
        elif kind == "K" and values == [0]:
            del self.rows[self.row][self.column:]
        elif kind == "C":
            self.column += max(values[0], 1)
        elif kind in "hl" and numbers in ("?2004", "?2026", "?25"):
            pass
        else:
            sys.exit(f"the control sequence {numbers}{kind} is unknown here")

    def text(self, row):
        return "".join(letter for letter, _ in self.rows[row])


class Terminal:
    """`jit demo --shell` on a pseudo-terminal."""

    def __init__(self, program, folder):
        self.screen, self.began = Screen(), time.monotonic()
        self.seen = ""
        os.symlink(program, os.path.join(folder, "jit"))
        environment = {
            "PATH": f"{folder}:/usr/bin:/bin", "HOME": folder, "TERM": "xterm-256color", "LANG": "C.UTF-8", "TZ": "UTC",
        }
        self.process, self.end = pty.fork()
        if self.process == 0:
            time.sleep(0.2)
            os.execvpe("jit", ["jit", "demo", "--shell"], environment)
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))

    def now(self):
        return time.monotonic() - self.began

    def read(self, until, wait=60):
        """Reads until the condition holds, and fails after `wait` seconds. None reads for so long."""
        end = time.monotonic() + wait
        while time.monotonic() < end:
            if until and until():
                return
            if select.select([self.end], [], [], 0.02)[0]:
                try:
                    text = os.read(self.end, 65536).decode()
                except OSError:
                    return
                self.seen += text
                self.screen.write(text, self.now())
        if until:
            sys.exit(f"the terminal stands still:\n{self.seen}")

    def is_asking(self):
        return bool(PROMPT.fullmatch(self.screen.text(self.screen.row))) and self.screen.column > 3

    def type(self, text):
        """Types one line, and returns the row of the prompt and the times of the first and the last key."""
        row, begin = self.screen.row, self.now()
        for letter in text:
            os.write(self.end, letter.encode())
            self.read(None, KEY)
        end = self.now()
        if not self.screen.text(row).endswith(f"$ {text}"):
            sys.exit(f"typed {text!r}, and the terminal shows {self.screen.text(row)!r}")
        os.write(self.end, b"\r")
        self.read(lambda: self.screen.row > row)
        self.read(self.is_asking)
        lines = self.screen.row - row
        self.read(None, min(PAUSE + READING * lines, LONGEST))
        return row, begin, end


def commands(readme):
    """The lines of the tour that somebody types."""
    blocks = re.findall(r"^```console\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    found = [line.split("$ ", 1)[1] for block in blocks for line in block.splitlines() if BEGIN.match(line)]
    return found or sys.exit("the README has no tour")


def record(program, readme):
    """Returns the screen, the first row of the tour, and what was typed: (row, first key, last key)."""
    with tempfile.TemporaryDirectory() as folder:
        terminal = Terminal(program, folder)
        terminal.read(terminal.is_asking)
        first = terminal.screen.row
        terminal.read(None, PAUSE)
        typed = []
        for command in commands(readme):
            last = IDENTIFIER.findall(terminal.seen)
            typed.append(terminal.type(IDENTIFIER.sub(last[-1], command) if last else command))
        end = terminal.now()
        os.write(terminal.end, b"exit\r")
        terminal.read(None, 3)
        os.close(terminal.end)
        os.waitpid(terminal.process, 0)
    screen = terminal.screen
    # Without the prompt at which `exit` was typed.
    del screen.rows[next(row for row in range(typed[-1][0] + 1, len(screen.rows)) if BEGIN.match(screen.text(row))):]
    return screen, first, typed, end


def pieces(row):
    """The runs of equal style in a row: (column, text, classes). Blanks between them are left out."""
    found = []
    for column, (letter, style) in enumerate(row):
        if found and found[-1][2] == style and found[-1][0] + len(found[-1][1]) == column:
            found[-1][1] += letter
        else:
            found.append([column, letter, style])
    return [(column, text.rstrip(), style) for column, text, style in found if text.strip()]


def line(row, at, attributes=""):
    """One row as a text element, of which each run of equal style is a tspan at its own column."""
    prompt = BEGIN.match("".join(letter for letter, _ in row))
    if prompt:
        row = [(letter, frozenset({"prompt"})) for letter, _ in row[: prompt.end()]] + row[prompt.end():]
    spans = []
    for column, text, style in pieces(row):
        if "prompt" in style:
            text += " "
        classes = f' class="{" ".join(sorted(style))}"' if style else ""
        spans.append(
            f'<tspan x="{MARGIN + column * WIDE:g}" textLength="{len(text) * WIDE:g}"{classes}>'
            f"{html.escape(text, quote=False)}</tspan>"
        )
    return f'<text y="{BAR + MARGIN + at * HIGH + 14:g}"{attributes}>{"".join(spans)}</text>' if spans else ""


def frame(tone, title, rules, body):
    """The window around the text."""
    wide, high = COLUMNS * WIDE + 2 * MARGIN, ROWS * HIGH + 2 * MARGIN + BAR
    colours = TONES[tone]
    rules = [
        f"text{{font:14px {FONT};fill:{colours['text']};white-space:pre}}",
        f".bold{{font-weight:700}}.faint{{fill:{colours['faint']}}}",
        *(f".{name}{{fill:{colours[name]}}}" for name in ["prompt", *NAMES.values()]),
        f".ground{{fill:{colours['ground']}}}.cursor{{fill:{colours['faint']}}}",
        *rules,
    ]
    dots = "".join(f'<circle cx="{20 + 20 * at}" cy="17" r="6" fill="{colours["edge"]}"/>' for at in range(3))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {high:g}" width="{wide:g}" height="{high:g}" role="img">\n'
        f"<title>{title}</title>\n<style>\n" + "\n".join(rules) + "\n</style>\n"
        f'<rect x=".5" y=".5" width="{wide - 1:g}" height="{high - 1:g}" rx="8" class="ground" stroke="{colours["edge"]}"/>\n'
        f'<path d="M1 {BAR}V8.5a7.5 7.5 0 0 1 7.5-7.5H{wide - 8.5:g}a7.5 7.5 0 0 1 7.5 7.5V{BAR}z" fill="{colours["bar"]}"/>{dots}\n'
        f'<text x="{wide / 2:g}" y="22" text-anchor="middle" class="faint">jit demo --shell</text>\n'
        f'<svg x="0" y="{BAR + MARGIN}" width="{wide:g}" height="{ROWS * HIGH}" viewBox="0 {BAR + MARGIN} {wide:g} {ROWS * HIGH}">\n'
        f"{body}\n</svg>\n</svg>\n"
    )


def moving(tone, screen, first, typed, end):
    """The recording: each row appears when it was first written, and a cover moves away from a line that is typed."""
    begin = typed[0][1] - PAUSE
    whole = end + END - begin

    def share(moment):
        return f"{max(0.0, moment - begin) / whole * 100:.3f}%"

    rules, body, scroll = [], [], []
    by_row = {row: (start, stop) for row, start, stop in typed}
    seen = 0.0
    moments = {}
    for row in range(first, len(screen.rows)):
        if screen.times[row] is None:
            continue
        seen = max(seen, screen.times[row])
        moments.setdefault(share(seen), []).append(row)
        scroll.append((share(seen), max(0, row - first + 1 - ROWS)))
    for number, (moment, rows) in enumerate(moments.items()):
        visible = moment == share(begin)
        if not visible:
            rules.append(f"@keyframes a{number}{{0%{{visibility:hidden}}{moment},to{{visibility:visible}}}}")
        style = "" if visible else f' style="animation-name:a{number}"'
        body.append(f"<g{style}>" + "".join(line(screen.rows[row], row - first) for row in rows) + "</g>")
    for number, (row, (start, stop)) in enumerate(by_row.items()):
        prompt = BEGIN.match(screen.text(row)).end()
        letters = len(screen.text(row)) - prompt
        moved = f"transform:translateX({letters * WIDE:g}px)"
        shown = "visibility:visible"
        rules.append(
            f"@keyframes c{number}{{0%{{visibility:hidden}}{share(screen.times[row])}{{{shown}}}"
            f"{share(start)}{{{shown};transform:none;animation-timing-function:steps({letters})}}"
            f"{share(stop)}{{{shown};{moved}}}{share(stop + 0.25)},to{{visibility:hidden;{moved}}}}}"
        )
        left, top = MARGIN + prompt * WIDE, BAR + MARGIN + (row - first) * HIGH - 2
        body.append(
            f'<g class="cover" style="animation-name:c{number}"><rect x="{left:g}" y="{top}" width="{(letters + 2) * WIDE:g}" height="{HIGH}" '
            f'class="ground"/><rect x="{left:g}" y="{top + 2}" width="{WIDE}" height="16" class="cursor"/></g>'
        )
    steps, before = [], None
    for moment, offset in scroll:
        if offset != before:
            steps.append(f"{moment}{{transform:translateY({-offset * HIGH}px)}}")
            before = offset
    rest = f"transform:translateY({-before * HIGH}px)"
    rules.append("@keyframes scroll{0%{transform:none}" + "".join(steps) + f"to{{{rest}}}}}")
    rules.append(f"g{{animation:{whole:.1f}s step-end infinite}}#all{{animation-name:scroll}}")
    # Somebody who wants no motion sees the end.
    rules.append(f"@media(prefers-reduced-motion:reduce){{g{{animation:none!important}}.cover{{display:none}}#all{{{rest}}}}}")
    title = "A recording of the tour in the README: a request, its approval, its use and its end"
    return frame(tone, title, rules, '<g id="all">\n' + "\n".join(body) + "\n</g>")


def still(tone, screen, first, typed):
    """One picture: from where the reviewer's inbox was asked for."""
    begin = next(row for row, _, _ in typed if "jit inbox" in screen.text(row))
    body = [line(screen.rows[row], row - begin) for row in range(begin, min(begin + ROWS, len(screen.rows)))]
    return frame(tone, "A reviewer approves, and the requester uses the access", [], "\n".join(filter(None, body)))


def main():
    program, readme, folder = sys.argv[1:]
    recorded = record(os.path.realpath(program), pathlib.Path(readme).read_text())
    for tone in TONES:
        pathlib.Path(folder, f"tour-{tone}.svg").write_text(moving(tone, *recorded))
        pathlib.Path(folder, f"still-{tone}.svg").write_text(still(tone, *recorded[:3]))


main()
