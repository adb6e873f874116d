"""The identity vendor: face checks on its own page, one-time codes by SMS."""

from __future__ import annotations

import hmac
from typing import Any

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from infra.sandbox.asked import CodeAsked, FaceAsked
from infra.sandbox.book import Code, Face, Message
from infra.sandbox.box import Box, Refusal
from infra.sandbox.channels import MOBILE

WRONG_CODES = 5
CODE_SECONDS = 600


class Identity:
    """Checks that a person is who they say; keeps no image."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def start_face(self, asked: FaceAsked, base: str) -> dict[str, Any]:
        """Begin a check; the same id is the same check. `base` is this server's own URL."""
        plan = self._plan(asked.id, asked.id_number, first=self._first(self._box.book.faces.of_case(_case(asked.id)), asked.id))
        known = self._box.book.faces.get(asked.id)
        if known is None and (plan == "refused" or not _plausible(asked.id_number)):
            raise Refusal(422, "person_unknown", "name and number are nobody's")
        face, repeated = self._box.book.faces.receive(asked.id, asked.model_dump(), lambda sha256: self._new_face(asked, sha256, plan))
        return {"reference": face.reference, "url": f"{base}/identity/face/{face.reference}", "repeated": repeated}

    def face(self, reference: str) -> Face:
        """A check that was begun."""
        face = self._box.book.faces.find(reference)
        if face is None:
            raise Refusal(404, "check_unknown", "no such check")
        return face

    def finish_face(self, reference: str, *, passed: bool) -> Face:
        """The person showed their face; what came out first stays."""
        face = self.face(reference)
        if face.state == "open":
            good = passed and not face.reason
            face.state = "passed" if good else "failed"
            face.reason = "" if good else "face_mismatch"
            if face.vendor == "sandbox":
                body = {"check_id": face.id, "reference": face.reference}
                self._box.outbox.send(self._box.outbox.write("identity", face.id, "result", body))
        return face

    def result(self, face: Face) -> dict[str, Any]:
        """What the vendor tells about a check."""
        return {"reference": face.reference, "state": face.state, "reason": face.reason if face.state == "failed" else ""}

    def start_code(self, asked: CodeAsked) -> dict[str, Any]:
        """Send a code to the phone; the same id sends nothing again."""
        known = self._box.book.codes.get(asked.id)
        plan = self._plan(asked.id, asked.mobile, first=False)
        if known is None and (plan == "refused" or not MOBILE.fullmatch(asked.mobile)):
            raise Refusal(422, "mobile_unknown", "nobody has this number")
        code, repeated = self._box.book.codes.receive(asked.id, asked.model_dump(), lambda sha256: self._new_code(asked, sha256))
        if not repeated:
            self._deliver(code)
        return {"reference": code.reference, "repeated": repeated}

    def code(self, reference: str) -> Code:
        """A code that was sent."""
        code = self._box.book.codes.find(reference)
        if code is None:
            raise Refusal(404, "check_unknown", "no such check")
        return code

    def check_code(self, code: Code, given: str) -> dict[str, Any]:
        """Whether it is the code; five wrong ones end the check, and so do ten minutes."""
        reason = self._fault(code, given)
        if not reason:
            code.passed = True
        return {"passed": not reason, "reason": reason}

    def _fault(self, code: Code, given: str) -> str:
        if code.wrong >= WRONG_CODES:
            return "too_many_attempts"
        if not code.passed and self._box.now() - code.at > CODE_SECONDS:
            return "code_expired"
        first = self._first(self._box.book.codes.of_case(code.case), code.id)
        if hmac.compare_digest(code.code.encode(), given.encode()) and self._plan(code.id, code.mobile, first=first) == "honest":
            return ""
        code.wrong += 1
        return "code_wrong"

    def _plan(self, id: str, person: str, *, first: bool) -> str:
        return self._box.script.identity(id, first=first, person=person)

    @staticmethod
    def _first(of_case: list[Face] | list[Code], id: str) -> bool:
        return not of_case or of_case[0].id == id

    def _new_face(self, asked: FaceAsked, sha256: str, plan: str) -> Face:
        return Face(
            id=asked.id,
            reference=f"face-{self._box.token('face', asked.id, 24)}",
            asked_sha256=sha256,
            at=self._box.now(),
            name=asked.name,
            id_number=asked.id_number,
            return_url=asked.return_url,
            reason="face_mismatch" if plan == "fail" else "",
        )

    def _new_code(self, asked: CodeAsked, sha256: str) -> Code:
        return Code(
            id=asked.id,
            reference=f"code-{self._box.token('code', asked.id, 24)}",
            asked_sha256=sha256,
            at=self._box.now(),
            mobile=asked.mobile,
            code=self._box.digits("one-time code", asked.id, 6),
        )

    def _deliver(self, code: Code) -> None:
        text = f"【实名认证沙箱】验证码 {code.code}，10 分钟内有效。工作人员不会向您索要验证码。"
        self._box.book.messages.receive(
            code.id,
            code.code,
            lambda sha256: Message(
                id=code.id,
                reference=f"sms-{code.reference}",
                asked_sha256=sha256,
                at=code.at,
                channel="sms",
                to=code.mobile,
                text=text,
                link=None,
                status="delivered",
                code=True,
            ),
        )


def _case(id: str) -> str:
    return id.partition("-")[0]


def _plausible(number: str) -> bool:
    """Whether it has the shape and the check digit of a citizen identity number (GB 11643)."""
    try:
        compact = ric.compact(number)
        return len(compact) == 18 and compact[:17].isdigit() and ric.calc_check_digit(compact) == compact[17]
    except (ValidationError, ValueError):
        return False
