"""The item managers' pages (事项管理台): items and their versions, drafts, simulations, statistics. Auditors read, managers change."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chalice.app import Chalice

from wugan.signin.official import Role
from wugan.signin.session import Sessions
from wugan.web.bench import comparing, drafting, looking, releasing, simulating, statistics
from wugan.web.bench.room import BenchView, Room
from wugan.web.edge import Answer, Edge
from wugan.web.sitting import Sitting, guarded

if TYPE_CHECKING:
    from wugan.bench.bench import Bench

MOST_DRAFT = 400_000  # bytes of a draft's form: an item has at most 256 KiB
READ, CHANGE = (Role.MANAGER, Role.AUDITOR), (Role.MANAGER,)


def create(service: Callable[[], Bench], sessions: Callable[[], Sessions], public_url: Callable[[], str]) -> Chalice:
    """The Chalice app; the services are asked when the first request comes."""
    app = Chalice("bench", configure_logs=False)
    edge = Edge(app, public_url, "bench/problem.html")
    for method, path, view, roles in ROUTES:
        edge.route(method, path, guarded(sessions, _serving(service, view), *roles), MOST_DRAFT if view is drafting.check else 0)
    edge.way_back()
    return app


def _serving(service: Callable[[], Bench], view: BenchView) -> Callable[[Sitting], Answer]:
    return lambda sitting: view(Room(service(), sitting))


ROUTES: tuple[tuple[str, str, BenchView, tuple[Role, ...]], ...] = (
    ("GET", "/bench", looking.items, READ),
    ("GET", "/bench/items/{code}", looking.item, READ),
    ("GET", "/bench/items/{code}/{digest}", looking.version, READ),
    ("GET", "/bench/items/{code}/{digest}/yaml", looking.file, READ),
    ("POST", "/bench/items/{code}/retire", releasing.retire, CHANGE),
    ("POST", "/bench/items/{code}/cancel", releasing.cancel, CHANGE),
    ("GET", "/bench/compare/{code}/{before}/{after}", comparing.compare, READ),
    ("POST", "/bench/compare/{code}/{before}/{after}/simulate", comparing.simulate, CHANGE),
    ("GET", "/bench/draft", drafting.draft, CHANGE),
    ("POST", "/bench/draft/check", drafting.check, CHANGE),
    ("GET", "/bench/simulations/{id}", simulating.simulation, READ),
    ("POST", "/bench/simulations/{id}/publish", releasing.publish, CHANGE),
    ("GET", "/bench/statistics", statistics.statistics, READ),
    ("GET", "/bench/statistics/csv", statistics.table, READ),
)
