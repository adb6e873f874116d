"""What the person thinks of it (好差评, GB/T 39734-2020): once for each matter, never asked for twice, a bad one is followed up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from wugan.cases.decide.delegation import doer
from wugan.cases.decide.step import Step
from wugan.cases.model import Change, Grade, Head, Outcome, Task
from wugan.cases.ports import Random
from wugan.errors import Conflict, InvalidInput

MOST_CHARACTERS = 500
TAGS = frozenset({"fast", "clear", "polite", "no_trip", "slow", "unclear", "impolite", "courier", "wrong_data"})
RATABLE = frozenset({Outcome.DELIVERED, Outcome.REJECTED})


def ratable(head: Head) -> bool:
    """Whether the matter was carried through, and nobody rated it yet."""
    return head.ended and head.outcome in RATABLE and head.rating is None


def rated(head: Head, grade: Grade, tags: Sequence[str], text: str, agent: str, now: datetime, random: Random) -> Change:
    """A rating; the text is sealed. Raises Conflict when it is too early or the second, InvalidInput."""
    if not ratable(head):
        raise Conflict("one rating for each matter, when it is over", field="grade")
    if not set(tags) <= TAGS:
        raise InvalidInput("no such tag", field="tags")
    if len(text) > MOST_CHARACTERS:
        raise InvalidInput(f"at most {MOST_CHARACTERS} characters", field="text")
    actor, facts = doer(agent)
    chosen = sorted(set(tags))
    step = Step(head, now, random, after_end=True).update(rating=grade)
    if grade.bad:
        step.ask(Task.FOLLOW_UP)
    facts = {**facts, "grade": grade.value, "tags": chosen}
    return step.note("rated", actor, facts, sealed={"rating": {"grade": grade.value, "tags": chosen, "text": text}}).change()
