"""Everything the vendors received and did, kept in memory."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Generic, TypeVar

from infra.sandbox.vendors.push import Push


@dataclass(kw_only=True)
class Record:
    """One effect. `times`: how often it was asked for under this id; `altered`: a repeat asked for something else."""

    id: str
    reference: str  # the vendor's own name for it; of a parcel, the waybill
    asked_sha256: str
    at: float  # Unix seconds
    seq: int = 0  # over all shelves
    times: int = 1
    altered: bool = False

    @property
    def case(self) -> str:
        """The case of an effect id `{case}-{kind}-{attempt}`; the whole id when it has no such shape."""
        return self.id.partition("-")[0]

    @property
    def kind(self) -> str:
        """The kind of an effect id."""
        return self.id.partition("-")[2].rpartition("-")[0]


@dataclass(kw_only=True)
class Message(Record):
    """A message."""

    channel: str
    to: str
    text: str
    link: str | None
    status: str = "sent"  # sent | delivered | undelivered
    vendor: str


@dataclass(kw_only=True)
class Face(Record):
    """A face check."""

    name: str
    id_number: str
    return_url: str
    state: str = "open"  # open | passed | failed
    reason: str = ""
    vendor: str
    extra: dict[str, Any] = field(default_factory=dict)  # what this vendor remembers of it


@dataclass(kw_only=True)
class Parcel(Record):
    """A parcel; `beside` are the live parcels of the same kind and case when it was ordered."""

    sender: dict[str, Any]
    receiver: dict[str, Any]
    goods: str
    plan: str
    state: str = "ordered"  # ordered | collected | arrived | failed | cancelled
    beside: list[str] = field(default_factory=list)
    vendor: str
    stops: list[dict[str, Any]] = field(default_factory=list)  # what happened, and when
    extra: dict[str, Any] = field(default_factory=dict)  # what this vendor remembers of it

    @property
    def live(self) -> bool:
        return self.state not in ("failed", "cancelled")


@dataclass(kw_only=True)
class Application(Record):
    """An application; `beside` are the case's others that neither a correction nor a cancellation had ended when it came."""

    case_id: str
    item_code: str
    subject: str
    content_sha256: str
    plan: str
    package: dict[str, Any]
    state: str = "received"  # received | correction | approved | rejected | cancelled
    certificate_no: str | None = None
    beside: list[str] = field(default_factory=list)
    vendor: str = "department"

    @property
    def case(self) -> str:
        return self.case_id


@dataclass(kw_only=True)
class Callback:
    """A message to the target. `tries` are HTTP requests, `copies` how often it is still to be told."""

    id: str
    vendor: str
    effect: str
    body: dict[str, Any]
    at: float
    push: Push = field(repr=False)  # in the vendor's shape
    faults: tuple[str, ...] = ()  # repeat, reorder, lose
    batch: bool = False  # of receipts, each with its own faults
    state: str = "waiting"  # waiting | acknowledged | refused | lost | given_up
    tries: int = 0
    acknowledged: int = 0
    status: int | None = None  # of the last answer
    copies: int = 1
    then: Callback | None = field(default=None, repr=False)  # told after this one

    def last(self) -> Callback:
        """The last of those that are told one after the other, beginning with this one."""
        return self.then.last() if self.then else self

    def row(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("then", "push")}


R = TypeVar("R", bound=Record)


class Shelf(Generic[R]):
    """Records of one kind by id: the same id is the same record."""

    def __init__(self, numbers: Iterator[int]) -> None:
        self._numbers = numbers
        self._by_id: dict[str, R] = {}
        self._by_reference: dict[str, R] = {}
        self._by_case: defaultdict[str, list[R]] = defaultdict(list)

    def receive(self, id: str, asked: Any, make: Callable[[str], R]) -> tuple[R, bool]:
        """The record under `id`, made from the hash of what was asked if it is new, and whether it is a repeat."""
        sha256 = digest(asked)
        if known := self._by_id.get(id):
            known.times += 1
            known.altered |= known.asked_sha256 != sha256
            return known, True
        record = make(sha256)
        record.seq = next(self._numbers)
        self._by_id[id] = self._by_reference[record.reference] = record
        self._by_case[record.case].append(record)
        return record, False

    def get(self, id: str) -> R | None:
        return self._by_id.get(id)

    def find(self, reference: str) -> R | None:
        """The record with this reference."""
        return self._by_reference.get(reference)

    def of_case(self, case: str) -> list[R]:
        """The records of a case, in the order they came."""
        return list(self._by_case.get(case, ()))

    def __iter__(self) -> Iterator[R]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)


class Book:
    """All shelves, and every request in order."""

    def __init__(self) -> None:
        numbers = itertools.count(1)
        self.messages: Shelf[Message] = Shelf(numbers)
        self.faces: Shelf[Face] = Shelf(numbers)
        self.parcels: Shelf[Parcel] = Shelf(numbers)
        self.applications: Shelf[Application] = Shelf(numbers)
        self.requests: list[dict[str, Any]] = []
        self.receipts: list[dict[str, Any]] = []  # of those vendors who send them in batches

    def shelves(self) -> dict[str, Shelf[Any]]:
        """The shelves by the name under which they are read."""
        return {name: shelf for name, shelf in vars(self).items() if isinstance(shelf, Shelf)}

    def rows(self, kind: str, since: int) -> list[dict[str, Any]]:
        """The records of a kind that came after number `since`, as JSON."""
        if kind == "requests":
            return self.requests[since:]
        return [asdict(record) | {"case": record.case, "kind": record.kind} for record in self.shelves()[kind] if record.seq > since]


def digest(value: Any) -> str:
    """SHA-256 of a JSON value, however its keys are ordered."""
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
