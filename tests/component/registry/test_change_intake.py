"""The way in for changes: signed, bounded, row by row, and nothing of a row in an answer."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.component.registry.test_intake import CODE, OTHER, business, licence
from wugan.clock import BEIJING, FixedClock
from wugan.errors import Forbidden, InvalidInput, VendorUnavailable
from wugan.memory.changes import MemoryBus, MemoryChangeStore
from wugan.registry.change_intake import MOST_CHANGES, ChangeIntake, Taken
from wugan.signing import SIGNATURE_HEADER, TIME_HEADER, sign

PATH, SECRET = "/registry/changes", "the registries' secret"
CLOCK = FixedClock(datetime(2026, 11, 23, 10, 0, tzinfo=BEIJING))


class Desk:
    """An intake with its store and bus."""

    def __init__(self) -> None:
        self.store, self.bus = MemoryChangeStore(), MemoryBus()
        self.intake = ChangeIntake(self.store, self.bus, lambda: SECRET, CLOCK, timedelta(days=14))

    def send(self, message: Any, secret: str = SECRET) -> Taken:
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        now = str(int(CLOCK.wall().timestamp()))
        return self.intake.take({TIME_HEADER: now, SIGNATURE_HEADER: sign(secret, now, PATH, body)}, PATH, body)

    def batch(self, *changes: Any, batch_id: str = "b-1") -> Taken:
        return self.send({"batch_id": batch_id, "changes": list(changes)})


@pytest.fixture
def desk() -> Desk:
    return Desk()


def of(feed: str, row: dict[str, Any]) -> dict[str, Any]:
    return {"feed": feed, "row": row}


def test_good_rows_are_kept_and_told_once_for_each_subject(desk: Desk) -> None:
    taken = desk.batch(
        of("business", business(name="新名")), of("licence", licence(producer_code=OTHER)), of("business", business(credit_code=OTHER))
    )
    assert [(a.index, a.newest) for a in taken.accepted] == [(0, True), (1, True), (2, True)]
    assert taken.rejected == ()
    assert desk.bus.told == [(CODE, "b-1", ""), (OTHER, "b-1", "")]
    assert {c.feed for c in desk.store.of(CODE)} == {"business", "licence"}
    assert desk.store.holders(OTHER) == {CODE}


@pytest.mark.parametrize(
    ("change", "feed", "field", "code"),
    [
        (of("business", business(name="")), "business", "name", "missing_value"),
        (of("business", business(changed_on="2026-02-30")), "business", "changed_on", "bad_date"),
        (of("business", business(status="睡着")), "business", "status", "bad_value"),
        (of("business", {k: v for k, v in business().items() if k != "scope"}), "business", "scope", "missing_column"),
        (of("business", business() | {"scope": 7}), "business", "scope", "not_text"),
        (of("business", business(scope="\0")), "business", "scope", "bad_text"),
        (of("business", business(scope="\ud800")), "business", "scope", "bad_text"),
        (of("business", business(scope="长" * 50_001)), "business", "scope", "too_long"),
        (of("business", business(credit_code="9" * 65)), "business", "credit_code", "too_long"),
        (of("companies", business()), "", "feed", "unknown_feed"),
        ({"feed": "business"}, "", "row", "misshapen"),
        ("row", "", "row", "misshapen"),
        ({"feed": ["business"], "row": {}}, "", "feed", "unknown_feed"),
    ],
)
def test_a_bad_row_is_refused_and_the_next_one_goes_on(desk: Desk, change: Any, feed: str, field: str, code: str) -> None:
    taken = desk.batch(change, of("business", business(credit_code=OTHER)))
    (refused,) = taken.rejected
    assert (refused.index, refused.feed, refused.field, refused.code) == (0, feed, field, code)
    assert refused.reason
    assert [a.index for a in taken.accepted] == [1]
    assert desk.store.refused("b-1") == [refused]
    assert desk.bus.told == [(OTHER, "b-1", "")]


def test_nothing_of_a_row_is_in_the_answer_or_the_record(desk: Desk) -> None:
    taken = desk.batch(of("business", business(name="张三的机密名称", status="机密状态", credit_code="机密代码")), of("机密", {}))
    told = json.dumps(taken.as_json(), ensure_ascii=False) + repr(desk.store.noted)
    assert "机密" not in told


def test_a_column_that_nobody_asked_for_is_not_kept(desk: Desk) -> None:
    desk.batch(of("business", business() | {"remark": "x"}))
    (change,) = desk.store.of(CODE)
    assert "remark" not in change.row


def test_an_older_version_changes_nothing_but_is_told(desk: Desk) -> None:
    desk.batch(of("business", business(name="新名", version="10")))
    taken = desk.batch(of("business", business(name="旧名", version="9")), batch_id="b-2")
    assert [(a.index, a.newest) for a in taken.accepted] == [(0, False)]
    (change,) = desk.store.of(CODE)
    assert change.row["name"] == "新名"
    assert desk.bus.told[-1] == (CODE, "b-2", "")


def test_the_same_batch_again_leaves_the_same(desk: Desk) -> None:
    first = desk.batch(of("business", business()), of("business", business(name="")))
    kept = dict(desk.store.records)
    assert desk.batch(of("business", business()), of("business", business(name=""))) == first
    assert desk.store.records == kept


def test_no_answer_is_given_when_the_bus_is_down(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: Any) -> None:
        raise VendorUnavailable("down")

    monkeypatch.setattr(desk.bus, "tell", down)
    with pytest.raises(VendorUnavailable):
        desk.batch(of("business", business()))


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (b"{", "body"),
        (b"[" * 100_000, "body"),
        ([], "body"),
        ({"changes": [{}]}, "batch_id"),
        ({"batch_id": "张三", "changes": [{}]}, "batch_id"),
        ({"batch_id": "x" * 65, "changes": [{}]}, "batch_id"),
        ({"batch_id": "b", "changes": []}, "changes"),
        ({"batch_id": "b", "changes": {}}, "changes"),
        ({"batch_id": "b", "changes": [{}] * (MOST_CHANGES + 1)}, "changes"),
        (b" " * 2_000_001, "body"),
    ],
)
def test_a_malformed_batch_names_its_field(desk: Desk, message: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        desk.send(message)
    assert caught.value.field == field
    assert not desk.bus.told


def test_a_forged_batch_is_refused(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        desk.send({"batch_id": "b", "changes": [of("business", business())]}, secret="another's")
    assert not desk.store.records
