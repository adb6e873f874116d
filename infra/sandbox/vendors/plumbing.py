"""What the vendors' modules share: one request's way through faults, and texts that a phone shows."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response

from infra.sandbox.book import Message
from infra.sandbox.box import Box
from infra.sandbox.script import Fault
from infra.sandbox.vendors.push import BEIJING, Push

SKEW_SECONDS = 300  # how far a request's time may be from the vendor's
URL = re.compile(r"https?://[^\s<>\"'，。；）】]+")
GATEWAY = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"


class Vendor:
    """A vendor's side of its protocol. `name` is that of its account; `busy` its own answer when nothing was done."""

    name: str
    busy: dict[str, Any] | None = None  # None: only a gateway's HTTP 503

    def __init__(self, box: Box) -> None:
        self.box = box

    def act(self, operation: str, id: str, act: Callable[[], Response]) -> Response:
        """Do what was asked, unless or although the script says that something goes wrong."""
        if self.box.weather.left(self.name):
            return self._note(operation, id, "down", gateway(503))
        fault = self.box.script.fault(f"{self.name} {operation}", id)
        if fault == "error_before":
            return self._note(operation, id, fault, json_answer(self.busy) if self.busy else gateway(503))
        with self.box.lock:
            answer = act()
        self._note(operation, id, fault, answer)
        return self._spoil(fault, answer)

    def _note(self, operation: str, id: str, fault: str | None, answer: Response) -> Response:
        entry = {"operation": f"{self.name} {operation}", "id": id, "at": self.box.now(), "fault": fault, "status": answer.status_code}
        with self.box.lock:
            self.box.book.requests.append(entry)
        return answer

    def _spoil(self, fault: Fault | None, answer: Response) -> Response:
        if fault == "error_after":
            return gateway(504)
        if fault == "malformed":
            return Response(GATEWAY.format("网关错误"), content_type="text/html; charset=utf-8")
        if fault == "slow":
            time.sleep(self.box.config.delays.slow)
        return answer

    def push(self, effect: str, name: str, push: Push, told: dict[str, Any]) -> None:
        """Send a push; `told` is what the records keep of it."""
        callback = self.box.outbox.write(self.name, effect, name, told, push)
        self.box.outbox.send(callback, later="reorder" in callback.faults)


def json_answer(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(json.dumps(value, ensure_ascii=False), status=status, content_type="application/json; charset=utf-8")


def gateway(status: int) -> Response:
    """What a load balancer in front of the vendor answers."""
    title = {503: "503 Service Temporarily Unavailable", 504: "504 Gateway Time-out"}[status]
    return Response(GATEWAY.format(title), status=status, content_type="text/html")


def loads(text: str | bytes) -> Any:
    """A JSON value; None when it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def missing(value: Any, *fields: str) -> str | None:
    """The first of these fields that is not filled."""
    return next((f for f in fields if not isinstance(value, dict) or value.get(f) in (None, "", [])), None)


def free_id(box: Box, wanted: str) -> str:
    """An id for a message that the vendor does not compare with earlier ones: the caller's own, told apart when it comes again."""
    id, number = wanted, 1
    while box.book.messages.get(id) is not None:
        number += 1
        id = f"{wanted}~{number}"
    return id


def message(
    box: Box, channel: str, id: str, to: str, text: str, *, reference: str, vendor: str, link: str | None = None
) -> tuple[Message, bool]:
    """Put a message on the person's phone; whether it is a repeat under the same id."""
    found = URL.search(text)
    shown = link or (found.group() if found else None)

    def make(sha256: str) -> Message:
        return Message(
            id=id, reference=reference, asked_sha256=sha256, at=box.now(), channel=channel, to=to, text=text, link=shown, vendor=vendor
        )

    return box.book.messages.receive(id, [channel, to, text, shown], make)


def unix(value: object) -> float | None:
    """The Unix seconds of a time as China's vendors write it, or None."""
    try:
        return datetime.strptime(str(value), "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING).timestamp()
    except ValueError:
        return None


def timely(box: Box, at: float | None) -> bool:
    """Whether a request with this time (Unix seconds) is of now."""
    return at is not None and abs(box.now() - at) <= SKEW_SECONDS


def to_come(box: Box, at: float | None) -> bool:
    """Whether a courier can still be ordered for this time (Unix seconds)."""
    return at is not None and (at > box.now() or not box.config.pickup_times)
