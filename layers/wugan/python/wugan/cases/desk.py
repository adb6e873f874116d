"""What a department's officials do at the desk (审批工作台): the same port as a department with a platform of its own."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wugan.approval.port import Decision
from wugan.cases import decide, profile
from wugan.cases.context import Context
from wugan.cases.model import Event, Head, Stage, Task
from wugan.cases.profile import Profile
from wugan.errors import Forbidden, InvalidInput
from wugan.items.model import Item
from wugan.signin.entrance import Entrance
from wugan.signin.official import Official as Official

PAGE = 25


@dataclass(frozen=True)
class DeskCase:
    """One case as an official sees it."""

    head: Head
    item: Item
    changes: tuple[dict[str, Any], ...]
    application: Mapping[str, Any] | None
    contact: Mapping[str, Any]
    events: list[Event]


@dataclass(frozen=True)
class Desk:
    """The desk of the approving departments: each sees its own jurisdiction only."""

    context: Context
    entrance: Entrance

    def invite(self, official: Official) -> str:
        """A code to sign in with, given out by operations in a rehearsal. Raises SignInRefused in production."""
        return self.entrance.sessions.invite(official)

    def sign_in(self, invite: str) -> str:
        """A session for such a code. Raises SignInRefused."""
        return self.entrance.sessions.redeem(invite)

    def official(self, session: str) -> Official:
        """Who a session belongs to. Raises LinkInvalid, LinkExpired."""
        return self.entrance.sessions.read(session).official

    def queue(self, official: Official, after: str | None = None) -> tuple[list[Head], str | None]:
        """One page of the cases to decide, the most urgent first."""
        return self.context.store.queue(official.jurisdiction, Stage.APPROVAL.value, PAGE, after)

    def tasks(self, official: Official) -> list[tuple[Task, Head]]:
        """The call list and what else officials have to do by hand."""
        return [(task, head) for task in Task for head in self.context.store.tasks(official.jurisdiction, task)]

    def case(self, official: Official, case_id: str) -> DeskCase:
        """One case. Raises NotFound, Forbidden for another bureau's."""
        head = self._own(official, case_id)
        sealed = self.context.store.unsealed(case_id)
        contacts = sealed.get("contacts") or [{}]
        return DeskCase(
            head=head,
            item=self.context.item(head),
            changes=tuple(sealed.get("changes", ())),
            application=sealed.get("application"),
            contact=contacts[min(head.contact, len(contacts) - 1)],
            events=self.context.store.events(case_id),
        )

    def subject(self, official: Official, case_id: str) -> Profile:
        """The profile of a case's subject. Raises NotFound, Forbidden for another bureau's case, VendorUnavailable."""
        return profile.read(self.context, self._own(official, case_id).subject)

    def decide(self, official: Official, decision: Decision, attempt: int) -> Head:
        """Approve, ask for corrections, or reject."""
        self._own(official, decision.application_id.partition("-")[0])
        return decide_case(self.context, decision, attempt)

    def received(self, official: Official, case_id: str) -> Head:
        """The person fetched the new certificate at the counter."""
        self._own(official, case_id)
        now = self.context.clock.now()
        return self.context.apply(case_id, lambda head: decide.handed_over_counter(head, official.name, now, self.context.random))

    def done(self, official: Official, case_id: str, task: Task) -> Head:
        """A task of this case is done."""
        self._own(official, case_id)
        now = self.context.clock.now()
        return self.context.apply(case_id, lambda head: decide.task_done(head, task, official.name, now, self.context.random))

    def _own(self, official: Official, case_id: str) -> Head:
        head = self.context.store.head(case_id)
        if head.jurisdiction != official.jurisdiction:
            raise Forbidden("this case belongs to another bureau")
        return head


def decide_case(context: Context, decision: Decision, attempt: int) -> Head:
    """Take in a decision, from the desk or a department's platform."""
    case_id, now = decision.application_id.partition("-")[0], context.clock.now()
    check_certificate(decision.certificate)
    return context.apply(case_id, lambda head: decide.decided(head, decision, attempt, now, context.random))


def check_certificate(certificate: Mapping[str, Any] | None) -> None:
    """Raise InvalidInput unless a new certificate has its number, dates, and a file that fits its hash."""
    if certificate is None:
        return
    for name in ("number", "valid_from", "file_base64", "file_sha256"):
        if not certificate.get(name):
            raise InvalidInput("the new certificate needs this", field=f"certificate.{name}")
    try:
        content = base64.b64decode(str(certificate["file_base64"]), validate=True)
    except binascii.Error:
        raise InvalidInput("not base64", field="certificate.file_base64") from None
    if hashlib.sha256(content).hexdigest() != certificate["file_sha256"]:
        raise InvalidInput("the file does not fit its hash", field="certificate.file_sha256")
