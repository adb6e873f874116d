"""Changes laid over the clean files: newer rows replace, unknown ones are added, in a lookup and in the next intake alike."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.component.registry.test_intake import CODE, DAY, OTHER, as_csv, business, licence, put
from wugan.registry import intake, lookup
from wugan.registry.changes import Change, laid_over, producer_over
from wugan.registry.feeds import FEEDS
from wugan.registry.model import Subject
from wugan.registry.rows import Problem, judged


def change(feed: str, row: dict[str, str]) -> Change:
    """A change as the way in makes it."""
    found = judged(FEEDS[feed], row)
    assert not isinstance(found, Problem)
    return Change(feed, found)


def delivered(tmp_path: Path, changes: list[Change] | None = None, **files: list[dict[str, str]]) -> lookup.BucketReader:
    """A reader of what an intake makes of these feeds."""
    for feed, rows in files.items():
        put(tmp_path / "drops", f"{feed}/a.csv", as_csv(rows))
    intake.take_in(tmp_path / "drops", tmp_path / "clean", DAY, buckets=2, changes=changes or [])
    return lookup.local(tmp_path / "clean")


def seen(reader: lookup.BucketReader, code: str, *changes: Change) -> Subject:
    return reader.subject(code, lambda wanted: [c for c in changes if c.credit_code == wanted])


@pytest.mark.parametrize(("version", "name"), [("2", "新名"), ("1", "青岛甲有限公司"), ("0", "青岛甲有限公司"), ("v9", "青岛甲有限公司")])
def test_only_a_newer_version_replaces(tmp_path: Path, version: str, name: str) -> None:
    found = seen(delivered(tmp_path, business=[business()]), CODE, change("business", business(name="新名", version=version))).business
    assert found
    assert found.name == name


def test_an_unknown_record_is_added_with_its_dates(tmp_path: Path) -> None:
    added = change("licence", licence(certificate_no="证2", valid_until="2027年1月2日"))
    subject = seen(delivered(tmp_path, business=[business()], licence=[licence()]), CODE, added)
    assert [(c.certificate_no, c.valid_until) for c in subject.certificates] == [("证1", None), ("证2", date(2027, 1, 2))]


def test_a_subject_that_no_file_holds_yet(tmp_path: Path) -> None:
    subject = seen(delivered(tmp_path, business=[business()]), OTHER, change("business", business(credit_code=OTHER, name="新户")))
    assert subject.business
    assert subject.business.name == "新户"


def test_the_producers_change_is_seen_with_its_holders(tmp_path: Path) -> None:
    reader = delivered(tmp_path, business=[business(), business(credit_code=OTHER)], licence=[licence(producer_code=OTHER)])
    subject = seen(reader, CODE, change("business", business(credit_code=OTHER, name="改名后的生产企业", version="2")))
    assert subject.producers[OTHER].name == "改名后的生产企业"


def test_a_producer_that_only_a_change_names(tmp_path: Path) -> None:
    reader = delivered(tmp_path, business=[business(), business(credit_code=OTHER, name="生产企业")], licence=[licence()])
    subject = seen(reader, CODE, change("licence", licence(producer_code=OTHER, version="2")))
    assert subject.producers[OTHER].name == "生产企业"
    assert producer_over(None, []) is None


def test_the_producers_holders_lie_in_its_bucket(tmp_path: Path) -> None:
    rows = [licence(producer_code=OTHER), licence(certificate_no="证2", producer_code=OTHER.lower()), licence(certificate_no="证3")]
    reader = delivered(tmp_path, business=[business()], licence=rows)
    assert reader.holders(OTHER) == reader.holders(OTHER.lower()) == {CODE}
    assert reader.holders(CODE) == set()


def test_changes_make_no_feed_complete(tmp_path: Path) -> None:
    put(tmp_path / "drops", "business/a.csv", as_csv([business()]))
    told = [change("blacklist", {"credit_code": CODE, "reason": "甲", "since": "2026-01-01", "until": "", "version": "1"})]
    report = intake.take_in(tmp_path / "drops", tmp_path / "clean", DAY, changes=told)
    assert "blacklist" in report.incomplete
    assert report.changes == {"blacklist": 1}
    assert report.counts["blacklist"].rows == 1
    assert not report.quarantined


def test_a_record_key_shows_nobodys_number() -> None:
    row = {"credit_code": CODE, "role": "agent", "name": "测试甲", "id_number": "370202199001010015", "version": "1"}
    one = change("contact", row)
    assert "3702" not in one.record
    assert one.record.startswith("contact#")
    assert laid_over({"contact": []}, [one])["contact"][0][3] == "370202199001010015"
