"""Who had which certificate when: whole for every path, and the same as what the case itself believes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.cases import made
from tests.unit.cases.made import FORM, Case, waiting
from wugan.cases import decide
from wugan.cases.custody import Certificate, Holder, Holding, custody, holder
from wugan.cases.decide import CARRIED, Settlement
from wugan.cases.model import OldCertificate, Outcome, Stage
from wugan.courier.port import Detail, ParcelState
from wugan.errors import WuganError
from wugan.items.model import DeliveryWay
from wugan.web.custody import custody_rows

HAS_OLD = {
    OldCertificate.WITH_PERSON: {Holder.PERSON},
    OldCertificate.WITH_COURIER: {Holder.COURIER, Holder.LOCKER, Holder.SOMEBODY_ELSE},
    OldCertificate.WITH_DEPARTMENT: {Holder.DEPARTMENT},
    OldCertificate.LOST: {Holder.UNKNOWN},
}


def chain(case: Case, certificate: Certificate) -> list[Holder]:
    return [h.holder for h in custody(case.events) if h.certificate is certificate]


def test_from_hand_to_hand_and_back() -> None:
    case = waiting(Stage.PICKUP)
    made.parcel(case, Stage.PICKUP, ParcelState.COLLECTED)
    made.submitted(case.move(hours=1))
    made.parcel(case.move(hours=1), Stage.PICKUP, ParcelState.ARRIVED)
    made.approved(case.move(days=1))
    case.move(hours=1).do(decide.ordered, Stage.DELIVERY, "W2", None)
    made.parcel(case.move(hours=1), Stage.DELIVERY, ParcelState.COLLECTED)
    made.parcel(case.move(hours=1), Stage.DELIVERY, ParcelState.COLLECTED, detail=Detail.LOCKER)
    case.move(hours=1).do(decide.confirmed_receipt, True)
    assert chain(case, Certificate.OLD) == [Holder.PERSON, Holder.COURIER, Holder.DEPARTMENT]
    assert chain(case, Certificate.NEW) == [Holder.DEPARTMENT, Holder.COURIER, Holder.LOCKER, Holder.PERSON]
    rows = custody_rows(case.events)
    assert [(r.certificate, r.holder, r.waybill) for r in rows[:3]] == [
        ("旧证", "申请人", ""),
        ("旧证", "快递", "W1"),
        ("旧证", "审批部门", "W1"),
    ]
    assert (rows[-1].holder, rows[-1].since, rows[-1].until) == ("申请人", case.now, None)


def test_the_event_that_says_so_is_named() -> None:
    case = made.over()
    by_seq = {event.seq: event for event in case.events}
    assert [by_seq[h.event_seq].type for h in custody(case.events)] == ["declared", "pickup_collected", "approved", "delivery_arrived"]


def test_what_nobody_holds_on_paper_has_no_chain() -> None:
    case = waiting(Stage.DECLARATION)
    made.declared(case, "none_held", "electronic")
    assert custody(case.events) == []


def test_an_electronic_certificate_is_with_the_person_at_once() -> None:
    case = waiting(Stage.APPROVAL)
    made.approved(case)
    case.do(decide.finished_delivery)
    assert chain(case, Certificate.NEW) == [Holder.DEPARTMENT, Holder.PERSON]


# --- every path


def attempt(case: Case, stage: Stage) -> int:
    return case.head.attempts.get(stage.value, 1)


TOLD = st.builds(
    lambda stage, state, detail: lambda c: made.parcel(c, stage, state, attempt(c, stage), detail),
    st.sampled_from(CARRIED), st.sampled_from(list(ParcelState)), st.sampled_from(["", *Detail]),
)  # fmt: skip
SETTLED = st.builds(
    lambda stage, what: lambda c: c.do(decide.settled, stage, what, "王"), st.sampled_from(CARRIED), st.sampled_from(list(Settlement))
)
SAID = st.sampled_from(
    [
        lambda c: c.do(decide.confirmed_receipt, True),
        lambda c: c.ask(decide.confirmed_receipt, False),
        lambda c: c.do(decide.chose_redelivery, DeliveryWay.COURIER, FORM),
        lambda c: c.do(decide.chose_redelivery, DeliveryWay.PICK_UP, FORM),
        lambda c: c.do(decide.handed_over_counter, "王"),
        lambda c: c.do(decide.withdrawn),
        lambda c: c.do(decide.came_due, made.ITEM),
        lambda c: c.head.stage is Stage.APPROVAL and made.approved(c),
        lambda c: c.head.stage is Stage.APPROVAL and made.rejected(c),
    ]
)


def go_on(case: Case) -> None:
    """What the state machine does next."""
    head = case.head
    if head.wait or head.ended:
        return
    gives_back = head.holds_old and head.outcome in (Outcome.REJECTED, Outcome.WITHDRAWN)
    if head.stage is Stage.DELIVERY and head.delivery_way == "pick_up":
        case.do(decide.awaiting_counter)
    elif head.stage in CARRIED or (head.stage is Stage.CLOSING and gives_back):
        stage = head.stage if head.stage in CARRIED else Stage.GIVE_BACK
        case.do(decide.ordered, stage, f"W{head.seq}", None)
    elif head.stage is Stage.APPROVAL:
        made.submitted(case)
    elif head.stage is Stage.CLOSING:
        case.do(decide.closed)


def whole(holdings: list[Holding]) -> None:
    """One holder after the other, without a gap, the last one still."""
    for certificate in Certificate:
        held = [h for h in holdings if h.certificate is certificate]
        assert all(a.until == b.since for a, b in pairwise(held))
        assert all(a.event_seq < b.event_seq for a, b in pairwise(held))
        assert [h.until for h in held if h.until is None] == [None] * bool(held)
        assert not held or held[-1].until is None


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([Stage.PICKUP, Stage.DELIVERY, Stage.GIVE_BACK]), st.lists(st.one_of(TOLD, TOLD, SETTLED, SAID), max_size=25))
def test_custody_is_whole_and_is_what_the_case_believes(start: Stage, steps: list[Callable[[Case], object]]) -> None:
    case = waiting(start)
    for step in steps:
        case.move(minutes=1)
        try:
            step(case)
        except (WuganError, AssertionError):
            continue  # refused, or nothing to change
        go_on(case)
        found = custody(case.events)
        whole(found)
        before = [h for h in custody(case.events[:-1]) if h.until]
        assert all(h in found for h in before), "the past stays"
        if "give_back" not in case.head.attempts or case.head.old_certificate is OldCertificate.LOST:
            assert holder(found, Certificate.OLD) in HAS_OLD[case.head.old_certificate], [e.type for e in case.events]
        granted = any(e.type == "approved" for e in case.events)
        assert (holder(found, Certificate.NEW) is not None) == granted
        if case.head.outcome is Outcome.DELIVERED and "denied" not in case.head.parcels.get("delivery", ())[-1:]:
            assert holder(found, Certificate.NEW) in (Holder.PERSON, Holder.UNKNOWN, Holder.DEPARTMENT)
