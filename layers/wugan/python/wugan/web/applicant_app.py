"""The applicant's pages, from the link of the prompt to the certificate. No GET changes a case."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from chalice.app import Chalice, Response

from wugan.cases.applicant import QUESTION, Applicant, Declaration, Landing, Opened
from wugan.cases.audit import Audit, Reader
from wugan.cases.model import Head, Stage
from wugan.errors import Forbidden, InvalidInput, LinkExpired, LinkInvalid, NotFound
from wugan.forms.prefill import MOST_CHARACTERS, Filled
from wugan.items.model import DeliveryWay
from wugan.links import SESSION
from wugan.web import render, texts
from wugan.web.edge import Answer, Call, Cookie, Edge, File, Page, Redirect, View, csrf
from wugan.web.timeline import timeline

SESSION_COOKIE = "wugan_session"
CHECK_COOKIE = "wugan_check"
FOR_EVER = "public, max-age=31536000, immutable"  # static files are named by their digest
REFRESH = 2  # seconds between looks while the system prepares something
BEFORE_ANSWER = frozenset({Stage.PUSH, Stage.IDENTITY})
OVER = frozenset({Stage.CLOSING, Stage.CLOSED, Stage.GIVE_BACK})


def create(service: Callable[[], Applicant], audit: Callable[[], Audit]) -> Chalice:
    """The Chalice app; the services are asked when the first request comes."""
    app = Chalice("applicant", configure_logs=False)
    edge = Edge(app, lambda: service().context.public_url())
    for method, path, view in ROUTES:
        edge.route(method, path, _serving(service, view))
    edge.route("GET", "/c/{link}/proof", _serving(service, _identified(lambda _, case: proof(audit(), case))))
    edge.route("GET", "/static/{name}", static)

    @app.route("/health", methods=["GET"])
    def health() -> Response:
        return Response({"ok": True}, {"Cache-Control": "no-store"})

    return app


ApplicantView = Callable[["Visit"], Answer]


def _serving(service: Callable[[], Applicant], view: ApplicantView) -> View:
    return lambda call: view(Visit(service(), call))


class Visit:
    """One request to one case: the service, the link, the session."""

    def __init__(self, applicant: Applicant, call: Call) -> None:
        self.applicant, self.call = applicant, call
        self.link = call.params.get("link", "")
        self.session = call.cookies.get(SESSION_COOKIE, "")
        self.keys = applicant.context.keys

    def look(self) -> Landing:
        """What the link alone opens. Raises LinkInvalid, LinkExpired."""
        return self.applicant.landing(self.link)

    def path(self, *parts: str) -> str:
        """The path of a page of this case."""
        return self.call.site.path("c", self.link, *parts)

    def to(self, *parts: str, cookies: tuple[Cookie, ...] = ()) -> Redirect:
        """Go on at a page of this case."""
        return Redirect(self.path(*parts), cookies)

    def cookie(self, name: str, value: str) -> Cookie:
        """A cookie for this case only."""
        return Cookie(name, value, self.path(), int(SESSION.total_seconds()) if value else 0)

    def form_of_link(self) -> None:
        """Raise ForgedForm unless the form was made for this link."""
        self.call.check(self.keys, self.link)

    def form_of_session(self) -> None:
        """Raise ForgedForm unless the form was made for this link and this session."""
        self.call.check(self.keys, self.link + self.session)

    def page(self, template: str, data: Mapping[str, Any], **more: Any) -> Page:
        """A page of this case, with the tokens that its forms carry."""
        tokens = {"csrf": csrf(self.keys, self.link), "csrf_session": csrf(self.keys, self.link + self.session)}
        return Page(template, {"link": self.link, **tokens, **data}, **more)

    def opened(self) -> Opened | None:
        """The whole case, or None when the person has to prove again who they are. Raises LinkInvalid, LinkExpired for the link."""
        try:
            return self.applicant.opened(self.link, self.session)
        except Forbidden:
            self.look()  # raises when the link, and not the session, is the reason
            return None

    def next_page(self, head: Head) -> str:
        """Where an identified person goes on."""
        stage = head.resume if head.stage is Stage.PUSH else head.stage
        return _PAGES.get(stage, "progress")


_PAGES = {Stage.INTENTION: "intention", Stage.DECLARATION: "declaration", Stage.CORRECTION: "correction"}


# --- the link


def landing(visit: Visit) -> Answer:
    """What a link shows to whoever has it."""
    shown = visit.look()
    return visit.page("landing.html", {"shown": shown, "head": shown.head, "item": shown.item, "state": _phase(shown.head)})


def _phase(head: Head) -> str:
    """Whether the person has not answered yet, the case is open, or it is over."""
    if head.stage in OVER:
        return "over"
    return "new" if head.resume is Stage.IDENTITY and head.stage in BEFORE_ANSWER else "open"


def decline(visit: Visit) -> Answer:
    """No, for now or for ever."""
    visit.form_of_link()
    visit.applicant.decline(visit.link, forever=visit.call.form.get("forever") == "1")
    return visit.to()


def ask(visit: Visit) -> Answer:
    """A human, please."""
    visit.form_of_link()
    head = visit.applicant.ask_person(visit.link)
    return visit.page("asked.html", {"head": head, "shown": visit.look()})


# --- identity


def identity(visit: Visit) -> Answer:
    """The ways to prove who one is; straight on for those who did."""
    case = visit.opened()
    if case is not None and case.head.stage is not Stage.IDENTITY:
        return visit.to(visit.next_page(case.head))
    return _identity_page(visit, "again" if visit.session else "")


def _identity_page(visit: Visit, notice: str, status: int = 200) -> Page:
    shown = visit.look()
    until = shown.head.locked_until
    locked = until if until and visit.applicant.context.clock.now() < until else None
    return visit.page("identity.html", {"shown": shown, "notice": notice, "locked": locked}, status=status, leaves=True)


def identity_start(visit: Visit) -> Answer:
    """Begin a check in the way that the person chose."""
    visit.form_of_link()
    form = visit.call.form
    try:
        if form.get("method") == "code":
            token = visit.applicant.start_code(visit.link)
            return visit.page("code.html", {"notice": "", "shown": visit.look()}, cookies=(visit.cookie(CHECK_COOKIE, token),))
        if form.get("consent") != "1":
            return _identity_page(visit, "consent", 400)
        url, token = visit.applicant.start_face(visit.link)
    except (Forbidden, InvalidInput) as error:
        if isinstance(error, LinkInvalid | LinkExpired):
            raise
        return _identity_page(visit, "no_mobile" if error.field == "method" else "failed", error.status)
    return Redirect(url, (visit.cookie(CHECK_COOKIE, token),))


def identity_return(visit: Visit) -> Answer:
    """Back from the vendor: one button, because a GET changes nothing."""
    return visit.page("return.html", {"notice": "", "shown": visit.look()})


def identity_finish(visit: Visit) -> Answer:
    """Take the result of the face check."""
    visit.form_of_link()
    return _finish(visit, lambda pending: visit.applicant.finish_face(visit.link, pending))


def identity_code(visit: Visit) -> Answer:
    """Take the code and the end of the identity number."""
    visit.form_of_link()
    form = visit.call.form
    code, tail = form.get("code", ""), form.get("id_tail", "")
    return _finish(visit, lambda pending: visit.applicant.finish_code(visit.link, pending, code[:12], tail[:8]))


def _finish(visit: Visit, finish: Callable[[str], str | None]) -> Answer:
    """Go on with a session, wait for the result, or offer the other ways."""
    shown = visit.look()
    try:
        session = finish(visit.call.cookies.get(CHECK_COOKIE, ""))
    except (LinkInvalid, LinkExpired):
        return _identity_page(visit, "check_lost", 403)
    except Forbidden:
        return _failed(visit)
    if session is None:
        return visit.page("return.html", {"notice": "pending", "shown": shown})
    head = visit.applicant.context.store.head(shown.head.case_id)
    cookies = (visit.cookie(SESSION_COOKIE, session), visit.cookie(CHECK_COOKIE, ""))
    return visit.to(visit.next_page(head), cookies=cookies)


def _failed(visit: Visit) -> Page:
    """A code may be typed again until the case is locked; a face check is over."""
    shown = visit.look()
    if shown.head.check.startswith("code:"):
        return visit.page("code.html", {"notice": "failed", "shown": shown}, status=403)
    return _identity_page(visit, "failed", 403)


# --- the identified person


def _identified(view: Callable[[Visit, Opened], Answer]) -> ApplicantView:
    """A page for the identified person; others go and prove who they are."""

    def answer(visit: Visit) -> Answer:
        case = visit.opened()
        return view(visit, case) if case else visit.to("identity")

    return answer


def _at(stage: Stage, view: Callable[[Visit, Opened], Answer]) -> ApplicantView:
    """A page that belongs to one stage: while the system works, wait; when the stage is past, go where the case is."""

    def answer(visit: Visit, case: Opened) -> Answer:
        page = visit.next_page(case.head)
        if page != _PAGES[stage]:
            return visit.to(page)
        if case.head.stage is not stage or case.head.wait is None:
            return visit.page("preparing.html", {"case": case}, refresh=REFRESH)
        return view(visit, case)

    return _identified(answer)


def _answering(view: ApplicantView) -> ApplicantView:
    """A form of the identified person; whose session is over goes and proves again who they are."""

    def answer(visit: Visit) -> Answer:
        visit.form_of_session()
        try:
            return view(visit)
        except (LinkInvalid, LinkExpired):
            visit.look()  # raises when the link, and not the session, is the reason
            return visit.to("identity")

    return answer


def intention(visit: Visit, case: Opened) -> Answer:
    """The policy's question (step 4)."""
    return visit.page("intention.html", {"case": case, "question": QUESTION.format(item=case.item.name)})


def intention_given(visit: Visit) -> Answer:
    """Yes or no."""
    answer = visit.call.form.get("answer")
    if answer not in ("continue", "decline"):
        raise InvalidInput("continue or decline", field="answer")
    if answer == "decline":
        visit.applicant.decline(visit.link, forever=False)
        return visit.to("progress")
    return visit.to(visit.next_page(visit.applicant.intend(visit.link, visit.session)))


def declaration(visit: Visit, case: Opened) -> Answer:
    """Form, material, return and delivery (step 5), or their correction (补正)."""
    return _form_page(visit, case, {}, None)


def declaration_given(visit: Visit) -> Answer:
    """What the person confirmed; told what to mend, with everything typed kept."""
    try:
        visit.applicant.declare(visit.link, visit.session, _declaration(visit.call.form))
    except InvalidInput as error:
        case = visit.opened()
        return _form_page(visit, case, visit.call.form, error) if case else visit.to("identity")
    return visit.to("progress")


def _declaration(form: Mapping[str, str]) -> Declaration:
    def prefixed(prefix: str) -> dict[str, str]:
        return {name.removeprefix(prefix): value for name, value in form.items() if name.startswith(prefix) and value}

    return Declaration(
        given=prefixed("given."),
        disputed=prefixed("disputed."),
        return_way=form.get("return_way") or None,
        delivery_way=form.get("delivery_way", ""),
        pickup_address=form.get("pickup_address", ""),
        delivery_address=form.get("delivery_address", ""),
    )


def _form_page(visit: Visit, case: Opened, typed: Mapping[str, str], error: InvalidInput | None) -> Page:
    fields = case.form or []
    values = _values(case, fields) | dict(typed)
    labels = {f.name: f.label for f in fields} | {
        "return_way": "旧证回收方式", "delivery_way": "送达方式", "pickup_address": "取件地址", "delivery_address": "收件地址",
    }  # fmt: skip
    wrong = error.field if error else None
    data = {
        "case": case, "fields": fields, "values": values, "most": MOST_CHARACTERS,
        "wrong": wrong, "wrong_label": labels.get(wrong or "", "表单"), "wrong_text": texts.field_error(wrong),
        "correcting": case.head.stage is Stage.CORRECTION,
    }  # fmt: skip
    return visit.page("declaration.html", data, status=error.status if error else 200)


def _values(case: Opened, fields: list[Filled]) -> dict[str, str]:
    """What the inputs hold at first: what was given before, else the registered address and the first ways."""
    address = next((f.value for f in fields if f.source == "business.registered_address" and f.value), "")
    before = {f"given.{f.name}": f.given for f in fields if f.given} | {f"disputed.{f.name}": f.disputed for f in fields if f.disputed}
    ways = {
        "return_way": case.head.return_way or (case.item.return_ways[0].value if case.item.return_ways else ""),
        "delivery_way": case.head.delivery_way or _first(case.item.delivery_ways),
    }
    return before | ways | {"pickup_address": address, "delivery_address": address, **case.addresses}


def _first(ways: list[DeliveryWay]) -> str:
    return ways[0].value


def progress(visit: Visit, case: Opened) -> Answer:
    """Where the case stands, with everything that happened."""
    head = case.head
    waits_for_person = visit.next_page(head) != "progress"
    withdrawable = not (head.granted or head.withdrawing or head.stage in OVER or head.stage is Stage.DELIVERY)
    opened = next(e for e in case.events if e.type == "opened")
    data = {
        "case": case, "steps": timeline(head, case.events), "next": visit.next_page(head) if waits_for_person else None,
        "withdrawable": withdrawable, "conditions": opened.facts["conditions"], "over": head.stage in OVER,
    }  # fmt: skip
    return visit.page("progress.html", data)


def withdraw(visit: Visit) -> Answer:
    """Take the application back."""
    visit.applicant.withdraw(visit.link, visit.session)
    return visit.to("progress")


_SIGNATURES = ((b"%PDF-", "application/pdf", "pdf"), (b"PK\x03\x04", "application/ofd", "ofd"))  # OFD: GB/T 33190, a ZIP file


def certificate(_: Visit, case: Opened) -> Answer:
    """The electronic certificate, to be saved."""
    return certificate_file(case)


def certificate_file(case: Opened) -> File:
    """The electronic certificate with its type. Raises NotFound."""
    if not case.certificate or not case.certificate.get("file_base64"):
        raise NotFound("there is no electronic certificate yet", field="certificate")
    content = base64.b64decode(str(case.certificate["file_base64"]))
    media_type, ending = next(
        ((kind, ending) for start, kind, ending in _SIGNATURES if content.startswith(start)), ("application/octet-stream", "bin")
    )
    if ending == "bin" and content.lstrip()[:9].lower() == b"<!doctype":
        media_type, ending = "application/octet-stream", "html"  # never rendered in our pages' origin
    return File(content, media_type, f"certificate.{ending}")


def proof(audit: Audit, case: Opened) -> Answer:
    """What happened in this case, with its proof: to be kept, and shown to whom the person likes."""
    bundle = audit.proof(case.head.case_id, Reader.PERSON)
    return File(bundle.text.encode(), "application/json", bundle.name)


# --- for everybody


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
    ("GET", "/c/{link}", landing),
    ("POST", "/c/{link}/decline", decline),
    ("POST", "/c/{link}/ask", ask),
    ("GET", "/c/{link}/identity", identity),
    ("POST", "/c/{link}/identity", identity_start),
    ("GET", "/c/{link}/identity/return", identity_return),
    ("POST", "/c/{link}/identity/return", identity_finish),
    ("POST", "/c/{link}/identity/code", identity_code),
    ("GET", "/c/{link}/intention", _at(Stage.INTENTION, intention)),
    ("POST", "/c/{link}/intention", _answering(intention_given)),
    ("GET", "/c/{link}/declaration", _at(Stage.DECLARATION, declaration)),
    ("POST", "/c/{link}/declaration", _answering(declaration_given)),
    ("GET", "/c/{link}/correction", _at(Stage.CORRECTION, declaration)),
    ("POST", "/c/{link}/correction", _answering(declaration_given)),
    ("GET", "/c/{link}/progress", _identified(progress)),
    ("POST", "/c/{link}/withdraw", _answering(withdraw)),
    ("GET", "/c/{link}/certificate", _identified(certificate)),
    ("GET", "/verify", verify),
    ("POST", "/verify", verify_answer),
)
