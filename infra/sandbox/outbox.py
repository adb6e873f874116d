"""Callbacks to the target: signed, repeated until they are acknowledged, held while no target is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from threading import Lock
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

from infra.sandbox.agenda import Agenda
from infra.sandbox.book import Callback
from infra.sandbox.script import Config, Script
from infra.sandbox.signature import signed_headers
from infra.sandbox.vendors.push import Push, Sent
from infra.sandbox.vendors.weather import LOOK_AGAIN_SECONDS, Weather

WORKERS = 4


@dataclass(frozen=True)
class Target:
    """Who is called back; `url` without the `/callbacks/…` part, which alone is signed."""

    url: str
    secrets: dict[str, str]


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
    """Sends callbacks. What the target answers with 5xx, 429 or not at all is sent again, as a real vendor does."""

    def __init__(self, config: Config, script: Script, weather: Weather, clock: Callable[[], float]) -> None:
        self._script = script
        self._weather = weather
        self._clock = clock
        self._retry = config.retry
        self._repeat = config.delays.repeat
        self._http = urllib3.PoolManager(retries=False, timeout=config.retry.timeout, maxsize=WORKERS)
        self._agenda = Agenda("callback", WORKERS)
        self._lock = Lock()
        self._all: list[Callback] = []
        self._parked: list[Callback] = []
        self._target: Target | None = None

    def point_at(self, target: Target) -> None:
        """Call back there from now on; what waited for a target goes out."""
        with self._lock:
            self._target = target
            parked, self._parked = self._parked, []
        for callback in parked:
            self._schedule(0, callback)

    def write(self, vendor: str, effect: str, name: str, body: dict[str, Any], push: Push | None = None) -> Callback:
        """A callback that is not sent yet; its id is that of the effect and of what is told about it. `push`: in a real vendor's shape."""
        id = f"{vendor}-{effect}-{name}"
        callback = Callback(id=id, vendor=vendor, effect=effect, body={"id": id, **body}, at=self._clock(), push=push)
        faults = self._script.callbacks(vendor, effect, name)
        if "repeat" in faults:
            callback.copies = 2
        if "lose" in faults:
            callback.state = "lost"
        with self._lock:
            self._all.append(callback)
        return callback

    def send(self, callback: Callback) -> None:
        """Send it now, and after it what is to be told `then`."""
        if callback.state == "lost":
            self._follow(callback)
        else:
            self._schedule(0, callback)

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
            target = self._target
            if self._homeless(target, callback):
                self._parked.append(callback)
                return
            callback.tries += 1
        if callback.push is not None:
            self._try_push(callback, callback.push, target)
            return
        assert target is not None
        callback.status = self._post(target, callback)
        if callback.status is None or callback.status >= 500 or callback.status == 429:
            self._again(callback)
        else:
            self._settle(callback, taken=callback.status < 300)

    @staticmethod
    def _homeless(target: Target | None, callback: Callback) -> bool:
        if callback.push is not None:
            return callback.push.url(target.url if target else None) is None
        return target is None or callback.vendor not in target.secrets

    def _try_push(self, callback: Callback, push: Push, target: Target | None) -> None:
        url = push.url(target.url if target else None)
        assert url is not None
        if not on_this_machine(url):
            callback.state = "refused"
            return
        callback.status, answer = self._post_push(url, push.build(self._clock()))
        if callback.status is not None and push.taken(callback.status, answer):
            self._settle(callback, taken=True)
        else:
            self._again(callback)

    def _post_push(self, url: str, sent: Sent) -> tuple[int | None, bytes]:
        query = f"{'&' if '?' in url else '?'}{urlencode(sent.query)}" if sent.query else ""
        headers = {"Content-Type": sent.content_type}
        try:
            answer = self._http.request("POST", url + query, body=sent.body, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError:
            return None, b""
        return answer.status, answer.data

    def _post(self, target: Target, callback: Callback) -> int | None:
        path = f"/callbacks/{callback.vendor}"
        body = json.dumps(callback.body, ensure_ascii=False).encode()
        headers = signed_headers(target.secrets[callback.vendor], path, body, self._clock())
        headers["Content-Type"] = "application/json"
        try:
            return self._http.request("POST", target.url.rstrip("/") + path, body=body, headers=headers, redirect=False).status
        except urllib3.exceptions.HTTPError:
            return None

    def _again(self, callback: Callback) -> None:
        if self._clock() - callback.at > self._retry.give_up:
            callback.state = "given_up"
            self._follow(callback)
            return
        waits = self._retry.first
        self._schedule(waits[callback.tries - 1] if callback.tries <= len(waits) else self._retry.every, callback)

    def _settle(self, callback: Callback, *, taken: bool) -> None:
        callback.state = "acknowledged" if taken else "refused"
        callback.acknowledged += taken
        callback.copies -= 1
        if callback.copies:
            self._schedule(self._repeat, callback)
        self._follow(callback)

    def _follow(self, callback: Callback) -> None:
        following, callback.then = callback.then, None
        if following:
            self.send(following)
