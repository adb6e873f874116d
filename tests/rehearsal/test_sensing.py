"""A change told over HTTP becomes a case within seconds, on the deployed template: API, bus, queue, `sense`."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date
from itertools import islice
from typing import Any

import duckdb

from tests.rehearsal.town import LOOK_AGAIN, Town
from wugan import bootstrap
from wugan.detection.evaluate import hits
from wugan.detection.model import Hit
from wugan.errors import NotFound
from wugan.registry.feeds import FEEDS
from wugan.registry.model import Business, Subject
from wugan.signing import SIGNATURE_HEADER, TIME_HEADER, sign

PATH = "/registry/changes"
PATIENCE = 120.0  # seconds; a machine that does much else is slow, and this is no measurement


def tell(town: Town, batch: str, *changes: dict[str, Any], secret: str = "") -> tuple[int, dict[str, Any]]:
    """POST a signed batch; returns status and answer."""
    town.changed |= {str(change["row"].get("credit_code")) for change in changes}
    body, now = json.dumps({"batch_id": batch, "changes": changes}).encode(), str(int(time.time()))
    headers = {TIME_HEADER: now, SIGNATURE_HEADER: sign(secret or f"registry.{town.stack.sandbox_key}", now, PATH, body)}
    request = urllib.request.Request(town.url + PATH, body, headers | {"Content-Type": "application/json"}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def row_of(business: Business) -> dict[str, Any]:
    """A business row as its registry tells it."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(business).items()}


def renamed(business: Business, to: str) -> Business:
    """The next version of a business row, under another name."""
    return replace(business, name=to, version=str(int(business.version) + 1) if business.version.isdigit() else "9")


def new_hits(subject: Subject) -> list[Hit]:
    """Hits that have no case yet."""
    found = [h for version, item in bootstrap.item_store().current(bootstrap.clock().now()) for h in hits(item, version, subject)]
    return [h for h in found if not opened(h)]


def opened(hit: Hit) -> bool:
    try:
        return bool(bootstrap.case_store().head(hit.case_id))
    except NotFound:
        return False


def codes(town: Town, column: str, feed: str = "licence") -> Iterator[str]:
    """The credit codes in a column of a feed of the world."""
    sql = f"SELECT DISTINCT {column} FROM read_parquet(?, union_by_name=true) WHERE length({column}) = 18 ORDER BY 1"
    return (str(row[0]) for row in duckdb.execute(sql, [f"{town.world}/{feed}/*.parquet"]).fetchall())


def become_cases(expected: list[Hit]) -> float:
    """Wait for the cases; returns how long it took, in seconds."""
    started = time.monotonic()
    while not all(map(opened, expected)):
        assert time.monotonic() - started < PATIENCE, "never sensed"
        time.sleep(LOOK_AGAIN)
    return time.monotonic() - started


def test_a_change_becomes_a_case_within_seconds(town: Town) -> None:
    for code in codes(town, "credit_code"):
        subject = bootstrap.lookup().subject(code)
        if subject.business is None:
            continue
        changed = renamed(subject.business, "青岛即时感知测试有限公司")
        expected = new_hits(replace(subject, business=changed))
        if expected:
            break
    else:
        raise AssertionError("the world is too small: nobody would be hit")
    bad = {"feed": "business", "row": row_of(changed) | {"status": "asleep"}}
    for _ in range(2):  # the same batch again changes nothing
        status, answer = tell(town, "rehearsal-1", {"feed": "business", "row": row_of(changed)}, bad)
        assert status == 202
        assert [a["index"] for a in answer["accepted"]] == [0]
        assert [(r["index"], r["field"], r["code"]) for r in answer["rejected"]] == [(1, "status", "bad_value")]
        assert "asleep" not in json.dumps(answer)
    print(f"sensed after {become_cases(expected):.1f} s")
    assert bootstrap.lookup().subject(code).business == changed


def test_a_producers_change_reaches_those_who_hold_its_licences(town: Town) -> None:
    """The licence that names the producer was told by a change, too: nothing but changes knows of it."""
    producer, holder = (s.business for s in islice(ordinary(town), 2))
    assert producer
    assert holder
    licence = {
        **dict.fromkeys(FEEDS["licence"].names), "certificate_no": "鲁卫水字（2026）第9001号", "type": "water_product",
        "jurisdiction": "QD", "status": "valid", "version": "1", "credit_code": holder.credit_code, "name": holder.name,
        "producer_code": producer.credit_code, "producer_name": producer.name,
    }  # fmt: skip
    assert tell(town, "rehearsal-2", {"feed": "licence", "row": licence})[0] == 202
    changed = renamed(producer, "青岛更名生产测试有限公司")
    subject = bootstrap.lookup().subject(holder.credit_code)
    expected = new_hits(replace(subject, producers={**subject.producers, producer.credit_code: changed}))
    assert [h.item_code for h in expected] == ["water-product-names"]
    assert tell(town, "rehearsal-3", {"feed": "business", "row": row_of(changed)})[0] == 202
    become_cases(expected)


def ordinary(town: Town) -> Iterator[Subject]:
    """Subjects that hold nothing, whom nothing keeps from an item of the city."""
    for code in codes(town, "credit_code", feed="business"):
        subject = bootstrap.lookup().subject(code)
        business = subject.business
        if business and business.status == "active" and not subject.certificates and not subject.blacklistings:
            yield subject


def test_a_forged_batch_is_refused(town: Town) -> None:
    status, answer = tell(town, "rehearsal-4", {"feed": "business", "row": {}}, secret="another's")
    assert (status, answer["error"]["code"]) == (403, "forbidden")
