"""What a person may do beside the steps: entrust somebody, take consent back, choose how to be reached, say what came, rate."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from wugan.cases.decide import MOST_CHARACTERS
from wugan.cases.model import Grade, Power
from wugan.cases.preferences import Wishes
from wugan.clock import BEIJING
from wugan.errors import NotFound
from wugan.items.model import Channel, DeliveryWay
from wugan.web.api.models import PRINTABLE, Address, Model, Name, State, shown
from wugan.web.api.operation import Access, Asked, Operation, Told
from wugan.web.api.shapes import told_state

Short = Annotated[str, StringConstraints(max_length=60, pattern=PRINTABLE)]
Opinion = Annotated[str, StringConstraints(max_length=MOST_CHARACTERS, pattern=PRINTABLE)]

# --- what is asked


class Delegation(Model):
    """Somebody who may act in this case until the end of a day, in Beijing."""

    model_config = shown(name="王小办", id_number="11010519491231002X", mobile="13900000000", powers=["declare"], last_day="2026-12-24")
    name: Short
    id_number: Short
    mobile: Short
    powers: Annotated[list[Power], Field(max_length=len(Power))]
    last_day: Annotated[date, Field(ge=date(2000, 1, 1), le=date(2999, 12, 31))]


class Revocation(Model):
    """Which agent's delegation ends."""

    model_config = shown(agent="1")
    agent: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}$")]


class Preferences(Model):
    """How the person wants to be told, over all their cases. One channel of the item has to stay."""

    model_config = shown(opted_out=["sms"], profiled=False)
    opted_out: Annotated[list[Channel], Field(max_length=len(Channel))]
    profiled: bool = Field(description="Whether habits are used: without, a fixed order at the first allowed moment, and nothing is learnt")


class ConsentWithdrawal(Model):
    """Which consent: of the face check, or, after the end, of keeping what the archive does not need."""

    model_config = shown(of="face")
    of: Literal["face", "processing"]


class Receipt(Model):
    """Whether what a courier carried is in the person's hands."""

    model_config = shown(received=True)
    received: bool


class Redelivery(Model):
    """What becomes of a certificate that came home: sent again to this address, or fetched at the counter."""

    model_config = shown(way="pick_up", address="")
    way: DeliveryWay
    address: Address = ""


class Rating(Model):
    """One of five grades (好差评), with tags and words if the person likes."""

    model_config = shown(grade="very_satisfied", tags=["fast", "no_trip"], text="")
    grade: Grade
    tags: list[Name] = Field([], max_length=20)
    text: Opinion = ""


# --- what is told


class Agent(Model):
    """An agent, as the person sees them."""

    agent: str = Field(description="Their number in this case")
    name: str
    powers: list[Power]
    until: datetime
    identified_at: datetime | None
    revoked_at: datetime | None
    link: str | None = Field(description="The bearer token that the person hands on; null when the delegation is over")


class Agents(Model):
    """Everybody whom the person entrusted in this case."""

    agents: list[Agent]


class Wanted(Model):
    """How the person wants to be told, and the channels of this item."""

    channels: list[Channel]
    opted_out: list[Channel]
    profiled: bool


# --- the operations


def agents(asked: Asked) -> Told:
    """Whom the person entrusted, with the links of those who still are."""
    found = asked.applicant.rights.agents(asked.link, asked.session)
    told = [
        Agent(
            agent=a.number, name=a.name, powers=list(a.delegation.powers), until=a.delegation.until,
            identified_at=a.delegation.identified_at, revoked_at=a.delegation.revoked_at, link=a.link or None,
        )
        for a in found
    ]  # fmt: skip
    return Told(Agents(agents=told), version=asked.applicant.head(asked.link).version)


def delegate(asked: Asked) -> Told:
    """Entrust somebody; their link is then among the agents."""
    told: Delegation = asked.body
    agent = {"name": told.name, "id_number": told.id_number, "mobile": told.mobile}
    last_day = datetime.combine(told.last_day, time(), BEIJING)
    return told_state(asked.applicant.rights.delegate(asked.link, asked.session, agent, told.powers, last_day))


def revoke(asked: Asked) -> Told:
    """Take a delegation back: it ends at once, with the agent's session."""
    return told_state(asked.applicant.rights.revoke(asked.link, asked.session, asked.body.agent))


def preferences(asked: Asked) -> Told:
    """How the person wants to be told."""
    wishes = asked.applicant.rights.wishes(asked.link, asked.session)
    if wishes is None:
        raise NotFound("this cannot be chosen here", field="preferences")
    channels = asked.applicant.context.item(asked.applicant.head(asked.link)).channels
    return Told(Wanted(channels=list(channels), opted_out=sorted(wishes.opted_out), profiled=wishes.profiled))


def prefer(asked: Asked) -> Told:
    """Choose how to be told."""
    asked.applicant.rights.wish(asked.link, asked.session, Wishes(frozenset(asked.body.opted_out), asked.body.profiled))
    return told_state(asked.applicant.head(asked.link))


def withdraw_consent(asked: Asked) -> Told:
    """Take consent back. Before the decision, `withdraw` takes back the whole application."""
    rights = asked.applicant.rights
    withdraw = rights.withdraw_face_consent if asked.body.of == "face" else rights.stop_processing
    return told_state(withdraw(asked.link, asked.session))


def receipt(asked: Asked) -> Told:
    """It came, or it did not, whatever the courier says."""
    return told_state(asked.applicant.confirm_receipt(asked.link, asked.session, asked.body.received))


def redelivery(asked: Asked) -> Told:
    """What becomes of a certificate that came home."""
    return told_state(asked.applicant.choose_redelivery(asked.link, asked.session, asked.body.way.value, asked.body.address))


def rate(asked: Asked) -> Told:
    """Rate the matter, once, when it is over."""
    told: Rating = asked.body
    return told_state(asked.applicant.rights.rate(asked.link, asked.session, told.grade.value, told.tags, told.text))


_PERSON, _TOLD = Access.PRINCIPAL, {200: State}

# What has no `settled_by` may be done again: it changes nothing more.
RIGHTS: tuple[Operation, ...] = (
    Operation("listAgents", "GET", "/v1/case/agents", _PERSON, agents, {200: Agents}, tagged=True),
    Operation("delegate", "POST", "/v1/case/agents", _PERSON, delegate, _TOLD, Delegation, settled_by=("delegated",)),
    Operation("revoke", "POST", "/v1/case/agents/revoke", _PERSON, revoke, _TOLD, Revocation),
    Operation("getPreferences", "GET", "/v1/case/preferences", _PERSON, preferences, {200: Wanted}),
    Operation("setPreferences", "POST", "/v1/case/preferences", _PERSON, prefer, _TOLD, Preferences),
    Operation("withdrawConsent", "POST", "/v1/case/consent", _PERSON, withdraw_consent, _TOLD, ConsentWithdrawal),
    Operation("confirmReceipt", "POST", "/v1/case/receipt", _PERSON, receipt, _TOLD, Receipt, settled_by=("received_by_person",)),
    Operation("chooseRedelivery", "POST", "/v1/case/redelivery", _PERSON, redelivery, _TOLD, Redelivery, settled_by=("redelivery_chosen",)),
    Operation("rate", "POST", "/v1/case/rating", Access.SESSION, rate, _TOLD, Rating, settled_by=("rated",)),
)
