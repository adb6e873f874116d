"""One operation of the JSON interface: a row of the table that routes, documentation and checks are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from wugan.cases.applicant import Applicant, Opened
from wugan.cases.audit import Audit
from wugan.errors import InvalidInput, WuganError
from wugan.web.api.models import Model

JSON = "application/json"


class Access(StrEnum):
    """What the caller has to show."""

    NOBODY = "nobody"
    LINK = "link"  # the capability of the prompt: `Authorization: Bearer …`
    LINK_AT_FIRST = "link_at_first"  # the same, until somebody is identified; from then on the session too
    SESSION = "session"  # besides, the session of the identified person, or of their agent: `Wugan-Session: …`
    PRINCIPAL = "principal"  # the same, but the person's own: nobody can be entrusted with this

    @property
    def needs_session(self) -> bool:
        """Whether a session has to be shown, whatever the case's state."""
        return self in (Access.SESSION, Access.PRINCIPAL)


@dataclass(frozen=True)
class Asked:
    """One request, checked: what the caller shows, and the parts by their models."""

    applicant: Applicant
    audit: Callable[[], Audit]
    link: str = ""
    session: str = ""
    path: Mapping[str, str] = field(default_factory=dict)
    query: Any = None
    body: Any = None

    def opened(self) -> Opened:
        """The whole case. Raises Forbidden, LinkInvalid, LinkExpired."""
        return self.applicant.opened(self.link, self.session)


@dataclass(frozen=True)
class Told:
    """The answer. `version` is that of the case; an answer that has one has an entity tag."""

    body: Model | Mapping[str, Any] | bytes
    status: int = 200
    version: int | None = None
    media_type: str = JSON
    name: str = ""  # of a file to be saved
    final: bool = True  # not when asking again may bring more


@dataclass(frozen=True)
class Operation:
    """A row. The docstring of `run` is the operation's description."""

    id: str
    method: str
    path: str
    access: Access
    run: Callable[[Asked], Told]
    answers: Mapping[int, type[Model] | str]  # by status; a text is what a JSON document of another shape is
    body: type[Model] | None = None
    query: type[Model] | None = None
    refuses: tuple[type[WuganError], ...] = ()  # beyond what its access and its method bring
    settled_by: tuple[str, ...] = ()  # event types by which one knows that it took effect before its answer got lost
    files: tuple[str, ...] = ()  # media types of a file that is the answer
    tagged: bool = False  # the answer of this GET has an entity tag

    @property
    def foreseen(self) -> bool:
        """Whether a browser asks before it asks (CORS preflight): for a POST of JSON, and for headers of ours."""
        return self.method == "POST" or self.access is not Access.NOBODY

    def __post_init__(self) -> None:
        if (self.method == "POST") != (self.body is not None):
            raise InvalidInput("a POST has a body, a GET has none", field=self.id)
