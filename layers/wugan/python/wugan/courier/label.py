"""The label that goes on a parcel (面单): 100 × 150 mm, with the waybill's bar code, as PDF.

Strangers see it, so a person's name and number are masked as carriers do; the address stays, for somebody has to find it. It lacks
a carrier's own routing marks (大头笔, 三段码), which only the carrier's cloud printing gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from wugan.courier import code128
from wugan.courier.port import Address
from wugan.pdf import document, folded, placed

POINTS = 72 / 25.4  # in a millimetre
WIDTH, HEIGHT = 100.0, 150.0  # millimetres
MARGIN, BAR_TOP, BAR_HEIGHT = 6.0, 130.0, 22.0
WIDEST_MODULE = 0.5
WIDE = 20  # full-width characters on a line


@dataclass(frozen=True)
class Label:
    """What stands on it. `mark` helps the bureau to find the case; it is nobody's data."""

    waybill: str
    sender: Address
    receiver: Address
    goods: str
    mark: str


def masked(end: Address) -> Address:
    """A person's end for strangers' eyes: of the name the surname, of the number the beginning and the end."""
    name = end.name[:1] + "＊" * max(1, len(end.name) - 1) if end.name else ""
    mobile = f"{end.mobile[:3]}****{end.mobile[-4:]}" if len(end.mobile) >= 11 else "****"
    return replace(end, name=name, mobile=mobile)


def label(shown: Label) -> bytes:
    """The PDF. Raises InvalidInput when the waybill fits into no bar code."""
    return document((WIDTH * POINTS, HEIGHT * POINTS), [[*_bars(shown.waybill), *_text(shown)]])


def _bars(waybill: str) -> Iterator[str]:
    """Black rectangles, centred, with the quiet zone left white on both sides."""
    widths = [int(width) for width in code128.widths(waybill)]
    modules = sum(widths)
    module = min(WIDEST_MODULE, (WIDTH - 2 * MARGIN) / (modules + 2 * code128.QUIET))
    x = (WIDTH - modules * module) / 2
    for number, width in enumerate(widths):
        if number % 2 == 0:
            yield f"{x * POINTS:.3f} {(BAR_TOP - BAR_HEIGHT) * POINTS:.3f} {width * module * POINTS:.3f} {BAR_HEIGHT * POINTS:.3f} re f"
        x += width * module


def _text(shown: Label) -> Iterator[str]:
    yield _line("政务证照专递", 137, 16)
    yield _line(shown.waybill, 102, 14)
    y = 90.0
    for title, end in (("收", shown.receiver), ("寄", shown.sender)):
        yield _line(f"{title}  {end.name}  {end.mobile}", y, 14)
        for part in folded(end.address, WIDE):
            y -= 6
            yield _line(part, y, 12)
        y -= 12
    yield _line(f"内件：{shown.goods}", 18, 11)
    yield _line(shown.mark, 10, 9)


def _line(text: str, y: float, size: int) -> str:
    """`y` in millimetres from the bottom."""
    return placed(text, MARGIN * POINTS, y * POINTS, size)
