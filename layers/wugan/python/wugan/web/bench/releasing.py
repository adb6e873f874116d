"""Publishing, scheduling, cancelling and retiring: each is recorded with who did it."""

from __future__ import annotations

from datetime import date

from wugan.errors import InvalidInput
from wugan.web.bench import simulating
from wugan.web.bench.room import Room
from wugan.web.edge import Answer


def publish(room: Room) -> Answer:
    """Publish what was simulated, at once or from a day on."""
    try:
        starts = _day(room.form.get("starts", "")) if room.form.get("when") == "later" else None
        published = room.bench.publish(room.param("id"), room.by, starts, accept=room.form.get("accept") == "yes")
    except InvalidInput as error:
        return simulating.page(room, error=error)
    if published.problems:
        return simulating.page(room, problems=published.problems)
    return room.to("items", published.item.code)


def retire(room: Room) -> Answer:
    """No new hits."""
    code = room.param("code")
    if room.form.get("sure") != "yes":
        raise InvalidInput("say that it is meant", field="sure")
    room.bench.retire(code, room.by)
    return room.to("items", code)


def cancel(room: Room) -> Answer:
    """A scheduled version is not to come."""
    code, number = room.param("code"), room.form.get("number", "")
    if not number.isdecimal():
        raise InvalidInput("the number of a release", field="number")
    room.bench.cancel(code, int(number), room.by)
    return room.to("items", code)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("a date such as 2026-11-30", field="starts") from None
