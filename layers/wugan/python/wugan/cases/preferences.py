"""How a person wants to be prompted: channels they left, and whether their habits are used (PIPL art. 15 and 24)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wugan.cases.context import Context
from wugan.errors import Conflict, Forbidden, StaleHead
from wugan.items.model import Channel
from wugan.links import Keyring
from wugan.outreach.people import MOST_RETRIES, PeopleStore


@dataclass(frozen=True)
class Wishes:
    """What one person wants, over all their cases."""

    opted_out: frozenset[Channel] = frozenset()  # never a prompt over these
    profiled: bool = True  # False: a fixed order at the first allowed moment, and nothing is learnt


def person_key(keys: Keyring, contact: Mapping[str, Any]) -> str | None:
    """The key of a person's record: an HMAC of the identity number, or of the next best that is on file; None without any."""
    found = next((contact[name] for name in ("id_number", "mobile", "wechat_openid", "app_user") if contact.get(name)), None)
    return keys.mac("person", str(found)) if found else None


def prompted(contacts: Sequence[Mapping[str, Any]], contact: int) -> Mapping[str, Any]:
    """The contact that a case prompts; empty when nobody is on file."""
    return contacts[min(contact, len(contacts) - 1)] if contacts else {}


@dataclass(frozen=True)
class Preferences:
    """Reads and keeps the wishes of the person whom a case prompts."""

    context: Context
    people: PeopleStore

    def read(self, case_id: str) -> Wishes:
        """The wishes; the usual ones of who never said any."""
        record = self.people.get(self._key(case_id))
        return Wishes(record.opted_out, record.profiled)

    def set(self, case_id: str, wishes: Wishes) -> None:
        """Keep the wishes. Who is not profiled any more is forgotten by the behaviour model in the same write."""
        key = self._key(case_id)
        for _ in range(MOST_RETRIES):
            record = self.people.get(key)
            if Wishes(record.opted_out, record.profiled) == wishes:
                return
            messages = record.messages if wishes.profiled else tuple(replace(m, counted=True, group=None) for m in record.messages)
            changed = replace(record, version=record.version + 1, opted_out=wishes.opted_out, profiled=wishes.profiled, messages=messages)
            try:
                self.people.put(changed, forget=not wishes.profiled)
            except StaleHead:
                continue
            return
        raise Conflict("too many changes at the same time: try again")

    def _key(self, case_id: str) -> str:
        head = self.context.store.head(case_id)
        contacts = self.context.store.sealed(case_id, "contacts") or []
        key = person_key(self.context.keys, prompted(contacts, head.contact))
        if key is None:
            raise Forbidden("nobody is on file for this case: ask a person")
        return key
