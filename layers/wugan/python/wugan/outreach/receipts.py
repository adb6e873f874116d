"""Delivery receipts (送达回执), whoever sends them: one shape, a key to drop repeats by, and the rest of a batch kept.

Pushes of SMS vendors are unsigned: their URL carries a secret, and only references that we know count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from wugan import json_text
from wugan.errors import Forbidden, InvalidInput
from wugan.signing import same

MOST_BYTES = 1_000_000
MOST_ROWS = 1000


class Status(StrEnum):
    """What a receipt says."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True)
class Receipt:
    """One receipt. `id` is the same for every repeat of the same word, so that it is taken in once."""

    id: str
    message_id: str
    status: Status
    reason: str = ""  # the vendor's code: never what it wrote beside


@dataclass(frozen=True)
class Batch:
    """What one push held: receipts, rows about messages that we do not know (yet), and rows that were not understood."""

    receipts: tuple[Receipt, ...]
    unknown: int = 0
    bad: tuple[str, ...] = ()  # "row 3: report_status: …"


MessageOf = Callable[[str], str | None]  # a vendor's reference to the id of our message


def receipt(vendor: str, reference: str, message_id: str, status: Status, reason: str = "") -> Receipt:
    """A receipt with its key."""
    return Receipt(f"{vendor}:{reference}:{status}", message_id, status, "" if status is Status.DELIVERED else reason)


def check_secret(given: str, expected: str) -> None:
    """Raise Forbidden unless a callback's URL carries the secret that the vendor was configured with."""
    if not expected or not same(expected, given):
        raise Forbidden("the callback's secret does not match", field="secret")


def batch(body: bytes, read: Callable[[Mapping[str, Any]], Receipt | None]) -> Batch:
    """An array of rows, each by `read`: None is a message that we do not know. Raises InvalidInput when it is no array."""
    if len(body) > MOST_BYTES:
        raise InvalidInput(f"at most {MOST_BYTES} bytes", field="body")
    try:
        rows = json_text.loads(body)
    except ValueError:
        raise InvalidInput("this is not JSON", field="body") from None
    if not isinstance(rows, list) or len(rows) > MOST_ROWS:
        raise InvalidInput(f"an array of at most {MOST_ROWS} receipts is expected", field="body")
    taken: dict[str, Receipt] = {}
    unknown, bad = 0, []
    for number, row in enumerate(rows, 1):
        try:
            found = read(_object(row))
        except InvalidInput as error:
            bad.append(f"row {number}: {error}")
            continue
        if found is None:
            unknown += 1
        else:
            taken.setdefault(found.id, found)
    return Batch(tuple(taken.values()), unknown, tuple(bad))


def text(row: Mapping[str, Any], name: str) -> str:
    """A text or number of a row as text. Raises InvalidInput naming the field."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, (str, int)) or not 0 < len(str(value)) <= 200:
        raise InvalidInput("a text of 1 to 200 characters is expected", field=name)
    return str(value)


def _object(row: object) -> Mapping[str, Any]:
    if not isinstance(row, dict):
        raise InvalidInput("an object is expected", field="receipt")
    return row
