"""The certificate is a well-formed PDF whose text can be read back."""

from __future__ import annotations

import re

from infra.sandbox.certificate import pdf

FILE = pdf("电子证照", ["证照编号：QD-2026-1", "有效期：五年"])


def test_every_object_is_where_the_table_says() -> None:
    start = int(re.findall(rb"startxref\n(\d+)", FILE)[-1])
    assert FILE[start:].startswith(b"xref\n")
    offsets = [int(entry) for entry in re.findall(rb"(\d{10}) 00000 n", FILE[start:])]
    assert len(offsets) == 7
    for number, offset in enumerate(offsets, start=1):
        assert FILE[offset:].startswith(b"%d 0 obj\n" % number)


def test_the_stream_is_as_long_as_it_says() -> None:
    match = re.search(rb"/Length (\d+)>>\nstream\n(.*?)\nendstream", FILE, re.DOTALL)
    assert match
    assert len(match[2]) == int(match[1])


def test_the_text_can_be_read_back() -> None:
    lines = [bytes.fromhex(text.decode()).decode("utf-16-be") for text in re.findall(rb"<([0-9a-f]+)> Tj", FILE)]
    assert lines == ["电子证照", "证照编号：QD-2026-1", "有效期：五年"]
