"""The profile of a subject: each fact, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any

import pytest

from tests.support import people
from tests.unit.cases import made
from wugan.cases.context import Context
from wugan.cases.model import Head, Outcome, Stage
from wugan.cases.profile import Held, Profile, profile, read
from wugan.clock import FixedClock
from wugan.errors import InvalidInput, NotFound
from wugan.items.model import Channel, Item
from wugan.links import Keyring
from wugan.memory.stores import MemoryCaseStore, MemoryItemStore, MemoryLookup, MemoryWaitStore, SeededRandom
from wugan.registry.model import Blacklisting, Property, Subject

ITEM = people.items()[1]  # construction-qualification-change
BY_CODE = {item.code: item for item in people.items().values()}
GRAIN_CHANGE, GRAIN_RENEWAL = BY_CODE["grain-purchase-change"], BY_CODE["grain-purchase-renewal"]
VERSIONED = [("v1", item) for item in people.items().values()]


def of(subject: Subject, heads: Iterable[Head] = (), opted_out: Collection[str] = (), today: date = people.TODAY) -> Profile:
    return profile(subject, VERSIONED, heads, opted_out, today)


def with_certificate(item: Item, **more: Any) -> Subject:
    subject = people.subject(item)
    return replace(subject, certificates=(people.certificate(item, **more),))


def held(item: Item, **more: Any) -> Held:
    """The one certificate of a subject whose name was not changed, unless told."""
    fields = {"name": people.business().name, **more}
    (certificate,) = of(with_certificate(item, **fields)).certificates
    return certificate


@pytest.mark.parametrize(
    ("more", "in_force", "left", "reason"),
    [
        ({"valid_until": people.TODAY + timedelta(days=10)}, True, 10, "证照有效，还有10天到期"),
        ({"valid_until": people.TODAY}, True, 0, "证照有效，今天到期"),
        ({"valid_until": people.TODAY - timedelta(days=1)}, False, -1, "证照有效期已过1天"),
        ({"valid_until": None}, True, None, "证照有效，未载明有效期截止日"),
        ({"valid_until": date(2029, 1, 1), "status": "void"}, False, 770, "证照已失效"),
    ],
)
def test_a_certificate_is_in_force_or_not(more: dict[str, Any], in_force: bool, left: int | None, reason: str) -> None:
    found = held(ITEM, **more)
    assert (found.in_force, found.days_left, found.reason) == (in_force, left, reason)
    assert (found.title, found.jurisdiction) == (ITEM.certificates.title, "QD")


def test_days_count_from_the_day_that_is_asked_for() -> None:
    subject = with_certificate(ITEM, valid_until=people.TODAY + timedelta(days=10))
    (later,) = of(subject, today=people.TODAY + timedelta(days=11)).certificates
    assert (later.in_force, later.days_left) == (False, -1)


def test_a_certificate_that_no_item_knows_goes_by_its_type() -> None:
    subject = with_certificate(ITEM, type="unheard_of")
    (certificate,) = of(subject).certificates
    assert certificate.title == "unheard_of"
    assert [m.covers for m in certificate.mismatches] == [()]


def test_the_renewal_that_will_prompt_and_from_when() -> None:
    until = people.TODAY + timedelta(days=200)
    (renewal,) = held(GRAIN_RENEWAL, valid_until=until).renewals
    assert (renewal.item, renewal.prompts_from) == (GRAIN_RENEWAL.code, until - timedelta(days=90))
    assert renewal.obstacles == ("经营场所未查到自有产权登记",)
    assert renewal.reason == "有效期届满前90天；目前不符合条件：经营场所未查到自有产权登记"


def test_nothing_is_in_the_way_of_a_renewal() -> None:
    owner = Property(people.CODE, str(people.business().premises_address), "鲁1", "1")
    subject = replace(with_certificate(GRAIN_RENEWAL, valid_until=people.TODAY + timedelta(days=200)), properties=(owner,))
    (renewal,) = of(subject).certificates[0].renewals
    assert (renewal.obstacles, renewal.reason) == ((), "有效期届满前90天")


@pytest.mark.parametrize("more", [{"valid_until": None}, {"status": "void"}, {"jurisdiction": "LX"}])
def test_no_renewal_for_what_never_ends_is_void_or_served_elsewhere(more: dict[str, Any]) -> None:
    assert held(GRAIN_RENEWAL, **more).renewals == ()


def test_a_changed_name_is_taken_care_of() -> None:
    (certificate,) = of(people.subject(ITEM)).certificates
    (mismatch,) = certificate.mismatches
    (cover,) = mismatch.covers
    assert certificate.at_risk
    assert (mismatch.field, mismatch.title) == ("name", "名称")
    assert (cover.item, cover.hits, cover.obstacles) == (ITEM.code, True, ())
    assert mismatch.reason == f"登记的名称与证照不一致，由“{ITEM.name}”主动办理"


def test_a_change_that_an_item_covers_and_may_not_act_on() -> None:
    (mismatch,) = of(with_certificate(GRAIN_CHANGE, valid_until=date(2029, 1, 1))).certificates[0].mismatches
    assert [(c.item, c.hits) for c in mismatch.covers] == [(GRAIN_CHANGE.code, False)]
    assert "经营场所未查到自有产权登记" in mismatch.reason


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"person_in_charge": "测试乙"}, "person_in_charge"),  # no field of this item
        ({"legal_representative": "测试乙", "jurisdiction": "PD"}, "legal_representative"),  # not offered there
    ],
)
def test_a_change_that_nobody_takes_care_of(more: dict[str, Any], field: str) -> None:
    offered = {j.value for j in ITEM.jurisdictions}
    assert "PD" not in offered
    (mismatch,) = held(ITEM, **more).mismatches
    assert (mismatch.field, mismatch.covers) == (field, ())
    assert mismatch.reason.endswith("没有事项可以主动办理变更")


def test_a_difference_in_writing_is_no_risk() -> None:
    assert held(ITEM, registered_address="市南区香港中路10号").mismatches == ()
    assert held(ITEM, legal_representative=None).mismatches == ()


def test_a_void_certificate_is_not_at_risk() -> None:
    assert of(with_certificate(ITEM, status="void")).certificates[0].mismatches == ()


def test_cases_with_their_items_outcomes_and_dates() -> None:
    over, running = made.over().head, made.opened().head
    newest, oldest = of(people.subject(ITEM), [running, over]).cases
    assert (newest.item_name, newest.stage, newest.outcome, newest.ended) == (ITEM.name, Stage.PUSH, None, False)
    assert (oldest.outcome, oldest.ended) == (Outcome.DELIVERED, True)
    assert (oldest.opened_at, oldest.updated_at) == (over.opened_at, over.updated_at)


def test_a_case_of_an_item_that_was_taken_back_keeps_its_code() -> None:
    head = replace(made.opened().head, item_code="gone")
    assert of(people.subject(ITEM), [head]).cases[0].item_name == "gone"


def test_how_many_contacts_a_channel_reaches() -> None:
    contacts = (people.contact(app_user=None), people.contact(wechat_openid="", app_user=None, id_number="2"))
    found = of(people.subject(ITEM, contacts))
    assert found.contacts == 2
    assert {r.channel: r.contacts for r in found.channels} == {"wechat": 1, "app": 0, "sms": 2}
    assert found.channels[0].reason == "可联系1位"
    assert found.out_of_reach == ()


def test_items_whose_channels_reach_nobody() -> None:
    only_app = people.contact(wechat_openid=None, mobile=None)
    item = ITEM.model_copy(update={"channels": [Channel.WECHAT, Channel.SMS]})
    found = profile(people.subject(ITEM, (only_app,)), [("v1", item), ("v1", GRAIN_CHANGE)], (), (), people.TODAY)
    assert [(t.item, t.reason) for t in found.out_of_reach] == [(ITEM.code, "微信、短信都联系不到任何人，将转电话联系")]


def test_nobody_to_contact() -> None:
    found = of(people.subject(ITEM, ()))
    assert {r.reason for r in found.channels} == {"登记库中没有联系人"}
    assert [t.item for t in found.out_of_reach] == [ITEM.code]


def test_opt_outs_are_named() -> None:
    told = of(people.subject(ITEM), opted_out={ITEM.code, "gone"}).opted_out
    assert [(t.item, t.item_name) for t in told] == [(ITEM.code, ITEM.name), ("gone", "gone")]


@pytest.mark.parametrize(
    ("since", "until", "now", "reason"),
    [
        (date(2026, 1, 1), None, True, "目前在严重违法失信名单中"),
        (date(2026, 1, 1), people.TODAY, True, "目前在严重违法失信名单中"),
        (date(2026, 1, 1), date(2026, 11, 22), False, "已移出严重违法失信名单"),
        (date(2026, 11, 24), None, False, "尚未列入"),
    ],
)
def test_the_blacklist(since: date, until: date | None, now: bool, reason: str) -> None:
    found = of(replace(people.subject(ITEM), blacklistings=(Blacklisting(people.CODE, "张某拖欠", since, until, "1"),)))
    assert (found.blacklisted, found.listings[0].now, found.listings[0].reason) == (now, now, reason)


@pytest.mark.parametrize(("status", "active", "reason"), [("active", True, "登记状态为存续"), ("revoked", False, "登记状态为已吊销")])
def test_the_registration(status: str, active: bool, reason: str) -> None:
    registration = of(replace(people.subject(ITEM), business=people.business(status=status))).registration
    assert (registration.active, registration.reason) == (active, reason)
    assert of(replace(people.subject(ITEM), business=None)).registration.active is None


def test_a_profile_names_no_person() -> None:
    persons = ("测试甲", "测试乙", "370202199001010015", "19900000001", "openid-a", "app-a", "张某")
    listed = Blacklisting(people.CODE, "张某拖欠", people.TODAY, None, "1")
    subject = replace(with_certificate(ITEM, legal_representative="测试乙"), blacklistings=(listed,))
    text = str(asdict(of(subject, [made.over().head], {ITEM.code})))
    assert [p for p in persons if p in text] == []


@pytest.fixture
def context() -> Context:
    items = MemoryItemStore()
    items.publish(ITEM, made.NOW)
    lookup = MemoryLookup(people.TODAY, {people.CODE: people.subject(ITEM)})
    store = MemoryCaseStore(MemoryWaitStore())
    return Context(store, items, lookup, Keyring(lambda: "x"), FixedClock(made.NOW), SeededRandom(), lambda: "")


def test_it_is_read_from_the_stores(context: Context) -> None:
    head = made.opened().head
    assert isinstance(context.store, MemoryCaseStore)
    context.store.heads[head.case_id] = head
    context.store.optouts |= {(people.CODE, ITEM.code), ("another", "another")}
    found = read(context, people.CODE.lower())
    assert [c.case_id for c in found.cases] == [head.case_id]
    assert [t.item for t in found.opted_out] == [ITEM.code]
    assert found.as_of == people.TODAY


def test_a_subject_of_which_only_cases_are_left_has_a_profile(context: Context) -> None:
    head = made.opened().head
    assert isinstance(context.store, MemoryCaseStore)
    assert isinstance(context.lookup, MemoryLookup)
    context.store.heads[head.case_id] = head
    context.lookup.subjects.clear()
    assert read(context, people.CODE).registration.reason == "登记库中没有该主体"


@pytest.mark.parametrize(("code", "error", "said"), [("91370202MA3C7XKB5X", NotFound, "check digit"), ("", InvalidInput, "18 characters")])
def test_a_code_that_nobody_knows(context: Context, code: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        read(context, code)
