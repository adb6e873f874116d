"""What vendors and departments tell us (回调): verified, taken in once, acknowledged fast.

A courier's push is only a hint: the courier is asked before anything is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from wugan import json_text, signing
from wugan.approval import certificate
from wugan.approval.port import Decision, DecisionKind
from wugan.cases import decide
from wugan.cases.context import Context
from wugan.cases.desk import decide_case
from wugan.cases.messages import Messages
from wugan.cases.model import Change, Head, Stage, parse_effect_id
from wugan.courier.port import Courier
from wugan.errors import CaseEnded, Duplicate, InvalidInput, NotFound, NotWaiting, NotYet
from wugan.items.model import Jurisdiction
from wugan.outreach.people import Handed
from wugan.outreach.receipts import Receipt, Status

MOST_BYTES = 2_000_000
MOST_POINTS = 30
REQUIRED = ("id", "application_id", "kind", "by")


@dataclass(frozen=True)
class Callbacks:
    """The way in for outside parties. What is of a bureau is asked for by its jurisdiction.

    `platform_key`: what its department's platform signs with; raises NotFound where it has none. `certificate_key`: what that checks
    certificates with; empty: they are not signed.
    """

    context: Context
    messages: Messages
    courier_port: Callable[[str], Courier]
    platform_key: Callable[[str], str]
    certificate_key: Callable[[str], str] = lambda _: ""

    def receipt(self, receipt: Receipt) -> None:
        """What became of a message. Only prompts have an answer to it; that of a code or a notice is in the log of sends."""
        case_id, kind, attempt = parse_effect_id(receipt.message_id)
        if kind != "push":
            return
        delivered = receipt.status is Status.DELIVERED
        self._written(self.context.store.head(case_id), "push", attempt)
        message = self.messages.heard(case_id, receipt.message_id, delivered=delivered)
        self._receipted(case_id, attempt, receipt.id, delivered, message)
        for part in message.parts if message else ():
            if part.case_id != case_id:
                with suppress(NotYet):  # this case has yet to find the message, and that it did not arrive
                    self._receipted(part.case_id, part.attempt, receipt.id, delivered, message)

    def ask(self, key: str) -> int:
        """Ask the carriers about a person's messages of which nothing was heard; returns how many told something."""
        answers = self.messages.ask(key)
        for _, receipt in answers:
            self.receipt(receipt)
        return len(answers)

    def _receipted(self, case_id: str, attempt: int, receipt_id: str, delivered: bool, message: Handed | None) -> None:
        now, random, channel = self.context.clock.now(), self.context.random, message.channel.value if message else ""
        self._take(
            case_id, "push", attempt,
            lambda head: decide.receipt(head, attempt, delivered, receipt_id, now, random, channel=channel),
        )  # fmt: skip

    def parcel(self, order_id: str) -> Head:
        """Ask the courier where a parcel is, and take it in."""
        case_id, kind, attempt = parse_effect_id(order_id)
        if kind not in decide.CARRIED:
            raise InvalidInput("no order of ours", field="order_id")
        told = self.courier_port(self.context.store.head(case_id).jurisdiction).query(order_id)
        now = self.context.clock.now()

        def taken(head: Head) -> Change | None:
            self._written(head, kind, attempt)
            return decide.parcel(head, Stage(kind), attempt, told, now, self.context.random)

        return self.context.apply(case_id, taken)

    def department(self, jurisdiction: str, headers: dict[str, str], path: str, body: bytes) -> None:
        """A decision of a bureau's platform: {id, application_id, kind, by, points, reason_code, reason, certificate}.

        Raises NotFound for a bureau without a platform, and for a case of another bureau as for no case: its key proves nothing there.
        """
        message = self._open(jurisdiction, headers, path, body)
        decision = _decision(message)
        case_id, kind, attempt = parse_effect_id(decision.application_id)
        if kind != "approval":
            raise InvalidInput("no application of ours", field="application_id")
        head = self.context.store.head(case_id)
        if head.jurisdiction != jurisdiction:
            raise NotFound("no such case", field="case_id")
        self._written(head, kind, attempt)
        if head.stage is not Stage.APPROVAL or head.attempts.get(kind) != attempt:
            return  # decided, withdrawn or corrected meanwhile: the message is late or a repeat
        if decision.certificate is not None:
            kept = certificate.check(decision.certificate, self.certificate_key(head.jurisdiction))
            decision = replace(decision, certificate=kept)
        try:
            decide_case(self.context, decision, attempt)
        except (Duplicate, CaseEnded, NotWaiting):
            return

    # --- inside

    def _open(self, jurisdiction: str, headers: dict[str, str], path: str, body: bytes) -> dict[str, Any]:
        if jurisdiction not in set(Jurisdiction):
            raise NotFound("no such bureau", field="jurisdiction")
        if len(body) > MOST_BYTES:
            raise InvalidInput(f"at most {MOST_BYTES} bytes", field="body")
        signing.verify(self.platform_key(jurisdiction), headers, path, body, self.context.clock.wall())
        try:
            message = json_text.loads(body)
        except ValueError:
            raise InvalidInput("this is not JSON", field="body") from None
        if not isinstance(message, dict):
            raise InvalidInput("a JSON object is expected", field="body")
        for name in REQUIRED:
            if not isinstance(message.get(name), str) or not 0 < len(message[name]) <= 200:
                raise InvalidInput("a text of 1 to 200 characters is expected", field=name)
        return message

    def _written(self, head: Head, kind: str, attempt: int) -> None:
        """A message about a side effect that is not committed yet must come again."""
        if not head.ended and attempt > head.attempts.get(kind, 0):
            raise NotYet("this is not written down yet: send it again", field="id")

    def _take(self, case_id: str, kind: str, attempt: int, decision: Callable[[Head], Change | None]) -> Head:
        def written(head: Head) -> Change | None:
            self._written(head, kind, attempt)
            return None if head.ended else decision(head)

        try:
            return self.context.apply(case_id, written)
        except Duplicate:
            return self.context.store.head(case_id)


def _decision(message: Mapping[str, Any]) -> Decision:
    """A department's message as a decision. Raises InvalidInput naming the field."""
    try:
        kind = DecisionKind(message["kind"])
    except ValueError:
        raise InvalidInput(f"one of {', '.join(k.value for k in DecisionKind)}", field="kind") from None
    points = message.get("points") or []
    if not isinstance(points, list) or len(points) > MOST_POINTS or not all(isinstance(p, str) and p for p in points):
        raise InvalidInput(f"a list of at most {MOST_POINTS} texts", field="points")
    given = message.get("certificate")
    if given is not None and not isinstance(given, dict):
        raise InvalidInput("an object or null is expected", field="certificate")
    return Decision(
        id=message["id"],
        application_id=message["application_id"],
        kind=kind,
        by=f"platform:{message['by']}",
        points=tuple(points),
        reason_code=str(message.get("reason_code") or "")[:40],
        reason=str(message.get("reason") or "")[:2000],
        certificate=given,
    )
