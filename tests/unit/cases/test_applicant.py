"""The applicant's service: what a link shows, what a session may do, what a declaration needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.browser.town import ADDRESS, MOBILE, NAME, NUMBER, Town
from wugan.cases import decide
from wugan.cases.applicant import Declaration, mask
from wugan.cases.model import Stage, effect_id
from wugan.errors import Forbidden, InvalidInput, LinkExpired, LinkInvalid, Locked
from wugan.links import SESSION

BY_COURIER = Declaration({}, {}, "courier", "courier", ADDRESS, ADDRESS)
NO_COURIER = Declaration({}, {}, "hand_in", "electronic")


def without_mobile(town: Town) -> tuple[str, str]:
    """(link, session) at the declaration, of somebody without a number on file."""
    link = town.open_case(mobile=None)
    _, pending = town.applicant.start_face(link)
    town.identity.finish_face(town.head(link).check.partition(":")[2], passed=True)
    session = town.applicant.finish_face(link, pending)
    assert session
    town.applicant.intend(link, session)
    town.declaring.declare(town.head(link).case_id)
    return link, session


# --- reading


@given(st.text(min_size=5))
def test_a_masked_name_shows_its_ends_only(name: str) -> None:
    masked = mask(name)
    assert (masked[0], masked[-2:], len(masked)) == (name[0], name[-2:], len(name))
    assert set(masked[1:-2]) == {"＊"}


@given(st.text(max_size=4))
def test_of_a_short_name_only_the_beginning_is_shown(name: str) -> None:
    assert mask(name) == name[:1] + "＊" * (len(name) - 1)


def test_the_landing_names_fields_and_not_values(town: Town, link: str) -> None:
    landing = town.applicant.landing(link)
    assert landing.fields == ("legal_representative",)
    shown = repr((landing.masked_name, landing.fields, landing.code, landing.bureau, landing.head))
    subject = str(town.sealed(landing.head.case_id, "subject")["name"])
    values = [str(v) for c in town.sealed(landing.head.case_id, "changes") for v in (c["old"], c["new"])]
    assert not [personal for personal in (NAME, NUMBER, MOBILE, subject, *values) if personal in shown]


def test_a_link_of_a_case_that_is_not_there_opens_nothing(town: Town) -> None:
    with pytest.raises(LinkInvalid):
        town.applicant.landing(town.context.keys.link("nobody", town.clock.now() + timedelta(days=1)))


def test_a_code_is_verified_for_its_own_subject_only(town: Town, link: str) -> None:
    head = town.head(link)
    code = town.context.keys.code(head.case_id)
    found = town.applicant.verify(f" {code.lower()} ", head.subject.lower())
    assert found
    assert (found.head, found.masked_name, found.fields) == (head, "", ())
    other = town.head(town.open_case(persona=2))
    assert town.applicant.verify(code, other.subject if other.subject != head.subject else "91370202MA3C7XKB5Y") is None
    assert town.applicant.verify("AAAAAAAAAA", head.subject) is None


# --- identity


def test_the_right_code_needs_the_whole_number_too(town: Town, link: str) -> None:
    pending = town.applicant.start_code(link)
    code = town.identity.codes[town.head(link).check.partition(":")[2]]
    with pytest.raises(Forbidden):
        town.applicant.finish_code(link, pending, code, "37020219900307205X")
    assert town.head(link).attempts["identity_failed"] == 1
    assert town.head(link).stage is Stage.IDENTITY
    assert town.applicant.finish_code(link, pending, f" {code} ", f" {NUMBER} ")
    assert town.head(link).stage is Stage.INTENTION


def test_under_a_lock_no_message_goes_out_and_nothing_is_written(town: Town, link: str) -> None:
    for _ in range(decide.MOST_FAILED_CHECKS):
        pending = town.applicant.start_code(link)
        with pytest.raises(Forbidden):
            town.applicant.finish_code(link, pending, "nonsense", NUMBER)
    before, asked = town.head(link), dict(town.identity.asked)
    for start in (town.applicant.start_code, town.applicant.start_face):
        with pytest.raises(Locked):
            start(link)
    assert (town.head(link), town.identity.asked) == (before, asked)
    assert not town.applicant.awaits_code(link, pending)


@pytest.mark.parametrize("typed", [NUMBER[-4:], "", NUMBER[:17] + "9", NUMBER[:3] + "9" + NUMBER[4:], "１" * 18, "\udce9" * 18])
def test_a_number_that_is_nobodys_is_told_and_counts_as_no_attempt(town: Town, link: str, typed: str) -> None:
    pending = town.applicant.start_code(link)
    code = town.identity.codes[town.head(link).check.partition(":")[2]]
    with pytest.raises(InvalidInput) as caught:
        town.applicant.finish_code(link, pending, code, typed)
    assert caught.value.field == "id_number"
    assert "identity_failed" not in town.head(link).attempts
    assert town.applicant.finish_code(link, pending, code, f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:].lower()}")


def test_checks_carry_the_same_id_when_they_are_begun_again_after_a_crash(town: Town, link: str) -> None:
    town.identity.fail("after")
    with pytest.raises(Exception, match="scripted"):
        town.applicant.start_face(link)
    town.applicant.start_face(link)
    assert town.identity.asked == {effect_id(town.head(link).case_id, "face", 1): 2}


def test_a_check_of_another_case_or_another_way_is_refused(town: Town, link: str) -> None:
    other = town.open_case(persona=2)
    _, pending = town.applicant.start_face(other)
    town.identity.finish_face(town.head(other).check.partition(":")[2], passed=True)
    with pytest.raises(Forbidden):
        town.applicant.finish_face(link, pending)
    with pytest.raises(Forbidden):
        town.applicant.finish_code(other, pending, "000000", NUMBER)


def test_a_hint_is_asked_after_and_counts_once(town: Town, link: str) -> None:
    town.applicant.start_face(link)
    case = town.head(link).case_id
    town.applicant.checked(case)
    assert town.head(link).stage is Stage.IDENTITY  # nothing finished yet
    town.identity.finish_face(town.head(link).check.partition(":")[2], passed=True)
    town.applicant.checked(case)
    town.applicant.checked(case)
    assert [e.type for e in town.store.events(case)].count("identified") == 1


def test_a_session_is_for_one_case_and_half_an_hour(town: Town, link: str) -> None:
    session, other = town.session(link), town.open_case(persona=2)
    assert town.applicant.opened(link, session).contact["name"] == NAME
    with pytest.raises(Forbidden):
        town.applicant.opened(other, session)
    with pytest.raises(LinkInvalid):
        town.applicant.opened(link, link)
    town.clock.at += SESSION + timedelta(seconds=1)
    with pytest.raises(LinkExpired):
        town.applicant.intend(link, session)


# --- declaring


def test_the_number_in_the_form_is_the_couriers(town: Town, link: str) -> None:
    session = town.to_declaration(link)
    town.applicant.declare(link, session, BY_COURIER)
    form = town.sealed(town.head(link).case_id, "form")
    assert (form["pickup_address"], form["delivery_address"], form["courier_mobile"]) == (ADDRESS, ADDRESS, MOBILE)


def test_without_a_number_on_file_the_courier_needs_one(town: Town) -> None:
    link, session = without_mobile(town)
    before = town.head(link)
    for number in ("", "1390000001", "139000000177", "23900000017", "1390000001x", "１３９０００００００１"):
        with pytest.raises(InvalidInput) as caught:
            town.applicant.declare(link, session, replace(BY_COURIER, given={"contact_mobile": number}))
        assert caught.value.field == "contact_mobile"
    assert town.head(link) == before
    town.applicant.declare(link, session, replace(BY_COURIER, given={"contact_mobile": " 13700000000 "}))
    town.system(link)
    assert town.courier.orders[effect_id(before.case_id, "pickup", 1)].sender.mobile == "13700000000"


def test_without_a_courier_no_address_is_asked_for_or_kept(town: Town) -> None:
    link, session = without_mobile(town)
    town.applicant.declare(link, session, replace(NO_COURIER, given={"contact_mobile": "0532-12345678"}, pickup_address=ADDRESS))
    assert set(town.sealed(town.head(link).case_id, "form")) == {"fields"}


@pytest.mark.parametrize(
    ("declaration", "field"),
    [
        (replace(BY_COURIER, pickup_address=" 短 "), "pickup_address"),
        (replace(BY_COURIER, delivery_address=""), "delivery_address"),
        (replace(BY_COURIER, delivery_address="长" * 121), "delivery_address"),
        (replace(BY_COURIER, return_way="by_drone"), "return_way"),
        (replace(BY_COURIER, delivery_way="by_drone"), "delivery_way"),
        (replace(BY_COURIER, given={"subject_name": "x"}), "subject_name"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(town: Town, link: str, declaration: Declaration, field: str) -> None:
    session = town.to_declaration(link)
    before = town.head(link)
    with pytest.raises(InvalidInput) as caught:
        town.applicant.declare(link, session, declaration)
    assert caught.value.field == field
    assert town.head(link) == before


def test_nothing_can_be_declared_before_the_form_is_ready(town: Town, link: str) -> None:
    session = town.session(link)
    town.applicant.intend(link, session)
    with pytest.raises(InvalidInput) as caught:
        town.applicant.declare(link, session, BY_COURIER)
    assert caught.value.field == "form"
