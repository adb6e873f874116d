"""Simulated people with known habits, and what outreach policies get out of them. No real person is in it.

Each person has matters now and then; each matter is prompted at day 0, 3 and 7 until it is answered. What a policy learns from is worse
than the truth: openings are missed, link scanners open text messages, answers come late, receipts get lost.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Protocol

from wugan.clock import BEIJING
from wugan.items.model import Channel
from wugan.outreach import behaviour
from wugan.outreach.behaviour import ANSWER_TIME, Arm, Counts, Group, Holder, Known, Role, Trial, arm_of
from wugan.outreach.schedule import SLOTS, Option

BEGIN = datetime(2026, 1, 5, tzinfo=BEIJING)
DAYS = 720
MONTH = 30
RUNGS = (0, 3, 7)  # days after the first prompt
CHANNELS = (Channel.WECHAT, Channel.APP, Channel.SMS)
ARMS = tuple(Arm(channel, slot) for channel in CHANNELS for slot in SLOTS)
MISSED = 0.15  # openings nobody saw
SCANNED = 0.05  # text messages whose link a scanner opened
LOST = 0.02  # messages that never arrive, without a receipt
Rates = Mapping[Arm, float]  # share of messages that are opened


@dataclass(frozen=True)
class Resident:
    """One simulated person."""

    group: Group
    opens: Rates
    later: Rates | None  # from the middle of the time on; None: as ever
    answers: float  # of what is opened

    def rates(self, day: float) -> Rates:
        return self.later if self.later and day >= DAYS / 2 else self.opens


@dataclass(frozen=True)
class Population:
    """How residents are made, and how often something is due to each."""

    name: str
    what: str
    make: Callable[[Random], Resident]
    every: float  # days between matters, on average
    size: int = 100


@dataclass(frozen=True)
class Turn:
    """What a policy is asked: a message to whom, which options are allowed, which rung of the ladder this is."""

    who: int
    resident: Resident
    options: Sequence[Option]
    rung: int
    now: datetime


class Policy(Protocol):
    """Chooses, and is told."""

    def choose(self, turn: Turn) -> Option: ...

    def learn(self, who: int, resident: Resident, trial: Trial, now: datetime) -> None: ...


@dataclass
class Outcome:
    """What a policy got out of a population."""

    matters: int = 0
    answered: int = 0
    messages: int = 0
    regret: list[float] = field(default_factory=lambda: [0.0] * (DAYS // MONTH))  # expected answers forgone, by month
    due: list[int] = field(default_factory=lambda: [0] * (DAYS // MONTH))  # matters, by the month they began in
    done: list[int] = field(default_factory=lambda: [0] * (DAYS // MONTH))  # of these answered

    @property
    def share(self) -> float:
        """Of matters that are answered."""
        return self.answered / self.matters

    @property
    def cost(self) -> float:
        """Messages for each answer."""
        return self.messages / max(1, self.answered)


# ── people ────────────────────────────────────────────────────────────────────────────────────────────────────────────

GROUPS = (
    Group(Holder.ENTERPRISE, Role.HANDLER),
    Group(Holder.ENTERPRISE, Role.REPRESENTATIVE),
    Group(Holder.SELF_EMPLOYED, Role.REPRESENTATIVE),
    Group(Holder.ORGANISATION, Role.HANDLER),
)


def _rates(base: float, likes: Mapping[Channel | int, float]) -> dict[Arm, float]:
    """Shares from log odds: a base and what is added for channels and hours."""
    return {arm: _share(base + likes.get(arm.channel, 0) + likes.get(arm.slot, 0)) for arm in ARMS}


def _share(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))


def _own(random: Random, channel: float, slot: float) -> dict[Channel | int, float]:
    """What one person likes, by chance."""
    return {**{c: random.gauss(0, channel) for c in CHANNELS}, **{s: random.gauss(0, slot) for s in SLOTS}}


def _sum(*parts: Mapping[Channel | int, float]) -> dict[Channel | int, float]:
    return {key: sum(part.get(key, 0) for part in parts) for key in (*CHANNELS, *SLOTS)}


_USUAL: dict[Channel | int, float] = {Channel.APP: -0.6, Channel.SMS: 0.6, 8: -0.4, 10: 0.3, 18: 0.5}
_LATER: dict[Channel | int, float] = {Channel.WECHAT: 0.8, Channel.APP: 0.2, Channel.SMS: -0.6, 8: 0.4, 14: 0.5, 18: -0.5}
_LIKES: Mapping[Group, dict[Channel | int, float]] = {
    GROUPS[0]: {Channel.WECHAT: 0.8, 10: 0.8, 18: -0.8},
    GROUPS[1]: {Channel.SMS: 1.0, 18: 0.8},
    GROUPS[2]: {Channel.SMS: 0.8, 12: 1.0, 10: -0.6},
    GROUPS[3]: {Channel.APP: 1.0, 14: 0.8},
}


def _resident(random: Random, likes: Mapping[Channel | int, float], later: Mapping[Channel | int, float] | None = None) -> Resident:
    answers = min(0.9, max(0.2, random.gauss(0.55, 0.1)))
    return Resident(random.choice(GROUPS), _rates(-1, likes), _rates(-1, later) if later else None, answers)


def _alike(random: Random) -> Resident:
    return _resident(random, _sum(_USUAL, _own(random, 0.3, 0.1)))


def _same(random: Random) -> Resident:
    return _resident(random, {})


def _grouped(random: Random) -> Resident:
    group, own = random.choice(GROUPS), _own(random, 0.3, 0.1)
    return Resident(group, _rates(-1, _sum(_LIKES[group], own)), None, 0.55)


def _drifting(random: Random) -> Resident:
    own = _own(random, 0.3, 0.1)
    return _resident(random, _sum(_USUAL, own), _sum(_LATER, own))


def _personal(random: Random) -> Resident:
    return _resident(random, _own(random, 1.0, 0.6))


def _lucky(random: Random) -> Resident:
    return _resident(random, _sum({Channel.WECHAT: 0.6, 8: 0.5}, _own(random, 0.2, 0.1)))


POPULATIONS = (
    Population("alike", "all like text messages and evenings, a little differently", _alike, 60),
    Population("subgroups", "four groups with different habits", _grouped, 60),
    Population("personal", "each has strong habits of their own, a matter a month", _personal, 30),
    Population("drifting", "alike, and habits turn round after a year", _drifting, 60),
    Population("sparse", "each has strong habits of their own, but a matter only every 300 days", _personal, 300),
    Population("nothing", "no channel and no hour is better: nothing to learn", _same, 60),
    Population("lucky", "the fixed order happens to be best", _lucky, 60),
)


# ── policies ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class Deaf:
    """Learns nothing."""

    def learn(self, who: int, resident: Resident, trial: Trial, now: datetime) -> None:
        pass


class Fixed(Deaf):
    """The item's first channel as soon as it is allowed: what is done without a model, and for who asks not to be profiled."""

    def choose(self, turn: Turn) -> Option:
        return turn.options[0]


class Rotating(Deaf):
    """As fixed, but each reminder goes over the next channel."""

    def choose(self, turn: Turn) -> Option:
        return next(o for o in turn.options if o.channel is CHANNELS[turn.rung % len(CHANNELS)])


@dataclass
class Chance(Deaf):
    """Any option."""

    random: Random

    def choose(self, turn: Turn) -> Option:
        return self.random.choice(turn.options)


class Oracle(Deaf):
    """Knows each person's habits: what nobody can beat with single messages."""

    def choose(self, turn: Turn) -> Option:
        rates = turn.resident.rates((turn.now - BEGIN).days)
        return max(turn.options, key=lambda o: rates[arm_of(o)])


@dataclass
class Model:
    """The behaviour model, with its three levels of counters in memory."""

    random: Random
    tuning: behaviour.Tuning = behaviour.USUAL
    everyone: Counts = field(default_factory=dict)
    groups: dict[Group, Counts] = field(default_factory=dict)
    people: dict[int, Counts] = field(default_factory=dict)
    likeness: dict[int, float] = field(default_factory=dict)

    def choose(self, turn: Turn) -> Option:
        known = self._known(turn.who, turn.resident)
        return behaviour.choose(turn.options, known, turn.now, self.random, self.tuning).option

    def learn(self, who: int, resident: Resident, trial: Trial, now: datetime) -> None:
        seen = behaviour.counted(trial, now, self.tuning)
        if seen:
            for people, score in behaviour.foretold(self._known(who, resident), *seen, trial.option.at, self.tuning).items():
                self.likeness[people] = self.likeness.get(people, 0.0) + score
            self.everyone = behaviour.added(self.everyone, *seen)
            self.groups[resident.group] = behaviour.added(self.groups.get(resident.group, {}), *seen)
            self.people[who] = behaviour.added(self.people.get(who, {}), *seen)

    def _known(self, who: int, resident: Resident) -> Known:
        return Known(self.everyone, self.groups.get(resident.group, {}), self.people.get(who, {}), self.likeness)


POLICIES: Mapping[str, Callable[[Random], Policy]] = {
    "model": Model,
    "fixed": lambda _: Fixed(),
    "rotating": lambda _: Rotating(),
    "random": Chance,
    "oracle": lambda _: Oracle(),
}


# ── playing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class _Matter:
    who: int
    began: float  # in days
    rung: int = 0
    answered_at: datetime | None = None


def play(population: Population, policy: Policy, seed: int) -> Outcome:
    """Two years of a population under a policy. The same seed makes the same people and matters for every policy."""
    made = Random(f"{population.name} {seed}")
    residents = [population.make(made) for _ in range(population.size)]
    matters = [_Matter(who, day) for who in range(population.size) for day in _days(made, population.every)]
    luck, outcome = Random(f"luck {population.name} {seed}"), Outcome(matters=len(matters))
    agenda = [(matter.began, number) for number, matter in enumerate(matters)]
    heapq.heapify(agenda)
    waiting: deque[tuple[datetime, int, Trial]] = deque()
    while agenda:
        day, number = heapq.heappop(agenda)
        matter, now = matters[number], BEGIN + timedelta(days=day, hours=SLOTS[0])
        resident = residents[matter.who]
        while waiting and waiting[0][0] <= now:
            _, who, trial = waiting.popleft()
            policy.learn(who, residents[who], trial, now)
        if matter.answered_at and matter.answered_at <= now:
            continue
        option = policy.choose(Turn(matter.who, resident, _options(now), matter.rung, now))
        trial, answered_at = _fate(resident, option, day, luck)
        waiting.append((now + timedelta(days=1) + ANSWER_TIME, matter.who, trial))
        if answered_at and (matter.answered_at is None or answered_at < matter.answered_at):
            matter.answered_at = answered_at
        _note(outcome, resident, option, day)
        matter.rung += 1
        if matter.rung < len(RUNGS):
            heapq.heappush(agenda, (matter.began + RUNGS[matter.rung], number))
    for matter in matters:
        month = int(matter.began) // MONTH
        outcome.due[month] += 1
        outcome.done[month] += matter.answered_at is not None
    outcome.answered = sum(outcome.done)
    return outcome


def _days(random: Random, every: float) -> list[float]:
    """When matters begin: by chance, and early enough for the last reminder. Whole days."""
    days, day = [], random.expovariate(1 / every)
    while day < DAYS - RUNGS[-1] - 1:
        days.append(float(int(day)))
        day += random.expovariate(1 / every)
    return days


def _options(now: datetime) -> list[Option]:
    """What the plan allows on a morning at eight: every channel, now and in all later parts of the day."""
    return [Option(channel, now.replace(hour=slot)) for channel in CHANNELS for slot in SLOTS]


def _fate(resident: Resident, option: Option, day: float, luck: Random) -> tuple[Trial, datetime | None]:
    """What is seen of a message, and when it is truly answered."""
    rates = resident.rates(day)
    arrives, opens, answers, missed, scanned = (luck.random() for _ in range(5))
    opened_at = option.at + timedelta(hours=luck.expovariate(1 / 6))
    answered_at = opened_at + timedelta(hours=luck.expovariate(1 / 12))
    if arrives < LOST:
        return Trial(option), None
    opened = opens < rates[arm_of(option)]
    answered = opened and answers < resident.answers
    seen = (opened and missed >= MISSED) or (option.channel is Channel.SMS and scanned < SCANNED)
    return Trial(option, False, opened_at if seen else None, answered_at if answered else None), answered_at if answered else None


def _note(outcome: Outcome, resident: Resident, option: Option, day: float) -> None:
    rates = resident.rates(day)
    outcome.messages += 1
    outcome.regret[int(day) // MONTH] += (max(rates.values()) - rates[arm_of(option)]) * resident.answers * (1 - LOST)
