"""The operations: the same services as the pages, one row each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from wugan.cases import applicant as service
from wugan.cases.audit import Reader
from wugan.errors import CaseEnded, InvalidInput, Locked, NotFound, NotWaiting, NotYet, VendorRefused, VendorUnavailable
from wugan.links import SESSION
from wugan.web import texts
from wugan.web.api import models, problems, shapes
from wugan.web.api.operation import Access, Asked, Operation, Told
from wugan.web.api.rights import RIGHTS
from wugan.web.api.shapes import told_state
from wugan.web.applicant.progress import certificate_file

VENDORS = (VendorRefused, VendorUnavailable)


def case(asked: Asked) -> Told:
    """What the link alone opens: the matter, why, whose it is; masked."""
    shown = asked.applicant.landing(asked.link)
    return Told(shapes.case(shown), version=shown.head.version)


def decline(asked: Asked) -> Told:
    """No, for now or for this item for ever; as easy as a tap, so without a session until somebody is identified, then with it."""
    return told_state(asked.applicant.decline(asked.link, asked.body.forever, asked.session))


def ask(asked: Asked) -> Told:
    """A human, please. Without the session of who was identified, officials are told, and nothing that was begun ends."""
    return told_state(asked.applicant.ask_person(asked.link, asked.session))


def identity_start(asked: Asked) -> Told:
    """Begin a face check (with its own consent), or have a code sent to the number on file."""
    if asked.body.method == "code":
        return Told(models.Begun(check=asked.applicant.start_code(asked.link, asked.body.who), url=None))
    if not asked.body.face_consent:
        raise InvalidInput("a face check needs a consent of its own (PIPL art. 29)", field="face_consent")
    url, check = asked.applicant.start_face(asked.link, asked.body.who)
    return Told(models.Begun(check=check, url=url))


def identity_face(asked: Asked) -> Told:
    """The result of a face check: a session, or 202 while the vendor has none; then ask again under another key."""
    return _session(asked, asked.applicant.finish_face(asked.link, asked.body.check))


def identity_code(asked: Asked) -> Told:
    """A session for the code and the end of the identity number."""
    return _session(asked, asked.applicant.finish_code(asked.link, asked.body.check, asked.body.code, asked.body.id_number))


def _session(asked: Asked, session: str | None) -> Told:
    head = asked.applicant.head(asked.link)
    seconds = int(SESSION.total_seconds()) if session else None
    told = models.Session(session=session, seconds=seconds, state=shapes.state(head))
    return Told(told, 200 if session else 202, head.version, final=session is not None)


def intention(asked: Asked) -> Told:
    """The answer to "是否继续办理"; to continue counts as the application."""
    if asked.body.answer == "decline":
        return told_state(asked.applicant.decline(asked.link, forever=False, session=asked.session))
    return told_state(asked.applicant.intend(asked.link, asked.session))


def declaration(asked: Asked) -> Told:
    """The prefilled form with the source and date of every value, the ways to choose from, and what has to be corrected."""
    opened = asked.opened()
    return Told(shapes.form(opened), version=opened.head.version)


def declare(asked: Asked) -> Told:
    """Confirm form and material and choose the ways, or submit them corrected."""
    return told_state(asked.applicant.declare(asked.link, asked.session, _declared(asked.body)))


def preview(asked: Asked) -> Told:
    """The application as this declaration would submit it; nothing is written, and the answer is not kept."""
    return Told(shapes.preview(asked.applicant.preview(asked.link, asked.session, _declared(asked.body))), final=False)


def _declared(told: models.Declaration) -> service.Declaration:
    way = told.return_way.value if told.return_way else None
    return service.Declaration(
        told.given, told.disputed, way, told.delivery_way.value, told.pickup_address, told.delivery_address, told.pickup_slot, told.why
    )


def progress(asked: Asked) -> Told:
    """The whole case: why, what changed, the eight steps, the promised date, how it ended."""
    opened = asked.opened()
    return Told(shapes.progress(opened), version=opened.head.version)


def withdraw(asked: Asked) -> Told:
    """Take the application back, at any time before the decision."""
    return told_state(asked.applicant.withdraw(asked.link, asked.session))


def events(asked: Asked) -> Told:
    """Everything that happened, page by page."""
    opened = asked.opened()
    return Told(shapes.events(opened.events, asked.query), version=opened.head.version)


def certificate(asked: Asked) -> Told:
    """The electronic certificate."""
    file = certificate_file(asked.opened())
    return Told(file.content, media_type=file.media_type, name=file.name)


def proof(asked: Asked) -> Told:
    """What happened, with its proof from the public log, as `wugan audit verify` and the page /ledger check it."""
    bundle = asked.audit().proof(asked.opened().head.case_id, Reader.PERSON)
    return Told(bundle.text.encode(), name=bundle.name)


def verify(asked: Asked) -> Told:
    """Whether a prompt's code was really sent to this subject."""
    found = asked.applicant.verify(asked.body.code, asked.body.credit_code)
    return Told(models.Verified(official=found is not None, item=shapes.item(found.item, found.head) if found else None))


def problem(asked: Asked) -> Told:
    """What the type of a problem means."""
    code = asked.path["code"]
    kind = None if code == problems.UNEXPECTED else problems.known().get(code)
    if kind is None and code != problems.UNEXPECTED:
        raise NotFound("no problem of ours", field="code")
    error = kind("") if kind else None
    words = texts.problem(error)
    told = models.ProblemKind(code=code, status=problems.status_of(error), title=words.title, what=words.what, following=words.following)
    return Told(told)


def openapi(asked: Asked) -> Told:
    """This document."""
    return Told({**_published(), "servers": [{"url": asked.applicant.context.public_url()}]})


@cache
def _published() -> Mapping[str, Any]:
    from wugan.web.api.openapi import document  # whoever never asks for it does not pay for it

    return document(OPERATIONS)


_ENDS = (NotWaiting, CaseEnded)
_STATE: Mapping[int, type[models.Model]] = {200: models.State}
_SESSION: Mapping[int, type[models.Model]] = {200: models.Session}
_WAITING: Mapping[int, type[models.Model]] = {202: models.Session}
_FILES = ("application/pdf", "application/ofd", "application/octet-stream")
_LINK, _AT_FIRST, _PERSON = Access.LINK, Access.LINK_AT_FIRST, Access.SESSION

OPERATIONS: tuple[Operation, ...] = (
    Operation("getCase", "GET", "/v1/case", _LINK, case, {200: models.Case}, tagged=True),
    Operation(
        "decline", "POST", "/v1/case/decline", _AT_FIRST, decline, _STATE, models.Decline, refuses=_ENDS, settled_by=("declined",),
    ),
    Operation(
        "askPerson", "POST", "/v1/case/ask", _LINK, ask, _STATE, models.Nothing, refuses=_ENDS, settled_by=("asked_person",),
    ),
    Operation(
        "startIdentity", "POST", "/v1/case/identity", _LINK, identity_start, {200: models.Begun}, models.IdentityStart,
        refuses=(Locked, *VENDORS),
    ),
    Operation(
        "finishFace", "POST", "/v1/case/identity/face", _LINK, identity_face, {**_SESSION, **_WAITING}, models.FaceResult,
        refuses=(Locked, *VENDORS),
    ),
    Operation(
        "finishCode", "POST", "/v1/case/identity/code", _LINK, identity_code, _SESSION, models.CodeResult, refuses=(Locked, *VENDORS),
    ),
    Operation(
        "giveIntention", "POST", "/v1/case/intention", _PERSON, intention, _STATE, models.Intention, refuses=_ENDS,
        settled_by=("intention_confirmed", "declined"),
    ),
    Operation("getDeclaration", "GET", "/v1/case/declaration", _PERSON, declaration, {200: models.Form}, tagged=True),
    Operation(
        "submitDeclaration", "POST", "/v1/case/declaration", _PERSON, declare, _STATE, models.Declaration, refuses=_ENDS,
        settled_by=("declared", "corrected"),
    ),
    Operation("previewDeclaration", "POST", "/v1/case/preview", _PERSON, preview, {200: models.Preview}, models.Declaration),
    Operation("getProgress", "GET", "/v1/case/progress", _PERSON, progress, {200: models.Progress}, tagged=True),
    Operation(
        "withdraw", "POST", "/v1/case/withdraw", Access.PRINCIPAL, withdraw, _STATE, models.Nothing, refuses=_ENDS,
        settled_by=("withdrawn",),
    ),
    Operation(
        "listEvents", "GET", "/v1/case/events", _PERSON, events, {200: models.Events}, query=models.EventsQuery, tagged=True,
    ),
    Operation(
        "getCertificate", "GET", "/v1/case/certificate", _PERSON, certificate, {200: "The file"}, refuses=(NotFound,), files=_FILES,
    ),
    Operation("getProof", "GET", "/v1/case/proof", _PERSON, proof, {200: "wugan-case-proof/1"}, refuses=(NotYet,)),
    *RIGHTS,
    Operation("verifyCode", "POST", "/v1/verify", Access.NOBODY, verify, {200: models.Verified}, models.VerifyCode),
    Operation("getProblem", "GET", "/v1/problems/{code}", Access.NOBODY, problem, {200: models.ProblemKind}, refuses=(NotFound,)),
    Operation("getOpenapi", "GET", "/v1/openapi.json", Access.NOBODY, openapi, {200: "An OpenAPI 3.1 document"}),
)  # fmt: skip
