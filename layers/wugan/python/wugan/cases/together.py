"""The other cases that a person was told of in the same message: its link opens one of them, and leads to the others."""

from __future__ import annotations

from dataclasses import dataclass

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

    def others(self, head: Head) -> tuple[Other, ...]:
        """The other open cases of messages that this case was in, in the order of their messages."""
        context = self.messages.context
        contacts = context.store.sealed(head.case_id, "contacts") or []
        keys = dict.fromkeys(filter(None, (person_key(context.keys, c) for c in contacts)))
        told = [m for key in keys for m in self.messages.people.get(key).messages if any(p.case_id == head.case_id for p in m.parts)]
        ids = dict.fromkeys(p.case_id for m in told for p in m.parts if p.case_id != head.case_id)
        heads = [context.store.head(case_id) for case_id in ids]
        return tuple(Other(context.item(h).name, self.messages.link(h)) for h in heads if not h.ended)
