"""Domain errors: each has a stable code; the edge maps the code to HTTP and to a plain-language text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime


class WuganError(Exception):
    """Base of every expected error. `code` is stable, `field` names what to mend, `detail` says how."""

    code = "error"
    status = 400

    def __init__(self, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field

    def __str__(self) -> str:
        return f"{self.field}: {self.detail}" if self.field else self.detail


class InvalidInput(WuganError):
    """A value from outside does not have the shape or range that is asked for."""

    code = "invalid_input"


class InvalidForm(InvalidInput):
    """Everything in a form that has to be mended, at once; the first of it is what the error itself names."""

    def __init__(self, faults: Sequence[InvalidInput]) -> None:
        super().__init__(faults[0].detail, field=faults[0].field)
        self.faults = tuple(faults)


class NotFound(WuganError):
    """The thing named does not exist, or the reader may not know that it does."""

    code = "not_found"
    status = 404


class Forbidden(WuganError):
    """The caller did not prove who it is, or may not do this."""

    code = "forbidden"
    status = 403


class Locked(Forbidden):
    """No identity check for now; `until` says when there may be one again."""

    code = "locked"

    def __init__(self, detail: str, until: datetime | None = None) -> None:
        super().__init__(detail, field="identity")
        self.until = until


class LinkInvalid(Forbidden):
    """A capability link or session that was forged or cut short."""

    code = "link_invalid"


class LinkExpired(Forbidden):
    """A capability link or session past its time."""

    code = "link_expired"
    status = 410


class Conflict(WuganError):
    """The state no longer admits this: somebody else was first, or the step is past."""

    code = "conflict"
    status = 409


class NotWaiting(Conflict):
    """The case does not wait for this answer (any more)."""

    code = "not_waiting"


class CaseEnded(Conflict):
    """The case has ended; nothing more can be done to it."""

    code = "case_ended"


class StaleHead(Conflict):
    """The case changed between reading and writing: read again and decide again."""

    code = "stale_head"


class Outdated(Conflict):
    """The case is not any more as the caller saw it (If-Match): look at it, and decide again."""

    code = "outdated"
    status = 412


class InProgress(Conflict):
    """The same request is being carried out at this moment."""

    code = "in_progress"


class DeemedRenewed(Conflict):
    """The renewal is granted by law (行政许可法 art. 50): the certificate can only be issued."""

    code = "deemed_renewed"


class Duplicate(Conflict):
    """This message was already taken in; repeating it is a success without effect."""

    code = "duplicate"


class AlreadyOpen(Conflict):
    """The same hit already opened a case."""

    code = "already_open"


class VendorRefused(WuganError):
    """A vendor answered that it will never do this as asked: try another way, do not repeat."""

    code = "vendor_refused"
    status = 502


class VendorUnavailable(WuganError):
    """A vendor could not be reached or failed for now: repeat with the same id."""

    code = "vendor_unavailable"
    status = 503


class NotYet(WuganError):
    """The message is about something that is not written down yet: send it again in a moment."""

    code = "not_yet"
    status = 503
