"""What was used of each vendor, and what went wrong there: for whoever wants to know that all of them were needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from infra.sandbox.book import Book
from infra.sandbox.vendors.settings import VendorName


def count(book: Book, callbacks: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """By vendor: effects (messages, parcels, faces, applications), requests with those that met a fault, and what it told.

    `told` are receipts and pushes, of which some came twice (`repeated`), late (`reordered`) or never (`lost`).
    """
    found: dict[str, Counter[str]] = {name: Counter() for name in get_args(VendorName)}
    for name, shelf in book.shelves().items():
        for record in shelf:
            found[record.vendor][name] += 1
    for request in book.requests:
        vendor = str(request["operation"]).partition(" ")[0]
        found[vendor]["requests"] += 1
        found[vendor]["faults"] += request["fault"] is not None
    for told in (*book.receipts, *(c for c in callbacks if not c["batch"])):
        found[told["vendor"]] += Counter(_told(told["faults"]))
    return {vendor: dict(counts) for vendor, counts in found.items()}


def _told(faults: Iterable[str]) -> Iterable[str]:
    names = {"repeat": "repeated", "reorder": "reordered", "lose": "lost"}
    return ("told", *(names[fault] for fault in faults))
