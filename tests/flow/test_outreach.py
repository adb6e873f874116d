"""When a person is told what, on the real state machine and tables: quiet hours, caps, one message for several cases, receipts, wishes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.flow.journey import Journey
from tests.support import people
from tests.support.aws import Stack, invoke
from wugan import bootstrap, config
from wugan.cases import decide
from wugan.cases.model import Task, broken_link, effect_id
from wugan.cases.preferences import Wishes
from wugan.clock import BEIJING
from wugan.courier.port import ParcelState
from wugan.errors import VendorUnavailable
from wugan.items.model import Channel
from wugan.memory.stores import SeededRandom
from wugan.outreach.port import Message
from wugan.outreach.receipts import Receipt, Status, receipt

NIGHT = datetime(2026, 11, 23, 23, 0, tzinfo=BEIJING)
MORNING = datetime(2026, 11, 24, 8, 0, tzinfo=BEIJING)


def sweep_at(stack: Stack, at: datetime) -> None:
    stack.clock.at = at
    invoke("sweep", {})


def lost(journey: Journey, attempt: int) -> Journey:
    """The channel says that the prompt did not arrive."""
    message_id = effect_id(journey.case_id, "push", attempt)
    return journey.callback("channel", {"id": f"r-{message_id}", "message_id": message_id, "status": "undelivered", "reason": ""})


def test_what_is_found_at_night_is_told_in_the_morning(stack: Stack) -> None:
    stack.clock.at = NIGHT
    journey = Journey(stack).open().waiting("push")
    held = next(e for e in journey.events if e.type == "prompt_held")
    assert held.facts["until"] == MORNING.isoformat()
    assert "免打扰" in held.facts["reason"]
    sweep_at(stack, MORNING - timedelta(minutes=1))
    assert not stack.messenger.messages
    sweep_at(stack, MORNING)
    journey.waiting("identity")
    assert [m.channel.value for m in stack.messenger.messages.values()] == ["wechat"]
    assert journey.types == ["opened", "prompt_held", "pushed"]
    assert broken_link(journey.events) is None


def test_two_cases_of_one_person_are_one_message(stack: Stack) -> None:
    stack.clock.at = NIGHT
    one, two = (Journey(stack, people.items()[n]).open().waiting("push") for n in (1, 2))
    sweep_at(stack, MORNING)
    one.waiting("identity"), two.waiting("identity")
    (message,) = stack.messenger.messages.values()
    assert one.item.name in message.text
    assert two.item.name in message.text
    told = [next(e.facts["message"] for e in j.events if e.type == "pushed") for j in (one, two)]
    assert told == [message.id, message.id]
    lead, other = (one, two) if message.id.startswith(one.case_id) else (two, one)
    assert str(message.link).endswith(lead.link)
    lead.identify()
    (found,) = bootstrap.applicant().opened(lead.link, lead.session).others
    assert (found.name, found.link.endswith(other.link)) == (other.item.name, True)


def test_a_shared_message_that_did_not_arrive_goes_over_the_next_channel_for_all(stack: Stack) -> None:
    stack.clock.at = NIGHT
    one, two = (Journey(stack, people.items()[n]).open().waiting("push") for n in (1, 2))
    sweep_at(stack, MORNING)
    one.waiting("identity"), two.waiting("identity")
    lead = one if effect_id(one.case_id, "push", 1) in stack.messenger.messages else two
    lost(lead, 1)
    for journey in (one, two):
        stack.until(lambda j=journey: "prompt_held" in j.types[3:] or j.types.count("pushed") == 2, "goes on")  # type: ignore[misc]
        assert journey.types.count("undelivered") == 1
    sweep_at(stack, MORNING + timedelta(days=2))
    for journey in (one, two):
        journey.waiting("identity")
        assert journey.head.channel == "app"
        assert journey.types.count("pushed") == 2


def test_more_than_one_message_a_day_waits(stack: Stack) -> None:
    Journey(stack, people.items()[1]).open().waiting("identity")
    second = Journey(stack, people.items()[2]).open().waiting("push")
    assert "消息上限" in next(e.facts["reason"] for e in second.events if e.type == "prompt_held")
    assert len(stack.messenger.messages) == 1
    stack.clock.move(days=1)
    invoke("sweep", {})
    second.waiting("identity")
    assert len(stack.messenger.messages) == 2


def test_caps_and_quiet_hours_are_settings(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(config.MESSAGE_CAPS, "2/1d")
    monkeypatch.setenv(config.QUIET_HOURS, "00:00-00:00")
    bootstrap.settings.cache_clear()
    stack.clock.at = NIGHT
    for number in (1, 2):
        Journey(stack, people.items()[number]).open().waiting("identity")
    third = Journey(stack, people.items()[4]).open().waiting("push")
    assert "1天内最多2条" in third.events[-1].facts["reason"]


def test_a_reminder_that_did_not_arrive_goes_over_the_next_channel(stack: Stack) -> None:
    journey = Journey(stack).to_declaration()
    stack.clock.move(days=3)
    invoke("sweep", {})
    stack.until(lambda: len(stack.messenger.messages) == 2, "reminded")
    journey.waiting("declaration")
    lost(journey, 2)
    stack.until(lambda: len(stack.messenger.messages) == 3, "next channel")
    journey.waiting("declaration")
    assert [m.channel.value for m in stack.messenger.messages.values()] == ["wechat", "wechat", "app"]
    journey.identify().declare("none_held", "electronic").waiting("approval")


def test_a_correction_that_did_not_arrive_goes_over_the_next_channel(stack: Stack) -> None:
    journey = Journey(stack).to_declaration().declare("none_held", "electronic").waiting("approval")
    journey.decide("correction", points=["补一份"]).waiting("correction")
    lost(journey, 2)
    stack.until(lambda: len(stack.messenger.messages) == 3, "next channel")
    journey.waiting("correction").identify().declare("none_held", "electronic").waiting("approval")
    assert journey.head.channel == "app"


def test_a_carrier_that_said_nothing_is_asked_and_the_next_channel_is_taken(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def poll(message: Message) -> Receipt:
        return receipt("vendor", "r", message.id, Status.UNDELIVERED)

    monkeypatch.setattr(stack.messenger, "poll", poll, raising=False)
    journey = Journey(stack).open().waiting("identity")
    stack.clock.move(hours=6)
    assert invoke("sweep", {})["asked"] == 1
    stack.until(lambda: len(stack.messenger.messages) == 2, "next channel")
    journey.waiting("identity")
    assert invoke("sweep", {})["asked"] == 0


def test_a_carrier_that_cannot_tell_is_asked_once(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def poll(message: Message) -> Receipt:
        asked.append(message.id)
        raise VendorUnavailable("it cannot tell")

    monkeypatch.setattr(stack.messenger, "poll", poll, raising=False)
    journey = Journey(stack).open().waiting("identity")
    stack.clock.move(hours=6)
    for _ in range(2):
        assert invoke("sweep", {})["failed"] == []
    assert asked == [effect_id(journey.case_id, "push", 1)]
    assert journey.types == ["opened", "pushed"]


def test_when_no_channel_is_left_an_official_calls_and_knows_why(stack: Stack) -> None:
    journey = Journey(stack).open().waiting("identity")
    for attempt in (1, 2, 3):
        lost(journey, attempt)
        stack.until(lambda n=attempt: journey.head.ended or journey.head.attempts["push"] > n, "goes on")  # type: ignore[misc]
    journey.ended("unreachable")
    assert [h.case_id for h in bootstrap.case_store().tasks("QD", Task.CALL)] == [journey.case_id]
    why = next(e.facts["reason"] for e in journey.events if e.type == "unreachable")
    assert why == "微信、政务服务应用、短信均未送达，转电话联系"


def test_who_stays_silent_is_called(stack: Stack) -> None:
    journey = Journey(stack).open().waiting("identity")
    for days in (3, 4, 8):
        stack.clock.move(days=days)
        invoke("sweep", {})
        if days != 8:
            stack.until(lambda d=days: journey.types.count("pushed") == {3: 2, 4: 3}[d], "reminded")  # type: ignore[misc]
            journey.waiting("identity")
    journey.ended("expired")
    assert journey.head.tasks == (Task.CALL,)


def test_withdrawn_while_a_prompt_waits_for_its_moment(stack: Stack) -> None:
    stack.clock.at = NIGHT
    journey = Journey(stack).open().waiting("push")
    now, random = stack.clock.now(), SeededRandom()
    bootstrap.context().apply(journey.case_id, lambda head: decide.withdrawn(head, now, random))
    journey.ended("withdrawn")
    sweep_at(stack, MORNING)
    assert not stack.messenger.messages


def reminded_at_night(stack: Stack) -> Journey:
    """Prompted by day; the reminder comes due at night."""
    stack.clock.at = NIGHT - timedelta(hours=2, minutes=1)
    journey = Journey(stack).open().waiting("identity")
    sweep_at(stack, NIGHT + timedelta(days=3))
    return journey.waiting("push")


def test_declined_while_a_reminder_waits(stack: Stack) -> None:
    journey = reminded_at_night(stack)
    bootstrap.applicant().decline(journey.link, forever=False)
    journey.ended("declined")


def test_a_person_asked_for_while_a_reminder_waits_is_told_of_in_the_morning(stack: Stack) -> None:
    journey = reminded_at_night(stack)
    bootstrap.applicant().ask_person(journey.link)
    journey.waiting("closing")
    assert len(stack.messenger.messages) == 1
    sweep_at(stack, MORNING + timedelta(days=3))
    journey.ended("by_person")
    assert journey.types[-4:] == ["asked_person", "notice_held", "notified", "closed"]
    assert len(stack.messenger.messages) == 2


def test_who_answers_while_a_reminder_waits_goes_on_to_the_end(stack: Stack) -> None:
    journey = reminded_at_night(stack).identify().waiting("intention").intend().waiting("declaration").declare().waiting("pickup")
    journey.parcel("pickup", ParcelState.COLLECTED).waiting("approval")
    assert len(stack.messenger.messages) == 1


def test_who_answers_step_by_step_while_reminders_wait_goes_on(stack: Stack) -> None:
    """At each of the person's stages the reminder waits when the answer comes."""
    stack.clock.at = NIGHT - timedelta(hours=2, minutes=1)
    journey = Journey(stack).to_declaration()
    sweep_at(stack, NIGHT + timedelta(days=3))
    form = journey.waiting("push")
    fields = bootstrap.case_store().sealed(form.case_id, "form")
    assert fields
    journey.stack.until(lambda: journey.head.asked_for == "declaration", "waits")
    journey.identify()
    journey.declare_now().waiting("pickup")


def test_a_channel_that_was_left_is_not_used(stack: Stack) -> None:
    stack.clock.at = NIGHT
    journey = Journey(stack).open().waiting("push")
    bootstrap.preferences().set(journey.case_id, Wishes(frozenset({Channel.WECHAT, Channel.APP}), profiled=False))
    assert bootstrap.preferences().read(journey.case_id) == Wishes(frozenset({Channel.WECHAT, Channel.APP}), profiled=False)
    sweep_at(stack, MORNING)
    journey.waiting("identity")
    assert [m.channel.value for m in stack.messenger.messages.values()] == ["sms"]


def test_who_left_every_channel_is_called(stack: Stack) -> None:
    stack.clock.at = NIGHT
    journey = Journey(stack).open().waiting("push")
    bootstrap.preferences().set(journey.case_id, Wishes(frozenset(Channel)))
    sweep_at(stack, MORNING)
    journey.ended("unreachable")
    assert "本人已退订" in next(e.facts["reason"] for e in journey.events if e.type == "unreachable")
    assert not stack.messenger.messages


# --- the behaviour model


@pytest.fixture
def modelled(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    monkeypatch.setenv(config.BEHAVIOUR_MODEL, "on")
    bootstrap.settings.cache_clear()
    return stack


def stack_is_still(stack: Stack, journey: Journey) -> None:
    """The reminder that came due went out, or waits."""
    stack.until(lambda: journey.head.wait is not None, "waits")


def prompted(stack: Stack, journey: Journey) -> Journey:
    """Until the prompt went out, at the hour that the model likes."""
    stack.until(lambda: journey.head.wait is not None, "waits")
    if journey.head.stage == "push":
        until = next(e.facts["until"] for e in journey.events if e.type == "prompt_held")
        sweep_at(stack, datetime.fromisoformat(until))
    return journey.waiting("identity")


def test_the_model_tells_why_and_learns_from_what_the_person_did(modelled: Stack) -> None:
    journey = prompted(modelled, Journey(modelled).open())
    told = " ".join(str(e.facts.get("reason")) for e in journey.events)
    assert "估计" in told
    assert "依据" in told
    journey.identify().intend().waiting("declaration")
    store, (message,) = bootstrap.people_store(), modelled.messenger.messages.values()
    keys = bootstrap.context().keys
    key = keys.mac("person", people.contact().id_number)
    (handed,) = store.get(key).messages
    assert handed.group
    assert invoke("sweep", {})["counted"] == 0
    modelled.clock.move(days=3, minutes=1)
    assert invoke("sweep", {})["counted"] == 1
    assert invoke("sweep", {})["counted"] == 0
    (tally,) = store.known(key, handed.group).person.values()
    assert tally.sent == tally.opened == tally.answered > 0
    assert store.known(key, handed.group).everyone == store.known(key, handed.group).person
    assert message.channel is handed.channel


def test_who_does_not_want_to_be_profiled_is_prompted_at_once_in_the_fixed_order_and_forgotten(modelled: Stack) -> None:
    journey = prompted(modelled, Journey(modelled).open())
    modelled.clock.move(days=4)
    invoke("sweep", {})
    bootstrap.preferences().set(journey.case_id, Wishes(profiled=False))
    store, key = bootstrap.people_store(), bootstrap.context().keys.mac("person", people.contact().id_number)
    group = store.get(key).messages[0].group
    assert group is None
    stack_is_still(modelled, journey)
    modelled.clock.move(days=1)
    second = Journey(modelled, people.items()[2]).open().waiting("identity")
    assert next(e.facts["reason"] for e in second.events if e.type == "pushed").endswith("按事项规定的固定顺序，不使用个人习惯")
    assert store.get(key).messages[-1].counted  # nothing is left to be learnt
