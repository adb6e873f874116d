"""Who plays what: each case gets a role by its place among its item's cases, so that every end comes about and every item delivers."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Part(StrEnum):
    """What the person does."""

    ACCEPT = "accept"
    ACCEPT_LATE = "accept_late"  # after the first reminder
    DECLINE = "decline"
    DECLINE_FOR_EVER = "decline_for_ever"
    IGNORE = "ignore"
    ASK_PERSON = "ask_person"
    WITHDRAW_EARLY = "withdraw_early"  # at the declaration
    WITHDRAW_LATE = "withdraw_late"  # while courier or department are at work


@dataclass(frozen=True)
class Role:
    """One case's play: the person, and how the vendors and the department behave towards it."""

    part: Part
    decision: str = "approve"  # approve | correction | reject
    delivery: str = "courier"
    code: bool = False  # identified without a face
    vendors: Mapping[str, str] = field(default_factory=dict)  # a rule of the sandbox


LEAD = Role(Part.ACCEPT)
LEADS = (LEAD, LEAD, Role(Part.ACCEPT, decision="correction"))  # of each item; one or two of them may be unreachable
SLOW = frozenset({Part.IGNORE, Part.ACCEPT_LATE})
VARIETY = (
    Role(Part.ACCEPT, code=True),
    Role(Part.DECLINE),
    Role(Part.ACCEPT, decision="correction"),
    Role(Part.IGNORE),
    Role(Part.ACCEPT, decision="reject"),
    Role(Part.WITHDRAW_LATE),
    Role(Part.ACCEPT, delivery="electronic"),
    Role(Part.ASK_PERSON),
    Role(Part.ACCEPT_LATE),
    Role(Part.WITHDRAW_EARLY),
    Role(Part.ACCEPT, vendors={"courier": "fail_pickup_once"}),
    Role(Part.DECLINE_FOR_EVER),
    Role(Part.ACCEPT, delivery="pick_up"),
    Role(Part.ACCEPT, vendors={"courier": "return_delivery_once"}),
)


@dataclass(frozen=True)
class Opened:
    """A case that the scan opened."""

    case_id: str
    item: str
    jurisdiction: str


def cast(cases: Iterable[Opened], quick: Collection[str]) -> dict[str, Role]:
    """A role for each case. The first cases of an item accept; the others go through the variety, shifted item by item.

    Only cases of `quick` items are ignored: the others' reminder ladders outlast a demonstration.
    """
    by_item: dict[str, list[Opened]] = defaultdict(list)
    for case in cases:
        by_item[case.item].append(case)
    roles: dict[str, Role] = {}
    for code, found in sorted(by_item.items()):
        start = int(hashlib.sha256(code.encode()).hexdigest(), 16)
        for place, case in enumerate(sorted(found, key=lambda c: c.case_id)):
            role = LEADS[place] if place < len(LEADS) else VARIETY[(start + place) % len(VARIETY)]
            roles[case.case_id] = LEAD if role.part in SLOW and code not in quick else role
    return roles
