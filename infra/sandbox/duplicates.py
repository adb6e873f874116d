"""What reached a person or an authority twice.

An exact repeat under the same id is what the protocol asks for after a fault: it has one effect and is only counted, as
`repeats`. A duplicate is a second effect under a different id:

- messages: the same address, text and link, where the earlier one was not reported undelivered. A reminder says something else, or
  carries another link.
- parcels: a second one of the same kind for the same case while another was alive, that is, neither failed nor cancelled:
  ordered, under way, or arrived.
- applications: a second one for the same case which no correction and no cancellation of the earlier one called for, or the
  same item, subject and form under another case, unless the earlier one was cancelled: the same matter opened twice.
- certificates: a second one approved for one case.

Whether another was alive is judged when the second came, not from how things ended. `altered` lists ids under which a repeat
asked for something else than before: no second effect, but an id that should have been new or content that should have been kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from infra.sandbox.book import Application, Book, Message, Record

R = TypeVar("R", bound=Record)


def count(book: Book) -> dict[str, Any]:
    """The duplicates by kind, each as the id and the ids it repeats; `total` counts the former."""
    found = {
        "messages": _second(_received(book.messages), lambda m: (m.to, m.text, m.link)),
        "parcels": [_row(p.id, p.beside) for p in book.parcels if p.beside],
        "applications": _applications(book),
        "certificates": _second((a for a in book.applications if a.certificate_no), lambda a: a.case_id),
    }
    return {
        "total": sum(len(rows) for rows in found.values()),
        **found,
        "repeats": {name: sum(r.times - 1 for r in shelf) for name, shelf in book.shelves().items()},
        "altered": [r.id for shelf in book.shelves().values() for r in shelf if r.altered],
    }


def _received(messages: Iterable[Message]) -> Iterable[Message]:
    return (m for m in messages if m.status != "undelivered")


def _applications(book: Book) -> list[dict[str, Any]]:
    rows = [_row(a.id, a.beside) for a in book.applications if a.beside]
    first_of_case: dict[str, Application] = {}
    for application in book.applications:
        if application.state != "cancelled":
            first_of_case.setdefault(application.case_id, application)
    return rows + _second(first_of_case.values(), lambda a: (a.item_code, a.subject, a.content_sha256))


def _second(records: Iterable[R], key: Callable[[R], Hashable]) -> list[dict[str, Any]]:
    earlier: defaultdict[Hashable, list[str]] = defaultdict(list)
    rows = []
    for record in records:
        ids = earlier[key(record)]
        if ids:
            rows.append(_row(record.id, ids))
        ids.append(record.id)
    return rows


def _row(id: str, repeats: list[str]) -> dict[str, Any]:
    return {"id": id, "repeats": list(repeats)}
