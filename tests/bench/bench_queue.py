"""The desk's queue of 60,000 cases: what a page reads, counted by the table itself as DynamoDB would charge it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import pytest
from moto.dynamodb.responses import DynamoHandler

from tests.bench.harness import Row, bench, tell
from tests.contract.test_stores import head
from tests.support.aws import storage
from wugan import bootstrap
from wugan.cases.desk import PAGE
from wugan.cases.model import Head, Stage
from wugan.cases.queue import Listing
from wugan.clock import BEIJING

CASES = 60_000
UNIT = 4096  # bytes of a read unit; an index is read with eventual consistency, at half the price
START = datetime(2026, 11, 23, 10, 0, tzinfo=BEIJING)
OFFICERS = ("", *(f"officer-{n}" for n in range(40)))
LIGHTS = ("green",) * 17 + ("yellow",) * 2 + ("red",)


@dataclass
class Meter:
    """Counts the requests that reach the table: which, how many rows each looked at, and its read units."""

    requests: list[tuple[str, int, float]] = field(default_factory=list)
    largest: int = 0  # row so far, in bytes: what a row costs that is counted and not sent

    def note(self, action: str, answer: Mapping[str, Any]) -> None:
        """One answered request."""
        rows = answer.get("Items") or []
        looked_at = int(answer.get("ScannedCount", len(rows)))
        self.largest = max([self.largest, *map(_size, rows)])
        read = sum(map(_size, rows)) if rows else looked_at * self.largest
        self.requests.append((action, looked_at, ceil(read / UNIT) / 2))

    def taken(self) -> list[tuple[str, int, float]]:
        """What was noted since the last time."""
        found, self.requests = self.requests, []
        return found


def _size(row: Mapping[str, Mapping[str, Any]]) -> int:
    """The bytes of a row as DynamoDB counts them: names and values as UTF-8."""
    return sum(len(name.encode()) + sum(len(str(v).encode()) for v in value.values()) for name, value in row.items())


def metered(monkeypatch: pytest.MonkeyPatch) -> Meter:
    """A meter on moto's DynamoDB."""
    meter, call = Meter(), DynamoHandler.call_action

    def noted(handler: DynamoHandler) -> Any:
        answer = call(handler)
        action = handler.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if action in ("Query", "Scan", "GetItem", "BatchGetItem"):
            body = answer[-1] if isinstance(answer, tuple) else answer
            meter.note(action, json.loads(body))
        return answer

    monkeypatch.setattr(DynamoHandler, "call_action", noted)
    return meter


def cases(count: int) -> Iterator[Head]:
    """Cases that wait for a decision, in all lights, with all officials."""
    for number in range(count):
        yield head(
            number,
            stage=Stage.APPROVAL,
            wait=f"{number}",
            accepted_at=START,
            promised_by=START + timedelta(minutes=number * 7 % 50_000),
            light=LIGHTS[number % len(LIGHTS)],
            officer=OFFICERS[number % len(OFFICERS)],
            item_code=f"item-{number % 20}",
        )


def fill(count: int) -> None:
    """Write their rows as the store does, without events."""
    store = bootstrap.case_store()
    with store.rows.batch_write() as batch:
        for one in cases(count):
            batch.save(store._head_row(one))


PAGES = {
    "first page": Listing("QD"),
    "first page, my cases": Listing("QD", officer="officer-7"),
    "first page, one item": Listing("QD", item="item-3"),
    "first page, red": Listing("QD", light="red"),
    "one item and red": Listing("QD", item="item-19", light="red"),
    "one item, red, mine": Listing("QD", item="item-19", light="red", officer="officer-7"),
}


@bench("queue")
def queue() -> Iterator[Row]:
    """The desk's queue of 60,000 cases: read units and rows of a page, each in one query."""
    with pytest.MonkeyPatch.context() as monkeypatch, storage(monkeypatch):
        tell(f"writing {CASES:,} cases")
        fill(CASES)
        meter = metered(monkeypatch)
        store = bootstrap.case_store()
        for name, listing in PAGES.items():
            store.queue(listing, PAGE)
            yield from _rows(name, meter.taken(), PAGE + 1 if listing.filters < 2 else 200)
        for light in ("red", "yellow"):
            store.queued(Listing("QD", light=light), 100)
            yield from _rows(f"count of {light}, up to 100", meter.taken(), 100)


def _rows(name: str, requests: list[tuple[str, int, float]], most: int) -> Iterator[Row]:
    read, units = sum(rows for _, rows, _ in requests), sum(units for *_, units in requests)
    met = [action for action, *_ in requests] == ["Query"] and read <= most
    yield Row(name, units, "read units", f"{len(requests)} query, {read} rows", must=f"1 query, ≤ {most} rows", met=met)
