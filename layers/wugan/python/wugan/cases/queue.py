"""The queue of a bureau: which cases are listed, the little that a list shows of each, and where a page begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wugan.cases.model import Head, Stage

NOBODY = ""  # the official of a case that nobody has taken
MOST_READ = 200  # rows that one page reads, where a filter has no index of its own


@dataclass(frozen=True)
class Listing:
    """The cases of a bureau that wait at a stage, by promised date; filters may be combined."""

    jurisdiction: str
    stage: Stage = Stage.APPROVAL
    item: str = ""  # an item's code; empty for all
    light: str = ""  # green, yellow or red; empty for all
    officer: str | None = None  # an official's id, or NOBODY; None for all

    def admits(self, card: Card) -> bool:
        """Whether a case of this bureau and stage is among them."""
        return (
            (not self.item or card.item_code == self.item)
            and (not self.light or card.light == self.light)
            and (self.officer is None or card.officer == self.officer)
        )

    @property
    def filters(self) -> int:
        """How many filters are set. One has an index; more are looked for among MOST_READ rows of the narrowest."""
        return sum((bool(self.item), bool(self.light), self.officer is not None))


@dataclass(frozen=True)
class Card:
    """What a list shows of a case. Holds no personal data."""

    case_id: str
    item_code: str
    item_version: str
    subject: str
    promised_by: datetime
    accepted_at: datetime | None
    light: str
    officer: str
    corrections: int
    extended: bool
    proposed: bool

    @property
    def place(self) -> Place:
        return Place(self.promised_by, self.case_id)


@dataclass(frozen=True)
class Place:
    """A place in a list: behind (or, backwards, before) this case."""

    promised_by: datetime
    case_id: str


@dataclass(frozen=True)
class Cards:
    """One page. `next` is where reading goes on in the same direction; None when there is nothing more."""

    cards: tuple[Card, ...]
    next: Place | None


def card(head: Head) -> Card:
    """The card of a case that was accepted."""
    assert head.promised_by is not None
    return Card(
        case_id=head.case_id,
        item_code=head.item_code,
        item_version=head.item_version,
        subject=head.subject,
        promised_by=head.promised_by,
        accepted_at=head.accepted_at,
        light=head.light,
        officer=head.officer,
        corrections=head.corrections,
        extended=head.extended,
        proposed=bool(head.proposal),
    )


def picked(listing: Listing, read: list[Card], limit: int, more: Place | None) -> Cards:
    """The page out of what was read; `more` is where reading would go on."""
    found: list[Card] = []
    for number, one in enumerate(read, start=1):
        if listing.admits(one):
            found.append(one)
        if len(found) == limit:
            return Cards(tuple(found), one.place if number < len(read) else more)
    return Cards(tuple(found), more)
