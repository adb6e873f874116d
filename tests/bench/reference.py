"""A plain loop over dicts that finds what the items hit: how a programmer writes it who has no engine at hand.

It knows the items and `registry.normalise`, and nothing of `wugan.detection`. What it is meant to be: fast for a loop. It
picks the rules by the certificate's type, gives up at the first condition that fails, and normalises only what differs as written.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from wugan.items.model import ADDRESSES, ChangeTrigger, FilingTrigger, Item, RenewalTrigger, Requirement, SubjectField
from wugan.registry import normalise
from wugan.registry.buckets import MANIFEST, PRODUCER, file_name
from wugan.registry.normalise import Address

Row = dict[str, Any]
Hit = tuple[str, str, str]  # item code, credit code, certificate number or ""

COLUMNS = {
    "business": (
        *("credit_code", "name", "legal_representative", "person_in_charge", "registered_address", "premises_address"),
        *("scope", "scope_changed_on", "registering_body", "status"),
    ),
    "licence": (
        *("certificate_no", "type", "credit_code", "name", "legal_representative", "person_in_charge", "registered_address"),
        *("premises_address", "producer_code", "producer_name", "valid_until", "jurisdiction", "status"),
    ),
    "property": ("credit_code", "address"),
    "blacklist": ("credit_code", "since", "until"),
    PRODUCER: ("credit_code", "name"),
}
_AREAS = (("莱西市", "LX"), ("平度市", "PD"))


@dataclass(frozen=True)
class Scan:
    """What a scan found, and how long reading and looping took, in seconds."""

    hits: frozenset[Hit]
    reading: float
    looping: float


def scan(folder: Path, items: Sequence[Item]) -> Scan:
    """All hits in a clean folder, bucket by bucket."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    today, hits, reading, looping = date.fromisoformat(manifest["as_of"]), set[Hit](), 0.0, 0.0
    for bucket in range(manifest["buckets"]):
        began = time.perf_counter()
        rows = read(folder, bucket)
        read_at = time.perf_counter()
        hits |= find(rows, items, today)
        reading += read_at - began
        looping += time.perf_counter() - read_at
    return Scan(frozenset(hits), reading, looping)


def read(folder: Path, bucket: int) -> dict[str, list[Row]]:
    """The rows of a bucket as dicts, by feed."""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        return {feed: _dicts(connection, folder / file_name(feed, bucket), columns) for feed, columns in COLUMNS.items()}


def _dicts(connection: duckdb.DuckDBPyConnection, path: Path, columns: tuple[str, ...]) -> list[Row]:
    rows = connection.execute(f"SELECT {', '.join(columns)} FROM read_parquet(?)", [str(path)]).fetchall()
    return [dict(zip(columns, row, strict=True)) for row in rows]


def find(rows: dict[str, list[Row]], items: Iterable[Item], today: date) -> set[Hit]:
    """The hits among the rows of one bucket."""
    businesses = {b["credit_code"]: b for b in rows["business"]}
    producers = {p["credit_code"]: p["name"] for p in rows[PRODUCER]}
    listed = {b["credit_code"] for b in rows["blacklist"] if b["since"] <= today and (b["until"] is None or b["until"] >= today)}
    owned = defaultdict(list)
    for p in rows["property"]:
        owned[p["credit_code"]].append(p["address"])

    by_type: dict[str, list[Item]] = defaultdict(list)
    filings = [i for i in items if isinstance(i.trigger, FilingTrigger)]
    for item in items:
        if not isinstance(item.trigger, FilingTrigger):
            by_type[item.certificates.type].append(item)

    hits: set[Hit] = set()
    for certificate in rows["licence"]:
        rules = by_type.get(certificate["type"])
        if not rules or certificate["status"] != "valid":
            continue
        until = certificate["valid_until"]
        if until is not None and until < today:
            continue
        code = certificate["credit_code"]
        business = businesses.get(code)
        for item in rules:
            if certificate["jurisdiction"] not in item.jurisdictions or not _fit(item, business, code in listed):
                continue
            if isinstance(item.trigger, RenewalTrigger):
                triggered = until is not None and (until - today).days <= item.trigger.expires_within_days
            else:
                triggered = _changed(item, certificate, business, producers)
            if triggered and (Requirement.OWNS_PREMISES not in item.requires or _owns(business, owned.get(code, ()))):
                hits.add((item.code, code, certificate["certificate_no"]))

    for item in filings:
        filed = {c["credit_code"] for c in rows["licence"] if c["type"] == item.certificates.type and c["status"] == "valid"}
        for code, business in businesses.items():
            if code not in filed and _fit(item, business, code in listed) and _files(item, business, today):
                hits.add((item.code, code, ""))
    return hits


def _fit(item: Item, business: Row | None, listed: bool) -> bool:
    """Active and not blacklisted, where the item wants that."""
    if Requirement.ACTIVE in item.requires and (business is None or business["status"] != "active"):
        return False
    return not (listed and Requirement.NOT_BLACKLISTED in item.requires)


def _changed(item: Item, certificate: Row, business: Row | None, producers: dict[str, str]) -> bool:
    """One of the item's fields differs, and no address that must stay has moved."""
    assert isinstance(item.trigger, ChangeTrigger)
    changed = False
    for field in item.trigger.change:
        old = certificate[field.value]
        if field is SubjectField.PRODUCER_NAME:
            new = producers.get(normalise.credit_code(certificate["producer_code"]) or "")
        else:
            new = business[field.value] if business else None
        if old == new or old is None or new is None:
            continue
        if field not in ADDRESSES:
            before, after = normalise.name(old), normalise.name(new)
            changed |= before is not None and after is not None and before != after
            continue
        was, now = normalise.address(old), normalise.address(new)
        if was is None or now is None or was.same(now):
            continue
        if _must_stay(item, field) and not _stays(was, now):
            return False
        if Requirement.SAME_ROAD in item.requires and not (_stays(was, now) and was.road == now.road):
            return False
        changed = True
    return changed


def _must_stay(item: Item, field: SubjectField) -> bool:
    if Requirement.SAME_PLACE in item.requires:
        return True
    return Requirement.SAME_PREMISES in item.requires and field is SubjectField.PREMISES_ADDRESS


def _stays(was: Address, now: Address) -> bool:
    """Surely in place: one district; town and room not otherwise; the same road, or a renamed road with the same number."""
    if was.district is None or was.district != now.district:
        return False
    if (was.town and now.town and was.town != now.town) or (was.rest and now.rest and was.rest != now.rest):
        return False
    if not was.road or not now.road:
        return False
    return was.road == now.road or (was.number is not None and was.number == now.number)


def _owns(business: Row | None, addresses: Iterable[str]) -> bool:
    """The premises, or the registered address where none are known, are the subject's own."""
    place = normalise.address(business["premises_address"] or business["registered_address"]) if business else None
    if place is None:
        return False
    for written in addresses:
        own = normalise.address(written)
        if own is not None and own.same(place):
            return True
    return False


def _files(item: Item, business: Row, today: date) -> bool:
    """The scope came to cover the phrase within the window, and the registration is the item's."""
    assert isinstance(item.trigger, FilingTrigger)
    on = business["scope_changed_on"]
    if on is None or not today - timedelta(days=item.trigger.within_days) <= on <= today:
        return False
    return _covers(business["scope"], item.trigger.newly_covers) and _registered_in(business) in item.jurisdictions


def _covers(scope: str | None, phrase: str) -> bool:
    """The phrase stands in the scope outside brackets that begin with an exclusion."""
    said, wanted = normalise.name(scope), normalise.name(phrase)
    if said is None or wanted is None or wanted not in said:
        return False
    opening, *parts = said.split("(")
    kept = [p.partition(")")[2] if p.startswith(("不含", "不包括", "除")) else f"({p}" for p in parts]
    return wanted in opening + "".join(kept)


def _registered_in(business: Row) -> str | None:
    """The bureau: by the registering body's name, else by the district of the registered address."""
    body = normalise.name(business["registering_body"]) or ""
    for area, bureau in _AREAS:
        if area in body:
            return bureau
    if "青岛" in body:
        return "QD"
    place = normalise.address(business["registered_address"])
    return dict(_AREAS).get(place.district, "QD") if place and place.district else None
