"""Taking in what the registries tell between their deliveries (即时感知): a signed batch of rows, each judged by the feed contract.

A row that does not fit is refused by itself. The caller gets no answer before everything is kept and told, so whoever got none sends
the batch again; a batch that comes twice changes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from wugan import signing
from wugan.clock import Clock
from wugan.errors import InvalidInput
from wugan.registry.changes import Change, Refused
from wugan.registry.feeds import FEEDS, Feed, Type
from wugan.registry.port import ChangeBus, ChangeStore
from wugan.registry.rows import Problem, Row, judged

MOST_BYTES = 2_000_000
MOST_CHANGES = 500
MOST_IN_A_ROW = 50_000  # characters; a table row has an end that a file's has not
MOST_IN_A_CODE = 64
_BATCH = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Accepted:
    """A row that was taken in; `newest` is false when a newer version of its record was kept before."""

    index: int
    newest: bool


@dataclass(frozen=True)
class Taken:
    """What became of every row of a batch."""

    batch_id: str
    accepted: tuple[Accepted, ...]
    rejected: tuple[Refused, ...]

    def as_json(self) -> dict[str, Any]:
        """The answer to the sender."""
        return asdict(self)


@dataclass(frozen=True)
class ChangeIntake:
    """The way in for changes. `keep` is how long a change is laid over the files, which must contain it by then."""

    store: ChangeStore
    bus: ChangeBus
    secret: Callable[[], str]
    clock: Clock
    keep: timedelta

    def take(self, headers: dict[str, str], path: str, body: bytes) -> Taken:
        """Take a signed batch in: {batch_id, changes: [{feed, row}]}. Raises Forbidden, InvalidInput, VendorUnavailable."""
        if len(body) > MOST_BYTES:
            raise InvalidInput(f"at most {MOST_BYTES} bytes", field="body")
        signing.verify(self.secret(), headers, path, body, self.clock.wall())
        batch, given = _envelope(body)
        found = [_change(index, one) for index, one in enumerate(given)]
        now, until = self.clock.now(), self.clock.wall() + self.keep
        rejected = tuple(f for f in found if isinstance(f, Refused))
        if rejected:
            self.store.refuse(batch, rejected, now, until)
        changes = {index: f for index, f in enumerate(found) if isinstance(f, Change)}
        accepted = tuple(Accepted(index, self.store.put(change, now, until)) for index, change in changes.items())
        self.bus.tell(dict.fromkeys(c.credit_code for c in changes.values()), batch)
        return Taken(batch, accepted, rejected)


def _envelope(body: bytes) -> tuple[str, list[Any]]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidInput("this is not JSON", field="body") from None
    if not isinstance(message, dict):
        raise InvalidInput("a JSON object is expected", field="body")
    batch, changes = message.get("batch_id"), message.get("changes")
    if not isinstance(batch, str) or not _BATCH.fullmatch(batch):
        raise InvalidInput("1 to 64 letters, digits, dots, colons, dashes or underscores are expected", field="batch_id")
    if not isinstance(changes, list) or not 0 < len(changes) <= MOST_CHANGES:
        raise InvalidInput(f"a list of 1 to {MOST_CHANGES} changes is expected", field="changes")
    return batch, changes


def _change(index: int, given: Any) -> Change | Refused:
    if not isinstance(given, dict) or not isinstance(given.get("row"), dict):
        return Refused(index, "", "row", "misshapen", '应为 {"feed": …, "row": {列名: 值}}')
    feed = FEEDS.get(given["feed"]) if isinstance(given.get("feed"), str) else None
    if feed is None:
        return Refused(index, "", "feed", "unknown_feed", f"没有这个数据源，可用：{'、'.join(FEEDS)}")
    row = _judged(feed, given["row"])
    return Refused(index, feed.name, row.column, row.code, row.reason) if isinstance(row, Problem) else Change(feed.name, row)


def _judged(feed: Feed, given: Mapping[str, Any]) -> Row | Problem:
    unfit = _unfit(feed, given)
    if unfit:
        return unfit
    row = judged(feed, {name: given[name] for name in feed.names})
    return row if isinstance(row, Problem) else _too_long(feed, row) or row


def _unfit(feed: Feed, row: Mapping[str, Any]) -> Problem | None:
    """What a file's row cannot be: without a column, with something else than text, or with what no text may hold."""
    for column in feed.columns:
        value = row.get(column.name)
        if column.name not in row:
            return Problem("missing_column", column.name, f"缺少{column.title}一列；没有内容时请填 null")
        if value is not None and not isinstance(value, str):
            return Problem("not_text", column.name, f"{column.title}应为文本或 null")
        if value and _UNSTORABLE.search(value):
            return Problem("bad_text", column.name, f"{column.title}含有无法保存的字符")
    return None


def _too_long(feed: Feed, row: Row) -> Problem | None:
    lengths = {column: len(row[column.name] or "") for column in feed.columns}
    for column, length in lengths.items():
        if column.type is Type.CODE and length > MOST_IN_A_CODE:
            return Problem("too_long", column.name, f"{column.title}超过{MOST_IN_A_CODE}个字符")
    longest = max(lengths, key=lambda c: lengths[c])
    if sum(lengths.values()) > MOST_IN_A_ROW:
        return Problem("too_long", longest.name, f"整行超过{MOST_IN_A_ROW}个字符，{longest.title}最长")
    return None
