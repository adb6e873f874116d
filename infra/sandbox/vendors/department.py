"""The approving departments' platforms, one of each bureau.

The protocol is ours, for the general approval platform (通用审批平台) publishes none.
"""

from __future__ import annotations

import base64
import binascii
import calendar
import hashlib
import json
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from werkzeug.wrappers import Request, Response

from infra.sandbox.asked import ApplicationAsked, DocumentAsked, parse
from infra.sandbox.book import Application, digest
from infra.sandbox.box import Box, Refusal
from infra.sandbox.vendors.certificate import ofd, pdf
from infra.sandbox.vendors.plumbing import Vendor, json_answer
from infra.sandbox.vendors.push import Push, Sent
from infra.sandbox.vendors.signature import fault_of, signed_headers
from infra.sandbox.vendors.weather import LOOK_AGAIN_SECONDS

POINTS = ("经办人授权委托书未加盖公章，请补盖后重新提交。", "经营场所地址请补充至门牌号。")
REASON = "经核查，申请事项不符合法定条件，依法不予许可。"
BY = "审批平台沙箱·经办员01"


class Department(Vendor):
    """Takes applications, and after a while approves, rejects, or names all corrections at once. Signed both ways (`signature`)."""

    name = "department"

    def __init__(self, box: Box) -> None:
        super().__init__(box)
        self.account = box.config.vendors.department

    def submit(self, request: Request, bureau: str) -> Response:
        """POST /{bureau}/department/applications: take the package; a repeat gets the same reference."""
        self._check(request, bureau)
        asked = parse(request, ApplicationAsked)
        if asked.jurisdiction != bureau:
            return _refused(422, "not_competent", "this is another bureau's platform")
        return self.act("application", asked.id, lambda: self._submit(asked))

    def cancel(self, request: Request, bureau: str, id: str) -> Response:
        """POST /{bureau}/department/applications/{id}/cancel: drop what is not decided, also what was sent back for correction."""
        self._check(request, bureau)
        return self.act("cancel_application", id, lambda: self._cancel(bureau, id))

    def _check(self, request: Request, bureau: str) -> None:
        if self.account is None or bureau not in self.account.secrets:
            raise Refusal(401, "secret_missing", "the sandbox was given no secret for this platform")
        path = urlsplit(str(request.environ["REQUEST_URI"])).path  # as it was sent: what is signed is what follows the platform's address
        fault = fault_of(self.account.secrets[bureau], request.headers, path.removeprefix(f"/{bureau}"), request.get_data(), self.box.now())
        if fault:
            raise Refusal(401, fault, "the signature does not hold")

    def _submit(self, asked: ApplicationAsked) -> Response:
        if not all(_whole(document) for document in asked.documents):
            return _refused(400, "document_damaged", "a document does not fit its hash")
        known = self.box.book.applications.get(asked.id)
        plan = known.plan if known else self._plan(asked)
        if plan == "refused":
            return _refused(422, "not_competent", "this department does not decide on such an application")
        application, repeated = self.box.book.applications.receive(
            asked.id, asked.model_dump(), lambda sha256: self._new(asked, sha256, plan)
        )
        if not repeated and plan != "silent":
            self._later(self.box.config.delays.decide, application)
        return json_answer({"reference": application.reference, "repeated": repeated})

    def _cancel(self, bureau: str, id: str) -> Response:
        application = self.box.book.applications.get(id)
        if application is None or application.package["jurisdiction"] != bureau:
            return _refused(404, "application_unknown", "no such application")
        if application.state in ("approved", "rejected"):
            return _refused(409, "already_decided", "the decision was made")
        application.state = "cancelled"
        return json_answer({"reference": application.reference, "state": application.state})

    def _later(self, seconds: float, application: Application) -> None:
        def when_up() -> None:
            left = self.box.weather.left(self.name)
            if left:
                self._later(min(left, LOOK_AGAIN_SECONDS), application)
            else:
                self._decide(application)

        self.box.steps.after(seconds, when_up)

    def _plan(self, asked: ApplicationAsked) -> str:
        corrected = any(a.plan == "correction" for a in self.box.book.applications.of_case(asked.case_id))
        return self.box.script.decision(asked.id, corrected=corrected, keys=(asked.case_id, asked.subject, asked.item_code))

    def _new(self, asked: ApplicationAsked, sha256: str, plan: str) -> Application:
        earlier = self.box.book.applications.of_case(asked.case_id)
        return Application(
            id=asked.id,
            reference=f"{asked.jurisdiction}{self.box.digits('application', asked.id, 12)}",
            asked_sha256=sha256,
            at=self.box.now(),
            case_id=asked.case_id,
            item_code=asked.item_code,
            subject=asked.subject,
            content_sha256=digest(asked.form),
            plan=plan,
            package=asked.model_dump(),
            beside=[a.id for a in earlier if a.state not in ("correction", "cancelled")],
        )

    def _decide(self, application: Application) -> None:
        with self.box.lock:
            if application.state != "received":
                return
            body: dict[str, Any] = {
                "application_id": application.id,
                "by": BY,
                "points": [],
                "reason_code": "",
                "reason": "",
                "certificate": None,
            }
            if application.plan == "correction":
                body |= {"kind": "correction", "points": list(POINTS)}
            elif application.plan == "reject":
                body |= {"kind": "rejected", "reason_code": "conditions_not_met", "reason": REASON}
            else:
                certificate = self._certificate(application)
                application.certificate_no = certificate["number"]
                body |= {"kind": "approved", "certificate": certificate}
            application.state = body["kind"]
            self._tell(application, body)

    def _tell(self, application: Application, body: dict[str, Any]) -> None:
        assert self.account is not None
        bureau = application.package["jurisdiction"]
        secret, path = self.account.secrets[bureau], f"/{self.account.callback}/{bureau}"
        told = {"id": f"{self.name}-{application.id}-decision", **body}
        content = json.dumps(told, ensure_ascii=False).encode()

        def build(at: float) -> Sent:
            return Sent(content, "application/json", headers=signed_headers(secret, path, content, at))

        self.push(application.id, "decision", Push(path, build, lambda status, _: status == 200), told)

    def _certificate(self, application: Application) -> dict[str, Any]:
        assert self.account is not None
        start = self.box.today()
        end = _years_later(start, self.box.config.valid_years) - timedelta(days=1)
        place = application.package["jurisdiction"]
        number = f"{place}-{start.year}-{self.box.digits('certificate', application.id, 8)}"
        lines = [
            "电子证照（沙箱样本）",
            f"证照编号：{number}",
            f"事项编码：{application.item_code}",
            f"统一社会信用代码：{application.subject}",
            f"有效期：{start.isoformat()} 至 {end.isoformat()}",
            "本文件由演示沙箱生成，不具有法律效力。",
        ]
        file = {"pdf": pdf, "ofd": ofd}[self.account.certificates](lines)
        return self._signature(file) | {
            "number": number,
            "valid_from": start.isoformat(),
            "valid_until": end.isoformat(),
            "file_base64": base64.b64encode(file).decode(),
            "file_sha256": hashlib.sha256(file).hexdigest(),
        }

    def _signature(self, file: bytes) -> dict[str, Any]:
        assert self.account is not None
        key = self.account.certificate_key
        if not key:
            return {}
        signed = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key)).sign(file)
        return {"file_signature": base64.b64encode(signed).decode()}


def _refused(status: int, code: str, detail: str) -> Response:
    return json_answer({"error": {"code": code, "detail": detail}}, status)


def _whole(document: DocumentAsked) -> bool:
    try:
        content = base64.b64decode(document.base64, validate=True)
    except binascii.Error:
        return False
    return hashlib.sha256(content).hexdigest() == document.sha256


def _years_later(day: date, years: int) -> date:
    """The same day so many years later; the last of February when there is no 29th."""
    year = day.year + years
    return day.replace(year=year, day=min(day.day, calendar.monthrange(year, day.month)[1]))
