"""Bad item files: every problem names file, line and field; good files go on."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.item_files import GOOD, ITEMS, Spoil, line_of
from wugan.items import catalogue
from wugan.items.model import RenewalTrigger
from wugan.items.problem import ItemInvalid, Problem


def problems(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(ItemInvalid) as caught:
        catalogue.load_file(path)
    assert caught.value.code == "item_invalid"
    assert str(caught.value).splitlines() == [str(p) for p in caught.value.problems]
    return caught.value.problems


def test_a_good_file_loads(spoil: Spoil) -> None:
    assert catalogue.load_file(spoil()).number == 20


@pytest.mark.parametrize(
    ("old", "new", "at", "field", "message"),
    [
        ("promised: 2", "promised: 25", "promised: 25", "limits.promised", "is too large; at most 20"),
        ("promised: 2", "promised: 0", "promised: 0", "limits.promised", "is too small; at least 1"),
        ("legal: 20, promised: 2", "legal: 5, promised: 8", "promised: 8", "limits.promised", "may not be longer than limits.legal (5)"),
        ("[3, 7]", "[7, 3]", "[7, 3]", "reminders.after_days", "must ascend and end before expire_after_days"),
        ("\nnumber: 20", "\nnumber: twenty", "number: twenty", "number", "must be a whole number"),
        ("\nnumber: 20", "\nnumber: 20\ncolour: red", "colour", "colour", "is not a field of an item; correct the name or remove it"),
        ("\nchannels:", "\nchannel:", "channel:", "channel", "is not a field of an item (did you mean channels?)"),
        ("\nkind: change", "", "code:", "kind", "is missing; add it"),
        ("kind: change", "kind: changes", "kind: changes", "kind", "is not known here; choose 'change', 'renewal' or 'filing'"),
        ("kind: change", "kind: renewal", "trigger:", "trigger", "does not fit kind renewal, which needs expires_within_days"),
        ("  change: [", "  changed: [", "trigger:", "trigger", "needs one of change, expires_within_days, newly_covers"),
        ("change: [legal_", "change: [boss_", "change: [", "trigger.change[0]", "is not known here; choose 'name'"),
        ("PD: 平度市", "XX: 平度市", "XX: 平度市", "jurisdictions.XX", "choose 'QD', 'LX' or 'PD'"),
        ("requires: [", "requires: [same_place, ", "requires:", "requires", "same_place only fits a change of an address"),
        ("old_returns: true", "old_returns: maybe", "old_returns: maybe", "certificates.old_returns", "must be true or false"),
        ("old_returns: true", "old_returns: no", "return_ways:", "return_ways", "exactly when certificates.old_returns is true"),
        ("source: business.name}", "source: business.nme}", "business.nme", "form[0].source", "no registry has 'business.nme'"),
        ("name: credit_code,", "name: subject_name,", "source: business.credit_code", "form[1].name", "'subject_name' is already taken"),
        ("source: business.name}", "source: business.name, name2: a}", "name2", "form[0].name2", "is not a field of an item"),
        ("delivery_ways: [courier, pick_up, electronic]", "delivery_ways: courier", "delivery_ways: ", "delivery_ways", "must be a list"),
        ("channels: [wechat, sms]", "channels: []", "channels: []", "channels", "needs at least 1 entry"),
        ("title: 出版物经营许可证", "title: 20200813", "title: 20200813", "certificates.title", "must be text; put it in quotes"),
        ("{subject}的", "{subject.__class__}的", "prompt:", "texts.prompt", "{subject.__class__} cannot be filled in"),
        ("{subject}的", "{subject的", "prompt:", "texts.prompt", "has a brace too few or too many; use only {subject}, {bureau}, {reason}"),
        (
            "certificate: {legal_representative: 梁晚舟}",
            "certificate: {boss: 梁晚舟}",
            "{boss:",
            "personas[0].records.certificate.boss",
            "no such column",
        ),
        (
            "valid_until: 2026-03-31",
            "valid_until: 2026-02-31",
            "2026-02-31",
            "personas[8].records.certificate.valid_until",
            "is not a date",
        ),
        ("status: cancelled", "status: null", "status: null", "personas[6].records.business.status", "may not be null"),
        (
            "fields: [legal_representative]",
            "fields: [name]",
            "fields: [name]",
            "personas[0].fields",
            "may only name fields of trigger.change",
        ),
        ("    fields: [legal_representative]\n", "", "name: 法定代表人已变更", "personas[0].fields", "exactly when a change item hits"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(spoil: Spoil, old: str, new: str, at: str, field: str, message: str) -> None:
    path = spoil(old, new)
    found = problems(path)
    assert [(p.file, p.line, p.field) for p in found] == [(str(path), line_of(path, at), field)]
    assert message in found[0].message
    assert str(found[0]).startswith(f"{path}:{found[0].line}: {field}: ")


@pytest.mark.parametrize(
    ("ladder", "line", "field", "message"),
    [
        (["expires_within_days: 30"], 0, "expires_within_days", "is too small; more than 30"),
        (["expires_within_days: 181"], 0, "expires_within_days", "is too large; at most 180"),
        (["expires_within_days: 90", "remind_days_before: [60, 30]"], 1, "remind_days_before[1]", "is too small; more than 30"),
        (["expires_within_days: 90", "remind_days_before: [45, 60]"], 1, "remind_days_before", "must descend"),
        (["expires_within_days: 90", "remind_days_before: [90, 60]"], 1, "remind_days_before", "begin below expires_within_days"),
    ],
)
def test_a_ladder_leaves_time_to_apply(tmp_path: Path, ladder: list[str], line: int, field: str, message: str) -> None:
    path, usual = tmp_path / "item.yaml", "expires_within_days: 90"
    text = (ITEMS / "social-group-certificate-renewal.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace(usual, "\n  ".join(ladder), 1), encoding="utf-8")
    (found,) = problems(path)
    assert (found.line, found.field) == (line_of(path, ladder[0]) + line, f"trigger.{field}")
    assert message in found.message


@pytest.mark.parametrize(("window", "reminders"), [(180, [60, 45]), (90, [60, 45]), (60, [45]), (45, []), (31, [])])
def test_the_usual_reminders_of_a_renewal_lie_within_its_window(window: int, reminders: list[int]) -> None:
    trigger = RenewalTrigger(expires_within_days=window)
    assert trigger.remind_days_before == reminders
    assert RenewalTrigger.model_validate(trigger.model_dump()) == trigger


@pytest.mark.parametrize(
    ("old", "new", "at", "field", "message"),
    [
        ("limits: {legal: 20,", "limits: {legal: 20", "limits:", "limits", "a comma or the closing bracket is missing"),
        ("\nlimits:", "\n\tlimits:", "\tlimits", "limits", "instead of tabs"),
        ("title: 出版物经营许可证", "title: 证: 照", "title: 证: 照", "title", "needs quotes"),
        ("\nnumber: 20", "\nnumber: 20\nnumber: 21", "number: 21", "number", "is given twice; the other is in line 4"),
        ("legal: 20, ", "legal: 20, legal: 15, ", "legal: 15", "limits.legal", "is given twice"),
        ("channels: [wechat, sms]", "channels: &c [wechat, sms]\nextra: *c", "extra: *c", "extra", "references (*name) are not allowed"),
        ("title: 出版物经营许可证", "title: !!python/name:os.system ''", "!!python", "title", "python/name:os.system) are not allowed"),
        ("\nnumber: 20", "\nnumber: !!int twenty", "number: !!int", "number", "tags (tag:yaml.org,2002:int) are not allowed"),
        ("title: 出版物经营许可证", f"title: {'[' * 40}{']' * 40}", "title: [[", "title", "nested deeper than 20 levels"),
        ("title: 出版物经营许可证", "title: 出版\x07物", "title: 出版", "title", "a control character"),
        ("\npersonas:", "\n---\npersonas:", "---", "prompt", "a file holds one item"),
    ],
)
def test_broken_yaml_is_told_with_its_line(spoil: Spoil, old: str, new: str, at: str, field: str, message: str) -> None:
    path = spoil(old, new)
    (found,) = problems(path)
    assert found.field == field
    assert message in found.message
    assert found.file == str(path)
    assert found.line - line_of(path, at) in (0, 1)  # a missing end is noticed in the next line


def test_a_quote_that_is_not_closed_is_told_where_it_opens(tmp_path: Path) -> None:
    path = tmp_path / "item.yaml"
    path.write_text('code: bookshop\nname: "图书零售变更\nnumber: 21\nkind: change\n', encoding="utf-8")
    (found,) = problems(path)
    assert (found.line, found.field, found.message) == (2, "name", "not valid YAML: a quote or bracket is not closed")


def test_all_problems_of_a_file_come_at_once(spoil: Spoil, tmp_path: Path) -> None:
    path = spoil("promised: 2", "promised: 25")
    text = path.read_text(encoding="utf-8").replace("kind: change", "kind: x").replace("delivery: 5", "delivery: 50")
    path.write_text(text, encoding="utf-8")
    assert {p.field for p in problems(path)} == {"kind", "limits.promised", "limits.delivery"}
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"", 1, "the file is empty"),
        (b"# only a comment\n", 1, "the file is empty"),
        ("code: a\nname: 事项\n".encode("gb18030"), 2, "save the file with the encoding UTF-8"),
        (b"a" * (256 * 1024 + 1), 1, "is larger than 256 KiB"),
        (b"- a\n- b\n", 1, "must be fields and values"),
        (b"just text\n", 1, "must be fields and values"),
    ],
)
def test_what_is_no_item_at_all_is_told(tmp_path: Path, content: bytes, line: int, message: str) -> None:
    path = tmp_path / "item.yaml"
    path.write_bytes(content)
    (found,) = problems(path)
    assert (found.file, found.line, found.field) == (str(path), line, "item")
    assert message in found.message


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "item.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.read_bytes())
    assert catalogue.load_file(path) == catalogue.load_file(GOOD)


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, GOOD.stat().st_size), cut=st.integers(0, 40), put=st.text("{}[]:,!&*\"'#-|>?% \t\nab1\x07号", max_size=6))
def test_whatever_is_done_to_a_file_the_answer_is_an_item_or_its_problems(at: int, cut: int, put: str) -> None:
    text = GOOD.read_text(encoding="utf-8")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "item.yaml"
        path.write_text(text[:at] + put + text[at + cut :], encoding="utf-8")
        found = catalogue.load([path])
    assert len(found.items) == 1 or all(p.file == str(path) and p.line >= 1 and p.field for p in found.problems)
    assert found.items or found.problems


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    (found,) = problems(tmp_path / "none.yaml")
    assert "cannot be read" in found.message


def test_a_folder_keeps_the_good_and_tells_all_the_bad(spoil: Spoil, tmp_path: Path) -> None:
    spoil()
    spoil("kind: change", "kind: x", "one.yaml")
    spoil("\nnumber: 20", "\nnumber: x", "two.yml")
    (tmp_path / "notes.txt").write_text("no item", encoding="utf-8")
    found = catalogue.load_folder(tmp_path)
    assert [item.code for item in found.items] == ["publication-retail-change"]
    assert [(Path(p.file).name, p.field) for p in found.problems] == [("one.yaml", "kind"), ("two.yml", "number")]


@pytest.mark.parametrize(("field", "old", "new"), [("code", "number: 20", "number: 21"), ("number", "publication-retail", "book-retail")])
def test_a_shared_code_or_number_refuses_both(spoil: Spoil, tmp_path: Path, field: str, old: str, new: str) -> None:
    first, second = spoil(name="a.yaml"), spoil(old, new, "b.yaml")
    found = catalogue.load_folder(tmp_path)
    assert found.items == []
    assert [(p.file, p.line, p.field) for p in found.problems] == [
        (str(path), line_of(path, f"{field}:"), field) for path in (first, second)
    ]
    assert str(second) in found.problems[0].message
    assert str(first) in found.problems[1].message


def test_an_empty_folder_is_a_problem(tmp_path: Path) -> None:
    (found,) = catalogue.load_folder(tmp_path).problems
    assert "no item is in this folder" in found.message


def test_files_and_folders_are_read_together(spoil: Spoil) -> None:
    found = catalogue.load([ITEMS, spoil()])
    assert {item.number for item in found.items} == set(range(1, 20))
    assert [p.field for p in found.problems] == ["code", "code", "number", "number"]
