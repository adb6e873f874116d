"""The ledger's promise on DynamoDB and S3 (moto): from the case's transaction to the published log, whatever dies when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import boto3
import pytest

from tests.contract.test_stores import answers, begun, waits_at
from tests.faults.ledger_machine import Machine, wrongs
from tests.support.aws import storage
from wugan import bootstrap
from wugan.aws import case_store, ledger_rows, tables
from wugan.cases.outbox import pending_of
from wugan.errors import AlreadyOpen, Conflict, InvalidInput
from wugan.ledger.backfill import Backfilled, backfill


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture(autouse=True)
def _moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with storage(monkeypatch):
        yield


def files() -> list[str]:
    """All tiles and bundles in the bucket."""
    pages = boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket="log", Prefix="tile/")
    return [found["Key"] for page in pages for found in page.get("Contents", ())]


def machine(seed: int) -> Machine:
    """The machine of `test_ledger_crashes.py`, on a log that is empty."""
    rows, objects = cast("Any", bootstrap.ledger_rows()), cast("Any", bootstrap.ledger_objects())
    return Machine(seed, rows=rows, objects=objects, events=40, death=0.1, stored=files).run()


@pytest.mark.parametrize("seed", range(8))
def test_deaths_lose_double_and_fork_nothing(seed: int) -> None:
    done = machine(seed)
    assert wrongs(done) == []
    assert sum(done.deaths.values()) >= 20


@pytest.mark.parametrize("seed", range(3))
def test_a_commit_that_does_not_look_at_the_head_is_noticed(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can fail: without conditions two sequencers fork the log."""
    monkeypatch.setattr(ledger_rows, "transact", lambda puts: [put.row.save() for put in puts])
    assert wrongs(machine(seed))


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_case_and_its_outbox_are_written_together(when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed before: neither is there. Killed after: both are, and asking again adds nothing."""
    whole = tables.transact

    def killed(*arguments: Any) -> None:
        if when == "after":
            whole(*arguments)
        raise Killed

    store, opened = bootstrap.case_store(), begun()
    waits = waits_at(opened.head)
    for write, change in ((store.create, opened), (store.commit, waits), (store.commit, answers(waits.head))):
        before = pending()
        with monkeypatch.context() as patch:
            patch.setattr(case_store, "transact", killed)
            with pytest.raises(Killed):
                write(change)
        assert pending() == before + ([pending_of(e) for e in change.events] if when == "after" else [])
        if when == "before":
            write(change)
        else:
            with pytest.raises((Conflict, AlreadyOpen)):
                write(change)
        assert pending() == [pending_of(e) for e in store.events(change.head.case_id)]


def test_a_change_that_no_transaction_can_hold_is_refused_with_its_size() -> None:
    change = begun(sealed={f"section{n}": n for n in range(100)})
    with pytest.raises(InvalidInput, match="100 rows at most"):
        bootstrap.case_store().create(change)


def test_cases_from_before_the_ledger_are_added() -> None:
    """Their new events wait until the old ones are there; filling up twice, or in the midst of it all, changes nothing."""
    store, rows, sequencer = bootstrap.case_store(), bootstrap.ledger_rows(), bootstrap.sequencer()
    opened = begun()
    store.create(opened)
    rows.drop([pending_of(opened.events[0]).id])
    waits = waits_at(opened.head)
    store.commit(waits)
    store.create(begun(2))
    ran = sequencer.run()
    assert (ran.added, ran.held) == (1, 1)
    for added in (2, 2):
        assert backfill(bootstrap.event_table(), rows) == Backfilled(3, added)
    assert sequencer.run().added == 2
    assert backfill(bootstrap.event_table(), rows) == Backfilled(3, 0)
    rows.add(pending_of(opened.events[0]))
    assert sequencer.run().added == 0
    assert pending() == []
    assert sequencer.run().size == 3


def pending() -> list[Any]:
    """The outbox."""
    return bootstrap.ledger_rows().pending(1000)
