"""What can be wrong with a log, a proof or a sequencer's state."""

from __future__ import annotations

from wugan.errors import Conflict, WuganError


class NotProved(WuganError):
    """The proof, signature or log does not hold. `field` names the part."""

    code = "not_proved"
    status = 422


class Forked(NotProved):
    """Two states of one log that cannot both be true. Never goes away by repeating: a person has to look."""

    code = "forked"


class Contradicted(NotProved):
    """A witness saw another history of the log, or more of it than the log knows. Never goes away by repeating: a person has to look.

    `size`: how much of the log the witness saw; what it says it is, if that is beyond the checkpoint it was asked to cosign.
    """

    code = "witness_contradicts"

    def __init__(self, detail: str, *, size: int = 0, field: str | None = "witness") -> None:
        super().__init__(detail, field=field)
        self.size = size


class HeadMoved(Conflict):
    """Another sequencer was first: read the head again."""

    code = "head_moved"


class CheckpointMoved(Conflict):
    """Another sequencer swapped the checkpoint: read it again."""

    code = "checkpoint_moved"
