"""Draws the two diagrams of the docs as SVG, each for light and dark: who trusts whom, and a request's life.

python3 diagrams.py FOLDER

Facts of the first: docs/trust.md, "The parts". Facts of the second: `Request::apply` in src/grant/request.rs.
"""

import html
import pathlib
import sys

FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif"
# Pixels: the height of a line of text, and the space inside a box.
LINE, SPACE = 17, 12
TONES = {
    "light": {
        "ground": "#ffffff", "text": "#1f2328", "faint": "#59636e", "line": "#818b98", "strong": "#0550ae", "box": "#f6f8fa",
        "check": "#116329",
    },
    "dark": {
        "ground": "#0d1117", "text": "#e6edf3", "faint": "#9198a1", "line": "#656c76", "strong": "#58a6ff", "box": "#161b22",
        "check": "#56d364",
    },
}


def box(left, top, wide, high, head, lines, checks=(), strong=False):
    """A box with a heading, what the part does, and what it verifies."""
    parts = [f'<rect x="{left}" y="{top}" width="{wide}" height="{high}" rx="8" class="box{" strong" if strong else ""}"/>']
    y = top + 22
    for text, kind in [(head, "head"), *((line, "") for line in lines), *((line, "check") for line in checks)]:
        if text in checks[:1]:
            y += 5
        parts.append(f'<text x="{left + SPACE}" y="{y}"{f""" class="{kind}" """.rstrip() if kind else ""}>{html.escape(text)}</text>')
        y += LINE
    return "".join(parts)


def arrow(points, label=(), at=None, dashed=False):
    """An arrow through these points, with the lines of a label centred at a place."""
    way = "M" + "L".join(f"{x} {y}" for x, y in points)
    parts = [f'<path d="{way}" class="way{" dashed" if dashed else ""}" marker-end="url(#end)"/>']
    return "".join(parts) + note(label, at)


def note(lines, at, kind="note", anchor="middle"):
    return "".join(
        f'<text x="{at[0]}" y="{at[1] + 14 * number}" text-anchor="{anchor}" class="{kind}">{html.escape(line)}</text>'
        for number, line in enumerate(lines)
    )


def frame(left, top, wide, high):
    return f'<rect x="{left}" y="{top}" width="{wide}" height="{high}" rx="12" class="frame"/>'


TRUST = (
    880, 454, "Who trusts whom: the laptop, the reviewer, the policy, the broker or repository, the cloud and the auditor",
    [
        box(335, 34, 270, 84, "Policy in git", ["who may ask, who must agree, whose", "keys count; a reviewed commit", "changes it"]),
        box(0, 134, 225, 126, "Developer's laptop", ["not trusted: it asks and receives", "signs requests, and holds the", "one-use key of each"],
            ["verifies: they end when what", "its owner signed ends"]),
        box(0, 284, 225, 108, "Reviewer's client", ["shows what was asked; signs", "the review of exactly that"], ["verifies: words and digest,", "from the signed bytes"]),
        box(335, 164, 270, 198, "Broker, or a GitHub repository", ["decides, mints and keeps the log;", "stores no cloud key"],
            ["verifies at every mint:", "– each signature, over its own bytes", "– the request against the policy as it", "\u2003was when asked, and as it is now", "– that no event of the log is missing"], strong=True),
        box(335, 398, 270, 54, "Auditor, later", [], ["verifies: signatures, without jit too"]),
        box(700, 184, 180, 126, "Cloud", ["trusts one issuer, one", "audience, and one", "subject for each role"], ["verifies: the token, by", "the issuer's public keys"]),
        arrow([(470, 118), (470, 162)], ["each revision"], (515, 144)),
        arrow([(225, 186), (333, 186)], ["signed request"], (279, 180)),
        arrow([(335, 236), (227, 236)], ["credentials,", "sealed"], (281, 216)),
        arrow([(335, 306), (227, 306)], ["the request"], (281, 300)),
        arrow([(225, 346), (333, 346)], ["signed review"], (279, 340)),
        arrow([(605, 222), (698, 222)], ["token for", "one role"], (651, 202)),
        arrow([(700, 276), (607, 276)], ["credentials"], (653, 270)),
        arrow([(470, 362), (470, 396)], ["the log"], (500, 384)),
        arrow([(112, 134), (112, 16), (790, 16), (790, 182)], ["uses the credentials until they expire"], (470, 10), dashed=True),
    ],
)

LIFE = (
    880, 300, "A request's life: pending, approved, active and ended; or denied, cancelled, expired or revoked",
    [
        frame(76, 8, 640, 146), frame(90, 34, 402, 106),
        '<circle cx="10" cy="90" r="6" class="dot"/>',
        arrow([(16, 90), (104, 90)], ["signed"], (46, 84)),
        box(106, 62, 130, 56, "pending", ["waits for reviews"]),
        arrow([(236, 90), (344, 90)], ["the last", "needed review"], (290, 66)),
        box(346, 62, 130, 56, "approved", ["waits to be used"]),
        arrow([(476, 90), (568, 90)], ["first use"], (530, 84)),
        box(570, 62, 132, 56, "active", ["access, renewed"], strong=True),
        arrow([(702, 90), (756, 90)]),
        box(758, 62, 122, 56, "ended", ["no new access"]),
        note(["time is up, or its", "requester ended it"], (819, 136)),
        arrow([(150, 140), (150, 198)]), arrow([(290, 140), (290, 198)]), arrow([(430, 140), (430, 198)]), arrow([(636, 154), (636, 198)]),
        box(90, 200, 120, 36, "denied", []), box(230, 200, 120, 36, "cancelled", []), box(370, 200, 120, 36, "expired", []),
        box(576, 200, 120, 36, "revoked", []),
        note(["a reviewer", "denied it"], (150, 254)), note(["its requester", "took it back"], (290, 254)),
        note(["nobody decided in", "time, or used it in time"], (430, 254)),
        note(["by a person", "or by the policy"], (636, 254)),
    ],
)


def draw(picture, colours):
    wide, high, title, parts = picture
    style = (
        f"text{{font:13px {FONT};fill:{colours['text']}}}.head{{font-weight:600;font-size:14px}}.check{{fill:{colours['check']}}}"
        f".note{{font-size:12px;fill:{colours['faint']};paint-order:stroke;stroke:{colours['ground']};stroke-width:4px}}"
        f".box{{fill:{colours['box']};stroke:{colours['line']}}}.strong{{stroke:{colours['strong']};stroke-width:2}}"
        f".way{{fill:none;stroke:{colours['line']};stroke-width:1.3}}.dashed,.frame{{stroke-dasharray:5 4}}"
        f".frame{{fill:none;stroke:{colours['line']}}}.dot,#end path{{fill:{colours['line']}}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 {wide + 4} {high + 4}" width="{wide + 4}" height="{high + 4}" role="img">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n"
        '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>\n'
        + "\n".join(parts) + "\n</svg>\n"
    )


for name, picture in [("trust", TRUST), ("life", LIFE)]:
    for tone, colours in TONES.items():
        pathlib.Path(sys.argv[1], f"{name}-{tone}.svg").write_text(draw(picture, colours))
