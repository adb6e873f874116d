"""Everything that happened in this town stands in the published log, which whoever has the key can check."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.rehearsal.town import Play, Town
from wugan import bootstrap
from wugan.cases.outbox import leaf_of
from wugan.ledger import casefile, note
from wugan.ledger.casefile import ShownEvent
from wugan.ledger.checkpoint import Checkpoint, open_checkpoint
from wugan.ledger.export import export
from wugan.ledger.sequence import EventId
from wugan.ledger.tiles import TileReader
from wugan.ledger.verify import verify_directory

PATIENCE = 30.0  # seconds; the promise is ten


def happened() -> dict[EventId, bytes]:
    """The entry of every event of every case."""
    table, found, after = bootstrap.event_table(), dict[EventId, bytes](), "first"
    while after:
        page, after = table.page(after.removeprefix("first"), 1000)
        found |= {event.id: event.leaf.entry() for event in page}
    return found


def published() -> Checkpoint:
    """The newest checkpoint."""
    found = bootstrap.ledger_objects().checkpoint()
    assert found
    return open_checkpoint(found.signed, bootstrap.ledger_verifier())[0]


@pytest.fixture(scope="module")
def events(delivered: Play) -> dict[EventId, bytes]:
    """All events up to now, once all of them are in the log."""
    found = happened()
    assert len([i for i in found if i[0] == delivered.case_id]) == len(delivered.events)
    end = time.monotonic() + PATIENCE
    while published().size < len(found) or len(bootstrap.ledger_rows().places(found)) < len(found):
        assert time.monotonic() < end, f"{published().size} of {len(found)} events are in the log"
        time.sleep(0.2)
    return found


def test_every_event_of_every_case_has_its_leaf(events: dict[EventId, bytes], tmp_path: Path) -> None:
    export(bootstrap.ledger_objects(), bootstrap.ledger_verifier(), tmp_path)
    log = verify_directory(tmp_path, bootstrap.ledger_verifier())
    assert len(set(log.entries)) == len(log.entries)
    for event, index in bootstrap.ledger_rows().places(events).items():
        assert log.entries[index] == events[event]


def test_the_stack_s_own_kms_signs(town: Town) -> None:
    key = note.verifier_of(bootstrap.ledger_verifier().vkey)
    assert key.name == town.stack.outputs["LedgerOrigin"]
    assert published().origin == key.name


@pytest.mark.usefixtures("events")
def test_a_whole_case_is_proved_offline(delivered: Play) -> None:
    objects, log = bootstrap.ledger_objects(), bootstrap.ledger_verifier()
    trail = delivered.events
    signed = objects.checkpoint()
    assert signed
    places = bootstrap.ledger_rows().places((e.case_id, e.seq) for e in trail)
    assert len(places) == len(trail)
    shown = [ShownEvent(e.seq, leaf_of(e), e.canonical(), bytes.fromhex(e.salt)) for e in trail]
    read = TileReader(objects.read, open_checkpoint(signed.signed, log)[0].size)
    told = casefile.make(delivered.case_id, shown, {seq: index for (_, seq), index in places.items()}, read, signed.signed, log)
    assert casefile.verify(told, log).told == len(trail)
