"""How the vendors behave: chances drawn from a seed and the id, and rules for single cases, people or items.

A draw is a hash of (seed, what, id), never a global random number: the same id behaves the same in every run. A rule is
found by `match`: the beginning of an effect id (a case id matches all of the case), or exactly an address, a mobile number,
an identity number, a credit code or an item code. The newest rule that says something about the point wins over chance.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date
from threading import Lock
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from infra.sandbox.vendors.settings import Accounts

Fault = Literal["error_before", "error_after", "malformed", "slow"]
MessagePlan = Literal["delivered", "undelivered", "silent", "refused"]
IdentityPlan = Literal["fail", "fail_once", "refused"]
ParcelEnd = Literal["arrive", "stall", "refused", "locker", "signed_by_other", "lost"]
CourierRule = Literal[ParcelEnd, "fail_pickup", "fail_pickup_once", "return_delivery", "return_delivery_once"]
ParcelPlan = Literal[ParcelEnd, "not_collected", "returned"]
DecisionPlan = Literal["approve", "correction", "reject", "silent", "refused"]
CallbackFault = Literal["repeat", "reorder", "lose"]

Chance = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=86400)]


class Strict(BaseModel):
    """Frozen, and no field that the model does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Chances(Strict):
    """Probabilities, drawn for each request (faults), effect (plans) or callback."""

    error_before: Chance = 0  # 503, nothing done
    error_after: Chance = 0  # done, then 503
    malformed: Chance = 0  # done, then an answer that is no JSON
    slow: Chance = 0  # done, then an answer after `delays.slow`
    undelivered: Chance = 0
    pickup_fails: Chance = 0  # the courier does not get the old certificate
    delivery_returned: Chance = 0  # collected, then brought back
    correction: Chance = 0  # only a case's first application
    reject: Chance = 0
    callback_repeat: Chance = 0
    callback_reorder: Chance = 0  # of a parcel: "collected" is told after the next state; of others: late
    callback_loss: Chance = 0  # never a department's: it repeats until it is acknowledged, and cannot be queried

    @model_validator(mode="after")
    def _exclusive(self) -> Chances:
        if self.error_before + self.error_after + self.malformed + self.slow > 1:
            raise ValueError("error_before, error_after, malformed and slow exclude each other: their sum may not exceed 1")
        if self.correction + self.reject > 1:
            raise ValueError("correction and reject exclude each other: their sum may not exceed 1")
        return self


class Delays(Strict):
    """Seconds of real time."""

    receipt: Seconds = 0.1  # from a message to its receipt
    collect: Seconds = 1.0  # from a courier's order to its collection
    arrive: Seconds = 1.0  # from collection to arrival or return
    decide: Seconds = 1.0  # from an application to the decision
    slow: Seconds = 10.0  # how long a slow answer takes
    repeat: Seconds = 0.2  # from a callback's acknowledgement to its repetition
    late: Seconds = 1.0  # by how much a callback that is overtaken comes later
    batch: Seconds = 0.1  # how long a vendor collects receipts before it pushes them


class Retry(Strict):
    """Callbacks that the target does not take (5xx, 429, unreachable): seconds before each of the first tries, then a period."""

    first: tuple[Seconds, ...] = (0.2, 0.5, 1.0)
    every: Annotated[float, Field(gt=0)] = 3.0
    give_up: Seconds = 900.0
    timeout: Annotated[float, Field(gt=0)] = 20.0


class Rule(Strict):
    """What happens to those that match; what is left out is left to older rules and to chance."""

    match: Annotated[str, Field(max_length=100)]
    channel: MessagePlan | None = None  # every channel
    wechat: MessagePlan | None = None  # one channel; wins over `channel`
    app: MessagePlan | None = None
    sms: MessagePlan | None = None
    identity: IdentityPlan | None = None
    courier: CourierRule | None = None
    department: DecisionPlan | None = None
    fault: Fault | None = None
    times: Annotated[int, Field(ge=1)] = 1  # how many requests under each id meet `fault`
    callbacks: tuple[CallbackFault, ...] | None = None


class Config(Strict):
    """The sandbox's configuration file. The accounts' secrets are made by whoever starts it and never committed."""

    seed: int = 0
    today: date | None = None  # the day new certificates begin; the system's when left out
    valid_years: Annotated[int, Field(ge=1, le=30)] = 5
    delays: Delays = Delays()
    chances: Chances = Chances()
    retry: Retry = Retry()
    rules: tuple[Rule, ...] = ()
    pickup_times: bool = True  # couriers refuse a time of collection that is past; off where the customer's days pass faster than ours
    vendors: Accounts = Accounts()


class Script:
    """Answers what is to happen to an id. Safe to use from several threads."""

    def __init__(self, config: Config) -> None:
        self._seed = config.seed
        self._chances = config.chances
        self._configured = config.rules
        self._rules = list(config.rules)
        self._met: Counter[tuple[Any, ...]] = Counter()
        self._lock = Lock()

    def add(self, rule: Rule) -> int:
        """Add a rule, which wins over all earlier ones; returns how many there are."""
        with self._lock:
            self._rules.append(rule)
            return len(self._rules)

    def reset(self) -> None:
        """Back to the configured rules."""
        with self._lock:
            self._rules = list(self._configured)
            self._met.clear()

    def fault(self, operation: str, id: str) -> Fault | None:
        """The fault that this request meets; by chance, the next request for the same is drawn anew."""
        with self._lock:
            self._met[operation, id] += 1
            for place, rule in reversed(list(enumerate(self._rules))):
                if rule.fault and id.startswith(rule.match):
                    self._met[place, id] += 1
                    return rule.fault if self._met[place, id] <= rule.times else None
            drawn = self._draw(f"fault {operation} {self._met[operation, id]}", id)
        picked: Fault | None = self._pick(drawn, "error_before", "error_after", "malformed", "slow")
        return picked

    def message(self, channel: str, id: str, address: str) -> MessagePlan:
        """What becomes of a message."""
        told: MessagePlan | None = self._told(channel, id, address) or self._told("channel", id, address)
        return told or ("undelivered" if self._hits("undelivered", id) else "delivered")

    def identity(self, id: str, *, first: bool, person: str) -> Literal["refused", "fail", "honest"]:
        """What becomes of an identity check; honest follows the person's own button or code. `first` of its case."""
        told: IdentityPlan | None = self._told("identity", id, person)
        if told == "fail_once":
            return "fail" if first else "honest"
        return told or "honest"

    def parcel(self, id: str, kind: str, *, first: bool, mobiles: tuple[str, ...]) -> ParcelPlan:
        """What becomes of a parcel. `first`: no earlier parcel of this kind in its case."""
        told: CourierRule | None = self._told("courier", id, *mobiles)
        end: ParcelEnd | None = told if told in get_args(ParcelEnd) else None  # type: ignore[assignment]
        if end:
            return end
        if kind == "pickup":
            return "not_collected" if self._parcel_fails(told, "fail_pickup", "pickup_fails", id, first=first) else "arrive"
        if kind == "delivery":
            return "returned" if self._parcel_fails(told, "return_delivery", "delivery_returned", id, first=first) else "arrive"
        return "arrive"

    def decision(self, id: str, *, corrected: bool, keys: tuple[str, ...]) -> DecisionPlan:
        """What a department decides; after a correction it approves, unless it is told to be silent or to refuse."""
        told: DecisionPlan | None = self._told("department", id, *keys)
        if told in ("silent", "refused"):
            return told
        if corrected:
            return "approve"
        return told or self._pick(self._draw("decision", id), "correction", "reject") or "approve"

    def callbacks(self, vendor: str, id: str, name: str) -> frozenset[str]:
        """The faults of one callback; `name` tells the callbacks of one id apart."""
        told: tuple[CallbackFault, ...] | None = self._told("callbacks", id)
        if told is not None:
            return frozenset(told)
        key = f"{id} {name}"
        drawn = {"repeat": self._hits("callback_repeat", key), "reorder": self._hits("callback_reorder", id)}
        drawn["lose"] = vendor != "department" and self._hits("callback_loss", key)
        return frozenset(fault for fault, hit in drawn.items() if hit)

    def _told(self, point: str, id: str, *keys: str) -> Any:
        with self._lock:
            for rule in reversed(self._rules):
                said = getattr(rule, point)
                if said is not None and (id.startswith(rule.match) or rule.match in keys):
                    return said
        return None

    def _parcel_fails(self, told: str | None, rule: str, chance: str, id: str, *, first: bool) -> bool:
        if told in (rule, f"{rule}_once"):
            return first or told == rule
        return self._hits(chance, id)

    def _draw(self, what: str, id: str) -> float:
        digest = hashlib.sha256(f"{self._seed}\n{what}\n{id}".encode()).digest()
        return int.from_bytes(digest[:7]) / 2**56

    def _hits(self, chance: str, id: str) -> bool:
        return self._draw(chance, id) < float(getattr(self._chances, chance))

    def _pick(self, drawn: float, *chances: str) -> Any:
        for chance in chances:
            drawn -= getattr(self._chances, chance)
            if drawn < 0:
                return chance
        return None
