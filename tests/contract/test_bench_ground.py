"""The bench city is what the intake would leave, and the reference loop finds in it what detection finds."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from tests.bench import reference
from tests.bench.city import City, ensure, make
from tests.bench.harness import ROOT, Row, table
from wugan.detection import fullscan
from wugan.detection.evaluate import hits
from wugan.detection.places import address_changed, name_changed
from wugan.detection.rule import rule
from wugan.items.catalogue import load_folder
from wugan.items.model import Kind
from wugan.registry import normalise
from wugan.registry.buckets import MANIFEST, bucket_of
from wugan.registry.feeds import FEEDS
from wugan.registry.intake import take_in
from wugan.registry.lookup import local

SMALL = City(enterprises=5_000, licences=5_000, buckets=2, bustle=10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ensure(SMALL, tmp_path_factory.mktemp("city"))


def _rows(path: Path, feed: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT * FROM read_parquet('{path}/{feed}/*.parquet') ORDER BY ALL").fetchall()


def test_the_reference_loop_finds_what_detection_finds(folder: Path) -> None:
    items = load_folder(ROOT / "items").items
    reader = local(folder)
    subjects = (s for bucket in range(SMALL.buckets) for s in reader.subjects(bucket))
    found = {(h.item_code, h.subject, h.certificate_no or "") for s in subjects for i in items for h in hits(i, "v", s)}
    assert reference.scan(folder, items).hits == found
    assert {code for code, _, _ in found} == {i.code for i in items}


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city in which nothing changed: what is printed differs from what is registered in handwriting only."""
    return ensure(replace(SMALL, bustle=0), tmp_path_factory.mktemp("still"))


def test_other_handwriting_is_no_change(still: Path) -> None:
    """The generator knows that nothing changed, whatever the registries' normalisation says."""
    reader = local(still)
    pairs = [
        (str(old), str(new), compare)
        for bucket in range(SMALL.buckets)
        for s in reader.subjects(bucket)
        for c in s.certificates
        for field, compare in (("name", name_changed), ("registered_address", address_changed), ("premises_address", address_changed))
        if s.business and (old := getattr(c, field)) and (new := getattr(s.business, field)) and old != new
    ]
    assert len(pairs) > 500
    assert [(old, new) for old, new, compare in pairs if compare(old, new)] == []


def test_no_change_item_hits_where_nothing_changed(still: Path) -> None:
    changes = [i for i in load_folder(ROOT / "items").items if i.kind is Kind.CHANGE]
    rules = [rule(i, "v") for i in changes]
    reader = local(still)
    assert fullscan.scan(rules, reader.files(fullscan.READ, range(SMALL.buckets)), SMALL.day) == []
    assert reference.scan(still, changes).hits == frozenset()


def test_the_intake_would_leave_the_same_files(folder: Path, tmp_path: Path) -> None:
    """What intake cleans once more comes out as it went in: nothing quarantined, the same rows, buckets and order."""
    drops, clean = tmp_path / "drops", tmp_path / "clean"
    for feed in FEEDS.values():
        (drops / feed.name).mkdir(parents=True)
        with duckdb.connect() as connection:
            source, target = f"{folder}/{feed.name}/*.parquet", drops / feed.name / "city.parquet"
            connection.execute(f"COPY (SELECT * FROM read_parquet('{source}')) TO '{target}' (FORMAT PARQUET)")
    report = take_in(drops, clean, SMALL.day, buckets=SMALL.buckets)
    ours = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    theirs = json.loads((clean / MANIFEST).read_text(encoding="utf-8"))
    assert not report.quarantined
    assert {k: ours[k] for k in ("as_of", "buckets", "subjects", "bucket_subjects", "counts", "incomplete")} == {
        k: theirs[k] for k in ("as_of", "buckets", "subjects", "bucket_subjects", "counts", "incomplete")
    }
    assert ours.keys() == theirs.keys()
    made = {str(p.relative_to(folder)) for p in folder.glob("*/*.parquet")}
    assert made == {str(p.relative_to(clean)) for p in clean.glob("*/*.parquet")}
    for name in sorted(made):
        with duckdb.connect() as connection:
            mine, others = (connection.execute(f"SELECT * FROM read_parquet('{root}/{name}')") for root in (folder, clean))
            assert [(d[0], d[1]) for d in mine.description or ()] == [(d[0], d[1]) for d in others.description or ()]
    for kind in {name.partition("/")[0] for name in made}:
        assert _rows(folder, kind) == _rows(clean, kind)


def test_a_bucket_holds_its_codes_in_order(folder: Path) -> None:
    for path in folder.glob("*/*.parquet"):
        with duckdb.connect() as connection:
            column = "producer_code" if path.parent.name == "holder" else "credit_code"
            codes = [str(c) for (c,) in connection.execute(f"SELECT {column} FROM read_parquet('{path}')").fetchall()]
        if path.parent.name not in ("holder", "producer"):
            assert codes == sorted(codes)
        if path.parent.name != "producer":
            assert {bucket_of(c, SMALL.buckets) for c in codes} <= {int(path.stem)}


def test_codes_are_unique_and_pass_their_check(folder: Path) -> None:
    codes = [str(row[0]) for row in _rows(folder, "business")]
    assert len(set(codes)) == len(codes) == SMALL.enterprises
    failing = [c for c in codes if not normalise.code_passes_check(c)]
    assert 0 < len(failing) < 10


def test_the_same_city_comes_out_alike_and_another_seed_differs(folder: Path, tmp_path: Path) -> None:
    again, other = tmp_path / "again", tmp_path / "other"
    make(SMALL, again)
    make(City(enterprises=5_000, licences=5_000, buckets=2, bustle=10, seed=2), other)
    for feed in ("business", "licence", "property", "blacklist"):
        assert _rows(folder, feed) == _rows(again, feed)
        assert _rows(folder, feed) != _rows(other, feed)


def test_a_city_that_stands_is_not_made_again(folder: Path) -> None:
    before = (folder / MANIFEST).stat().st_mtime_ns
    assert ensure(SMALL, folder.parent) == folder
    assert (folder / MANIFEST).stat().st_mtime_ns == before


def test_dirt_has_its_share(folder: Path) -> None:
    business = FEEDS["business"].names
    rows = [dict(zip(business, row, strict=True)) for row in _rows(folder, "business")]
    shares = Counter[str]()
    for row in rows:
        shares["no representative"] += row["legal_representative"] is None
        shares["no digit"] += not any(c.isdigit() for c in str(row["registered_address"]))
        shares["former district"] += any(d in str(row["registered_address"]) for d in ("胶南市", "即墨市", "四方区"))
        shares["not active"] += row["status"] != "active"
    wanted = {"no representative": 0.048, "no digit": 0.27, "former district": 0.18, "not active": 0.05}
    assert {k: v / len(rows) for k, v in shares.items()} == pytest.approx(wanted, abs=0.02)


def test_a_table_says_what_was_not_met() -> None:
    made = table("sizes", [Row("layers", 151.0, "MiB", must="< 150", met=False)])
    assert list(made.columns[-1].cells) == ["NOT MET"]
