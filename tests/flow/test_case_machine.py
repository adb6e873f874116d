"""The real state machine under moto, with the real handlers and tables: every path to every end."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest

from tests.flow.journey import Journey
from tests.support import people
from tests.support.aws import Stack, invoke
from wugan import bootstrap
from wugan.cases import decide
from wugan.cases.desk import Official
from wugan.cases.model import Task, broken_link, effect_id
from wugan.cases.opening import Fate
from wugan.courier.port import ParcelState
from wugan.errors import DeemedRenewed
from wugan.memory.stores import SeededRandom


def test_from_prompt_to_delivered_certificate(stack: Stack) -> None:
    journey = Journey(stack).to_declaration().declare().waiting("pickup")
    journey.parcel("pickup", ParcelState.COLLECTED).waiting("approval").decide("approved").waiting("delivery")
    journey.parcel("delivery", ParcelState.ARRIVED).ended("delivered")
    wanted = ["opened", "pushed", "face_consented", "identity_started", "identified", "intention_confirmed", "form_prepared", "declared",
              "pickup_ordered", "pickup_collected", "submitted", "approved",
              "delivery_ordered", "delivery_arrived", "notified", "closed"]  # fmt: skip
    assert journey.types == wanted
    assert broken_link(journey.events) is None


def test_without_old_certificate_nothing_is_picked_up_and_nothing_travels(stack: Stack) -> None:
    journey = Journey(stack).to_declaration().declare("none_held", "electronic").waiting("approval").decide("approved")
    journey.ended("delivered")
    assert not stack.courier.parcels
    assert "delivered_electronically" in journey.types


def test_fetched_at_the_counter(stack: Stack) -> None:
    journey = Journey(stack).to_declaration().declare("hand_in", "pick_up").waiting("approval").decide("approved").waiting("delivery")
    desk = bootstrap.desk()
    official = desk.official(desk.sign_in(desk.invite(Official("王", "QD"))))
    desk.received(official, journey.case_id)
    journey.ended("delivered")


def test_declined(stack: Stack) -> None:
    journey = Journey(stack).open().waiting("identity")
    bootstrap.applicant().decline(journey.link, forever=False)
    journey.ended("declined")
    assert "notified" not in journey.types


def test_declined_for_ever_is_not_prompted_for_this_item_again(stack: Stack) -> None:
    journey = Journey(stack).open().waiting("identity")
    bootstrap.applicant().decline(journey.link, forever=True)
    journey.ended("declined")
    again = replace(people.found(journey.item), hit=replace(people.found(journey.item).hit, certificate_no="another"))
    assert bootstrap.opening().open(again) is Fate.OPTED_OUT


def test_silence_climbs_the_ladder_and_expires(stack: Stack) -> None:
    journey = Journey(stack).open().waiting("identity")
    prompts = 1
    for days in (3, 4):
        stack.clock.move(days=days)
        invoke("sweep", {})
        prompts += 1
        stack.until(lambda n=prompts: len(stack.messenger.messages) == n, "reminded")  # type: ignore[misc]
        journey.waiting("identity")
    stack.clock.move(days=8)
    invoke("sweep", {})
    journey.ended("expired")
    assert journey.types.count("pushed") == 3


def test_reminded_in_the_middle_goes_on_where_it_was(stack: Stack) -> None:
    journey = Journey(stack).to_declaration()
    stack.clock.move(days=3)
    invoke("sweep", {})
    stack.until(lambda: len(stack.messenger.messages) == 2, "reminded")
    journey.waiting("declaration").identify().declare("none_held", "electronic").waiting("approval").decide("approved").ended("delivered")


def test_undelivered_goes_over_the_next_channel(stack: Stack) -> None:
    journey = Journey(stack).open().waiting("identity")
    message_id = effect_id(journey.case_id, "push", 1)
    journey.callback("channel", {"id": "r1", "message_id": message_id, "status": "undelivered", "reason": ""})
    journey.callback("channel", {"id": "r1", "message_id": message_id, "status": "undelivered", "reason": ""})
    stack.until(lambda: len(stack.messenger.messages) == 2, "next channel")
    assert [m.channel.value for m in stack.messenger.messages.values()] == ["wechat", "app"]
    assert journey.types.count("undelivered") == 1


def test_refused_channel_is_passed_over(stack: Stack) -> None:
    stack.messenger.blocked |= {"openid-a", "app-a"}
    journey = Journey(stack).open().waiting("identity")
    assert [m.channel.value for m in stack.messenger.messages.values()] == ["sms"]
    assert journey.types == ["opened", "push_refused", "push_refused", "pushed"]


def test_nobody_to_reach_is_on_the_call_list(stack: Stack) -> None:
    nobody = people.contact(mobile=None, wechat_openid=None, app_user=None)
    journey = Journey(stack, contacts=(nobody,)).open().ended("unreachable")
    assert [h.case_id for h in bootstrap.case_store().tasks("QD", Task.CALL)] == [journey.case_id]


@pytest.mark.parametrize("stage", ["intention", "declaration", "pickup", "approval", "correction"])
def test_withdrawn_at_every_wait_before_the_decision(stack: Stack, stage: str) -> None:
    journey = Journey(stack).open().waiting("identity").identify()
    if stage != "intention":
        journey.intend().waiting("declaration")
    if stage in ("pickup", "approval", "correction"):
        journey.declare().waiting("pickup")
    if stage in ("approval", "correction"):
        journey.parcel("pickup", ParcelState.COLLECTED).waiting("approval")
    if stage == "correction":
        journey.decide("correction", points=["补一份"]).waiting("correction")
    journey.waiting(stage).withdraw()
    if stage in ("approval", "correction"):
        journey.waiting("give_back").parcel("give_back", ParcelState.ARRIVED)
    journey.ended("withdrawn")
    assert "cancelled" in journey.types
    if stage in ("approval", "correction"):
        assert journey.head.old_certificate == "with_person"


def test_withdrawn_before_identification_by_operations(stack: Stack) -> None:
    journey = Journey(stack).open().waiting("identity")
    now, random = stack.clock.now(), SeededRandom()
    bootstrap.context().apply(journey.case_id, lambda head: decide.withdrawn(head, now, random))
    journey.ended("withdrawn")


def test_returned_for_correction_pauses_the_clock(stack: Stack) -> None:
    journey = Journey(stack).to_declaration().declare("none_held", "electronic").waiting("approval")
    promised = journey.head.promised_by
    journey.decide("correction", points=["地址不完整", "缺少说明"]).waiting("correction")
    opened = bootstrap.applicant().opened(journey.link, journey.session)
    assert opened.points == ("地址不完整", "缺少说明")
    stack.clock.move(days=7)
    journey.identify().declare("none_held", "electronic").waiting("approval")
    assert promised
    assert journey.head.promised_by == promised + timedelta(days=7)
    journey.decide("approved").ended("delivered")


def test_correction_without_answer_expires_and_the_old_certificate_goes_back(stack: Stack) -> None:
    journey = Journey(stack).to_declaration().declare().waiting("pickup").parcel("pickup", ParcelState.COLLECTED)
    journey.waiting("approval").decide("correction", points=["补一份"]).waiting("correction")
    stack.clock.move(days=15)
    invoke("sweep", {})
    journey.waiting("give_back").parcel("give_back", ParcelState.ARRIVED).ended("expired")


def test_rejected_tells_why_and_the_old_certificate_goes_back(stack: Stack) -> None:
    journey = Journey(stack).to_declaration().declare().waiting("pickup").parcel("pickup", ParcelState.COLLECTED)
    journey.waiting("approval").decide("rejected", reason_code="not_met", reason="条件不符").waiting("give_back")
    notice = stack.messenger.messages[effect_id(journey.case_id, "notice", 1)]
    assert "行政复议" in notice.text
    assert bootstrap.applicant().opened(journey.link, journey.session).rejection == "条件不符"
    journey.parcel("give_back", ParcelState.FAILED).waiting("give_back").parcel("give_back", ParcelState.ARRIVED)
    journey.ended("rejected")
    assert journey.head.attempts["give_back"] == 2


def test_a_person_takes_over_on_request(stack: Stack) -> None:
    journey = Journey(stack).open().waiting("identity")
    bootstrap.applicant().ask_person(journey.link)
    journey.ended("by_person")
    assert journey.head.tasks == ("handle",)


def test_what_no_longer_qualifies_goes_to_a_person(stack: Stack) -> None:
    journey = Journey(stack).to_declaration()
    stack.lookup.subjects[people.CODE] = replace(people.subject(journey.item), business=people.business(status="cancelled"))
    journey.declare("none_held", "electronic").ended("by_person")
    assert journey.head.reason == "no_longer_qualifies"
    assert not stack.departments.applications


def test_a_registry_that_is_down_blocks_nobody_from_declaring(stack: Stack) -> None:
    journey = Journey(stack).open().waiting("identity").identify()
    stack.lookup.down = True
    journey.intend().waiting("declaration")
    form = bootstrap.applicant().opened(journey.link, journey.session).form
    assert form
    assert any(f.missing for f in form)


def test_courier_who_never_comes_ends_with_a_person(stack: Stack) -> None:
    journey = Journey(stack).to_declaration().declare()
    for attempt in (1, 2, 3):
        stack.until(lambda n=attempt: journey.head.attempts.get("pickup") == n, "ordered again")  # type: ignore[misc]
        journey.waiting("pickup").parcel("pickup", ParcelState.FAILED)
    journey.ended("by_person")


def test_a_silent_courier_is_asked_and_at_last_an_official(stack: Stack) -> None:
    journey = Journey(stack).to_declaration().declare().waiting("pickup")
    stack.courier.move(effect_id(journey.case_id, "pickup", 1), ParcelState.COLLECTED)  # and the push gets lost
    stack.clock.move(days=1)
    assert invoke("sweep", {})["polled"] == 1
    journey.waiting("approval").decide("approved").waiting("delivery")
    for _ in range(16):
        stack.clock.move(days=1)
        invoke("sweep", {})
    journey.ended("by_person")
    assert journey.head.reason == "overdue_at_delivery"


def test_a_slow_department_shows_yellow_then_red_then_goes_to_an_official(stack: Stack) -> None:
    journey = Journey(stack).to_declaration().declare("none_held", "electronic").waiting("approval")
    lights = []
    for _ in range(60):
        stack.clock.move(days=1)
        invoke("sweep", {})
        lights.append(journey.head.light)
        if journey.head.ended or journey.head.wait is None:
            break
    assert list(dict.fromkeys(lights)) == ["green", "yellow", "red"] or list(dict.fromkeys(lights)) == ["yellow", "red"]
    journey.ended("by_person")


def test_a_stage_that_fails_for_good_hands_the_case_over(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("personal data that must not get out")

    monkeypatch.setattr(stack.departments, "submit", broken)
    journey = Journey(stack).to_declaration().declare("none_held", "electronic")
    stack.until(lambda: journey.head.ended, "handed over", seconds=60)
    assert (journey.head.outcome, journey.head.reason) == ("by_person", "KeyError")
    history = boto3.client("stepfunctions").get_execution_history(executionArn=bootstrap.executions().machine_arn.replace(
        ":stateMachine:", ":execution:") + f":{journey.case_id}", maxResults=1000)  # fmt: skip
    assert "personal data" not in json.dumps(history, default=str)


def test_an_execution_that_fell_down_is_closed_by_the_sweeper(stack: Stack) -> None:
    journey = Journey(stack).open().waiting("identity")
    invoke("sweep", {"source": "aws.states", "detail": {"name": journey.case_id, "status": "FAILED"}})
    assert journey.head.ended
    assert journey.head.outcome == "by_person"
    assert journey.head.tasks == ("handle",)


def test_a_vendor_that_is_down_is_asked_again_with_the_same_id(stack: Stack) -> None:
    stack.messenger.fail("after", times=2)
    journey = Journey(stack).open()
    stack.until(lambda: journey.head.wait is not None, "prompted", seconds=60)
    assert len(stack.messenger.messages) == 1
    assert stack.messenger.asked == {effect_id(journey.case_id, "push", 1): 3}


# --- renewals (行政许可法 art. 50); the certificate of these tests ends in 75 days


RENEWAL = 16


def test_a_silent_renewal_is_asked_at_60_and_45_days_and_ends_before_it_is_too_late(stack: Stack) -> None:
    journey = Journey(stack, people.items()[RENEWAL]).open().waiting("identity")
    asked = []
    for day in range(1, 47):
        stack.clock.move(days=1)
        if invoke("sweep", {})["due"] and day < 46:
            asked.append(75 - day)
            stack.until(lambda: len(stack.messenger.messages) == 1 + len(asked), "reminded")
            journey.waiting("identity")
    assert asked == [60, 45]
    journey.ended("expired")
    assert [e.facts["rung"] for e in journey.events if e.type == "reminder_due"] == [1, 2]


def test_a_renewal_undecided_on_the_last_day_is_deemed_renewed_and_then_only_issued(stack: Stack) -> None:
    journey = Journey(stack, people.items()[RENEWAL]).open().waiting("identity")
    stack.clock.move(days=40)
    journey.identify().intend().waiting("declaration").declare("hand_in", "electronic").waiting("approval")
    stack.clock.move(days=36)
    assert invoke("sweep", {})["deemed_renewed"] == [journey.case_id]
    assert invoke("sweep", {})["deemed_renewed"] == []
    with pytest.raises(DeemedRenewed):
        journey.decide("rejected", reason_code="not_met", reason="条件不符")
    journey.decide("approved").ended("delivered")
    assert journey.types.count("deemed_renewed") == 1
    assert broken_link(journey.events) is None


def test_a_renewal_returned_after_the_last_day_still_reaches_the_department(stack: Stack) -> None:
    journey = Journey(stack, people.items()[RENEWAL]).open().waiting("identity")
    stack.clock.move(days=40)
    journey.identify().intend().waiting("declaration").declare("hand_in", "electronic").waiting("approval")
    stack.clock.move(days=30)
    journey.decide("correction", points=["补一份"]).waiting("correction")
    stack.clock.move(days=8)
    subject = stack.lookup.subjects[people.CODE]
    stack.lookup.subjects[people.CODE] = replace(subject, as_of=stack.clock.now().date())
    journey.identify().declare("hand_in", "electronic").waiting("approval")
    assert invoke("sweep", {})["expired_undecided"] == [journey.case_id]
    assert [h.case_id for h in bootstrap.case_store().tasks("QD", Task.HANDLE)] == [journey.case_id]
    journey.decide("approved").ended("delivered")
