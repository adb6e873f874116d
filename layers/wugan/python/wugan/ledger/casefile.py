"""The proof of one case as one JSON file: its events as far as this reader may see them, each with its proof. Checked offline."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wugan.errors import InvalidInput
from wugan.ledger import leaf, proof
from wugan.ledger.checkpoint import Checkpoint, Cosigned, cosigned, open_checkpoint
from wugan.ledger.leaf import CHAIN_START, Leaf
from wugan.ledger.merkle import Reader, leaf_hash, verify_inclusion
from wugan.ledger.note import Verifier
from wugan.ledger.problem import NotProved
from wugan.ledger.proof import Proof

FORMAT = "wugan-case-proof/1"


@dataclass(frozen=True)
class ShownEvent:
    """One event of a case. `canonical` and `salt` are both there or both not: erased, or not for this reader."""

    seq: int
    leaf: Leaf
    canonical: bytes | None = None
    salt: bytes | None = None


@dataclass(frozen=True)
class VerifiedCase:
    """What was found true: these events, in this order, none left out between them. Later ones may have been left out."""

    case_id: str | None  # None: no event is told, and nothing else says whose entries these are
    checkpoint: Checkpoint
    events: tuple[ShownEvent, ...]
    indexes: tuple[int, ...]
    cosigned: tuple[Cosigned, ...] = ()

    @property
    def told(self) -> int:
        """How many events were proved with their body; of the others only the place is proved."""
        return sum(event.canonical is not None for event in self.events)


def make(case_id: str, events: Sequence[ShownEvent], places: Mapping[int, int], read: Reader, signed: bytes, log: Verifier) -> str:
    """The file. `places`: seq → index in the log; `read` knows the tree of the checkpoint `signed`.

    It names the case only if an event is told: entries by themselves do not say whose they are, and anybody could write another name.
    """
    shown = [_event_to_json(event, proof.make(read, places[event.seq], signed)) for event in events]
    named = case_id if any(event.canonical is not None for event in events) else None
    body = {"format": FORMAT, "log": log.vkey, "case_id": named, "events": shown}
    return json.dumps(body, ensure_ascii=False, indent=1)


def key_of(text: str) -> str:
    """The log's key that the file names: to compare with the one known from elsewhere. Raises InvalidInput."""
    return _text(_object(text), "log")


def verify(text: str, log: Verifier, witnesses: Sequence[Verifier] = (), quorum: int = 0) -> VerifiedCase:
    """Check the file against the log's key as known from elsewhere. Raises NotProved, InvalidInput; `field` names the event."""
    body = _object(text)
    if body.get("format") != FORMAT:
        raise InvalidInput(f"this is no {FORMAT}", field="format")
    case_id, listed = _case_id(body), body.get("events")
    if not isinstance(listed, list) or not listed:
        raise InvalidInput("there are no events", field="events")
    read = [_event_of_json(value, f"events.{number}") for number, value in enumerate(listed, start=1)]
    if (case_id is not None) != any(event.canonical is not None for event, _ in read):
        raise NotProved("a proof names its case if it tells an event of it, and only then", field="case_id")
    found, opened = open_checkpoint(read[0][1].checkpoint, log, witnesses, quorum)
    previous, last = CHAIN_START, -1
    for number, (event, proved) in enumerate(read, start=1):
        _verify_event(case_id, number, event, previous)
        if proved.checkpoint != read[0][1].checkpoint:
            raise NotProved("this proof has another checkpoint than the first", field=f"events.{number}")
        if proved.index <= last:
            raise NotProved("this event is not after the one before it in the log", field=f"events.{number}")
        _verify_place(event, proved, found)
        previous, last = event.leaf.chain, proved.index
    events, indexes = tuple(event for event, _ in read), tuple(proved.index for _, proved in read)
    return VerifiedCase(case_id, found, events, indexes, cosigned(opened, witnesses))


def _verify_event(case_id: str | None, number: int, event: ShownEvent, previous: bytes) -> None:
    field = f"events.{number}"
    if event.seq != number:
        raise NotProved(f"event {number} is missing or out of order", field=field)
    if event.canonical is not None and event.salt is not None:
        said = _object(event.canonical.decode())
        if said.get("case_id") != case_id or said.get("seq") != number:
            raise NotProved("this is an event of another case or place", field=field)
        if leaf.commitment(event.salt, event.canonical) != event.leaf.commitment:
            raise NotProved("the event is not what was committed to", field=field)
    if leaf.chained(previous, event.leaf.commitment) != event.leaf.chain:
        raise NotProved("the event does not follow the one before it", field=field)


def _verify_place(event: ShownEvent, proved: Proof, found: Checkpoint) -> None:
    try:
        verify_inclusion(leaf_hash(event.leaf.entry()), proved.index, found.size, proved.hashes, found.root)
    except NotProved as error:
        raise NotProved(error.detail, field=f"events.{event.seq}") from None


def _event_to_json(event: ShownEvent, proved: Proof) -> dict[str, Any]:
    return {
        "seq": event.seq,
        "event": event.canonical.decode() if event.canonical is not None else None,
        "salt": event.salt.hex() if event.salt is not None else None,
        "commitment": event.leaf.commitment.hex(),
        "chain": event.leaf.chain.hex(),
        "proof": proved.text().decode(),
    }


def _event_of_json(value: object, field: str) -> tuple[ShownEvent, Proof]:
    if not isinstance(value, dict) or type(value.get("seq")) is not int or (value.get("event") is None) != (value.get("salt") is None):
        raise InvalidInput("an event has a number, and both its text and its salt or neither", field=field)
    told = value.get("event") is not None
    event = ShownEvent(
        seq=value["seq"],
        leaf=Leaf(_hex(value, "commitment", 32), _hex(value, "chain", 32)),
        canonical=_bytes(value, "event") if told else None,
        salt=_hex(value, "salt") if told else None,
    )
    return event, proof.parse(_bytes(value, "proof"))


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput("no JSON", field="file") from None
    if not isinstance(value, dict):
        raise InvalidInput("no JSON object", field="file")
    return value


def _case_id(value: dict[str, Any]) -> str | None:
    """As the file says; printable, for it is shown to people."""
    if value.get("case_id") is None:
        return None
    case_id = _text(value, "case_id")
    if not case_id or not case_id.isprintable():
        raise InvalidInput("no id of a case", field="case_id")
    return case_id


def _text(value: dict[str, Any], field: str) -> str:
    found = value.get(field)
    if not isinstance(found, str):
        raise InvalidInput("a text is missing", field=field)
    return found


def _bytes(value: dict[str, Any], field: str) -> bytes:
    try:
        return _text(value, field).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can spell
        raise InvalidInput("no text that UTF-8 can write", field=field) from None


def _hex(value: dict[str, Any], field: str, size: int | None = None) -> bytes:
    found = _text(value, field)
    try:
        data = bytes.fromhex(found)
    except ValueError:
        data = b""
    if data.hex() != found or not data or (size and len(data) != size):
        raise InvalidInput("no hexadecimal number of the right length", field=field)
    return data
