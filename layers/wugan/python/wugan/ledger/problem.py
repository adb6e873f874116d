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


class HeadMoved(Conflict):
    """Another sequencer was first: read the head again."""

    code = "head_moved"


class CheckpointMoved(Conflict):
    """Another sequencer swapped the checkpoint: read it again."""

    code = "checkpoint_moved"
