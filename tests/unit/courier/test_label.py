"""The label: its bar code is read back from the page by a decoder of the test's own, and strangers read nobody's name on it."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wugan.courier.code128 import PATTERNS, STOP, check, values, widths
from wugan.courier.label import HEIGHT, POINTS, WIDTH, Label, label, masked
from wugan.courier.port import Address
from wugan.errors import InvalidInput

PERSON = Address("测试甲", "13800001234", "山东省青岛市市南区演示路1号某某大厦一座二十三层2301室内部信箱")
BUREAU = Address("青岛市行政审批服务局", "12345", "青岛市行政审批服务局审批窗口")
SHOWN = Label("SF7444400031887", BUREAU, masked(PERSON), "新证照", "01JQ8Z0000000000000000CASE-delivery-1")
# What some symbols look like, as module strings, from the tables printed in the literature: value → modules.
PRINTED = {
    0: "11011001100", 16: "10011101100", 33: "10100011000", 54: "11101011000", 99: "10111011110", 100: "10111101110",
    103: "11010000100", 104: "11010010000", 105: "11010011100", 106: "1100011101011",
}  # fmt: skip


def modules(pattern: str) -> str:
    return "".join("10"[place % 2] * int(width) for place, width in enumerate(pattern))


def read(bits: str) -> str:
    """A symbol as a scanner reads it: 11 modules at a time, code sets B and C, the check at the end."""
    known = {modules(pattern): value for value, pattern in enumerate(PATTERNS)}
    assert bits.endswith(modules(PATTERNS[STOP]))
    found = [known[bits[i : i + 11]] for i in range(0, len(bits) - 13, 11)]
    start, *data, told = found
    assert (start + sum(n * value for n, value in enumerate(data, start=1))) % 103 == told
    text, code_set = "", {104: "B", 105: "C"}[start]
    for value in data:
        if (code_set, value) in (("B", 99), ("C", 100)):
            code_set = "C" if value == 99 else "B"
        else:
            text += f"{value:02d}" if code_set == "C" else chr(value + 32)
    return text


def bars(file: bytes) -> str:
    """The bar code of a page as modules, from its black rectangles."""
    found = [tuple(map(float, row)) for row in re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re f", file)]
    module = min(width for _, _, width, _ in found)
    edges = [(x, x + width) for x, _, width, _ in found]
    gaps = [following[0] - edge[1] for edge, following in pairwise(edges)]
    runs = [width for pair in zip((w for _, _, w, _ in found), [*gaps, 0], strict=True) for width in pair][:-1]
    return "".join("10"[n % 2] * round(width / module) for n, width in enumerate(runs))


def test_the_patterns_are_the_standards() -> None:
    assert len(set(PATTERNS)) == 107
    for value, pattern in enumerate(PATTERNS[:STOP]):
        assert sum(map(int, pattern)) == 11, value
        assert sum(map(int, pattern[::2])) % 2 == 0, value  # self-checking: bars are even
    assert {value: modules(PATTERNS[value]) for value in PRINTED} == PRINTED


def test_the_published_check_value() -> None:
    """ "PJJ123C" in code set A has the check 54: 103 + 1·48 + 2·42 + 3·42 + 4·17 + 5·18 + 6·19 + 7·35 = 878."""
    assert check([103, *(ord(character) - 32 for character in "PJJ123C")]) == 54


@pytest.mark.parametrize(("text", "symbols"), [("SF7444400031887", 14), ("1151155115511", 11), ("1", 4), ("12", 5), ("1234", 5)])
def test_digits_go_in_pairs(text: str, symbols: int) -> None:
    assert len(values(text)) == symbols
    assert read(modules(widths(text))) == text


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40))
def test_what_is_written_is_read(text: str) -> None:
    assert read(modules(widths(text))) == text


@pytest.mark.parametrize("text", ["", "顺丰", "a\n"])
def test_what_fits_into_no_bar_code(text: str) -> None:
    with pytest.raises(InvalidInput):
        widths(text)


@pytest.mark.parametrize("waybill", ["SF7444400031887", "1151155115511", "JD0123456789012345678-1-1-ABCDEFGHIJ"])
def test_the_bars_on_the_page_are_read_and_have_their_quiet_zones(waybill: str) -> None:
    file = label(Label(waybill, BUREAU, PERSON, "新证照", "x"))
    assert read(bars(file)) == waybill
    xs = [tuple(map(float, row)) for row in re.findall(rb"([\d.]+) [\d.]+ ([\d.]+) [\d.]+ re f", file)]
    module = min(width for _, width in xs)
    assert xs[0][0] >= 10 * module
    assert WIDTH * POINTS - (xs[-1][0] + xs[-1][1]) >= 10 * module - 0.01


def test_it_has_the_size_of_a_label_and_says_who_and_where() -> None:
    file = label(SHOWN)
    box = re.search(rb"/MediaBox\[0 0 ([\d.]+) ([\d.]+)\]", file)
    assert box
    assert [round(float(n) / POINTS) for n in box.groups()] == [100, 150] == [WIDTH, HEIGHT]
    text = written(file)
    for part in ("测＊＊", "138****1234", "青岛市行政审批服务局", "演示路1号", "内件：新证照", "SF7444400031887", SHOWN.mark):
        assert part in text
    assert "测试甲" not in text
    assert "13800001234" not in text


def written(file: bytes) -> str:
    runs = re.findall(rb"/(F\d) \d+ Tf <([0-9a-f]+)> Tj", file)
    return "".join(bytes.fromhex(run.decode()).decode("ascii" if font == b"F2" else "utf-16-be") for font, run in runs)


def test_no_line_runs_over_another_or_off_the_page() -> None:
    ys = [float(y) for y in re.findall(rb"BT [\d.]+ ([\d.]+) Td", label(SHOWN))]
    assert all(0 < y < HEIGHT * POINTS for y in ys)
    assert all(above - below >= 12 for above, below in pairwise(ys))


@pytest.mark.parametrize(
    ("end", "shown"),
    [
        (Address("测试甲", "13800001234", "x"), ("测＊＊", "138****1234")),
        (Address("王", "053212345678", "x"), ("王＊", "053****5678")),
        (Address("", "123", "x"), ("", "****")),
    ],
)
def test_what_strangers_see_of_a_person(end: Address, shown: tuple[str, str]) -> None:
    assert (masked(end).name, masked(end).mobile) == shown
