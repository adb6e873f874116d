"""What happens to a case comes into the log, in order, by the real handler on moto's tables and bucket."""

from __future__ import annotations

from typing import Any

from tests.flow.journey import Journey
from tests.support.aws import Stack, invoke
from tests.support.ledger import SIGNER
from wugan import bootstrap
from wugan.aws.ledger_rows import outbox_row
from wugan.cases.outbox import pending_of
from wugan.courier.port import ParcelState
from wugan.ledger.checkpoint import open_checkpoint
from wugan.ledger.sequence import Pending
from wugan.ledger.tiles import TileReader

WOKEN: dict[str, Any] = {"Records": [{"eventName": "INSERT", "dynamodb": {"Keys": {}}}]}


def entries() -> list[bytes]:
    """The published log."""
    published = bootstrap.ledger_objects().checkpoint()
    assert published
    size = open_checkpoint(published.signed, SIGNER.verifier)[0].size
    read = TileReader(bootstrap.ledger_objects().read, size)
    return [read.entry(index) for index in range(size)]


def test_a_whole_case_stands_in_the_log_in_its_order(stack: Stack) -> None:
    """The sequencer is woken in the midst of it, as by the stream, and at the end, as by the schedule."""
    journey = Journey(stack).to_declaration()
    early = len(journey.events)
    assert invoke("sequence", WOKEN)["LeavesAdded"] == early
    journey.declare().waiting("pickup").parcel("pickup", ParcelState.COLLECTED).waiting("approval").decide("approved")
    journey.waiting("delivery").parcel("delivery", ParcelState.ARRIVED).ended("delivered")
    counts = invoke("sequence", {"source": "schedule"})
    assert counts == {
        "LeavesAdded": len(journey.events) - early,
        "LeavesHeld": 0,
        "WitnessesSilent": 0,
        "LedgerForked": 0,
        "WitnessContradicts": 0,
    }
    assert entries() == [pending_of(event).entry for event in journey.events]
    assert bootstrap.ledger_rows().pending(10) == []


def test_waking_it_for_nothing_writes_nothing(stack: Stack) -> None:
    Journey(stack).open().waiting("identity")
    invoke("sequence", WOKEN)
    before = bootstrap.ledger_objects().checkpoint()
    for _ in range(3):
        assert invoke("sequence", WOKEN)["LeavesAdded"] == 0
    assert bootstrap.ledger_objects().checkpoint() == before


def test_more_than_one_batch_is_taken_in_at_once(stack: Stack) -> None:
    """A thousand events and more, as after a scan."""
    rows = bootstrap.ledger_rows()
    journey = Journey(stack).open().waiting("identity")
    many = [Pending(f"case{number:05d}", 1, bytes(65)) for number in range(1005)]
    with rows.outbox.batch_write() as writes:
        for leaf in many:
            writes.save(outbox_row(rows.outbox_table, leaf))
    assert invoke("sequence", WOKEN)["LeavesAdded"] == len(many) + len(journey.events)
    assert len(rows.places(leaf.id for leaf in many)) == len(many)


def test_erasing_a_person_leaves_the_log_as_it_is(stack: Stack) -> None:
    journey = Journey(stack).open().waiting("identity")
    invoke("sequence", WOKEN)
    before = entries()
    bootstrap.case_store().erase(journey.case_id)
    assert invoke("sequence", WOKEN)["LeavesAdded"] == 0
    assert entries() == before == [pending_of(event).entry for event in journey.events]
