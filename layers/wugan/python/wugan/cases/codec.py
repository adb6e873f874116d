"""Heads and events as JSON values, and times as text that sorts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from pydantic import TypeAdapter

from wugan.cases.model import Event, Head
from wugan.cases.queue import Card

_HEAD = TypeAdapter(Head)
_EVENT = TypeAdapter(Event)
_CARD = TypeAdapter(Card)


def head_to_json(head: Head) -> dict[str, Any]:
    """The head as a JSON object."""
    return cast("dict[str, Any]", _HEAD.dump_python(head, mode="json"))


def head_from_json(value: dict[str, Any]) -> Head:
    """The reverse of `head_to_json`."""
    return _HEAD.validate_python(value)


def card_to_json(card: Card) -> dict[str, Any]:
    """The card as a JSON object."""
    return cast("dict[str, Any]", _CARD.dump_python(card, mode="json"))


def card_from_json(value: dict[str, Any]) -> Card:
    """The reverse of `card_to_json`."""
    return _CARD.validate_python(value)


def event_to_json(event: Event) -> dict[str, Any]:
    """The event as a JSON object."""
    return cast("dict[str, Any]", _EVENT.dump_python(event, mode="json"))


def event_from_json(value: dict[str, Any]) -> Event:
    """The reverse of `event_to_json`."""
    return _EVENT.validate_python(value)


def stamp(at: datetime) -> str:
    """ISO 8601 to the microsecond: of one zone, texts sort as times do."""
    return at.isoformat(timespec="microseconds")
