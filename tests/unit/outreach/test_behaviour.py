"""The behaviour model: what it learns, what it chooses, and what it says about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime, timedelta
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wugan.clock import BEIJING
from wugan.items.model import Channel
from wugan.outreach import behaviour
from wugan.outreach.behaviour import (
    ANSWER_TIME,
    LIKENESS,
    USUAL,
    Arm,
    Belief,
    Counts,
    Group,
    Holder,
    Known,
    Role,
    Tally,
    Trial,
    added,
    arm_of,
    choose,
    chooser,
    counted,
    estimates,
    foretold,
    forward,
)
from wugan.outreach.schedule import SLOTS, Call, Option, Person, Prompt, Rules, Send, Wait, decide, in_order, slot_of

MORNING = datetime(2026, 11, 24, 8, tzinfo=BEIJING)
OPTIONS = [Option(channel, MORNING.replace(hour=slot)) for channel in Channel for slot in SLOTS]
SMS_TEN, WECHAT_EIGHT = Option(Channel.SMS, MORNING.replace(hour=10)), OPTIONS[0]
DONE = MORNING + timedelta(days=10)


def _counts(*rows: tuple[Option, int, int, int]) -> Counts:
    """Counters of so many messages, openings and answers, sent that day."""
    weight = forward(MORNING)
    return {arm_of(o): Tally(sent * weight, opened * weight, answered * weight) for o, sent, opened, answered in rows}


def _learned(trials: Iterable[Trial], now: datetime = DONE) -> Counts:
    counts: Counts = {}
    for trial in trials:
        if seen := counted(trial, now):
            counts = added(counts, *seen)
    return counts


def _share(option: Option, known: Known, now: datetime = MORNING) -> float:
    return estimates([arm_of(option)], known, now)[arm_of(option)].share


# ── feedback ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_is_counted_when_its_time_is_over_and_not_before() -> None:
    trial = Trial(SMS_TEN, answered_at=SMS_TEN.at + timedelta(minutes=1))
    assert counted(trial, SMS_TEN.at + ANSWER_TIME - timedelta(seconds=1)) is None
    assert counted(trial, SMS_TEN.at + ANSWER_TIME) is not None


@pytest.mark.parametrize(
    ("trial", "tally"),
    [
        (Trial(SMS_TEN), (1, 0, 0)),  # no receipt, no opening: it counts against the channel
        (Trial(SMS_TEN, failed=True), (0, 0, 0)),
        (Trial(SMS_TEN, opened_at=SMS_TEN.at), (1, 1, 0)),
        (Trial(SMS_TEN, answered_at=SMS_TEN.at), (1, 1, 1)),  # the opening was not seen
        (Trial(SMS_TEN, opened_at=SMS_TEN.at + ANSWER_TIME), (1, 0, 0)),  # too late
        (Trial(SMS_TEN, opened_at=SMS_TEN.at, answered_at=SMS_TEN.at + ANSWER_TIME), (1, 1, 0)),
    ],
)
def test_receipts_openings_and_answers_are_credited(trial: Trial, tally: tuple[int, int, int]) -> None:
    seen = counted(trial, DONE)
    assert seen
    weight = forward(SMS_TEN.at)
    assert seen == (Arm(Channel.SMS, 10), Tally(*(n * weight for n in tally)))


def test_feedback_may_come_in_any_order() -> None:
    trials = [Trial(Option(Channel.SMS, SMS_TEN.at - timedelta(days=d)), answered_at=None if d % 2 else SMS_TEN.at) for d in (0, 90, 400)]
    results = [_learned(order)[arm_of(SMS_TEN)] for order in permutations(trials)]
    assert all(r.sent == pytest.approx(results[0].sent) and r.answered == pytest.approx(results[0].answered) for r in results)


def test_after_a_half_life_a_message_weighs_half() -> None:
    known = Known(person=_counts((SMS_TEN, 8, 4, 2)))
    now = estimates([arm_of(SMS_TEN)], known, MORNING)[arm_of(SMS_TEN)]
    later = estimates([arm_of(SMS_TEN)], known, MORNING + USUAL.half_life)[arm_of(SMS_TEN)]
    assert now.person.sent == pytest.approx(8)
    assert later.person.sent == pytest.approx(4)
    assert later.opens.belief.strength < now.opens.belief.strength


# ── belief ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_person_is_believed_to_be_like_their_group_and_a_new_group_like_all() -> None:
    counts = _counts((SMS_TEN, 400, 320, 240))
    assert _share(SMS_TEN, Known(counts, counts)) == pytest.approx(0.6, abs=0.02)
    assert _share(SMS_TEN, Known(counts)) == pytest.approx(0.6, abs=0.02)
    assert _share(SMS_TEN, Known()) == pytest.approx(USUAL.opens * USUAL.answers)


def test_what_the_person_did_outweighs_what_others_do_as_it_grows() -> None:
    group = _counts((SMS_TEN, 400, 320, 240))
    shares = []
    for sent in (0, 5, 50, 500):
        person = _counts((SMS_TEN, sent, 0, 0))
        both = {arm: tally.plus(person[arm]) for arm, tally in group.items()}
        shares.append(_share(SMS_TEN, Known(both, both, person)))
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < 0.05


def test_a_persons_message_says_something_about_the_same_channel_and_less_about_the_same_hour() -> None:
    person = _counts((SMS_TEN, 6, 6, 6))
    same_channel, same_slot, neither = (
        _share(Option(channel, MORNING.replace(hour=hour)), Known(person=person))
        for channel, hour in ((Channel.SMS, 14), (Channel.APP, 10), (Channel.APP, 14))
    )
    assert same_channel > same_slot > neither == pytest.approx(_share(WECHAT_EIGHT, Known()))


def test_nothing_is_believed_twice() -> None:
    """Of one person alone, all three levels hold the same messages."""
    counts = _counts((SMS_TEN, 20, 10, 5))
    alone = estimates([arm_of(SMS_TEN)], Known(counts, counts, counts), MORNING)[arm_of(SMS_TEN)]
    assert alone.opens.belief.strength < 20 + USUAL.first


def _played(rates: list[float], random: Random) -> Known:
    """Thirty messages to each person, opened at the person's own rate."""
    everyone: Counts = {}
    likeness: dict[int, float] = {}
    for rate in rates:
        person: Counts = {}
        for n in range(30):
            option = Option(Channel.SMS, SMS_TEN.at + timedelta(days=n))
            seen = counted(Trial(option, opened_at=option.at if random.random() < rate else None), DONE + timedelta(days=n))
            assert seen
            for people, score in foretold(Known(everyone, everyone, person, likeness), *seen, option.at).items():
                likeness[people] = likeness.get(people, 0) + score
            person, everyone = added(person, *seen), added(everyone, *seen)
    return Known(everyone, everyone, {}, likeness)


def test_how_alike_people_are_is_learned() -> None:
    random = Random(3)
    alike, unlike = _played([0.4] * 40, random), _played([0.05, 0.85] * 20, random)
    assert behaviour.likeness(alike.likeness, USUAL.people) == max(LIKENESS)
    assert behaviour.likeness(unlike.likeness, USUAL.people) == min(LIKENESS)
    assert behaviour.likeness({}, USUAL.people) == USUAL.people


def test_a_message_that_did_not_arrive_foretells_nothing() -> None:
    assert foretold(Known(), arm_of(SMS_TEN), Tally(), SMS_TEN.at) == {}


@given(st.floats(0, 1), st.floats(0.5, 1e6), st.floats(0, 1e6), st.floats(0, 1e6), st.floats(1, 100))
def test_a_belief_stays_a_share_and_grows_firmer_with_what_is_seen(
    mean: float, strength: float, hits: float, tries: float, alike: float
) -> None:
    before = Belief(mean, strength)
    after = before.after(hits, tries)
    assert -1e-9 <= after.mean <= 1 + 1e-9
    assert after.strength >= before.strength
    assert before.of_one_among(alike).strength < min(before.strength, alike) * (1 + 1e-9)
    assert 0 <= after.drawn(Random(1), USUAL.calm) <= 1


# ── choice ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_works_is_chosen_mostly_and_the_rest_still_tried_while_little_is_known() -> None:
    little = _counts(*((option, 3, 1, 1) for option in OPTIONS if option != SMS_TEN), (SMS_TEN, 4, 2, 2))
    much = _counts(*((option, 900, 200, 90) for option in OPTIONS if option != SMS_TEN), (SMS_TEN, 900, 800, 700))
    random = Random(5)
    tried = Counter(choose(OPTIONS, Known(little, little), MORNING, random).option for _ in range(300))
    sure = Counter(choose(OPTIONS, Known(much, much), MORNING, random).option for _ in range(300))
    assert tried.most_common(1)[0][0] == SMS_TEN
    assert len(tried) > 3
    assert sure[SMS_TEN] > 290


def test_the_same_randomness_chooses_the_same() -> None:
    assert [choose(OPTIONS, Known(), MORNING, Random(n)) for n in range(9)] == [
        choose(OPTIONS, Known(), MORNING, Random(n)) for n in range(9)
    ]


@given(st.sets(st.sampled_from(OPTIONS), min_size=1), st.integers(0, 2**32))
def test_only_what_is_offered_is_chosen(offered: set[Option], seed: int) -> None:
    options = sorted(offered, key=OPTIONS.index)
    assert choose(options, Known(_counts((SMS_TEN, 99, 99, 99))), MORNING, Random(seed)).option in offered


def test_who_asks_not_to_be_profiled_gets_the_fixed_order_whatever_is_known() -> None:
    choice = chooser(None, MORNING, Random(1))(OPTIONS)
    assert choice == in_order(OPTIONS)
    assert choice.option == WECHAT_EIGHT
    assert "不使用个人习惯" in choice.reason


def test_the_model_moves_within_the_plan() -> None:
    """It prefers text messages in the evening; the person left text messages, and the night is quiet."""
    evening = Option(Channel.SMS, MORNING.replace(hour=18))
    counts = _counts((evening, 900, 900, 900), (Option(Channel.APP, evening.at), 900, 500, 400), (WECHAT_EIGHT, 900, 1, 1))
    prompt = Prompt("a", tuple(Channel), (MORNING,), MORNING + timedelta(days=5))
    person = Person(frozenset(Channel), opted_out=frozenset({Channel.SMS}))
    for seed in range(20):
        (decision,) = decide(person, [prompt], Rules(), MORNING, chooser(Known(counts, counts), MORNING, Random(seed)))
        assert isinstance(decision, Send | Wait)
        assert not isinstance(decision, Call)
        option = Option(decision.channel, MORNING) if isinstance(decision, Send) else decision.planned
        assert option
        assert option.channel is not Channel.SMS
        assert not Rules().quiet.covers(option.at)


# ── explanation ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_choice_says_what_is_expected_and_the_counts_it_rests_on() -> None:
    group, person = _counts((SMS_TEN, 120, 49, 20)), _counts((SMS_TEN, 3, 2, 1))
    everyone = _counts((SMS_TEN, 900, 380, 150))
    reason = choose([SMS_TEN], Known(everyone, group, person), MORNING, Random(1)).reason
    opens = estimates([arm_of(SMS_TEN)], Known(everyone, group, person), MORNING)[arm_of(SMS_TEN)].opens.belief.mean
    assert reason.startswith(f"短信，上午10点：估计{opens:.0%}的人会打开，")
    assert "本人约3次，打开2次，答复1次；同类人群约120次，打开49次，答复20次；全体约900次，打开380次，答复150次" in reason


def test_an_attempt_says_that_it_is_one_and_a_start_that_nothing_is_known() -> None:
    counts = _counts((SMS_TEN, 30, 12, 6), (WECHAT_EIGHT, 3, 1, 0))
    reasons = {c.option: c.reason for n in range(200) for c in [choose([WECHAT_EIGHT, SMS_TEN], Known(counts), MORNING, Random(n))]}
    assert "目前估计短信，上午10点更好，本次用于了解" in reasons[WECHAT_EIGHT]
    assert "更好" not in reasons[SMS_TEN]
    start = choose(OPTIONS, Known(), MORNING, Random(1)).reason
    assert "尚无发送记录" in start
    assert "更好" not in start


def test_groups_know_nothing_but_the_kind_of_subject_and_the_role() -> None:
    assert {f.name: f.type for f in fields(Group)} == {"holder": "Holder", "role": "Role"}
    assert len(Holder) * len(Role) < 10


def test_every_hour_of_the_day_has_a_name() -> None:
    hours = {slot_of(MORNING.replace(hour=hour)) for hour in range(24)}
    assert hours == set(SLOTS)
    assert all(behaviour.told(Arm(channel, slot)) for channel in Channel for slot in hours)
