"""The sequencer: moves pending leaves into the log. Any number may run at once, and each may die at any moment."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from wugan.ledger import checkpoint, sequence
from wugan.ledger.checkpoint import Checkpoint
from wugan.ledger.merkle import Reader
from wugan.ledger.note import Signer
from wugan.ledger.port import LedgerObjects, LedgerRows, Published
from wugan.ledger.problem import CheckpointMoved, Contradicted, Forked, HeadMoved
from wugan.ledger.sequence import Batch, EventId, Head, Plan
from wugan.ledger.tiles import TileReader

MOST_LEAVES = 1000  # in one batch: about 130 KB in the store, whose limit for an item is 400 KB

Cosign = Callable[[bytes, Reader], bytes]
"""Adds the witnesses' lines that a signed checkpoint lacks; `witness.cosign` with its witnesses bound. Raises Contradicted."""


@dataclass(frozen=True)
class Ran:
    """What one round did."""

    size: int  # of the log now
    added: int = 0  # leaves
    held: int = 0  # leaves that wait for an earlier event of their case
    more: bool = False  # call again: there is more to do, or somebody else was first


@dataclass(frozen=True)
class Sequencer:
    """Sequences one log. The order of its steps is what makes it safe:

    1. The last batch is finished before a new one is planned: its tiles, places and checkpoint written, its rows dropped.
    2. `commit` gives a batch its places, for one sequencer alone; all after it is derived from the batch and may be done again.
    3. Rows leave the outbox after the places are written, so that a leaf is always in the outbox, in the last batch or placed.
    4. Nothing is signed that is not committed and written; the published checkpoint never goes back.
    5. Nothing is published that a witness contradicts.
    """

    rows: LedgerRows
    objects: LedgerObjects
    signer: Signer
    cosign: Cosign | None = None
    limit: int = MOST_LEAVES

    def run(self) -> Ran:
        """One round: finish what was begun, then sequence one batch. Raises Forked, Contradicted when the log must not go on."""
        head = self._finished_head()
        plan, more = self._plan(head)
        if plan.batch is None:
            self._cosign_again()
            return Ran(head.size, held=len(plan.held))
        try:
            self.rows.commit(plan.batch, plan.after)
        except HeadMoved:
            return Ran(head.size, more=True)
        size = self._finished_head(plan.batch).size
        return Ran(size, len(plan.batch.leaves), len(plan.held), more)

    def _plan(self, head: Head) -> tuple[Plan, bool]:
        """The next batch, looked for behind all rows that are held, and whether there may be more for another one."""
        held: dict[EventId, None] = {}
        while True:
            pending = self.rows.pending(self.limit, held)
            plan = sequence.plan(head, pending, self.rows.places(sequence.asked_places(pending)))
            held |= dict.fromkeys(plan.held)
            if plan.logged:
                self.rows.drop(plan.logged)
            if plan.batch or len(pending) < self.limit:
                return replace(plan, held=tuple(held)), len(pending) == self.limit

    def _finished_head(self, committed: Batch | None = None) -> Head:
        """The head, with its batch (which may be the one just committed) written, settled and published."""
        published = self.objects.checkpoint()  # before the head, which can then not be older
        head = self.rows.head()
        if sequence.unfinished(_said(published), head):
            self._finish(committed if committed and committed.number == head.number else self.rows.batch(head.number))
        return head

    def _finish(self, batch: Batch) -> None:
        """Everything that follows from a committed batch, each step repeatable, the checkpoint last."""
        published = self.objects.checkpoint()  # anew: the batch before this one may have been published meanwhile
        if not sequence.follows(_said(published), batch):
            return
        for path, data in sequence.objects(batch, self.objects.read).items():
            if not self.objects.write(path, data) and self.objects.read(path) != data:
                raise Forked("another file stands where this one belongs", field=path)
        self.rows.record(batch.places())
        self.rows.drop(batch.places())
        self._publish(batch, published)

    def _publish(self, batch: Batch, replaced: Published | None) -> None:
        """Sign, then swap with the checkpoint that the batch follows."""
        signed = self._cosigned(sequence.checkpoint_of(self.signer.verifier.name, batch.after).signed([self.signer]))
        while sequence.follows(_said(replaced), batch):  # or else another sequencer published this very batch
            with suppress(CheckpointMoved):  # another one may have added a cosignature to the checkpoint before
                self.objects.swap(signed, replaced.tag if replaced else None)
                return
            replaced = self.objects.checkpoint()

    def _cosign_again(self) -> None:
        """Ask the witnesses whose line the published checkpoint lacks: they may have been away, and no event may come for long."""
        published = self.objects.checkpoint()
        signed = self._cosigned(published.signed) if published else b""
        if published and signed != published.signed:
            with suppress(CheckpointMoved):
                self.objects.swap(signed, published.tag)

    def _cosigned(self, signed: bytes) -> bytes:
        """With the witnesses' lines. Raises Contradicted."""
        if not self.cosign:
            return signed
        try:
            return self.cosign(signed, TileReader(self.objects.read, checkpoint.unverified(signed).size))
        except Contradicted as error:
            if error.size <= checkpoint.unverified(signed).size or error.size > self.rows.head().size:
                raise
            return signed  # another sequencer is ahead, and has asked the witness already


def _said(published: Published | None) -> Checkpoint | None:
    return checkpoint.unverified(published.signed) if published else None
