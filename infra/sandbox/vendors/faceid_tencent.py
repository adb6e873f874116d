"""Tencent Cloud faceid, version 2018-03-01: DetectAuth, then the person's phone, then GetDetectInfoEnhanced.

From the API reference: a BizToken lives 7,200 seconds, a result three days; only `Text.ErrCode` 0 is a pass, and it is null until the
person is through. No image is kept or answered.
"""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from infra.sandbox.book import Face
from infra.sandbox.box import Box
from infra.sandbox.vendors import tc3
from infra.sandbox.vendors.faces import begin, plausible
from infra.sandbox.vendors.plumbing import Vendor, loads, missing

VERSION = "2018-03-01"
INTENTION_LONGEST = 120
MISMATCH = (2004, "人脸比对分数低于阈值")


class FaceidTencent(Vendor):
    """`POST /` with `X-TC-Version: 2018-03-01`."""

    name = "faceid_tencent"

    def __init__(self, box: Box) -> None:
        super().__init__(box)
        self.account = box.config.vendors.faceid_tencent
        self._requests = 0

    def serve(self, request: Request) -> Response:
        """One call."""
        self._requests += 1
        id = self.box.token("faceid request", str(self._requests), 32)
        account = self.account
        fault = tc3.fault_of(request, {account.secret_id: account.secret_key} if account else {}, "faceid", self.box.now())
        if fault:
            return tc3.refused(id, *fault)
        data, action = loads(request.get_data()), request.headers.get("X-TC-Action", "")
        if action not in ACTIONS:
            return tc3.refused(id, "InvalidAction", "The request action is not found.")
        service, needed = ACTIONS[action]
        if absent := missing(data, *needed):
            return tc3.refused(id, "MissingParameter", f"The request is missing a required parameter `{absent}`.")
        base = request.host_url.rstrip("/")
        about = str(data.get("Extra") or data.get("BizToken") or "")
        return self.act(action, about, lambda: service(self, id, data, base))

    def detect(self, id: str, data: dict[str, Any], base: str) -> Response:
        """DetectAuth: every call is a new flow with a token of its own."""
        assert self.account is not None
        if self.account.rule_ids and str(data["RuleId"]) not in self.account.rule_ids:
            return tc3.refused(id, "InvalidParameterValue.RuleIdNotExist", "RuleId不存在，请到人脸核身控制台申请。")
        if len(data.get("IntentionVerifyText") or "") > INTENTION_LONGEST:
            return tc3.refused(id, "InvalidParameter", "IntentionVerifyText is too long.")
        if data.get("IdCard") and not plausible(str(data["IdCard"])):
            return tc3.refused(id, "InvalidParameterValue", "身份证号码不正确。")
        face = begin(
            self.box,
            vendor=self.name,
            wanted=str(data.get("Extra") or ""),
            name=str(data.get("Name") or ""),
            number=str(data.get("IdCard") or ""),
            back=data.get("RedirectUrl") or "",
            extra={"rule": str(data["RuleId"]), "intention": data.get("IntentionVerifyText"), "context": data.get("Extra") or ""},
        )
        if face is None:
            return tc3.refused(id, "FailedOperation.IdNameMisMatch", "账号实名信息与姓名身份证号不一致。")
        separator = "&" if "?" in face.return_url else "?"
        face.return_url = face.return_url and f"{face.return_url}{separator}BizToken={face.reference}"
        return tc3.answered(id, Url=f"{base}/identity/face/{face.reference}", BizToken=face.reference)

    def result(self, id: str, data: dict[str, Any], _base: str) -> Response:
        """GetDetectInfoEnhanced."""
        assert self.account is not None
        face = self.box.book.faces.find(str(data["BizToken"]))
        if face is None or face.vendor != self.name:
            return tc3.refused(id, "InvalidParameterValue.BizTokenIllegal", "BizToken无效。")
        age = self.box.now() - face.at
        if age > self.account.result_seconds or (face.state == "open" and age > self.account.token_seconds):
            return tc3.refused(id, "InvalidParameterValue.BizTokenExpired", "BizToken过期。")
        if str(data["RuleId"]) != face.extra["rule"]:
            return tc3.refused(id, "InvalidParameterValue.RuleIdNotExist", "RuleId不存在，请到人脸核身控制台申请。")
        asked = bool(face.extra["intention"])
        return tc3.answered(id, Text=_text(face), IntentionVerifyData=_intention(face), IsVerifyIntention=asked, EncryptedBody="")


ACTIONS = {
    "DetectAuth": (FaceidTencent.detect, ("RuleId",)),
    "GetDetectInfoEnhanced": (FaceidTencent.result, ("BizToken", "RuleId")),
}


def _text(face: Face) -> dict[str, Any]:
    code, text = {"open": (None, None), "passed": (0, "成功"), "failed": MISMATCH}[face.state]
    done = face.state != "open"
    return {
        "ErrCode": code,
        "ErrMsg": text,
        "IdCard": face.id_number,
        "Name": face.name,
        "LiveStatus": 0 if done else None,
        "LiveMsg": "成功" if done else None,
        "Comparestatus": code,
        "Comparemsg": text,
        "Sim": {"passed": "99.00", "failed": "20.00"}.get(face.state),
        "Extra": face.extra["context"],
        "LivenessDetail": [],
        "LivenessMode": 4,
    }


def _intention(face: Face) -> dict[str, Any] | None:
    text = face.extra["intention"]
    if not text or face.state == "open":
        return None
    good = face.state == "passed"
    return {"AsrResult": "确认" if good else "", "ErrorCode": 0 if good else 1, "ErrorMessage": "成功" if good else "未识别到回答"}
