"""The case: a head, append-only events, waits, and what one change to it consists of."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from wugan.errors import InvalidInput

Facts = Mapping[str, Any]


class Stage(StrEnum):
    """Where a case stands. The first eight are the policy's eight steps after the analysis, with the loop for corrections."""

    PUSH = "push"  # 主动推送
    IDENTITY = "identity"  # 身份认证
    INTENTION = "intention"  # 办理意向确认
    DECLARATION = "declaration"  # 申报信息确认
    PICKUP = "pickup"  # 回收旧证
    APPROVAL = "approval"  # 审批办结
    CORRECTION = "correction"  # 补正
    DELIVERY = "delivery"  # 新证照送达
    GIVE_BACK = "give_back"  # 旧证退还
    CLOSING = "closing"
    CLOSED = "closed"


PERSON_STAGES = frozenset({Stage.IDENTITY, Stage.INTENTION, Stage.DECLARATION, Stage.CORRECTION})


class Outcome(StrEnum):
    """How a case ended."""

    DELIVERED = "delivered"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    BY_PERSON = "by_person"  # 转人工


class Answer(StrEnum):
    """What a wait was answered with; the state machine routes on these words."""

    IDENTIFIED = "identified"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    UNDELIVERED = "undelivered"
    UNREACHABLE = "unreachable"
    REMIND = "remind"
    EXPIRED = "expired"
    ASKED_PERSON = "asked_person"
    COLLECTED = "collected"
    FAILED = "failed"
    OVERDUE = "overdue"
    APPROVED = "approved"
    CORRECTION = "correction"
    REJECTED = "rejected"
    CORRECTED = "corrected"
    RECEIVED = "received"
    RETURNED = "returned"
    DUE = "due"  # the moment that was waited for has come
    LOST = "lost"
    RESEND = "resend"
    WITHDRAWN = "withdrawn"
    DONE = "done"


class Actor(StrEnum):
    """Who did it."""

    SYSTEM = "system"
    PERSON = "person"
    AGENT = "agent"  # whom the person entrusted (受托人)
    COURIER = "courier"
    CHANNEL = "channel"
    IDENTITY = "identity"
    DEPARTMENT = "department"
    OFFICIAL = "official"


class OldCertificate(StrEnum):
    """Who has the old paper certificate now."""

    NONE = "none"  # the item does not take it back, or none is held
    WITH_PERSON = "with_person"
    WITH_COURIER = "with_courier"
    WITH_DEPARTMENT = "with_department"
    LOST = "lost"  # in a courier's hands


class Lapse(StrEnum):
    """What came of an old certificate that ended while the department had the renewal (行政许可法 art. 50)."""

    DEEMED_RENEWED = "deemed_renewed"  # 视为准予延续: applied for in time, and not decided by the last day
    EXPIRED_UNDECIDED = "expired_undecided"  # applied for late, or not complete on the last day


class Task(StrEnum):
    """What an official has to do by hand. A case may have several."""

    CALL = "call"  # nobody could be reached over a channel: telephone
    HANDLE = "handle"  # the system must not, or cannot, go on by itself
    PARCEL = "parcel"  # look for a parcel, or make sure that the right person has it
    KEEPER = "keeper"  # a field is disputed: ask the registry's keeper to correct it (数据更正)
    FOLLOW_UP = "follow_up"  # a bad rating (差评回访)


class Power(StrEnum):
    """What a person may entrust an agent with, in one case (委托权限)."""

    DECLARE = "declare"  # say "continue", confirm the form, correct it
    RECEIVE = "receive"  # follow the case and take the result


class Grade(StrEnum):
    """The five grades of a rating (GB/T 39734-2020)."""

    VERY_SATISFIED = "very_satisfied"
    SATISFIED = "satisfied"
    FAIR = "fair"
    DISSATISFIED = "dissatisfied"
    VERY_DISSATISFIED = "very_dissatisfied"

    @property
    def bad(self) -> bool:
        """Whether it has to be followed up (差评)."""
        return self in (Grade.DISSATISFIED, Grade.VERY_DISSATISFIED)


@dataclass(frozen=True)
class Delegation:
    """What an agent may do in a case, and until when. Who the agent is, is sealed."""

    powers: tuple[Power, ...]
    until: datetime
    identified_at: datetime | None = None
    revoked_at: datetime | None = None

    def standing(self, now: datetime) -> bool:
        """Whether it was not revoked and is not over."""
        return self.revoked_at is None and now < self.until


@dataclass(frozen=True)
class Event:
    """One thing that happened. `facts` hold no personal data; what is personal is sealed and named in `sealed`.

    `commitment` = HMAC-SHA256(salt, canonical event); `chain` = SHA-256(previous chain ‖ commitment):
    the order within a case is provable, and a body can be erased with its salt (design, Ledger).
    """

    case_id: str
    seq: int
    type: str
    at: datetime
    actor: Actor
    facts: Facts
    sealed: tuple[str, ...] = ()
    salt: str = ""
    commitment: str = ""
    chain: str = ""

    def canonical(self) -> bytes:
        """The bytes that are committed to: sorted JSON without white space, UTF-8."""
        body = {
            "case_id": self.case_id,
            "seq": self.seq,
            "type": self.type,
            "at": self.at.isoformat(),
            "actor": self.actor.value,
            "facts": self.facts,
            "sealed": list(self.sealed),
        }
        return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    def committed(self, salt: str, previous: str) -> Event:
        """This event with its commitment and its place in the chain; `salt` and `previous` are hex."""
        commitment = hmac.new(bytes.fromhex(salt), self.canonical(), hashlib.sha256).hexdigest()
        return replace(self, salt=salt, commitment=commitment, chain=chained(previous, commitment))


CHAIN_START = "00" * 32


def chained(previous: str, commitment: str) -> str:
    """The chain's next value, all hex."""
    return hashlib.sha256(bytes.fromhex(previous) + bytes.fromhex(commitment)).hexdigest()


def broken_link(events: list[Event]) -> int | None:
    """The `seq` of the first event whose commitment or chain does not hold; None when the trace is whole.

    Of an event whose salt was erased only the chain can be checked.
    """
    previous = CHAIN_START
    for seq, event in enumerate(events, start=1):
        told = not event.salt or event.committed(event.salt, previous).commitment == event.commitment
        if event.seq != seq or not told or chained(previous, event.commitment) != event.chain:
            return seq
        previous = event.chain
    return None


@dataclass(frozen=True)
class Wait:
    """One wait of a case. Its token (from the state machine) and its answer may come in either order."""

    case_id: str
    stage: Stage
    number: int
    due_at: datetime

    @property
    def id(self) -> str:
        return wait_id(self.case_id, self.stage, self.number)


def wait_id(case_id: str, stage: Stage, number: int) -> str:
    """The id under which token and answer of a wait meet."""
    return f"{case_id}#{stage}#{number}"


def effect_id(case_id: str, kind: str, attempt: int) -> str:
    """The deterministic id of a side effect: repeats carry the same, so that a vendor can drop them."""
    return f"{case_id}-{kind}-{attempt}"


def parse_effect_id(text: str) -> tuple[str, str, int]:
    """(case id, kind, attempt) of a side effect's id. Raises InvalidInput."""
    case_id, _, rest = text.partition("-")
    kind, _, attempt = rest.rpartition("-")
    if len(case_id) != 26 or not case_id.isalnum() or not kind or not attempt.isdigit():
        raise InvalidInput("no id that this system gave out", field="id")
    return case_id, kind, int(attempt)


@dataclass(frozen=True)
class Head:
    """The case as it stands. Holds no personal data."""

    case_id: str
    item_code: str
    item_version: str
    subject: str  # credit code
    jurisdiction: str
    fingerprint: str
    certificate_no: str | None
    opened_at: datetime
    stage: Stage
    version: int = 0
    seq: int = 0
    chain: str = CHAIN_START
    wait: str | None = None  # the wait that is open now
    waits: Mapping[str, int] = field(default_factory=dict)  # how many were opened, by stage
    attempts: Mapping[str, int] = field(default_factory=dict)  # side effects committed, by kind
    rung: int = 0  # of the reminder ladder
    prompted_at: datetime | None = None
    begun_at: datetime | None = None  # the first identity check
    tried: tuple[str, ...] = ()  # channels that failed for this prompt
    answer: Answer | None = None  # the last answer
    outcome: Outcome | None = None
    reason: str = ""  # code of why it ended so
    resume: Stage = Stage.IDENTITY  # the person's stage that a prompt leads to
    contact: int = 0  # which sealed contact is prompted
    channel: str = ""  # of the last prompt
    prompt_wait: str = ""  # the wait that the last prompt led to: while it is open, nobody answered that prompt
    check: str = ""  # the identity check under way: kind:reference
    checking: str = ""  # the agent whose check it is; empty: the person
    locked_until: datetime | None = None  # no identity check before
    checks_begun: tuple[datetime, ...] = ()  # identity checks of the last day, by either way
    checks_failed: tuple[datetime, ...] = ()  # of the last day, since one passed or the last lock
    withdrawing: bool = False
    decided: bool = False
    delivered_at: datetime | None = None
    old_certificate: OldCertificate = OldCertificate.NONE
    return_way: str | None = None
    delivery_way: str | None = None
    parcels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # what was noted of the newest parcel of each stage, in order
    expires_on: str | None = None  # the last day of the old certificate, for a renewal
    applied_at: datetime | None = None  # "continue" counts as the application
    lapse: Lapse | None = None
    accepted_at: datetime | None = None
    promised_by: datetime | None = None
    paused_at: datetime | None = None
    light: str = "green"  # efficiency supervision (电子监察)
    corrections: int = 0
    extended: bool = False  # the promised date was moved once (行政许可法 art. 42)
    officer: str = ""  # the id of the official who has it; empty for nobody
    proposal: str = ""  # the id of the decision that a second official looks at (四眼)
    proposed_by: str = ""
    tasks: tuple[Task, ...] = ()
    delegations: Mapping[str, Delegation] = field(default_factory=dict)  # by the agent's number
    face_consent: datetime | None = None  # separate consent to a face check (PIPL art. 29)
    stopped_at: datetime | None = None  # consent was withdrawn after the end (PIPL art. 15)
    rating: Grade | None = None
    put_off: Mapping[str, datetime] = field(default_factory=dict)  # tasks to be tried again, and when
    waiting_since: datetime | None = None  # when the open wait was opened
    working_since: datetime | None = None  # since when the case waits for nobody
    updated_at: datetime | None = None
    output: Mapping[str, Any] = field(default_factory=dict)  # what the last stage told the state machine; a repeat tells the same

    @property
    def ended(self) -> bool:
        return self.stage is Stage.CLOSED

    @property
    def asked_for(self) -> Stage:
        """The stage at which something can be done now: a prompt that waits for its moment keeps nobody from answering."""
        return self.resume if self.stage is Stage.PUSH and self.wait else self.stage

    @property
    def holds_old(self) -> bool:
        """Whether the old certificate has left the person's hands and must go back if nothing new is granted."""
        return self.old_certificate in (OldCertificate.WITH_COURIER, OldCertificate.WITH_DEPARTMENT) and not self._goes_home

    @property
    def _goes_home(self) -> bool:
        """Whether the courier is bringing the old certificate back to the person already."""
        on_the_way = self.old_certificate is OldCertificate.WITH_COURIER
        return on_the_way and not {"refused", "returned"}.isdisjoint(self.parcels.get(Stage.PICKUP.value, ()))

    @property
    def granted(self) -> bool:
        """Whether the department decided, or is deemed to have renewed: nothing can be withdrawn any more."""
        return self.decided or self.lapse is Lapse.DEEMED_RENEWED

    def flags(self) -> dict[str, Any]:
        """What the state machine carries: the id and routing words, nothing personal."""
        return {
            "case_id": self.case_id,
            "stage": self.stage.value,
            "answer": self.answer.value if self.answer else "",
            "wait": self.wait or "",
            "needs_pickup": self.return_way == "courier" and self.old_certificate is OldCertificate.WITH_PERSON,
            "holds_old": self.holds_old,
            "withdrawing": self.withdrawing,
            "held": self.stage is Stage.CLOSING and self.wait is not None,
            "outcome": self.outcome.value if self.outcome else "",
        }


@dataclass(frozen=True)
class Answered:
    """The answer to a wait, as it goes to the state machine. `error` makes it a failure that a Catch names."""

    wait_id: str
    answer: Answer
    error: str | None = None


@dataclass(frozen=True)
class Change:
    """All that one step writes, in one transaction."""

    head: Head
    events: tuple[Event, ...]
    opened: Wait | None = None
    answered: Answered | None = None
    rescheduled: Wait | None = None  # a wait that stays open with a new due time
    sealed: Mapping[str, Any] = field(default_factory=dict)  # section → JSON value, encrypted by the store
    seen: tuple[str, ...] = ()  # ids of outside messages taken in by this change
    optout: str | None = None  # item code the subject never wants again
    asked: tuple[Task, ...] = ()  # tasks that officials are given by this change
    done: tuple[Task, ...] = ()  # tasks that are over with this change


@dataclass(frozen=True)
class WaitRecord:
    """A wait as stored. Only `resume` and `sweep` may read `task_token`."""

    id: str
    case_id: str
    stage: Stage
    due_at: datetime | None
    answer: str | None  # JSON of the flags
    error: str | None
    task_token: str | None
    sent_at: datetime | None
