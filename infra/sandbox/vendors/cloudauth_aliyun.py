"""Aliyun cloudauth, version 2019-03-07: InitFaceVerify, then the person's phone, then DescribeFaceVerify.

From the API reference and its table of codes: 424 until the person is through, then `Passed` T or F with a `SubCode`.
"""

from __future__ import annotations

import re
from typing import Any

from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Request, Response

from infra.sandbox.box import Box
from infra.sandbox.vendors import acs
from infra.sandbox.vendors.faces import begin, plausible
from infra.sandbox.vendors.plumbing import Vendor, json_answer, missing

VERSION = "2019-03-07"
OUTER = re.compile(r"[A-Za-z0-9]{1,32}")
TEXTS = {200: "success", 400: "参数不能为空", 401: "参数非法", 404: "认证场景配置不存在", 406: "无效的CertifyId", 424: "身份认证记录不存在"}
PASSED = {"Passed": "T", "SubCode": "200"}
MISMATCH = {"Passed": "F", "SubCode": "204"}
NOBODY = 417
TEXTS[NOBODY] = "无法使用刷脸服务"
Values = CombinedMultiDict[str, str]


class CloudauthAliyun(Vendor):
    """`/` with `x-acs-version: 2019-03-07`."""

    name = "cloudauth_aliyun"

    def __init__(self, box: Box) -> None:
        super().__init__(box)
        self.account = box.config.vendors.cloudauth_aliyun
        self._door = acs.Door(self.account, ACTIONS)
        self._requests = 0

    def serve(self, request: Request, action: str) -> Response:
        """One call."""
        self._requests += 1
        id = self.box.token("cloudauth request", str(self._requests), 32).upper()
        fault = self._door.fault_of(request, action, self.box.now())
        if fault:
            return acs.refused(id, fault, request.host)
        service, needed = ACTIONS[action]
        values = request.values
        if missing(values.to_dict(), *needed):
            return _said(id, 400)
        base = request.host_url.rstrip("/")
        about = values.get("OuterOrderNo") or values.get("CertifyId") or ""
        return self.act(action, about, lambda: service(self, id, values, base))

    def begin(self, id: str, values: Values, base: str) -> Response:
        """InitFaceVerify: `OuterOrderNo` is not compared with earlier ones; every call is a new check."""
        if not self._scene(values):
            return _said(id, 404)
        good = values["CertType"] == "IDENTITY_CARD" and plausible(values["CertNo"]) and OUTER.fullmatch(values["OuterOrderNo"])
        if not good:
            return _said(id, 401)
        face = begin(
            self.box,
            vendor=self.name,
            wanted=values["OuterOrderNo"],
            name=values["CertName"],
            number=values["CertNo"],
            back=values.get("ReturnUrl") or "",
            extra={"scene": values["SceneId"]},
        )
        if face is None:
            return _said(id, NOBODY)
        certify_id = face.reference.lower()
        return _said(id, 200, {"CertifyId": certify_id, "CertifyUrl": f"{base}/identity/face/{face.reference}"})

    def result(self, id: str, values: Values, _base: str) -> Response:
        """DescribeFaceVerify."""
        assert self.account is not None
        if not self._scene(values):
            return _said(id, 404)
        face = self.box.book.faces.find(values["CertifyId"].upper())
        if face is None or (face.vendor, face.extra.get("scene")) != (self.name, values["SceneId"]):
            return _said(id, 406)
        if face.state == "open":
            old = self.box.now() - face.at > self.account.certify_seconds
            return _said(id, 406 if old else 424)
        verdict = PASSED if face.state == "passed" else MISMATCH
        return _said(id, 200, {**verdict, "IdentityInfo": None, "MaterialInfo": "{}", "DeviceToken": "", "DeviceRisk": ""})

    def _scene(self, values: Values) -> bool:
        assert self.account is not None
        return not self.account.scene_ids or values["SceneId"] in map(str, self.account.scene_ids)


ACTIONS = {
    "InitFaceVerify": (CloudauthAliyun.begin, ("SceneId", "OuterOrderNo", "ProductCode", "CertType", "CertName", "CertNo", "MetaInfo")),
    "DescribeFaceVerify": (CloudauthAliyun.result, ("SceneId", "CertifyId")),
}


def _said(id: str, code: int, result: dict[str, Any] | None = None) -> Response:
    return json_answer({"RequestId": id, "Code": str(code), "Message": TEXTS[code], "ResultObject": result})
