"""Everything that a person can meet has its Chinese words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import get_args

import pytest

from wugan import errors
from wugan.approval.port import DecisionKind
from wugan.cases import decide
from wugan.cases.custody import Certificate, Holder
from wugan.cases.decide import CallOutcome
from wugan.cases.model import Actor, Grade, OldCertificate, Outcome, Power, Stage, Task
from wugan.forms.package import LOST
from wugan.items.model import SOURCES, Channel, DeliveryWay, Jurisdiction, Kind, Material, ReturnWay, SubjectField
from wugan.signin.problem import REASONS
from wugan.web import edge, texts
from wugan.web.api import problems

CHINESE = re.compile(r"[一-鿿]")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Stage, texts.STAGES),
        (Outcome, texts.OUTCOMES),
        (Outcome, texts.OUTCOMES_MORE),
        (Kind, texts.KINDS),
        (Kind, texts.TRIGGERS),
        (SubjectField, texts.FIELDS),
        (Jurisdiction, texts.BUREAUS),
        (Channel, texts.CHANNELS),
        (ReturnWay, texts.RETURN_WAYS),
        (DeliveryWay, texts.DELIVERY_WAYS),
        (OldCertificate, texts.OLD_CERTIFICATES),
        (Actor, texts.ACTORS),
        (Grade, texts.GRADES),
        (Power, texts.POWERS),
        (DecisionKind, texts.DECISIONS),
        (decide.Settlement, texts.SETTLEMENTS),
        (Certificate, texts.CERTIFICATES),
        (Holder, texts.HOLDERS),
        (Task, texts.TASKS),
        (Task, texts.TASK_HELP),
        (CallOutcome, texts.CALLS),
    ],
)
def test_each_member_of_an_enum_has_words(kind: type[StrEnum], words: Mapping[StrEnum, str]) -> None:
    assert set(words) == set(kind)
    assert all(CHINESE.search(text) for text in words.values())


def test_each_reason_not_to_sign_in_has_its_words() -> None:
    assert set(texts.SIGN_IN) == set(REASONS)


def test_each_registry_and_each_origin_of_a_material_has_words() -> None:
    assert {source.partition(".")[0] for source in SOURCES} == set(texts.REGISTRIES)
    assert set(get_args(Material.model_fields["origin"].annotation)) | {LOST} == set(texts.ORIGINS)


def _event_types() -> Iterator[str]:
    """The types that `decide` notes; those of parcels and lights are put together there."""
    source = "".join(module.read_text(encoding="utf-8") for module in Path(decide.__file__).parent.glob("*.py"))
    yield from re.findall(r'note\(\s*"(\w+)"', source)
    yield from ("delivered_prompt", "undelivered", "declared", "corrected", "light_yellow", "light_red")
    yield from (f"{stage}_ordered" for stage in (Stage.PICKUP, Stage.DELIVERY, Stage.GIVE_BACK))
    yield from decide.parcel_events()


def test_each_event_has_words_and_no_words_are_left_over() -> None:
    assert set(_event_types()) == set(texts.EVENTS)


def test_each_error_is_told_with_what_to_do_next() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.WuganError)]
    codes = {kind.code for kind in kinds} | set(problems.known())
    assert codes | {edge.TooLarge.code, edge.ForgedForm.code, edge.NoForm.code} == set(texts._PROBLEMS)
    for told in (*texts._PROBLEMS.values(), texts.problem(None)):
        assert CHINESE.search(told.title)
        assert CHINESE.search(told.what)
        assert CHINESE.search(told.following)


def test_an_error_without_words_of_its_own_is_told_as_its_parent() -> None:
    class OutOfOrder(errors.VendorUnavailable):
        code = "out_of_order"

    assert texts.problem(OutOfOrder("x")) == texts.problem(errors.VendorUnavailable("x"))


@pytest.mark.parametrize("code", ["no_channel", "asked_person", "overdue_at_delivery", ""])
def test_the_reason_of_a_task_is_told(code: str) -> None:
    assert CHINESE.search(texts.task_reason(code)) or texts.task_reason(code) == "—"
