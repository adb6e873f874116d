"""The profile of a subject (画像): what it holds, what ends, what no longer matches, its cases, and how it is reached.

Pure, and without anything on natural persons: contacts are counted, changed fields are named and their values left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta

from wugan.cases.context import Context
from wugan.cases.model import Head, Outcome, Stage
from wugan.clock import BEIJING
from wugan.detection import features
from wugan.detection.evaluate import evaluate
from wugan.detection.features import FEATURES, SUBJECT_FIELDS
from wugan.detection.model import Condition
from wugan.detection.row import Row
from wugan.errors import InvalidInput, NotFound
from wugan.items.model import ChangeTrigger, Channel, FilingTrigger, Item, RenewalTrigger, SubjectField
from wugan.outreach.plan import CHANNEL_NAMES, address_of
from wugan.registry import normalise
from wugan.registry.model import Certificate, Subject

Versioned = tuple[str, Item]  # as the item store gives them
_STATUS = {"active": "存续", "cancelled": "已注销", "revoked": "已吊销"}


@dataclass(frozen=True)
class Registration:
    """The business registration. `active` is None when the registries hold none."""

    name: str | None
    active: bool | None
    reason: str


@dataclass(frozen=True)
class Renewal:
    """An item that will prompt for a certificate that ends, from this day on, unless something is in the way."""

    item: str
    item_name: str
    prompts_from: date
    obstacles: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Cover:
    """An item for a change: whether it hits today, and if not, why."""

    item: str
    item_name: str
    hits: bool
    obstacles: tuple[str, ...]


@dataclass(frozen=True)
class Mismatch:
    """A field of a certificate in force that no longer matches the registration, and the items that take care of it."""

    field: str
    title: str
    covers: tuple[Cover, ...]
    reason: str


@dataclass(frozen=True)
class Held:
    """A certificate. `days_left` is None when it does not end."""

    certificate_no: str
    type: str
    title: str
    jurisdiction: str
    in_force: bool
    valid_until: date | None
    days_left: int | None
    reason: str
    renewals: tuple[Renewal, ...]
    mismatches: tuple[Mismatch, ...]

    @property
    def at_risk(self) -> bool:
        """Whether what is printed on it is no longer so."""
        return bool(self.mismatches)


@dataclass(frozen=True)
class PastCase:
    """A case as far as a profile tells it; `outcome` is None while it runs."""

    case_id: str
    item: str
    item_name: str
    jurisdiction: str
    certificate_no: str | None
    stage: Stage
    outcome: Outcome | None
    ended: bool
    opened_at: datetime
    updated_at: datetime | None


@dataclass(frozen=True)
class Reach:
    """How many of the contacts a channel reaches."""

    channel: str
    contacts: int
    reason: str


@dataclass(frozen=True)
class Told:
    """An item and what is to be said of it."""

    item: str
    item_name: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """A time on the list of seriously dishonest subjects; the ground is left out, since it may name a person."""

    since: date
    until: date | None
    now: bool
    reason: str


@dataclass(frozen=True)
class Profile:
    """Everything on one day."""

    subject: str  # credit code
    as_of: date
    registration: Registration
    certificates: tuple[Held, ...]
    cases: tuple[PastCase, ...]  # newest first
    contacts: int
    channels: tuple[Reach, ...]
    out_of_reach: tuple[Told, ...]  # items for what it holds whose channels reach nobody
    opted_out: tuple[Told, ...]
    blacklisted: bool
    listings: tuple[Listing, ...]


def read(context: Context, credit_code: str) -> Profile:
    """The profile of today, from the stores. Raises InvalidInput, NotFound for a code that nobody knows, VendorUnavailable."""
    subject = context.lookup.subject(known_form(credit_code))
    heads = list(context.store.by_subject(subject.credit_code))
    if not heads:
        require_known(subject)
    opted_out = context.store.opted_out_of(subject.credit_code)
    today = max(subject.as_of, context.clock.now().astimezone(BEIJING).date())
    return profile(subject, context.items.current(context.clock.now()), heads, opted_out, today)


def known_form(credit_code: str) -> str:
    """A credit code in the registries' form. Raises InvalidInput for an empty one."""
    code = normalise.credit_code(credit_code)
    if code is None:
        raise InvalidInput("give the unified social credit code, 18 characters", field="credit_code")
    return code


def require_known(subject: Subject) -> None:
    """Raise NotFound when the registries hold nothing on the subject."""
    if subject.business is None and not subject.certificates:
        hint = "" if normalise.code_passes_check(subject.credit_code) else "; its check digit is wrong: is it mistyped?"
        raise NotFound(f"the registries hold nothing under {subject.credit_code}{hint}", field="credit_code")


def profile(subject: Subject, items: Sequence[Versioned], heads: Iterable[Head], opted_out: Collection[str], today: date) -> Profile:
    """What can be told of a subject on this day; `opted_out` are the codes of items it never wants prompts for."""
    now = replace(subject, as_of=today)
    names = {item.code: item.name for _, item in items}
    listings = tuple(_listing(b.since, b.until, today) for b in sorted(subject.blacklistings, key=lambda b: b.since, reverse=True))
    return Profile(
        subject=subject.credit_code,
        as_of=today,
        registration=_registration(subject),
        certificates=tuple(_held(c, now, items) for c in subject.certificates),
        cases=tuple(_case(h, names) for h in heads),
        contacts=len(subject.contacts),
        channels=tuple(_reach(channel, subject) for channel in Channel),
        out_of_reach=tuple(_out_of_reach(now, items)),
        opted_out=tuple(Told(code, names.get(code, code), "申请人选择今后不再提醒此事项") for code in sorted(opted_out)),
        blacklisted=any(listing.now for listing in listings),
        listings=listings,
    )


def _registration(subject: Subject) -> Registration:
    business = subject.business
    if business is None:
        return Registration(None, None, "登记库中没有该主体")
    return Registration(business.name, business.status == "active", f"登记状态为{_STATUS.get(business.status, business.status)}")


# --- certificates


def _held(certificate: Certificate, subject: Subject, items: Sequence[Versioned]) -> Held:
    own = [(v, i) for v, i in items if i.certificates.type == certificate.type]
    row = Row(subject, certificate, subject.as_of, certificate.type)
    in_force = bool(FEATURES["certificate_in_force"].python(row))
    until = certificate.valid_until
    return Held(
        certificate_no=certificate.certificate_no,
        type=certificate.type,
        title=own[0][1].certificates.title if own else certificate.type,
        jurisdiction=certificate.jurisdiction,
        in_force=in_force,
        valid_until=until,
        days_left=(until - subject.as_of).days if until else None,
        reason=_validity(certificate, subject.as_of),
        renewals=tuple(_renewals(certificate, subject, own)) if in_force else (),
        mismatches=tuple(_mismatches(row, own)) if in_force else (),
    )


def _validity(certificate: Certificate, today: date) -> str:
    if certificate.status != "valid":
        return "证照已失效"
    if certificate.valid_until is None:
        return "证照有效，未载明有效期截止日"
    left = (certificate.valid_until - today).days
    if left < 0:
        return f"证照有效期已过{-left}天"
    return f"证照有效，还有{left}天到期" if left else "证照有效，今天到期"


def _renewals(certificate: Certificate, subject: Subject, own: Sequence[Versioned]) -> Iterator[Renewal]:
    for version, item in own:
        if certificate.valid_until is None or not isinstance(item.trigger, RenewalTrigger) or not _served(item, certificate):
            continue
        window = item.trigger.expires_within_days
        start = certificate.valid_until - timedelta(days=window)
        obstacles = _failing(item, version, subject, certificate, but="expires_soon")
        yield Renewal(item.code, item.name, start, obstacles, f"有效期届满前{window}天" + _unless(obstacles))


def _mismatches(row: Row, own: Sequence[Versioned]) -> Iterator[Mismatch]:
    for field, title in SUBJECT_FIELDS.items():
        if FEATURES[features.changed(field)].python(row):
            covers = tuple(_covers(field, row, own))
            yield Mismatch(field.value, title, covers, f"登记的{title}与证照不一致，{_care(covers)}")


def _covers(field: SubjectField, row: Row, own: Sequence[Versioned]) -> Iterator[Cover]:
    assert row.certificate
    for version, item in own:
        if isinstance(item.trigger, ChangeTrigger) and field in item.changing and _served(item, row.certificate):
            failing = _failing(item, version, row.subject, row.certificate)
            yield Cover(item.code, item.name, not failing, failing)


def _care(covers: Sequence[Cover]) -> str:
    if not covers:
        return "没有事项可以主动办理变更"
    if any(cover.hits for cover in covers):
        return f"由“{next(c.item_name for c in covers if c.hits)}”主动办理"
    return f"“{covers[0].item_name}”目前不能办理：{'；'.join(covers[0].obstacles)}"


def _served(item: Item, certificate: Certificate) -> bool:
    return certificate.jurisdiction in {j.value for j in item.jurisdictions}


def _failing(item: Item, version: str, subject: Subject, certificate: Certificate, but: str = "") -> tuple[str, ...]:
    """Why the item does not hit this certificate today, leaving one condition out of account."""
    alone = replace(subject, certificates=(certificate,))
    found: list[Condition] = [c for v in evaluate(item, version, alone) for c in v.conditions]
    return tuple(c.reason for c in found if not c.held and c.name != but)


def _unless(obstacles: Sequence[str]) -> str:
    return f"；目前不符合条件：{'；'.join(obstacles)}" if obstacles else ""


# --- cases, contacts, lists


def _case(head: Head, names: dict[str, str]) -> PastCase:
    return PastCase(
        case_id=head.case_id,
        item=head.item_code,
        item_name=names.get(head.item_code, head.item_code),
        jurisdiction=head.jurisdiction,
        certificate_no=head.certificate_no,
        stage=head.stage,
        outcome=head.outcome,
        ended=head.ended,
        opened_at=head.opened_at,
        updated_at=head.updated_at,
    )


def _reached(channel: Channel, subject: Subject) -> int:
    return sum(1 for contact in subject.contacts if address_of(asdict(contact), channel))


def _reach(channel: Channel, subject: Subject) -> Reach:
    count = _reached(channel, subject)
    if not subject.contacts:
        return Reach(channel.value, 0, "登记库中没有联系人")
    return Reach(channel.value, count, f"可联系{count}位" if count else "没有联系人留有此联系方式")


def _out_of_reach(subject: Subject, items: Sequence[Versioned]) -> Iterator[Told]:
    for version, item in items:
        if _concerns(item, version, subject) and not any(_reached(channel, subject) for channel in item.channels):
            channels = "、".join(CHANNEL_NAMES[c] for c in item.channels)
            yield Told(item.code, item.name, f"{channels}都联系不到任何人，将转电话联系")


def _concerns(item: Item, version: str, subject: Subject) -> bool:
    """Whether the item is for a certificate that the subject holds, or is a filing that it has to make now."""
    if isinstance(item.trigger, FilingTrigger):
        return any(v.hit for v in evaluate(item, version, subject))
    return any(c.type == item.certificates.type and _served(item, c) for c in subject.certificates)


def _listing(since: date, until: date | None, today: date) -> Listing:
    now = since <= today and (until is None or until >= today)
    if now:
        return Listing(since, until, now, "目前在严重违法失信名单中")
    return Listing(since, until, now, "尚未列入" if since > today else "已移出严重违法失信名单")
