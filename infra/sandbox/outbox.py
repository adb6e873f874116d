"""Pushes to the target, in each vendor's own shape: repeated until they are acknowledged, held while no target is known."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from threading import Lock
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

from infra.sandbox.agenda import Agenda
from infra.sandbox.book import Callback
from infra.sandbox.script import Config, Script
from infra.sandbox.vendors.push import Push, Sent
from infra.sandbox.vendors.weather import LOOK_AGAIN_SECONDS, Weather

WORKERS = 4


def on_this_machine(url: str) -> bool:
    """Whether the URL is HTTP and leads to this machine."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and _is_loopback(parts.hostname or "")


def _is_loopback(host: str) -> bool:
    """A loopback address, or a name that is reserved for one (RFC 6761)."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class Outbox:
    """Sends pushes. What the target does not acknowledge is sent again, as a real vendor does."""

    def __init__(self, config: Config, script: Script, weather: Weather, clock: Callable[[], float]) -> None:
        self._script = script
        self._weather = weather
        self._clock = clock
        self._retry = config.retry
        self._delays = config.delays
        self._http = urllib3.PoolManager(retries=False, timeout=config.retry.timeout, maxsize=WORKERS)
        self._agenda = Agenda("callback", WORKERS)
        self._lock = Lock()
        self._all: list[Callback] = []
        self._parked: list[Callback] = []
        self._target: str | None = None

    def point_at(self, target: str) -> None:
        """Call back there from now on; what waited for a target goes out. `target`: the URL before a push's path."""
        with self._lock:
            self._target = target
            parked, self._parked = self._parked, []
        for callback in parked:
            self._schedule(0, callback)

    def write(self, vendor: str, effect: str, name: str, body: dict[str, Any], push: Push, *, batch: bool = False) -> Callback:
        """A push that is not sent yet; its id is that of the effect and of what is told about it. `body`: what the records keep of it.

        `batch`: it carries receipts, each of which met its own fate.
        """
        callback = Callback(
            id=f"{vendor}-{effect}-{name}", vendor=vendor, effect=effect, body=body, at=self._clock(), push=push, batch=batch,
            faults=() if batch else tuple(sorted(self._script.callbacks(vendor, effect, name))),
        )  # fmt: skip
        if "repeat" in callback.faults:
            callback.copies = 2
        if "lose" in callback.faults:
            callback.state = "lost"
        with self._lock:
            self._all.append(callback)
        return callback

    def send(self, callback: Callback, *, later: bool = False) -> None:
        """Send it now, and after it what is to be told `then`; `later`: when others had the time to overtake it."""
        if callback.state == "lost":
            self._follow(callback)
        else:
            self._schedule(self._delays.late if later else 0, callback)

    def rows(self) -> list[dict[str, Any]]:
        """All callbacks as JSON."""
        with self._lock:
            return [callback.row() for callback in self._all]

    def stop(self) -> None:
        self._agenda.stop(timeout=2)
        self._http.clear()

    def _schedule(self, seconds: float, callback: Callback) -> None:
        self._agenda.after(seconds, lambda: self._try(callback))

    def _try(self, callback: Callback) -> None:
        left = self._weather.left(callback.vendor)
        if left:
            self._schedule(min(left, LOOK_AGAIN_SECONDS), callback)
            return
        with self._lock:
            url = callback.push.url(self._target)
            if url is None:
                self._parked.append(callback)
                return
            callback.tries += 1
        if not on_this_machine(url):
            callback.state = "refused"
            return
        callback.status, answer = self._post(url, callback.push.build(self._clock()))
        if callback.status is not None and callback.push.taken(callback.status, answer):
            self._settle(callback)
        else:
            self._again(callback)

    def _post(self, url: str, sent: Sent) -> tuple[int | None, bytes]:
        query = f"{'&' if '?' in url else '?'}{urlencode(sent.query)}" if sent.query else ""
        headers = {"Content-Type": sent.content_type, **sent.headers}
        try:
            answer = self._http.request("POST", url + query, body=sent.body, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError:
            return None, b""
        return answer.status, answer.data

    def _again(self, callback: Callback) -> None:
        if self._clock() - callback.at > self._retry.give_up:
            callback.state = "given_up"
            self._follow(callback)
            return
        waits = self._retry.first
        self._schedule(waits[callback.tries - 1] if callback.tries <= len(waits) else self._retry.every, callback)

    def _settle(self, callback: Callback) -> None:
        callback.state = "acknowledged"
        callback.acknowledged += 1
        callback.copies -= 1
        if callback.copies:
            self._schedule(self._delays.repeat, callback)
        self._follow(callback)

    def _follow(self, callback: Callback) -> None:
        following, callback.then = callback.then, None
        if following:
            self.send(following)
