"""The outreach plan of one person over all items: who is messaged when over which channel, who waits, who is called by telephone.

Pure decisions; each tells its reason in plain words. What it prefers among what is allowed is the business of a chooser that is handed in:
`in_order` here, or `wugan.outreach.behaviour`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from zlib import crc32

from wugan.clock import BEIJING
from wugan.errors import InvalidInput
from wugan.items.model import Channel
from wugan.outreach.plan import CHANNEL_NAMES
from wugan.outreach.quiet import Quiet

SLOTS = (8, 10, 12, 14, 16, 18)  # hours at which a part of the day begins, Beijing time; the last lasts until the first
HORIZON = timedelta(days=1)  # a preferred hour is waited for at most so long
_PAUSE = timedelta(minutes=10)  # between a message and what could not go with it
_CAP = re.compile(r"([1-9]\d{0,2})/([1-9]\d{0,2})d")


@dataclass(frozen=True)
class Cap:
    """At most so many messages to one person, over all items, in any span of so many days."""

    most: int
    days: int

    def next_allowed(self, taken: Sequence[datetime], at: datetime) -> datetime:
        """The first moment from `at` on at which one more message keeps the cap; `taken` ascends and is past."""
        if len(taken) < self.most:
            return at
        return max(at, taken[-self.most] + timedelta(days=self.days))


def parse_caps(text: str, field: str = "caps") -> tuple[Cap, ...]:
    """As written in a setting, `1/1d 3/7d`. Raises InvalidInput naming the field."""
    found = [_CAP.fullmatch(part) for part in text.split()]
    if not found or None in found:
        raise InvalidInput(f"{text!r} is no list of caps; write messages per days, like 1/1d 3/7d", field=field)
    return tuple(Cap(int(m[1]), int(m[2])) for m in found if m)


@dataclass(frozen=True)
class Rules:
    """What binds every message of a jurisdiction."""

    quiet: Quiet = field(default_factory=Quiet)
    caps: tuple[Cap, ...] = (Cap(1, 1), Cap(3, 7))
    gather: timedelta = timedelta(days=1)  # what is due within this time goes along with a message
    together: int = 3  # items in one message at most


@dataclass(frozen=True)
class Sent:
    """A message that was handed over. One that is known not to have arrived bothered nobody and is no part of a cap."""

    at: datetime
    failed: bool = False


@dataclass(frozen=True)
class Person:
    """What the plan knows of a person: no name, no address."""

    reached: frozenset[Channel]  # channels with an address on file
    opted_out: frozenset[Channel] = frozenset()
    sent: tuple[Sent, ...] = ()  # over all items, at least those of the longest cap


@dataclass(frozen=True)
class Option:
    """A channel at a moment."""

    channel: Channel
    at: datetime


@dataclass(frozen=True)
class Choice:
    """An option, and why it."""

    option: Option
    reason: str


Chooser = Callable[[Sequence[Option]], Choice]
"""Chooses among allowed options, of which there is at least one; they stand in the item's order of channels, each in order of time."""


@dataclass(frozen=True)
class Prompt:
    """One case's prompt that waits to go out, and where it stands on its ladder."""

    id: str
    channels: tuple[Channel, ...]  # the item's, in its order
    rungs: tuple[datetime, ...]  # of the first prompt and the reminders; they ascend
    ends: datetime  # from then on nobody is messaged about it
    rung: int = 0  # the one that goes out next
    tried: frozenset[Channel] = frozenset()  # channels that failed on this rung
    planned: Option | None = None  # what an earlier decision waits for

    @property
    def climbed(self) -> bool:
        """Whether all rungs went out."""
        return self.rung >= len(self.rungs)

    @property
    def due(self) -> datetime:
        """When its next rung, or its end, comes."""
        return self.ends if self.climbed else self.rungs[self.rung]

    def went_out(self, at: datetime) -> Prompt:
        """After a message was handed over that is not known to have failed. Rungs that it was too late for are not caught up on."""
        passed = sum(rung <= at for rung in self.rungs)
        return replace(self, rung=max(self.rung + 1, passed), tried=frozenset(), planned=None)

    def failed(self, channel: Channel) -> Prompt:
        """After a message that did not arrive: the same rung goes over another channel."""
        return replace(self, tried=self.tried | {channel}, planned=None)


@dataclass(frozen=True)
class Send:
    """Send one message now, about all these prompts."""

    prompts: tuple[str, ...]
    reason: str
    channel: Channel


@dataclass(frozen=True)
class Wait:
    """Decide again at `until`; `planned` is kept with the prompts until then."""

    prompts: tuple[str, ...]
    reason: str
    until: datetime
    planned: Option | None = None


@dataclass(frozen=True)
class Call:
    """Messages cannot help any more: an official calls."""

    prompts: tuple[str, ...]
    reason: str


Decision = Send | Wait | Call


def in_order(options: Sequence[Option]) -> Choice:
    """The item's first channel at the first moment: for who asked not to be profiled (PIPL art. 24), and where nothing is known."""
    option = options[0]
    return Choice(option, f"{CHANNEL_NAMES[option.channel]}：按事项规定的固定顺序，不使用个人习惯")


def silence(prompts: int, until: datetime) -> str:
    """Why an official calls: so many prompts and reminders were not answered by then."""
    return f"提示和提醒共{prompts}次，至{_told(until)}未得到答复，转电话联系"


def slot_of(at: datetime) -> int:
    """The part of the day a moment lies in, as the hour at which it begins."""
    hour = at.astimezone(BEIJING).hour
    return max((s for s in SLOTS if s <= hour), default=SLOTS[-1])


def decide(person: Person, prompts: Iterable[Prompt], rules: Rules, now: datetime, choose: Chooser = in_order) -> list[Decision]:
    """What happens next to each prompt of one person. Each is in exactly one decision, and at most one decision sends."""
    urgent = sorted(prompts, key=lambda p: (p.ends, p.id))
    calls = {p.id: why for p in urgent if (why := _beyond(p, person, rules, now))}
    left = [p for p in urgent if p.id not in calls]
    due = [p for p in left if p.due <= now]
    later: list[Decision] = [Wait((p.id,), _early(p), p.due) for p in left if p.due > now]
    decisions: list[Decision] = [Call((case,), why) for case, why in calls.items()]
    if not due:
        return decisions + later
    decided = _due(person, due, [p for p in left if p.due > now], rules, now, choose)
    taken = {case for decision in decided for case in decision.prompts}
    return decisions + decided + [w for w in later if not taken & set(w.prompts)]


def _beyond(prompt: Prompt, person: Person, rules: Rules, now: datetime) -> str | None:
    """Why messages cannot help this prompt any more."""
    if prompt.climbed:
        return silence(len(prompt.rungs), prompt.ends) if now >= prompt.ends else None
    if not _channels(prompt, person):
        return f"{_why_no_channel(prompt, person)}，转电话联系"
    free = _free_at(person, rules, max(now, prompt.due))
    if free >= prompt.ends:
        return f"最早{_told(free)}才可发送，已到截止时间{_told(prompt.ends)}，转电话联系"
    return None


def _channels(prompt: Prompt, person: Person) -> list[Channel]:
    return [c for c in prompt.channels if c in person.reached and c not in person.opted_out and c not in prompt.tried]


def _why_no_channel(prompt: Prompt, person: Person) -> str:
    reached = [c for c in prompt.channels if c in person.reached]
    if not reached:
        return "登记库中没有可用的联系方式"
    if all(c in person.opted_out for c in reached):
        return f"本人已退订{_listed(reached)}"
    return f"{_listed(c for c in reached if c in prompt.tried)}均未送达"


def _free_at(person: Person, rules: Rules, at: datetime) -> datetime:
    """The first moment from `at` on that quiet hours and all caps allow."""
    taken = sorted(sent.at for sent in person.sent if not sent.failed)
    for cap in rules.caps:
        at = cap.next_allowed(taken, at)
    return rules.quiet.next_allowed(at)  # later keeps a cap, too


def _due(person: Person, due: list[Prompt], soon: list[Prompt], rules: Rules, now: datetime, choose: Chooser) -> list[Decision]:
    """The decisions about what is due, most urgent first; `soon` may go along."""
    lead, cases = due[0], tuple(p.id for p in due)
    free = _free_at(person, rules, now)
    if free > now:
        return [Wait(cases, _held(person, rules, now, free), free, lead.planned)]
    standing = _standing(due)
    if standing and now < standing.at < lead.ends:
        return [Wait(cases, f"已安排在{_told(standing.at)}合并发出", standing.at, standing)]
    choice = _choice(person, lead, standing, rules, now, choose)
    if choice.option.at > now:
        return [Wait(cases, choice.reason, choice.option.at, choice.option)]
    return _sent(person, due, soon, rules, now, choice)


def _standing(due: Iterable[Prompt]) -> Option | None:
    """The first moment that is waited for already. Nothing is put off a second time, so that waiting ends."""
    return min((p.planned for p in due if p.planned), key=lambda option: option.at, default=None)


def _choice(person: Person, lead: Prompt, standing: Option | None, rules: Rules, now: datetime, choose: Chooser) -> Choice:
    channels = _channels(lead, person)
    if standing and standing.at <= now and standing.channel in channels:
        return Choice(Option(standing.channel, now), f"{CHANNEL_NAMES[standing.channel]}：按已定的安排")
    moments = [now] if standing else [now, *_moments(person, lead, rules, now)]
    return choose([Option(channel, at) for channel in channels for at in moments])


def _moments(person: Person, lead: Prompt, rules: Rules, now: datetime) -> list[datetime]:
    """A moment in each other part of the day that begins within the horizon, at the prompt's own minute so that not all go at once."""
    today = now.astimezone(BEIJING).date()
    minute = crc32(lead.id.encode()) % 60
    starts = [datetime.combine(today + timedelta(days=d), time(hour, minute), BEIJING) for d in (0, 1) for hour in SLOTS]
    horizon = min(now + HORIZON, lead.ends)
    return [at for at in starts if now < at < horizon and slot_of(at) != slot_of(now) and _free_at(person, rules, at) == at]


def _sent(person: Person, due: list[Prompt], soon: list[Prompt], rules: Rules, now: datetime, choice: Choice) -> list[Decision]:
    """One message with all that may go with it; the rest of what is due waits for the next."""
    channel = choice.option.channel
    ready = [*due, *(p for p in soon if not p.climbed and p.due - now <= rules.gather)]
    cases = tuple(p.id for p in ready if channel in _channels(p, person))[: rules.together]
    merged = f"；{len(cases)}件事项合并为一条" if len(cases) > 1 else ""
    decided: list[Decision] = [Send(cases, f"{_position(due[0])}，{choice.reason}{merged}", channel)]
    rest = tuple(p.id for p in due if p.id not in cases)
    if rest:
        after = replace(person, sent=(*person.sent, Sent(now)))
        free = _free_at(after, rules, now + _PAUSE)
        decided.append(Wait(rest, f"本次消息容不下或不走{CHANNEL_NAMES[channel]}，最早{_told(free)}另发", free))
    return decided


def _early(prompt: Prompt) -> str:
    if prompt.climbed:
        return f"提示和提醒共{len(prompt.rungs)}次已发出，等待答复至{_told(prompt.ends)}"
    return f"{_position(prompt)}定于{_told(prompt.due)}"


def _held(person: Person, rules: Rules, now: datetime, free: datetime) -> str:
    if rules.quiet.covers(now):
        return f"现在是免打扰时段（{rules.quiet}），最早{_told(free)}发送"
    counted = [sent.at for sent in person.sent if not sent.failed]
    full = [cap for cap in rules.caps if sum(at > now - timedelta(days=cap.days) for at in counted) >= cap.most]
    limits = "、".join(f"{cap.days}天内最多{cap.most}条" for cap in full)
    return f"已达到消息上限（{limits}），最早{_told(free)}发送"


def _position(prompt: Prompt) -> str:
    """Where on the ladder, for people."""
    return "首次提示" if prompt.rung == 0 else f"第{prompt.rung}次提醒（共{len(prompt.rungs) - 1}次）"


def _told(at: datetime) -> str:
    local = at.astimezone(BEIJING)
    return f"{local.month}月{local.day}日{local:%H:%M}"


def _listed(channels: Iterable[Channel]) -> str:
    return "、".join(CHANNEL_NAMES[c] for c in channels)
