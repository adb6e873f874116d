"""The electronic certificate that the department issues: one page of PDF 1.4."""

from __future__ import annotations

TITLE_SIZE, LINE_SIZE = 20, 12


def pdf(title: str, lines: list[str]) -> bytes:
    """A page with a title and lines of Chinese text, in the standard font that every reader has for it."""
    text = [f"BT /F1 {TITLE_SIZE} Tf 72 760 Td <{_hex(title)}> Tj ET"]
    text += [f"BT /F1 {LINE_SIZE} Tf 72 {720 - 24 * n} Td <{_hex(line)}> Tj ET" for n, line in enumerate(lines)]
    stream = "\n".join(text)
    return _document(
        [
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
            f"<</Length {len(stream)}>>\nstream\n{stream}\nendstream",
            "<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[6 0 R]>>",
            "<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>"
            "/FontDescriptor 7 0 R/DW 1000>>",
            "<</Type/FontDescriptor/FontName/STSong-Light/Flags 4/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880/Descent -120"
            "/CapHeight 880/StemV 93>>",
        ]
    )


def _hex(text: str) -> str:
    return text.encode("utf-16-be").hex()


def _document(objects: list[str]) -> bytes:
    out = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("ascii")
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    tail = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + tail.encode("ascii")
