"""The behaviour model (行为建模): which channel and part of the day to use, by what has worked for this person and people like them.

A hierarchical Beta-Bernoulli bandit with Thompson sampling over the options that the plan (`wugan.outreach.schedule`) allows. What is
known is counters: messages, openings, answers by channel and part of the day, of all people, of a coarse group, of the person. A message
is counted once, when its time to be answered is over. See docs/outreach.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import log
from random import Random

from wugan.clock import BEIJING
from wugan.items.model import Channel
from wugan.outreach.plan import CHANNEL_NAMES
from wugan.outreach.schedule import Choice, Chooser, Option, in_order, slot_of

ANSWER_TIME = timedelta(days=3)  # an opening or answer after that is not credited to the message
EPOCH = datetime(2026, 1, 1, tzinfo=BEIJING)  # counters weigh 1 here; stored counters depend on it


class Holder(StrEnum):
    """The kind of subject that is prompted."""

    ENTERPRISE = "enterprise"  # 企业
    SELF_EMPLOYED = "self_employed"  # 个体工商户
    ORGANISATION = "organisation"  # 社会组织


class Role(StrEnum):
    """What the person is to the subject (policy, official Q&A)."""

    HANDLER = "handler"  # 经办人
    REPRESENTATIVE = "representative"  # 法定代表人
    AGENT = "agent"  # 委托代理人


@dataclass(frozen=True)
class Group:
    """People like this one. Only what their business is: no age, no sex, no address, nothing sensitive (PIPL art. 28)."""

    holder: Holder
    role: Role


@dataclass(frozen=True, order=True)
class Arm:
    """A channel in a part of the day."""

    channel: Channel
    slot: int  # of schedule.SLOTS


@dataclass(frozen=True)
class Tally:
    """What became of messages. Floats: older messages weigh less."""

    sent: float = 0.0
    opened: float = 0.0
    answered: float = 0.0

    def plus(self, other: Tally, weight: float = 1.0) -> Tally:
        """The sum, the other one weighted; never below nothing."""
        return Tally(
            max(0.0, self.sent + weight * other.sent),
            max(0.0, self.opened + weight * other.opened),
            max(0.0, self.answered + weight * other.answered),
        )


Counts = Mapping[Arm, Tally]
"""One level's counters as they are stored: weighted forward from EPOCH (`forward`), so that adding is all that is ever done to them."""
_NONE = Tally()
LIKENESS = (4, 12, 40, 120)  # candidates for how alike people of a group are, in messages
Scores = Mapping[int, float]
"""How well each candidate foretold what people did: sums of log likelihoods, weighted forward like counters."""


@dataclass(frozen=True)
class Known:
    """The counters of all people, of the person's group, and of the person; each includes the next."""

    everyone: Counts = field(default_factory=dict)
    group: Counts = field(default_factory=dict)
    person: Counts = field(default_factory=dict)
    likeness: Scores = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """A message that was handed over on the model's choice, and what is known of it."""

    option: Option
    failed: bool = False  # a receipt said that it did not arrive
    opened_at: datetime | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True)
class Tuning:
    """What is believed before anything is known. Strengths count as so many messages."""

    half_life: timedelta = timedelta(days=180)  # after which a message weighs half: habits change
    opens: float = 0.4  # of messages
    answers: float = 0.5  # of opened ones
    first: float = 4.0  # how firmly these two are believed
    groups: float = 40.0  # how alike groups are
    people: int = 40  # of LIKENESS: how alike people of a group are, until it is learned
    same_channel: float = 0.4  # what a person's message says about the same channel at another time
    same_slot: float = 0.2  # and about another channel at the same time
    calm: float = 10.0  # draws are so much firmer than beliefs; 1 is plain Thompson sampling, which explores longer than it pays


USUAL = Tuning()


# ── learning ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def arm_of(option: Option) -> Arm:
    """The arm an option belongs to."""
    return Arm(option.channel, slot_of(option.at))


def forward(at: datetime, half_life: timedelta = USUAL.half_life) -> float:
    """What a message sent at that moment weighs in stored counters. Weights of different moments keep their ratio for ever, so that
    counters need no rewriting as time goes by, and feedback may come late and in any order."""
    return float(2.0 ** ((at - EPOCH) / half_life))


def counted(trial: Trial, now: datetime, tuning: Tuning = USUAL) -> tuple[Arm, Tally] | None:
    """What a message adds to the stored counters of all three levels, once; None as long as its time is not over.

    One that did not arrive adds nothing. One without a receipt counts as arrived: a channel that loses messages in silence works badly.
    An answer says that it was opened, whether that was seen or not.
    """
    until = trial.option.at + ANSWER_TIME
    if now < until:
        return None
    if trial.failed:
        return arm_of(trial.option), _NONE
    answered = trial.answered_at is not None and trial.answered_at < until
    opened = answered or (trial.opened_at is not None and trial.opened_at < until)
    return arm_of(trial.option), _NONE.plus(Tally(1, opened, answered), forward(trial.option.at, tuning.half_life))


def added(counts: Counts, arm: Arm, tally: Tally) -> Counts:
    """Counters with one more message, as a store's addition leaves them."""
    return {**counts, arm: counts.get(arm, _NONE).plus(tally)}


def foretold(known: Known, arm: Arm, tally: Tally, sent_at: datetime, tuning: Tuning = USUAL) -> dict[int, float]:
    """What a counted message adds to the scores of LIKENESS, once, with what was known before it is added to the counters."""
    if not tally.sent:
        return {}
    levels = _Levels(known, 1 / forward(sent_at, tuning.half_life), tuning)
    shares = {people: levels.estimate(arm, people).opens.belief.mean for people in LIKENESS}
    return {people: tally.sent * log(share if tally.opened else 1 - share) for people, share in shares.items()}


def likeness(scores: Scores, usual: int) -> int:
    """The candidate that foretold best."""
    return max(LIKENESS, key=lambda people: (scores.get(people, 0.0), people == usual))


# ── choosing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Belief:
    """A Beta distribution of a share: its mean, and the messages it is worth."""

    mean: float
    strength: float

    def of_one_among(self, alike: float) -> Belief:
        """About one of those whose mean this is: its own uncertainty and theirs add up."""
        return Belief(self.mean, 1 / (1 / self.strength + 1 / alike))

    def after(self, hits: float, tries: float) -> Belief:
        """Having seen so many."""
        strength = self.strength + tries
        return Belief((self.mean * self.strength + min(hits, tries)) / strength, strength)

    def drawn(self, random: Random, calm: float) -> float:
        """A share that may well be the true one."""
        strength = self.strength * calm
        return random.betavariate(max(self.mean * strength, 1e-3), max((1 - self.mean) * strength, 1e-3))


@dataclass(frozen=True)
class Share:
    """What is believed of a share for one person: from people like them, and from the person's own messages."""

    alike: Belief  # before any message of the person
    people: float  # how alike people of a group are
    hits: float
    tries: float

    @property
    def belief(self) -> Belief:
        """Of this person."""
        return self.alike.of_one_among(self.people).after(self.hits, self.tries)

    def drawn(self, random: Random, calm: float) -> float:
        """The person's share, were a draw the truth about people like them. What makes the person different is not drawn: to try things
        out on one person costs more than that person's few messages can bring back (docs/outreach.md)."""
        shown = Belief(self.alike.drawn(random, calm), self.alike.strength)
        return shown.of_one_among(self.people).after(self.hits, self.tries).mean


@dataclass(frozen=True)
class Estimate:
    """What is believed of an arm for one person, and the messages it rests on (of today's weight)."""

    opens: Share
    answers: Share  # of those who opened
    person: Tally
    group: Tally
    everyone: Tally

    @property
    def share(self) -> float:
        """Of messages that are answered."""
        return self.opens.belief.mean * self.answers.belief.mean


@dataclass(frozen=True)
class _Levels:
    """Counters of today's weight. Each level without what the next one holds, so that nothing is believed twice."""

    known: Known
    scale: float  # to today's weight
    tuning: Tuning

    def estimate(self, arm: Arm, people: int) -> Estimate:
        everyone, group = (self._today(level.get(arm, _NONE)) for level in (self.known.everyone, self.known.group))
        person, near = self._person(arm)
        others, alike, tuning = everyone.plus(group, -1), group.plus(person, -1), self.tuning
        opens = self._shared(tuning.opens, (others.opened, others.sent), (alike.opened, alike.sent))
        answers = self._shared(tuning.answers, (others.answered, others.opened), (alike.answered, alike.opened))
        return Estimate(
            Share(opens, people, near.opened, near.sent),
            Share(answers, people, near.answered, near.opened),
            person,
            group,
            everyone,
        )

    def _shared(self, usual: float, others: tuple[float, float], alike: tuple[float, float]) -> Belief:
        return Belief(usual, self.tuning.first).after(*others).of_one_among(self.tuning.groups).after(*alike)

    def _today(self, tally: Tally) -> Tally:
        return _NONE.plus(tally, self.scale)

    def _person(self, arm: Arm) -> tuple[Tally, Tally]:
        """The person's counters of the arm, and these with what other arms say about it."""
        own = near = self._today(self.known.person.get(arm, _NONE))
        for other, tally in self.known.person.items():
            weight = self.tuning.same_channel * (other.channel is arm.channel) + self.tuning.same_slot * (other.slot == arm.slot)
            if other != arm and weight:
                near = near.plus(tally, weight * self.scale)
        return own, near


def estimates(arms: Iterable[Arm], known: Known, now: datetime, tuning: Tuning = USUAL) -> dict[Arm, Estimate]:
    """What is believed of these arms for the person."""
    levels = _Levels(known, 1 / forward(now, tuning.half_life), tuning)
    people = likeness(known.likeness, tuning.people)
    return {arm: levels.estimate(arm, people) for arm in arms}


def choose(options: Sequence[Option], known: Known, now: datetime, random: Random, tuning: Tuning = USUAL) -> Choice:
    """One of the options by Thompson sampling: the one that would be answered most, were a draw of what is believed the truth."""
    arms = {option: arm_of(option) for option in options}
    believed = estimates(sorted(set(arms.values())), known, now, tuning)
    drawn = {arm: e.opens.drawn(random, tuning.calm) * e.answers.drawn(random, tuning.calm) for arm, e in believed.items()}
    option = max(options, key=lambda o: drawn[arms[o]])
    return Choice(option, explained(arms[option], believed))


def chooser(known: Known | None, now: datetime, random: Random, tuning: Tuning = USUAL) -> Chooser:
    """The plan's chooser for a person; None for who asked not to be profiled, of whom nothing is read and no trial is kept."""
    if known is None:
        return in_order
    return lambda options: choose(options, known, now, random, tuning)


# ── explaining ────────────────────────────────────────────────────────────────────────────────────────────────────────

_LEVELS = (("本人", "person"), ("同类人群", "group"), ("全体", "everyone"))


def explained(arm: Arm, believed: Mapping[Arm, Estimate]) -> str:
    """In plain words: what is expected, the counts it rests on, and that it is an attempt where another one promises more."""
    estimate, best = believed[arm], max(believed, key=lambda a: (believed[a].share, a == arm))
    share = estimate.opens.belief.mean
    words = f"{told(arm)}：估计{share:.0%}的人会打开，{estimate.share:.0%}会答复（依据：{_rests_on(estimate)}）"
    return words if arm == best else f"{words}；目前估计{told(best)}更好，本次用于了解是否仍然如此"


def told(arm: Arm) -> str:
    """The arm's name."""
    return f"{CHANNEL_NAMES[arm.channel]}，{_PARTS[arm.slot]}"


_PARTS = {8: "上午8点", 10: "上午10点", 12: "中午12点", 14: "下午2点", 16: "下午4点", 18: "晚上6点"}


def _rests_on(estimate: Estimate) -> str:
    rows = [(name, getattr(estimate, level)) for name, level in _LEVELS]
    told_rows = [f"{name}约{t.sent:.0f}次，打开{t.opened:.0f}次，答复{t.answered:.0f}次" for name, t in rows if t.sent >= 0.5]
    return "；".join(told_rows) or "尚无发送记录，按一般经验"
