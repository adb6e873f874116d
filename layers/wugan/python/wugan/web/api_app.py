"""The JSON interface under /v1 for the city app and mini-programs: the same services as the pages, no token in any address."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from itertools import groupby

from chalice.app import Chalice, Request, Response
from pydantic import BaseModel

from wugan.cases.applicant import Applicant
from wugan.cases.audit import Audit
from wugan.cases.model import Head, Stage
from wugan.cases.ports import RequestStore
from wugan.errors import StaleHead, VendorUnavailable, WuganError
from wugan.web.api import problems, shapes, wire
from wugan.web.api.operation import JSON, Access, Asked, Operation, Told
from wugan.web.api.operations import OPERATIONS
from wugan.web.api.repeats import Caller, Repeats, Reply
from wugan.web.edge import BINARY, ONLY_TLS, SECURITY_HEADERS, any_type, body_of, current, report

Headers = dict[str, str | list[str]]
AGAIN = (StaleHead, VendorUnavailable)  # a repeat may mend these
EXPOSED = "ETag, Retry-After, Content-Disposition"
ASKED_HEADERS = f"Authorization, Content-Type, If-Match, If-None-Match, {wire.SESSION_HEADER}, {wire.KEY_HEADER}"


def create(
    service: Callable[[], Applicant],
    audit: Callable[[], Audit],
    requests: Callable[[], RequestStore],
    origins: Callable[[], Collection[str]] = tuple,
) -> Chalice:
    """The Chalice app; the services are asked when the first request comes. Scripts of `origins` may use it from a browser."""
    app = Chalice("api", configure_logs=False)
    app.api.binary_types = BINARY
    for path, found in groupby(sorted(OPERATIONS, key=lambda o: o.path), key=lambda o: o.path):
        place = Place(app, {o.method: o for o in found}, service, audit, requests, origins)
        app.route(path, methods=place.methods, name=path, content_types=[])(place.view(path))
    return app


class Place:
    """One path, and what may be asked there."""

    def __init__(
        self,
        app: Chalice,
        operations: Mapping[str, Operation],
        service: Callable[[], Applicant],
        audit: Callable[[], Audit],
        requests: Callable[[], RequestStore],
        origins: Callable[[], Collection[str]],
    ) -> None:
        self.app, self.operations = app, operations
        self.service, self.audit, self.requests, self.origins = service, audit, requests, origins
        self.methods = [*operations, *(["OPTIONS"] if any(o.foreseen for o in operations.values()) else [])]
        self.allow = ", ".join(self.methods)

    def view(self, path: str) -> Callable[..., Response]:
        """The Chalice view."""

        def answer(**params: str) -> Response:
            request = current(self.app)
            response = self._answer(request, params)
            secure = ONLY_TLS if self.service().context.public_url().startswith("https:") else {}
            response.headers |= {**SECURITY_HEADERS, **secure, "Cache-Control": "no-store", **self._cors(request)}
            any_type(request)
            return response

        answer.__name__ = path
        return answer

    def _answer(self, request: Request, params: Mapping[str, str]) -> Response:
        if request.method == "OPTIONS":
            return Response("", {"Allow": self.allow, "Content-Type": JSON}, 204)
        operation = self.operations[request.method]
        try:
            asked = self._asked(operation, request, params)
            if operation.method == "POST":
                reply = self._once(operation, request, asked)
                return Response(reply.body, {**reply.headers}, reply.status)
            return _shown(operation.run(asked), request.headers)
        except WuganError as error:
            return self._refused(error)
        except Exception as error:  # the caller gets a problem, the log gets the type and the place, never a value
            report(error, operation.path)
            return self._refused(None)

    def _asked(self, operation: Operation, request: Request, params: Mapping[str, str]) -> Asked:
        headers = request.headers
        link = wire.bearer(headers) if operation.access is not Access.NOBODY else ""
        session = wire.session(headers, needed=operation.access.needs_session) if link else ""
        query = wire.query(operation.query, request.query_params or {})
        body = wire.body(operation.body, headers, body_of(request)) if operation.body else None
        return Asked(self.service(), self.audit, link, session, params, query, body)

    def _once(self, operation: Operation, request: Request, asked: Asked) -> Reply:
        """Carry a POST out, or tell again what came of it."""
        caller = Caller(operation.id, asked.link, asked.session, wire.key(request.headers))
        context = asked.applicant.context
        seq = _head(operation, asked).seq if asked.link else 0
        repeats = Repeats(self.requests(), context.keys, context.clock, context.random)

        def first() -> Reply:
            return self._reply(operation, _guarded(asked, request.headers))

        def settled(since: int) -> Reply | None:
            return _settled(operation, asked, since)

        return repeats.once(caller, body_of(request), seq, first, settled)

    def _reply(self, operation: Operation, run: Callable[[], Asked]) -> Reply:
        try:
            return _reply(operation.run(run()))
        except WuganError as error:
            final = error.status < 500 and error.status != 412 and not isinstance(error, AGAIN)
            return Reply(error.status, {"Content-Type": problems.PROBLEM, **problems.headers(error)}, self._problem(error), final)

    def _problem(self, error: WuganError | None) -> str:
        return problems.body(error, self.service().context.public_url())

    def _refused(self, error: WuganError | None) -> Response:
        headers: Headers = {"Content-Type": problems.PROBLEM, **problems.headers(error)}
        return Response(self._problem(error), headers, problems.status_of(error))

    def _cors(self, request: Request) -> dict[str, str]:
        """Off unless the origin is one of those that were set."""
        origin = request.headers.get("origin", "")
        if origin not in self.origins():
            return {}
        allowed = {"Access-Control-Allow-Origin": origin, "Vary": "Origin", "Access-Control-Expose-Headers": EXPOSED}
        if request.method == "OPTIONS":
            allowed |= {"Access-Control-Allow-Methods": self.allow, "Access-Control-Allow-Headers": ASKED_HEADERS}
            allowed |= {"Access-Control-Max-Age": "600"}
        return allowed


def _head(operation: Operation, asked: Asked) -> Head:
    """The case, for who may ask: whoever may not leaves nothing behind, no claim of a key either."""
    applicant, link, session = asked.applicant, asked.link, asked.session
    head = applicant.head(link)
    match operation.access:
        case Access.PRINCIPAL:
            return applicant.door.principal(link, session).head
        case Access.LINK_AT_FIRST if head.resume is Stage.IDENTITY:
            return head
        case Access.LINK_AT_FIRST if not session:
            raise wire.unproved()
        case Access.LINK_AT_FIRST | Access.SESSION:
            return applicant.identified(link, session)
    return head


def _guarded(asked: Asked, headers: Mapping[str, str]) -> Callable[[], Asked]:
    """The request, for the version of the case that the caller saw if it says so (If-Match)."""

    def guarded() -> Asked:
        if not asked.link:
            return asked
        version = asked.applicant.head(asked.link).version
        if not wire.match(headers, version):
            return asked
        return replace(asked, applicant=replace(asked.applicant, context=asked.applicant.context.only(version)))

    return guarded


def _settled(operation: Operation, asked: Asked, since: int) -> Reply | None:
    """The answer of an operation that took effect after the event `since`; None when it did not."""
    if not operation.settled_by:
        return None
    head = asked.applicant.head(asked.link)
    later = [e for e in asked.applicant.context.store.events(head.case_id) if e.seq > since]
    if not any(e.type in operation.settled_by for e in later):
        return None
    return _reply(Told(shapes.state(head), version=head.version))


def _content(told: Told) -> bytes:
    if isinstance(told.body, bytes):
        return told.body
    if isinstance(told.body, BaseModel):
        return told.body.model_dump_json().encode()
    return json.dumps(told.body, ensure_ascii=False).encode()


def _headers(told: Told, content: bytes) -> dict[str, str]:
    headers = {"Content-Type": told.media_type}
    if told.version is not None:
        headers["ETag"] = wire.tag(told.version, content)
    if told.name:
        headers["Content-Disposition"] = f'attachment; filename="{told.name}"'
    return headers


def _reply(told: Told) -> Reply:
    content = _content(told)
    return Reply(told.status, _headers(told, content), content.decode(), told.final)


def _shown(told: Told, asked: Mapping[str, str]) -> Response:
    content = _content(told)
    headers = _headers(told, content)
    if wire.unchanged(asked, headers.get("ETag", "")):
        return Response("", {**headers}, 304)
    return Response(content if told.media_type in BINARY else content.decode(), {**headers}, told.status)
