"""Intake: good rows reach their bucket, bad ones are set aside with a reason, bad files are refused and the others go on."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import pytest

from wugan.errors import NotFound
from wugan.registry import files, intake, lookup
from wugan.registry.buckets import BUCKET_SQL, bucket_of, file_name
from wugan.registry.feeds import FEEDS
from wugan.registry.intake import Report

DAY = date(2026, 11, 23)
CODE, OTHER, FAILING = "91370203MA0000001G", "91370214MA000000X5", "91370203MA00000012"
Row = dict[str, str]


def business(**values: str) -> Row:
    empty = dict.fromkeys(FEEDS["business"].names, "")
    return empty | {"credit_code": CODE, "name": "青岛甲有限公司", "entity_type": "enterprise", "status": "active", "version": "1"} | values


def licence(**values: str) -> Row:
    empty = dict.fromkeys(FEEDS["licence"].names, "")
    base = {"certificate_no": "证1", "type": "water_product", "credit_code": CODE, "name": "青岛甲有限公司", "jurisdiction": "QD"}
    return empty | base | {"status": "valid", "version": "1"} | values


def as_csv(rows: Sequence[Row], encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def put(drops: Path, name: str, content: bytes) -> None:
    path = drops / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def take_in(tmp_path: Path, files: dict[str, bytes], buckets: int = 4) -> Report:
    for name, content in files.items():
        put(tmp_path / "drops", name, content)
    return intake.take_in(tmp_path / "drops", tmp_path / "clean", DAY, buckets=buckets)


def quarantine(tmp_path: Path) -> list[dict[str, str]]:
    with (tmp_path / "clean" / intake.QUARANTINE).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_row_reads_back_as_delivered(tmp_path: Path, encoding: str) -> None:
    row = business(name="青岛䶮㛃“甲”,\n有限公司", scope_changed_on="2026年3月2日", changed_on="20260303", scope="　一般项目 ")
    report = take_in(tmp_path, {"business/a.csv": as_csv([row], encoding)})
    found = lookup.local(tmp_path / "clean").subject(CODE).business
    assert found is not None
    assert (found.name, found.scope) == ("青岛䶮㛃“甲”,\n有限公司", "一般项目")
    assert (found.scope_changed_on, found.changed_on, found.legal_representative) == (date(2026, 3, 2), date(2026, 3, 3), None)
    assert report.counts["business"].rows == report.subjects == 1


def test_parquet_with_dates_and_numbers_reads_back(tmp_path: Path) -> None:
    (tmp_path / "drops" / "blacklist").mkdir(parents=True)
    target = tmp_path / "drops" / "blacklist" / "a.parquet"
    columns = f"'{CODE}' AS credit_code, '理由' AS reason, DATE '2026-01-02' AS since, NULL::DATE AS until, 7 AS version, 'x' AS remark"
    duckdb.sql(f"COPY (SELECT {columns}) TO '{target}' (FORMAT PARQUET)")
    report = take_in(tmp_path, {"business/a.csv": as_csv([business()])})
    (found,) = lookup.local(tmp_path / "clean").subject(CODE).blacklistings
    assert (found.since, found.until, found.version) == (date(2026, 1, 2), None, "7")
    assert [w.text for w in report.warnings if w.code == "unknown_column"] == ["a.parquet 有未约定的列，已忽略：remark"]


@pytest.mark.parametrize(
    ("bad", "code", "column", "reason"),
    [
        ({"credit_code": " "}, "missing_value", "credit_code", "统一社会信用代码为空"),
        ({"name": "-"}, "missing_value", "name", "名称为空"),
        ({"changed_on": "2026-02-30"}, "bad_date", "changed_on", "最近变更日期不是可用的日期"),
        ({"changed_on": "0026-02-03"}, "bad_date", "changed_on", "最近变更日期不是可用的日期"),
        ({"status": "sleeping"}, "bad_value", "status", "登记状态不在允许的取值范围内"),
    ],
)
def test_a_bad_row_is_set_aside_and_the_next_one_goes_on(tmp_path: Path, bad: Row, code: str, column: str, reason: str) -> None:
    rows = [business(), business(name="张三的机密名称", credit_code=OTHER) | bad, business(credit_code=FAILING)]
    report = take_in(tmp_path, {"business/a.csv": as_csv(rows)})
    assert quarantine(tmp_path) == [{"feed": "business", "file": "a.csv", "row": "2", "code": code, "column": column, "reason": reason}]
    assert report.quarantined == {f"business.{code}.{column}": 1}
    assert report.counts["business"].rows == 2
    assert "张三" not in (tmp_path / "clean" / intake.QUARANTINE).read_text(encoding="utf-8")


def test_a_row_of_another_width_is_set_aside(tmp_path: Path) -> None:
    content = as_csv([business(), business(credit_code=OTHER)]) + b"too,short\r\n"
    report = take_in(tmp_path, {"business/a.csv": content})
    assert [(r["row"], r["code"], r["reason"]) for r in quarantine(tmp_path)] == [("3", "misshapen", "列数与表头不一致")]
    assert (report.counts["business"].rows_in, report.counts["business"].rows) == (3, 2)


@pytest.mark.parametrize(
    ("name", "content", "field", "detail"),
    [
        ("business/bad.csv", b"credit_code,name\n1,2\n", "entity_type", "is missing"),
        ("business/bad.csv", b"\xff\xff\xfe\x00", None, "neither UTF-8 nor GB18030"),
        ("business/bad.csv", b"", "credit_code", "is missing"),
        ("business/bad.csv", as_csv([business(name="x")]) + b'"open', None, "is not CSV"),
        ("business/bad.parquet", b"PAR1 not really", None, "not a readable Parquet file"),
        ("business/bad.xlsx", b"PK", None, "neither Parquet nor CSV"),
        ("companies/bad.csv", b"a\n", None, "is no feed"),
    ],
)
def test_a_bad_file_is_refused_and_the_others_go_on(tmp_path: Path, name: str, content: bytes, field: str | None, detail: str) -> None:
    report = take_in(tmp_path, {name: content, "business/good.csv": as_csv([business()])})
    (refusal,) = report.refused
    assert (refusal.feed, refusal.file) == (name.split("/")[0], name.split("/")[1])
    assert detail in refusal.detail
    assert field is None or field in str(refusal.field)
    assert report.counts["business"].rows == 1
    assert ("business" in report.incomplete) == name.startswith("business")


def test_a_parquet_column_of_a_wrong_type_is_refused(tmp_path: Path) -> None:
    (tmp_path / "drops" / "property").mkdir(parents=True)
    target = tmp_path / "drops" / "property" / "a.parquet"
    duckdb.sql(f"COPY (SELECT 'x' AS credit_code, ['a'] AS address, 'n' AS certificate_no, '1' AS version) TO '{target}' (FORMAT PARQUET)")
    report = take_in(tmp_path, {"business/a.csv": as_csv([business()])})
    assert [(r.field, "VARCHAR[]" in r.detail) for r in report.refused] == [("address", True)]


def parquet(drops: Path, name: str, extra: str = "", **values: str) -> Path:
    """A business row in Parquet; values are SQL."""
    columns = {c: f"'{v}'" for c, v in business().items()} | values
    path = drops / "business" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    duckdb.sql(f"COPY (SELECT {', '.join(f'{v} AS {c}' for c, v in columns.items())}{extra}) TO '{path}' (FORMAT PARQUET)")
    return path


def test_parquet_with_corrupt_data_is_refused_and_the_others_go_on(tmp_path: Path) -> None:
    path = parquet(tmp_path / "drops", "bad.parquet", scope="repeat(md5(random()::VARCHAR), 2000)")
    content = bytearray(path.read_bytes())
    content[100 : len(content) // 2] = b"\xff" * (len(content) // 2 - 100)
    path.write_bytes(content)
    report = take_in(tmp_path, {"business/good.csv": as_csv([business()])})
    assert [(r.file, r.detail) for r in report.refused] == [("bad.parquet", "bad.parquet: its rows cannot be read: write it again")]
    assert report.counts["business"].rows_in == 1


@pytest.mark.parametrize("name", ["file_row_number", "FILE_ROW_NUMBER", "row", "filename", "file"])
def test_parquet_columns_may_be_called_as_the_engines_own(tmp_path: Path, name: str) -> None:
    parquet(tmp_path / "drops", "a.parquet", extra=f", 7 AS {name}", status="unnest(['active', 'sleeping'])")
    report = take_in(tmp_path, {})
    assert report.refused == ()
    assert report.counts["business"].rows == 1
    assert [r["row"] for r in quarantine(tmp_path)] == ["2"]


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("TIMESTAMP '2026-01-01 01:02:03.5'", date(2026, 1, 1)),
        ("TIMESTAMPTZ '2026-01-01 23:02:03+00'", date(2026, 1, 2)),
        ("TIMESTAMP_NS '2026-01-01 00:00:00'", date(2026, 1, 1)),
        ("'2026-01-01T00:00:00'", date(2026, 1, 1)),
        ("'2026.01.01'", date(2026, 1, 1)),
    ],
)
def test_points_in_time_are_days(tmp_path: Path, value: str, day: date) -> None:
    parquet(tmp_path / "drops", "a.parquet", changed_on=value)
    take_in(tmp_path, {})
    found = lookup.local(tmp_path / "clean").subject(CODE).business
    assert found
    assert found.changed_on == day


def test_a_row_that_is_too_long_is_set_aside_and_told_without_its_values(tmp_path: Path) -> None:
    long = dict.fromkeys(
        ("name", "legal_representative", "registered_address", "premises_address", "scope", "registering_body"), "密" * 120_000
    )
    rows = [business(credit_code=OTHER), business() | long, business(credit_code=FAILING, scope="密" * 200_000), business()]
    report = take_in(tmp_path, {"business/a.csv": as_csv(rows)})
    assert [(r["row"], r["code"], r["reason"]) for r in quarantine(tmp_path)] == [
        ("2", "too_long", "整行过长"),
        ("3", "too_long", "整行过长"),
    ]
    assert (report.counts["business"].rows_in, report.counts["business"].rows, report.refused) == (4, 2, ())
    assert "密" not in str(report.as_json())


def test_the_longest_row_of_the_widest_characters_is_read(tmp_path: Path) -> None:
    row = business(scope="𠮷")
    row["scope"] = "𠮷" * (files.MOST_IN_A_ROW - sum(map(len, row.values())) + 1)
    report = take_in(tmp_path, {"business/a.csv": as_csv([row])})
    assert (report.counts["business"].rows, report.refused) == (1, ())


def test_empty_lines_are_no_rows(tmp_path: Path) -> None:
    content = as_csv([business()]) + b"\r\n\r\n" + as_csv([business(credit_code=OTHER)]).split(b"\r\n", 1)[1] + b"\r\n"
    report = take_in(tmp_path, {"business/a.csv": content})
    assert (report.counts["business"].rows_in, report.counts["business"].rows, report.quarantined) == (2, 2, {})


def test_nameless_columns_at_the_end_are_left_out(tmp_path: Path) -> None:
    header, row = as_csv([business()]).split(b"\r\n")[:2]
    content = b"\r\n".join([header + b",,", row + b",,", row.replace(CODE.encode(), OTHER.encode()), row + b",,,"])
    report = take_in(tmp_path, {"business/a.csv": content})
    assert (report.counts["business"].rows, report.quarantined, report.refused) == (2, {"business.misshapen": 1}, ())


@pytest.mark.parametrize(("separator", "word"), [(b";", "semicolons"), (b"\t", "tabs"), (b"|", "bars")])
def test_another_separator_is_named(tmp_path: Path, separator: bytes, word: str) -> None:
    report = take_in(tmp_path, {"business/a.csv": as_csv([business()]).replace(b",", separator)})
    (refusal,) = report.refused
    assert f"separated by {word}: save it with commas" in refusal.detail


def test_codes_and_names_that_differ_in_what_nobody_sees_are_one(tmp_path: Path) -> None:
    rows = [
        business(credit_code=f"\ufeff{CODE[:8]}\u200b{CODE[8:]}", name="\u200b青岛甲有限公司\ufe0f"),
        business(name="\u200b\u00ad", version="2"),
    ]
    report = take_in(tmp_path, {"business/a.csv": as_csv(rows)})
    assert [r["code"] for r in quarantine(tmp_path)] == ["missing_value"]
    assert [w.code for w in report.warnings if w.feed == "business"] == ["code_form"]
    found = lookup.local(tmp_path / "clean").subject(CODE).business
    assert found
    assert found.name == "青岛甲有限公司"


def test_nothing_delivered_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no registry files"):
        take_in(tmp_path, {})


def test_codes_are_warned_about_and_kept(tmp_path: Path) -> None:
    rows = [business(credit_code=CODE.lower()), business(credit_code=FAILING), business(credit_code="９１３７０２１４MA000000X5")]
    report = take_in(tmp_path, {"business/a.csv": as_csv(rows)})
    warned = {w.code: [p.row for p in w.sample] for w in report.warnings if w.feed == "business"}
    assert warned == {"code_form": [1, 3], "code_check": [2]}
    codes = {s.credit_code for b in range(4) for s in lookup.local(tmp_path / "clean").subjects(b)}
    assert codes == {CODE, FAILING, OTHER}


def test_exact_duplicates_are_dropped_and_of_versions_the_newest_stays(tmp_path: Path) -> None:
    old, new = business(version="9", name="旧名"), business(version="10", name="新名")
    report = take_in(tmp_path, {"business/a.csv": as_csv([new, old, new]), "business/b.csv": as_csv([old])})
    counts = report.counts["business"]
    assert (counts.rows_in, counts.rows, counts.duplicates, counts.superseded) == (4, 1, 2, 1)
    assert [w.code for w in report.warnings if w.feed == "business"] == ["superseded"]
    found = lookup.local(tmp_path / "clean").subject(CODE).business
    assert found is not None
    assert found.name == "新名"


def test_a_licence_without_end_has_no_last_day(tmp_path: Path) -> None:
    take_in(tmp_path, {"licence/a.csv": as_csv([licence(valid_until="长期")])})
    (found,) = lookup.local(tmp_path / "clean").subject(CODE).certificates
    assert found.valid_until is None


def test_a_producer_is_copied_to_the_licences_bucket(tmp_path: Path) -> None:
    buckets = 64
    assert bucket_of(CODE, buckets) != bucket_of(OTHER, buckets)
    rows = [business(), business(credit_code=OTHER, name="青岛生产厂")]
    licences = [licence(producer_code=OTHER.lower()), licence(certificate_no="证2", producer_code=FAILING)]
    report = take_in(tmp_path, {"business/a.csv": as_csv(rows), "licence/a.csv": as_csv(licences)}, buckets)
    reader = lookup.local(tmp_path / "clean")
    subject = reader.subject(CODE)
    assert {code: b.name for code, b in subject.producers.items()} == {OTHER: "青岛生产厂"}
    assert [s for s in reader.subjects(bucket_of(CODE, buckets)) if s.credit_code == CODE] == [subject]
    assert [w.count for w in report.warnings if w.code == "producer_unknown"] == [1]


def test_one_subject_and_the_whole_bucket_agree(tmp_path: Path) -> None:
    people = [(code, "agent", "某人", number, "12", "", "", "1") for code in (CODE, OTHER) for number in "12"]
    contacts = [dict(zip(FEEDS["contact"].names, p, strict=True)) for p in people]
    rows = [business(), business(credit_code=OTHER), business(credit_code=FAILING)]
    lone = licence(certificate_no="证9", credit_code="91370200MA0000000X")
    take_in(tmp_path, {"business/a.csv": as_csv(rows), "contact/a.csv": as_csv(contacts), "licence/a.csv": as_csv([lone])}, 2)
    reader = lookup.local(tmp_path / "clean")
    subjects = [s for b in range(2) for s in reader.subjects(b)]
    assert len(subjects) == reader.manifest.subjects == sum(reader.manifest.bucket_subjects) == 4
    assert all(reader.subject(s.credit_code) == s for s in subjects)
    assert {len(s.contacts) for s in subjects} == {0, 2}
    assert reader.subject("nobody").business is None


def test_the_manifest_tells_the_report(tmp_path: Path) -> None:
    report = take_in(tmp_path, {"business/a.csv": as_csv([business()])})
    manifest = json.loads((tmp_path / "clean" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest == json.loads(json.dumps(report.as_json()))
    assert (manifest["as_of"], manifest["buckets"]) == ("2026-11-23", 4)
    assert manifest["incomplete"] == ["licence", "property", "contact", "blacklist"]


def test_progress_is_told_in_steps(tmp_path: Path) -> None:
    put(tmp_path, "drops/business/a.csv", as_csv([business()]))
    told: list[tuple[str, int, int]] = []
    intake.take_in(tmp_path / "drops", tmp_path / "clean", DAY, progress=lambda *step: told.append(step))
    assert [s for s in told if s[1] == s[2]] == [("read", 1, 1), ("clean", 5, 5), ("write", 7, 7)]


@pytest.mark.parametrize("buckets", [1, 16, 999])
def test_duckdb_and_python_choose_the_same_bucket(buckets: int) -> None:
    codes = [CODE, OTHER, FAILING, "", "代码"]
    sql = BUCKET_SQL.format(code="code", buckets=buckets)
    rows = duckdb.execute(f"SELECT code, {sql} FROM (SELECT unnest(?) AS code)", [codes]).fetchall()
    assert dict(rows) == {c: bucket_of(c, buckets) for c in codes}
    assert file_name("business", 3) == "business/0003.parquet"
