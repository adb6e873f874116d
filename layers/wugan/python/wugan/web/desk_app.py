"""The officials' pages (审批工作台): signing in, the queue, one case, the decision, what is left to do by hand."""

from __future__ import annotations

from collections.abc import Callable

from chalice.app import Chalice

from wugan.cases.desk import Desk
from wugan.cases.parcels import Parcels
from wugan.signin.official import Role
from wugan.web.desk import case, deciding, parcels, queue, sign_in, tasks
from wugan.web.desk.room import DeskView, Room
from wugan.web.edge import Edge, View
from wugan.web.sitting import guarded


def create(service: Callable[[], Desk], carried: Callable[[], Parcels]) -> Chalice:
    """The Chalice app; the services are asked when the first request comes."""
    app = Chalice("desk", configure_logs=False)
    edge = Edge(app, lambda: service().context.public_url(), "desk/problem.html")
    for method, path, view in sign_in.routes(lambda: service().entrance):
        edge.route(method, path, view)
    leave = guarded(lambda: service().entrance.sessions, sign_in.sign_out, *Role)
    edge.route("POST", "/desk/sign-out", leave)
    for method, path, desk_view in ROUTES:
        edge.route(method, path, _guarded(service, carried, method, desk_view))
    edge.way_back()
    return app


def _guarded(service: Callable[[], Desk], carried: Callable[[], Parcels], method: str, view: DeskView) -> View:
    """Approvers read and act, auditors read."""
    roles = (Role.APPROVER, Role.AUDITOR) if method == "GET" else (Role.APPROVER,)
    return guarded(lambda: service().entrance.sessions, lambda sitting: view(Room(service(), carried(), sitting)), *roles)


ROUTES: tuple[tuple[str, str, DeskView], ...] = (
    ("GET", "/desk", queue.queue),
    ("POST", "/desk/search", queue.search),
    ("GET", "/desk/cases/{case_id}", case.case),
    ("GET", "/desk/cases/{case_id}/subject", case.subject),
    ("GET", "/desk/cases/{case_id}/application", case.submitted),
    ("POST", "/desk/cases/{case_id}/decide", deciding.decide),
    ("POST", "/desk/cases/{case_id}/review", deciding.review),
    ("POST", "/desk/cases/{case_id}/extend", deciding.extend),
    ("POST", "/desk/cases/{case_id}/assign", deciding.assign),
    ("POST", "/desk/cases/{case_id}/received", deciding.received),
    ("POST", "/desk/cases/{case_id}/settle", parcels.settle),
    ("GET", "/desk/cases/{case_id}/label/{kind}", parcels.label),
    ("POST", "/desk/cases/{case_id}/call", tasks.called),
    ("POST", "/desk/cases/{case_id}/task", tasks.done),
    ("GET", "/desk/tasks", tasks.tasks),
)
