"""The applicant's pages, from the link of the prompt to the certificate. No GET changes a case."""

from __future__ import annotations

from collections.abc import Callable

from chalice.app import Chalice, Response

from wugan.cases.applicant import Applicant
from wugan.cases.audit import Audit
from wugan.cases.model import Stage
from wugan.errors import NotFound
from wugan.web import render
from wugan.web.applicant import declaring, entrance, identity, progress, receiving, rights
from wugan.web.applicant.visit import SESSION_COOKIE as SESSION_COOKIE
from wugan.web.applicant.visit import ApplicantView, Visit, answering, at, identified, principal
from wugan.web.edge import AWAY, Answer, Call, Edge, File, Page, Redirect, View, csrf

FOR_EVER = "public, max-age=31536000, immutable"  # static files are named by their digest


def create(service: Callable[[], Applicant], audit: Callable[[], Audit]) -> Chalice:
    """The Chalice app; the services are asked when the first request comes."""
    app = Chalice("applicant", configure_logs=False)
    edge = Edge(app, lambda: service().context.public_url())
    for method, path, view in ROUTES:
        edge.route(method, path, _serving(service, view))
    edge.route("GET", "/c/{link}/proof", _serving(service, identified(lambda _, case: progress.proof(audit(), case))))
    edge.route("GET", "/static/{name}", static)
    edge.route("GET", "/", lambda call: Redirect(call.site.path("verify")), name=f"{AWAY} /")
    edge.way_back()

    @app.route("/health", methods=["GET"])
    def health() -> Response:
        return Response({"ok": True}, {"Cache-Control": "no-store"})

    return app


def _serving(service: Callable[[], Applicant], view: ApplicantView) -> View:
    return lambda call: view(Visit(service(), call))


def verify(visit: Visit) -> Answer:
    """Whether a prompt is ours: for people who rightly distrust a link."""
    return Page("verify.html", {"csrf": csrf(visit.keys, "verify"), "asked": False, "found": None, "code": "", "credit_code": ""})


def verify_answer(visit: Visit) -> Answer:
    """Official, or unknown to us."""
    visit.call.check(visit.keys, "verify")
    code, credit_code = visit.call.form.get("code", "")[:20], visit.call.form.get("credit_code", "")[:30]
    found = visit.applicant.verify(code, credit_code) if code and credit_code else None
    data = {"csrf": csrf(visit.keys, "verify"), "asked": True, "found": found, "code": code, "credit_code": credit_code}
    return Page("verify.html", data)


def static(call: Call) -> Answer:
    """A style sheet."""
    name = call.params["name"]
    if name not in render.STATIC:
        raise NotFound("no such file", field="name")
    return File(render.static(name), render.STATIC[name], cache=FOR_EVER)


ROUTES: tuple[tuple[str, str, ApplicantView], ...] = (
    ("GET", "/c/{link}", entrance.landing),
    ("GET", "/c/{link}/decline", entrance.declining),
    ("POST", "/c/{link}/decline", entrance.decline),
    ("GET", "/c/{link}/ask", entrance.asking),
    ("POST", "/c/{link}/ask", entrance.ask),
    ("POST", "/c/{link}/leave", entrance.leave),
    ("GET", "/c/{link}/identity", identity.identity),
    ("POST", "/c/{link}/identity", identity.identity_start),
    ("GET", "/c/{link}/identity/return", identity.identity_return),
    ("POST", "/c/{link}/identity/return", identity.identity_finish),
    ("GET", "/c/{link}/identity/code", identity.identity_code_page),
    ("POST", "/c/{link}/identity/code", identity.identity_code),
    ("GET", "/c/{link}/intention", at(Stage.INTENTION, declaring.intention)),
    ("POST", "/c/{link}/intention", answering(declaring.intention_given)),
    ("GET", "/c/{link}/declaration", at(Stage.DECLARATION, declaring.declaration)),
    ("POST", "/c/{link}/declaration", answering(declaring.declaration_given)),
    ("GET", "/c/{link}/correction", at(Stage.CORRECTION, declaring.declaration)),
    ("POST", "/c/{link}/correction", answering(declaring.declaration_given)),
    ("GET", "/c/{link}/preview", identified(declaring.preview)),
    ("GET", "/c/{link}/progress", identified(progress.progress)),
    ("GET", "/c/{link}/withdraw", principal(progress.withdrawing)),
    ("POST", "/c/{link}/withdraw", answering(progress.withdraw)),
    ("GET", "/c/{link}/certificate", identified(progress.certificate)),
    ("GET", "/c/{link}/receipt", principal(receiving.receipt)),
    ("POST", "/c/{link}/receipt", answering(receiving.receipt_given)),
    ("GET", "/c/{link}/redelivery", principal(receiving.redelivery)),
    ("POST", "/c/{link}/redelivery", answering(receiving.redelivery_given)),
    ("GET", "/c/{link}/rating", identified(progress.rating)),
    ("POST", "/c/{link}/rating", answering(progress.rating_given)),
    ("GET", "/c/{link}/why", identified(rights.why)),
    ("GET", "/c/{link}/privacy", principal(rights.privacy)),
    ("POST", "/c/{link}/privacy/face", answering(rights.face_withdrawn)),
    ("POST", "/c/{link}/privacy/stop", answering(rights.stopped)),
    ("GET", "/c/{link}/preferences", principal(rights.preferences)),
    ("POST", "/c/{link}/preferences", answering(rights.preferences_given)),
    ("GET", "/c/{link}/agents", principal(rights.agents)),
    ("POST", "/c/{link}/agents", answering(rights.agent_given)),
    ("POST", "/c/{link}/agents/revoke", answering(rights.agent_revoked)),
    ("GET", "/verify", verify),
    ("POST", "/verify", verify_answer),
)
