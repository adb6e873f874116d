"""PDF 1.4 with Chinese text, in the standard fonts that readers have: nothing is embedded, no library is needed.

ASCII is set in Helvetica: what readers put in place of the Chinese font often has no Latin letters.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

TITLE_SIZE, LINE_SIZE, LEADING = 20, 12, 24
WIDE = 34  # full-width characters on a line of A4
LINES = 28  # on a page
A4 = (595.0, 842.0)  # points


_FONTS = (  # objects 3 to 6 of every document; F1 is Chinese, F2 Latin
    "<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[4 0 R]>>",
    "<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>"
    "/FontDescriptor 5 0 R/DW 1000>>",
    "<</Type/FontDescriptor/FontName/STSong-Light/Flags 4/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880/Descent -120"
    "/CapHeight 880/StemV 93>>",
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
)


def pdf(title: str, lines: Sequence[str]) -> bytes:
    """A4 pages with a title and lines, folded where they are too long."""
    shown = [part for line in lines for part in folded(line)]
    pages = [shown[i : i + LINES] for i in range(0, len(shown), LINES)] or [[]]
    return document(A4, [_content(title if n == 0 else "", page) for n, page in enumerate(pages)])


def document(size: tuple[float, float], pages: Sequence[Sequence[str]]) -> bytes:
    """A file of pages of one size (points), each of operators such as `placed` gives."""
    first = 3 + len(_FONTS)  # the first page's object; each page is followed by its content
    kids = " ".join(f"{first + 2 * n} 0 R" for n in range(len(pages)))
    objects = ["<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>", *_FONTS]
    box = f"/MediaBox[0 0 {size[0]:g} {size[1]:g}]"
    for n, page in enumerate(pages):
        stream = "\n".join(page)
        objects += [
            f"<</Type/Page/Parent 2 0 R{box}/Contents {first + 2 * n + 1} 0 R/Resources<</Font<</F1 3 0 R/F2 6 0 R>>>>>>",
            f"<</Length {len(stream)}>>\nstream\n{stream}\nendstream",
        ]
    return _document(objects)


def placed(text: str, x: float, y: float, size: int) -> str:
    """A line of text that begins at a point."""
    return f"BT {x:g} {y:g} Td {_shown(text, size)} ET"


def _content(title: str, lines: Sequence[str]) -> list[str]:
    head = [placed(title, 72, 760, TITLE_SIZE)] if title else []
    return head + [placed(line, 72, 720 - LEADING * n, LINE_SIZE) for n, line in enumerate(lines)]


def _shown(line: str, size: int) -> str:
    """A line's runs, each in its font."""
    runs = ((ascii_only, "".join(run)) for ascii_only, run in groupby(line, str.isascii))
    return " ".join(f"/F2 {size} Tf <{r.encode().hex()}> Tj" if a else f"/F1 {size} Tf <{_hex(r)}> Tj" for a, r in runs)


def folded(line: str, wide: int = WIDE) -> list[str]:
    """The line in parts of at most `wide` full-width characters; one of ASCII is half as wide as a Chinese one."""
    parts, width = [""], 0
    for character in line:
        halves = 1 if character.isascii() else 2
        if width + halves > 2 * wide:
            parts.append("")
            width = 0
        parts[-1] += character
        width += halves
    return parts


def _hex(text: str) -> str:
    """UCS-2, which knows no characters beyond the first plane."""
    return "".join(c if ord(c) < 0x10000 else "〓" for c in text).encode("utf-16-be").hex()


def _document(objects: Sequence[str]) -> bytes:
    out = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("ascii")
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    tail = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + tail.encode("ascii")
