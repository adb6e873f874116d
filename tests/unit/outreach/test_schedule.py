"""The plan of one person: order, caps, opt-outs, grouping, ladder, call list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wugan.clock import BEIJING
from wugan.errors import InvalidInput
from wugan.items.model import Channel
from wugan.outreach.quiet import Quiet
from wugan.outreach.schedule import (
    Call,
    Cap,
    Choice,
    Decision,
    Option,
    Person,
    Prompt,
    Rules,
    Send,
    Sent,
    Wait,
    decide,
    in_order,
    parse_caps,
    slot_of,
)

WECHAT, APP, SMS = Channel.WECHAT, Channel.APP, Channel.SMS
NOON = datetime(2026, 11, 24, 12, tzinfo=BEIJING)
DAY = timedelta(days=1)
RULES = Rules()
ALL = Person(frozenset(Channel))


def _prompt(name: str = "a", **changes: object) -> Prompt:
    usual = Prompt(name, (WECHAT, APP, SMS), (NOON, NOON + 3 * DAY, NOON + 7 * DAY), NOON + 15 * DAY)
    return replace(usual, **changes)  # type: ignore[arg-type]


def _only(decisions: Sequence[Decision]) -> Decision:
    (decision,) = decisions
    return decision


def test_the_first_channel_of_the_item_that_reaches_the_person() -> None:
    assert _only(decide(ALL, [_prompt()], RULES, NOON)) == Send(("a",), "首次提示，微信：按事项规定的固定顺序，不使用个人习惯", WECHAT)
    unfollowed = replace(ALL, reached=frozenset({APP, SMS}))
    assert _only(decide(unfollowed, [_prompt(channels=(SMS, APP))], RULES, NOON)).channel is SMS  # type: ignore[union-attr]


def test_what_did_not_arrive_goes_over_the_next_channel_and_then_to_the_call_list() -> None:
    prompt, tried = _prompt(), []
    while isinstance(decision := _only(decide(ALL, [prompt], RULES, NOON)), Send):
        tried.append(decision.channel)
        prompt = prompt.failed(decision.channel)
    assert tried == [WECHAT, APP, SMS]
    assert decision == Call(("a",), "微信、政务服务应用、短信均未送达，转电话联系")


def test_a_channel_the_person_left_is_not_used() -> None:
    left = replace(ALL, opted_out=frozenset({WECHAT, SMS}))
    assert _only(decide(left, [_prompt()], RULES, NOON)).channel is APP  # type: ignore[union-attr]
    left = replace(ALL, reached=frozenset({SMS}), opted_out=frozenset({SMS}))
    assert _only(decide(left, [_prompt()], RULES, NOON)) == Call(("a",), "本人已退订短信，转电话联系")
    assert "没有可用的联系方式" in _only(decide(Person(frozenset()), [_prompt()], RULES, NOON)).reason


def test_the_night_is_waited_for() -> None:
    decision = _only(decide(ALL, [_prompt()], RULES, NOON.replace(hour=22)))
    assert decision == Wait(("a",), "现在是免打扰时段（21:00–08:00），最早11月25日08:00发送", NOON.replace(day=25, hour=8))


def test_a_message_about_another_item_holds_this_one_back_unless_it_did_not_arrive() -> None:
    told = replace(ALL, sent=(Sent(NOON - timedelta(hours=2)),))
    decision = _only(decide(told, [_prompt()], RULES, NOON))
    assert decision == Wait(("a",), "已达到消息上限（1天内最多1条），最早11月25日10:00发送", NOON + timedelta(hours=22))
    lost = replace(ALL, sent=(Sent(NOON - timedelta(hours=2), failed=True),))
    assert isinstance(_only(decide(lost, [_prompt()], RULES, NOON)), Send)


def test_all_caps_hold() -> None:
    often = replace(ALL, sent=tuple(Sent(NOON - n * DAY) for n in (5, 3, 2)))
    decision = _only(decide(often, [_prompt()], RULES, NOON))
    assert isinstance(decision, Wait)
    assert decision.until == NOON + 2 * DAY
    assert "7天内最多3条" in decision.reason


def test_a_message_that_would_come_too_late_is_a_call() -> None:
    told = replace(ALL, sent=(Sent(NOON),))
    decision = _only(decide(told, [_prompt(ends=NOON + timedelta(hours=20))], RULES, NOON))
    assert decision == Call(("a",), "最早11月25日12:00才可发送，已到截止时间11月25日08:00，转电话联系")


def test_several_items_go_in_one_message_the_most_urgent_first_and_the_soon_due_along() -> None:
    prompts = [
        _prompt("late", ends=NOON + 20 * DAY),
        _prompt("urgent", ends=NOON + 5 * DAY),
        _prompt("soon", rungs=(NOON + DAY,), ends=NOON + 30 * DAY),
        _prompt("distant", rungs=(NOON + 2 * DAY,)),
    ]
    send, wait = decide(ALL, prompts, RULES, NOON)
    assert send == Send(("urgent", "late", "soon"), "首次提示，微信：按事项规定的固定顺序，不使用个人习惯；3件事项合并为一条", WECHAT)
    assert wait == Wait(("distant",), "首次提示定于11月26日12:00", NOON + 2 * DAY)


def test_what_does_not_fit_or_needs_another_channel_waits_for_the_next_message() -> None:
    prompts = [_prompt(name) for name in "abcd"] + [_prompt("e", channels=(SMS,))]
    send, rest = decide(ALL, prompts, RULES, NOON)
    assert (send.prompts, rest.prompts) == (("a", "b", "c"), ("d", "e"))
    assert isinstance(rest, Wait)
    assert rest.until == NOON + DAY


def test_the_ladder_is_climbed_to_the_call_list() -> None:
    prompt = _prompt(rung=1)
    assert _only(decide(ALL, [prompt], RULES, NOON)).reason == "第1次提醒（共2次）定于11月27日12:00"
    assert _only(decide(ALL, [prompt], RULES, NOON + 3 * DAY)).reason.startswith("第1次提醒（共2次），微信")
    silent = prompt.went_out(NOON + 3 * DAY).went_out(NOON + 7 * DAY)
    waiting = _only(decide(ALL, [silent], RULES, NOON + 8 * DAY))
    assert waiting == Wait(("a",), "提示和提醒共3次已发出，等待答复至12月9日12:00", NOON + 15 * DAY)
    assert isinstance(_only(decide(ALL, [silent], RULES, NOON + 15 * DAY)), Call)


def test_a_reminder_that_was_held_back_past_the_next_one_is_not_followed_by_it() -> None:
    assert _prompt(rung=1).went_out(NOON + 7 * DAY).rung == 3
    assert _prompt(rung=1).went_out(NOON + 6 * DAY).rung == 2
    assert _prompt(rung=0, rungs=(NOON + DAY, NOON + 3 * DAY)).went_out(NOON).rung == 1  # it went along before it was due


def _evening(options: Sequence[Option]) -> Choice:
    return Choice(max(options, key=lambda o: slot_of(o.at)), "傍晚更好")


def test_a_preferred_hour_is_waited_for_once() -> None:
    wait = _only(decide(ALL, [_prompt()], RULES, NOON, _evening))
    assert isinstance(wait, Wait)
    assert wait.planned
    assert slot_of(wait.until) == 18
    assert wait.reason == "傍晚更好"
    planned = _prompt(planned=wait.planned)
    assert decide(ALL, [planned], RULES, NOON + timedelta(hours=1), in_order) == [
        Wait(("a",), f"已安排在11月24日18:{wait.until.minute:02}合并发出", wait.until, wait.planned)
    ]
    assert _only(decide(ALL, [planned], RULES, wait.until, in_order)) == Send(("a",), "首次提示，微信：按已定的安排", WECHAT)


def test_what_was_planned_over_a_channel_that_was_left_since_goes_over_another_at_once() -> None:
    planned = _prompt(planned=Option(WECHAT, NOON))
    left = replace(ALL, opted_out=frozenset({WECHAT}))
    assert _only(decide(left, [planned], RULES, NOON, _evening)) == Send(("a",), "首次提示，傍晚更好", APP)


def test_an_urgent_prompt_does_not_wait_for_what_was_planned_too_late_for_it() -> None:
    planned, urgent = _prompt(planned=Option(WECHAT, NOON + timedelta(hours=7))), _prompt("b", ends=NOON + timedelta(hours=3))
    assert _only(decide(ALL, [planned, urgent], RULES, NOON)).prompts == ("b", "a")


def test_caps_are_read() -> None:
    assert parse_caps("1/1d 3/7d") == RULES.caps
    for text in ("", "0/1d", "1/1", "3 a week"):
        with pytest.raises(InvalidInput, match="outreach_caps: "):
            parse_caps(text, "outreach_caps")


# ── whatever happens ──────────────────────────────────────────────────────────────────────────────────────────────────

CHANNEL_SETS = st.frozensets(st.sampled_from(Channel))
HOURS = st.integers(0, 24 * 12).map(lambda h: NOON + timedelta(hours=h))


@st.composite
def _prompts(draw: st.DrawFn) -> list[Prompt]:
    def one(name: str) -> Prompt:
        *rungs, ends = sorted(draw(st.sets(HOURS, min_size=2, max_size=5)))
        return Prompt(name, tuple(draw(st.permutations(list(Channel)))[: draw(st.integers(1, 3))]), tuple(rungs), ends)

    return [one(name) for name in "abcde"[: draw(st.integers(1, 5))]]


_QUIET = st.sampled_from([Quiet(), Quiet.parse("12:00-14:00"), Quiet.parse("18:30-10:15"), Quiet.parse("00:00-00:00")])
_CAPS = st.lists(st.builds(Cap, st.integers(1, 3), st.integers(1, 7)), min_size=1, max_size=2).map(tuple)
_RULES = st.builds(Rules, quiet=_QUIET, caps=_CAPS, together=st.integers(1, 3))


@settings(max_examples=150, deadline=None)
@given(_prompts(), _RULES, CHANNEL_SETS, CHANNEL_SETS, st.integers(0, 2**32))
def test_no_rule_is_ever_broken_and_silence_ends_on_the_call_list(
    prompts: list[Prompt], rules: Rules, reached: frozenset[Channel], opted_out: frozenset[Channel], seed: int
) -> None:
    random, now, person = Random(seed), NOON, Person(reached, opted_out)
    open_ = {p.id: p for p in prompts}
    called: set[str] = set()
    delivered: list[datetime] = []

    def any_option(options: Sequence[Option]) -> Choice:
        option = random.choice(options)
        assert not rules.quiet.covers(option.at)
        assert now <= option.at
        return Choice(option, "随机")

    for _ in range(300):
        decisions = decide(person, open_.values(), rules, now, any_option)
        assert sorted(case for d in decisions for case in d.prompts) == sorted(open_)
        assert all(d.reason for d in decisions)
        sends = [d for d in decisions if isinstance(d, Send)]
        assert len(sends) <= 1
        for send in sends:
            assert not rules.quiet.covers(now)
            assert send.channel in reached - opted_out
            assert 1 <= len(send.prompts) <= rules.together
            assert all(send.channel in open_[case].channels and now < open_[case].ends for case in send.prompts)
            failed = random.random() < 0.3
            person = replace(person, sent=(*person.sent, Sent(now, failed)))
            delivered += [] if failed else [now]
            for case in send.prompts:
                open_[case] = open_[case].failed(send.channel) if failed else open_[case].went_out(now)
        for call in (d for d in decisions if isinstance(d, Call)):
            called.update(call.prompts)
            open_ = {case: p for case, p in open_.items() if case not in call.prompts}
        for wait in (d for d in decisions if isinstance(d, Wait)):
            assert wait.until > now
            open_.update({case: replace(open_[case], planned=wait.planned) for case in wait.prompts})
        if not open_:
            break
        if not sends:
            now = min(d.until for d in decisions if isinstance(d, Wait))
    assert called == {p.id for p in prompts}
    for cap in rules.caps:
        for at in delivered:
            assert sum(at - timedelta(days=cap.days) < other <= at for other in delivered) <= cap.most
