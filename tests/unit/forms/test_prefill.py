"""The form: filled from the registries, mended and confirmed by the person."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import people
from wugan.errors import InvalidInput
from wugan.forms import prefill
from wugan.forms.package import LOST, materials
from wugan.forms.prefill import MOST_CHARACTERS, Filled
from wugan.registry.model import Subject

ITEM = people.items()[1]
CONTACT = asdict(people.contact())
CASE = {"item_name": ITEM.name, "certificate_no": "QD-TEST-0001", "bureau": "青岛市行政审批服务局"}


def filled(subject: Subject | None = None) -> dict[str, Filled]:
    fields = prefill.prefill(ITEM, subject or people.subject(ITEM), "QD-TEST-0001", CONTACT, CASE)
    return {f.name: f for f in fields}


def test_each_field_tells_its_value_its_source_and_its_day() -> None:
    found = filled()
    assert list(found) == [f.name for f in ITEM.form]
    assert (found["subject_name"].value, found["old_name"].value) == ("青岛试新建设有限公司", "青岛试旧建设有限公司")
    assert (found["subject_name"].source, found["subject_name"].as_of) == ("business.name", "2026-11-23")
    assert (found["contact_mobile"].value, found["bureau"].value) == ("19900000001", CASE["bureau"])
    assert not [f.name for f in found.values() if f.missing]


def test_a_registry_that_is_down_leaves_its_fields_to_the_person() -> None:
    found = filled(Subject(people.CODE, people.TODAY, None))
    assert {f.name for f in found.values() if not f.missing} == {"contact_name", "contact_mobile", "bureau"}


def test_another_certificate_of_the_subject_is_not_mistaken_for_the_one_that_is_changed() -> None:
    subject = people.subject(ITEM)
    other = replace(subject.certificates[0], certificate_no="另一张", name="别的名称")
    found = filled(replace(subject, certificates=(other, *subject.certificates)))
    assert found["old_name"].value == "青岛试旧建设有限公司"


@pytest.mark.parametrize("item", people.items().values(), ids=lambda item: item.code)
def test_every_item_fills_without_any_data(item: object) -> None:
    assert isinstance(item, type(ITEM))
    fields = prefill.prefill(item, Subject(people.CODE, people.TODAY, None), None, {}, {})
    assert all(f.missing for f in fields)
    confirmed = prefill.confirm(fields, {f.name: "补填" for f in fields if f.required}, {})
    assert [m["name"] for m in materials(item, confirmed, None)] == [m.name for m in item.materials]


def test_what_is_disputed_goes_along_and_does_not_replace_the_registry() -> None:
    found = {f.name: f for f in prefill.confirm(list(filled().values()), {}, {"registered_address": "  青岛市崂山区1号 "})}
    field = found["registered_address"]
    assert (field.final, field.disputed) == (field.value, "青岛市崂山区1号")


def test_what_is_missing_is_given_by_the_person() -> None:
    fields = list(filled(Subject(people.CODE, people.TODAY, None)).values())
    given = {f.name: f" {f.label}值 " for f in fields if f.missing and f.required}
    found = {f.name: f for f in prefill.confirm(fields, given, {})}
    assert found["subject_name"].final == "单位名称值"
    assert found["old_name"].final is None  # asked for, not required


@pytest.mark.parametrize(
    ("down", "given", "disputed", "field"),
    [
        (False, {"no_such": "x"}, {}, "no_such"),
        (False, {}, {"no_such": "x"}, "no_such"),
        (False, {"subject_name": "别的名称"}, {}, "subject_name"),  # from the registry: dispute it
        (False, {}, {"subject_name": "长" * (MOST_CHARACTERS + 1)}, "subject_name"),
        (True, {}, {}, "subject_name"),
        (True, {"subject_name": "   "}, {}, "subject_name"),
        (True, {"subject_name": "长" * (MOST_CHARACTERS + 1)}, {}, "subject_name"),
    ],
)
def test_what_is_wrong_is_named(down: bool, given: dict[str, str], disputed: dict[str, str], field: str) -> None:
    fields = filled(Subject(people.CODE, people.TODAY, None) if down else None)
    with pytest.raises(InvalidInput) as caught:
        prefill.confirm(list(fields.values()), given, disputed)
    assert caught.value.field == field


@given(st.dictionaries(st.sampled_from([f.name for f in ITEM.form]), st.text(max_size=MOST_CHARACTERS), max_size=5))
def test_a_confirmed_form_is_sealed_and_read_again_unchanged(disputed: dict[str, str]) -> None:
    fields = prefill.confirm(list(filled().values()), {}, disputed)
    assert prefill.from_json(prefill.to_json(fields)) == fields
    assert [f.value for f in fields] == [f.value for f in filled().values()]
    assert {f.name: f.disputed for f in fields if f.disputed} == {n: t.strip() for n, t in disputed.items() if t.strip()}


def test_an_old_certificate_that_is_lost_is_told_as_lost() -> None:
    made = {way: {m["origin"] for m in materials(ITEM, list(filled().values()), way)} for way in ("courier", "hand_in", "none_held")}
    assert "old_certificate" in made["courier"] == made["hand_in"]
    assert made["none_held"] == made["courier"] - {"old_certificate"} | {LOST}
