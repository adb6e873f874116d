"""The approving department with a platform of its own."""

from __future__ import annotations

import base64
import calendar
import hashlib
from datetime import date, timedelta
from typing import Any

from infra.sandbox.asked import ApplicationAsked
from infra.sandbox.book import Application, digest
from infra.sandbox.box import Box, Refusal
from wugan.pdf import pdf

POINTS = ("经办人授权委托书未加盖公章，请补盖后重新提交。", "经营场所地址请补充至门牌号。")
REASON = "经核查，申请事项不符合法定条件，依法不予许可。"
BY = "审批平台沙箱·经办员01"


class Department:
    """Takes applications, and after a while approves, rejects, or names all corrections at once."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def submit(self, asked: ApplicationAsked) -> dict[str, Any]:
        """Take the package; a repeat gets the same reference."""
        known = self._box.book.applications.get(asked.id)
        plan = known.plan if known else self._plan(asked)
        if plan == "refused":
            raise Refusal(422, "not_competent", "this department does not decide on such an application")
        application, repeated = self._box.book.applications.receive(
            asked.id, asked.model_dump(), lambda sha256: self._new(asked, sha256, plan)
        )
        if not repeated and plan != "silent":
            self._box.steps.after(self._box.config.delays.decide, lambda: self._decide(application))
        return {"reference": application.reference, "repeated": repeated}

    def cancel(self, application_id: str) -> dict[str, Any]:
        """Drop an application that is not decided; one that was sent back for correction is dropped too."""
        application = self.application(application_id)
        if application.state in ("approved", "rejected"):
            raise Refusal(409, "already_decided", "the decision was made")
        application.state = "cancelled"
        return {"reference": application.reference, "state": application.state}

    def application(self, application_id: str) -> Application:
        """An application that was submitted."""
        application = self._box.book.applications.get(application_id)
        if application is None:
            raise Refusal(404, "application_unknown", "no such application")
        return application

    def _plan(self, asked: ApplicationAsked) -> str:
        corrected = any(a.plan == "correction" for a in self._box.book.applications.of_case(asked.case_id))
        return self._box.script.decision(asked.id, corrected=corrected, keys=(asked.case_id, asked.subject, asked.item_code))

    def _new(self, asked: ApplicationAsked, sha256: str, plan: str) -> Application:
        earlier = self._box.book.applications.of_case(asked.case_id)
        return Application(
            id=asked.id,
            reference=f"{asked.jurisdiction}{self._box.digits('application', asked.id, 12)}",
            asked_sha256=sha256,
            at=self._box.now(),
            case_id=asked.case_id,
            item_code=asked.item_code,
            subject=asked.subject,
            content_sha256=digest(asked.form),
            plan=plan,
            package=asked.model_dump(),
            beside=[a.id for a in earlier if a.state not in ("correction", "cancelled")],
        )

    def _decide(self, application: Application) -> None:
        with self._box.lock:
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
            self._box.outbox.send(self._box.outbox.write("department", application.id, "decision", body))

    def _certificate(self, application: Application) -> dict[str, Any]:
        start = self._box.today()
        end = _years_later(start, self._box.config.valid_years) - timedelta(days=1)
        place = application.package["jurisdiction"]
        number = f"{place}-{start.year}-{self._box.digits('certificate', application.id, 8)}"
        lines = [
            f"证照编号：{number}",
            f"事项编码：{application.item_code}",
            f"统一社会信用代码：{application.subject}",
            f"有效期：{start.isoformat()} 至 {end.isoformat()}",
            "本文件由演示沙箱生成，不具有法律效力。",
        ]
        file = pdf("电子证照（沙箱样本）", lines)
        return {
            "number": number,
            "valid_from": start.isoformat(),
            "valid_until": end.isoformat(),
            "file_base64": base64.b64encode(file).decode(),
            "file_sha256": hashlib.sha256(file).hexdigest(),
        }


def _years_later(day: date, years: int) -> date:
    """The same day so many years later; the last of February when there is no 29th."""
    year = day.year + years
    return day.replace(year=year, day=min(day.day, calendar.monthrange(year, day.month)[1]))
