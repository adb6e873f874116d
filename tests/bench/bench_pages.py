"""What a page costs the server, beside a handler of Chalice that only says hello."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from chalice.app import Chalice

from tests.bench.harness import Row, bench, medians, pin
from tests.browser.screenshots import Shot, shots
from tests.browser.serve import apps, rest_event
from tests.browser.town import Town

REPEATS = 15
BATCH = 20  # requests in one measurement: a hello takes microseconds


def bare() -> Chalice:
    """The least that Chalice can answer."""
    app = Chalice("bare", configure_logs=False)
    app.route("/hello")(lambda: {"hello": "world"})
    return app


def _timer(ask: Callable[[], Any]) -> Callable[[], float]:
    """Processor seconds of one request."""

    def once() -> float:
        started = time.process_time()
        for _ in range(BATCH):
            ask()
        return (time.process_time() - started) / BATCH

    return once


def _asking(app: Chalice, path: str, headers: dict[str, str], status: int = 200) -> Callable[[], Any]:
    event = rest_event(app, "GET", path, headers, b"")
    assert event

    def ask() -> Any:
        return app(event, None)

    answer = ask()
    assert answer["statusCode"] == status, (path, answer["statusCode"])
    return ask


def measured(served: list[Chalice], asked: Iterable[Shot]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every page that a GET shows, and how to ask for it; to be asked at once: the cases go on."""
    for shot in asked:
        if not shot.press:
            yield shot.name, _page(served, shot)


def _page(served: list[Chalice], shot: Shot) -> Callable[[], Any]:
    """One page of the screenshots, as a GET."""
    headers = {"Accept": "text/html", "Cookie": f"{shot.cookie}={shot.session}"}
    app = next(a for a in served if rest_event(a, "GET", f"/{shot.path}", headers, b""))
    return _asking(app, f"/{shot.path}", headers, shot.status)


@bench("pages")
def pages() -> Iterator[Row]:
    """Server time for each page, stores in memory: rendering and our own code, without DynamoDB, KMS and start-up."""
    pin()
    town, hello = Town(), "a bare Chalice handler"
    served, least = apps(town), _asking(bare(), "/hello", {"Accept": "application/json"})
    for name, ask in measured(served, shots(town)):
        seconds = medians({hello: _timer(least), name: _timer(ask)}, REPEATS)
        yield _row(name, seconds, hello)
    yield from _json(least, hello)


def _json(hello: Callable[[], Any], name: str) -> Iterator[Row]:
    """The same over JSON."""
    town = Town()
    api = next(app for app in apps(town) if app.app_name == "api")
    link = town.open_case("water-supply-name")
    session = town.to_declaration(link)
    headers = {"Accept": "application/json", "Authorization": f"Bearer {link}", "Wugan-Session": session}
    for path in ("/v1/case", "/v1/case/declaration", "/v1/case/progress", "/v1/openapi.json"):
        seconds = medians({name: _timer(hello), path: _timer(_asking(api, path, headers))}, REPEATS)
        yield _row(path, seconds, name)


def _row(name: str, seconds: dict[str, float], against: str) -> Row:
    return Row(name, seconds[name] * 1000, "ms, processor", f"{against}, {seconds[against] * 1000:.3f}", seconds[name] / seconds[against])
