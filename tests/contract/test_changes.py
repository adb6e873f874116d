"""One contract for the change stores in memory and in DynamoDB (moto)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import boto3
import pytest

from tests.component.registry.test_changes import change
from tests.component.registry.test_intake import CODE, OTHER, business, licence
from tests.support.aws import storage
from wugan import bootstrap
from wugan.clock import BEIJING
from wugan.memory.changes import MemoryChangeStore
from wugan.registry.changes import Refused
from wugan.registry.port import ChangeStore

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=BEIJING)
END = NOW + timedelta(days=14)


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChangeStore]:
    if request.param == "memory":
        yield MemoryChangeStore()
        return
    with storage(monkeypatch):
        yield bootstrap.change_store()


def test_what_is_put_is_read_under_its_subject(store: ChangeStore) -> None:
    changes = [change("business", business()), change("licence", licence()), change("business", business(credit_code=OTHER))]
    assert [store.put(c, NOW, END) for c in changes] == [True] * 3
    assert sorted(store.of(CODE), key=lambda c: c.feed) == changes[:2]
    assert store.of(OTHER) == changes[2:]
    assert store.of("nobody") == []
    assert sorted(store.all(), key=lambda c: (c.credit_code, c.feed)) == changes


@pytest.mark.parametrize(
    ("kept", "told", "newest"),
    [("1", "2", "2"), ("9", "10", "10"), ("10", "9", "10"), ("v1", "1", "1"), ("1", "v1", "1"), ("v1", "v2", "v2"), ("1.5", "1.45", "1.5")],
)
def test_an_older_version_replaces_nothing(store: ChangeStore, kept: str, told: str, newest: str) -> None:
    assert store.put(change("business", business(version=kept)), NOW, END)
    assert store.put(change("business", business(version=told)), NOW, END) is (told == newest)
    assert [c.row["version"] for c in store.of(CODE)] == [newest]


def test_an_equal_version_replaces_and_repeating_does_no_harm(store: ChangeStore) -> None:
    first, second = change("business", business(name="一")), change("business", business(name="二"))
    assert all(store.put(c, NOW, END) for c in (first, first, second))
    assert store.of(CODE) == [second]


def test_records_of_a_subject_do_not_replace_each_other(store: ChangeStore) -> None:
    for number in ("证1", "证2", "证1"):
        store.put(change("licence", licence(certificate_no=number)), NOW, END)
    assert {c.row["certificate_no"] for c in store.of(CODE)} == {"证1", "证2"}


def test_a_producer_leads_to_its_holders(store: ChangeStore) -> None:
    store.put(change("licence", licence(producer_code=OTHER)), NOW, END)
    store.put(change("business", business(credit_code=OTHER)), NOW, END)
    assert store.holders(OTHER) == {CODE}
    assert store.holders(CODE) == set()
    assert [c.feed for c in store.of(OTHER)] == ["business"]


def test_what_was_refused_is_no_change(store: ChangeStore) -> None:
    refused = [Refused(3, "business", "name", "missing_value", "名称为空")]
    for _ in range(2):
        store.refuse("b-1", refused, NOW, END)
    assert store.refused("b-1") == refused
    assert store.refused("b-2") == []
    assert list(store.all()) == []


def test_rows_end_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    with storage(monkeypatch):
        store = bootstrap.change_store()
        store.put(change("licence", licence(producer_code=OTHER)), NOW, END)
        store.refuse("b-1", [], NOW, END)
        rows = boto3.client("dynamodb").scan(TableName="changes")["Items"]
    assert len(rows) == 3
    assert {row["expires_at"]["N"] for row in rows} == {str(int(END.timestamp()))}
