"""The row in the ledger's outbox that each event's transaction writes."""

from __future__ import annotations

from wugan.cases.model import Event
from wugan.ledger.leaf import Leaf
from wugan.ledger.sequence import Pending


def leaf_of(event: Event) -> Leaf:
    """What an event leaves in the log."""
    return Leaf(bytes.fromhex(event.commitment), bytes.fromhex(event.chain))


def pending_of(event: Event) -> Pending:
    """The event's row in the outbox."""
    return Pending(event.case_id, event.seq, leaf_of(event).entry())
