"""What we print is a well-formed PDF whose text can be read back; long records go over several pages."""

from __future__ import annotations

import re

from wugan.pdf import LINES, WIDE, pdf

FILE = pdf("电子证照", ["证照编号：QD-2026-1", "有效期：五年"])
LONG = pdf("办理记录", ["字" * (WIDE + 1), *(f"{n}. 某" for n in range(LINES)), "𠮷"])


def lines_of(file: bytes) -> list[str]:
    """The text of each line: Chinese is in UCS-2, the rest in ASCII."""
    lines = []
    for line in re.findall(rb"BT .*? Td (.*?) ET", file):
        runs = re.findall(rb"/(F\d) \d+ Tf <([0-9a-f]+)> Tj", line)
        lines.append("".join(bytes.fromhex(t.decode()).decode("ascii" if font == b"F2" else "utf-16-be") for font, t in runs))
    return lines


def test_every_object_is_where_the_table_says() -> None:
    for file, objects in ((FILE, 8), (LONG, 10)):
        start = int(re.findall(rb"startxref\n(\d+)", file)[-1])
        assert file[start:].startswith(b"xref\n")
        offsets = [int(entry) for entry in re.findall(rb"(\d{10}) 00000 n", file[start:])]
        assert len(offsets) == objects
        for number, offset in enumerate(offsets, start=1):
            assert file[offset:].startswith(b"%d 0 obj\n" % number)


def test_streams_are_as_long_as_they_say() -> None:
    for length, stream in re.findall(rb"/Length (\d+)>>\nstream\n(.*?)\nendstream", FILE + LONG, re.DOTALL):
        assert len(stream) == int(length)


def test_the_text_can_be_read_back() -> None:
    assert lines_of(FILE) == ["电子证照", "证照编号：QD-2026-1", "有效期：五年"]


def test_long_lines_are_folded_and_pages_turned() -> None:
    assert LONG.count(b"/Type/Page/") == 2
    assert lines_of(LONG) == ["办理记录", "字" * WIDE, "字", *(f"{n}. 某" for n in range(LINES)), "〓"]


def test_a_page_without_lines() -> None:
    assert lines_of(pdf("", [])) == []
