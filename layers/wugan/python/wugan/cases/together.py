"""The other cases that a person was told of in the same message: its link opens one of them, and leads to the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wugan.cases.messages import Messages
from wugan.cases.model import Head
from wugan.cases.preferences import person_key


@dataclass(frozen=True)
class Other:
    """Another open case of the same person. Its link opens a masked page, as every link does."""

    name: str  # of the item
    link: str


@dataclass(frozen=True)
class Together:
    """Finds them; for the identified person only."""

    messages: Messages

    def others(self, head: Head, contact: Mapping[str, Any]) -> tuple[Other, ...]:
        """The other open cases in messages about this case to the identified `contact`, in the order of their messages."""
        context = self.messages.context
        key = person_key(context.keys, contact)
        told = [m for m in self.messages.people.get(key).messages if any(p.case_id == head.case_id for p in m.parts)] if key else []
        ids = dict.fromkeys(p.case_id for m in told for p in m.parts if p.case_id != head.case_id)
        heads = [context.store.head(case_id) for case_id in ids]
        return tuple(Other(context.item(h).name, self.messages.link(h)) for h in heads if not h.ended)
