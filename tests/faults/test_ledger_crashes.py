"""The ledger's promise: whatever dies when, no leaf is lost, doubled or forked. And the test notices when recovery is broken."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.ledger_machine import CALLS, Machine, Make, Process, wrongs
from tests.support.ledger import SIGNER
from wugan.ledger import checkpoint, sequence
from wugan.ledger.merkle import Edge
from wugan.ledger.note import Signer
from wugan.ledger.port import Published
from wugan.ledger.sequence import Batch, EventId, Head
from wugan.ledger.sequencer import Sequencer
from wugan.ledger.tiles import TileReader

SEEDS = range(60)


def test_over_a_thousand_deaths_lose_double_and_fork_nothing() -> None:
    deaths: dict[tuple[str, str], int] = {}
    for seed in SEEDS:
        machine = Machine(seed).run()
        assert wrongs(machine) == [], f"seed {seed}"
        for where, count in machine.deaths.items():
            deaths[where] = deaths.get(where, 0) + count
    print(f"\n{sum(deaths.values())} deaths, at {len(deaths)} different moments")
    assert sum(deaths.values()) >= 1000
    assert {(call, how) for call in CALLS for how in ("before", "after")} <= deaths.keys()
    assert {("record", "within"), ("drop", "within")} <= deaths.keys()


@pytest.mark.parametrize("death", [0.0, 0.4])
def test_calm_and_carnage(death: float) -> None:
    for seed in range(10):
        machine = Machine(seed, death=death, events=40).run()
        assert wrongs(machine) == [], f"seed {seed}"


# Each of these is the sequencer with one thing broken; the machine has to notice every one.


class ForgetsToFinish(Sequencer):
    """Plans the next batch without finishing the last one."""

    def _finished_head(self, committed: Batch | None = None) -> Head:
        head = self.rows.head()
        if committed:
            self._finish(committed)
        return head


class PublishesFirst(Sequencer):
    """Publishes before it takes the rows out of the outbox."""

    def _finish(self, batch: Batch) -> None:
        published = self.objects.checkpoint()
        if sequence.follows(checkpoint.unverified(published.signed) if published else None, batch):
            for path, data in sequence.objects(batch, self.objects.read).items():
                self.objects.write(path, data)
            self._publish(batch, published)
            self.rows.record(batch.places())
            self.rows.drop(batch.places())


class PlansAnew(Sequencer):
    """Recovers from what is pending now instead of from the batch that was committed."""

    def _finish(self, batch: Batch) -> None:
        again = sequence.plan(Head(batch.number - 1, batch.before), self.rows.pending(self.limit), {}).batch
        super()._finish(again or batch)


class SkipsTheFiles(Sequencer):
    """Takes a committed batch for a written one."""

    def _finish(self, batch: Batch) -> None:
        self.rows.record(batch.places())
        self.rows.drop(batch.places())
        self._publish(batch, self.objects.checkpoint())


class BelievesTheWitness(Sequencer):
    """Takes a witness that another sequencer has asked already for one that contradicts."""

    def _cosigned(self, signed: bytes) -> bytes:
        return self.cosign(signed, TileReader(self.objects.read, checkpoint.unverified(signed).size)) if self.cosign else signed


class SignsBeforeCommitting(Sequencer):
    """Signs what it plans, not what was committed."""

    def run(self) -> Any:
        pending = self.rows.pending(self.limit)
        plan = sequence.plan(self.rows.head(), pending, self.rows.places(sequence.asked_places(pending)))
        if plan.batch:
            sequence.checkpoint_of(self.signer.verifier.name, plan.after.edge).signed([self.signer])
        return super().run()


class KnowsNoPlaces(Process):
    """Does not know what is in the log already."""

    def places(self, ids: Any) -> dict[EventId, int]:
        known = super().places(ids)
        return {i: known[i] for i in known if (i[0], i[1] + 1) in ids}  # only of the events before


class CommitsAnyway(Process):
    """Two sequencers may both commit."""

    def commit(self, batch: Batch, after: Head) -> None:
        with self._call("commit"):
            self.rows.batches[batch.number] = sequence.encode_batch(batch)
            self.rows.newest = after


class SwapsAnyway(Process):
    """The last to come replaces the checkpoint."""

    def swap(self, signed: bytes, tag: str | None) -> None:  # noqa: ARG002 – the port's signature
        with self._call("swap"):
            self.objects.published = Published(signed, str(len(self.history) + 1))
            self.history.append(signed)


def broken(kind: type[Sequencer]) -> Make:
    return lambda process, signer: kind(process, process, signer, process.cosign, limit=7)


def on(kind: type[Process]) -> Make:
    def make(process: Process, signer: Signer) -> Sequencer:
        other = kind(process.rows, process.objects, process.turn, process.dies, process.history, process.witness)
        return Sequencer(other, other, Signer(signer.verifier, signer.raw), other.cosign, limit=7)

    return make


@pytest.mark.parametrize(
    "make",
    [
        broken(ForgetsToFinish), broken(PublishesFirst), broken(PlansAnew), broken(SkipsTheFiles), broken(SignsBeforeCommitting),
        broken(BelievesTheWitness),
        on(KnowsNoPlaces), on(CommitsAnyway), on(SwapsAnyway),
    ],
    ids=["forgets-to-finish", "publishes-first", "plans-anew", "skips-the-files", "signs-before-committing",
         "believes-the-witness", "knows-no-places",
         "commits-anyway", "swaps-anyway"],
)  # fmt: skip
def test_a_broken_recovery_is_noticed(make: Make) -> None:
    assert any(wrongs(Machine(seed, make).run()) for seed in SEEDS)


def test_a_table_restored_from_a_backup_stops_the_log() -> None:
    machine = Machine(1, death=0.0).run()
    before = machine.objects.published
    machine.rows.newest = Head()
    sequencer = Sequencer(machine.rows, machine.objects, _never())
    with pytest.raises(Exception, match="not of the log"):
        sequencer.run()
    machine.rows.newest = Head(1, Edge().extend([b"x" * 32] * checkpoint.unverified(before.signed).size if before else []))
    with pytest.raises(Exception, match="not of the log"):
        sequencer.run()
    assert machine.objects.published == before


def _never() -> Signer:
    def refuse(_: bytes) -> bytes:
        raise AssertionError("nothing may be signed")

    return Signer(SIGNER.verifier, refuse)
