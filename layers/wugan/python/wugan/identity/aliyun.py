"""Faces over Alibaba Cloud (阿里云金融级实人认证), API 2019-03-07.

Source: help.aliyun.com/zh/id-verification/financial-grade-id-verification (InitFaceVerify, DescribeFaceVerify, error-code) and the
official SDK 3.14.0's models. `ResultObject.Passed` alone decides. The answer's personal data and pictures are dropped unread.

`MetaInfo` tells the vendor what device it is and comes from its script in the person's browser; where the page has no such script,
`META_INFO` stands in for it: what the vendor makes of that is not known. Whether a repeated `OuterOrderNo` gives the same CertifyId is
not published either; another one is harmless, since an unused check ends after 30 minutes. No intention can be bound by this port: the
vendor's voluntary content is an option of its own, 60 characters.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wugan.clock import Clock
from wugan.clouds import CloudError, short
from wugan.clouds.aliyun import AliyunCloud
from wugan.errors import VendorRefused, VendorUnavailable
from wugan.http import text_in
from wugan.identity.port import Checked, Started

VERSION = "2019-03-07"
PRODUCT = "ID_PRO"  # compares with the authority's picture
META_INFO = '{"deviceType":"h5","ua":"Mozilla/5.0"}'
UNFINISHED = frozenset({"403", "424"})
FAILED = frozenset({"427"})  # the vendor's own rules against fraud
# name or number cannot be right, no such check, a device that cannot, no picture to compare with, too many failures today
REFUSED = frozenset({"401", "406", "414", "415", "416", "417", "418"})


@dataclass(frozen=True)
class AliyunFace:
    """The face half of the identity port. `scene_id` is the scene set up with the vendor."""

    cloud: AliyunCloud
    scene_id: str
    clock: Clock

    def start_face(self, id: str, name: str, id_number: str, return_url: str, intention: str = "", meta_info: str = "") -> Started:  # noqa: ARG002
        """InitFaceVerify for a page in the browser."""
        order = hashlib.sha256(id.encode()).hexdigest()[:32]  # the vendor takes 32 letters and digits
        asked = {
            "SceneId": self.scene_id,
            "OuterOrderNo": order,
            "ProductCode": PRODUCT,
            "CertType": "IDENTITY_CARD",
            "CertName": name,
            "CertNo": id_number.upper(),
            "ReturnUrl": return_url,
            "MetaInfo": meta_info or META_INFO,
            "CertifyUrlType": "H5",
            "UserId": order,
        }
        code, result = self._call("InitFaceVerify", asked)
        if code != "200":
            raise _verdict(code)
        return Started(text_in(result, "CertifyId"), text_in(result, "CertifyUrl"))

    def check_face(self, reference: str) -> Checked | None:
        """DescribeFaceVerify."""
        code, result = self._call("DescribeFaceVerify", {"SceneId": self.scene_id, "CertifyId": reference})
        if code in UNFINISHED:
            return None
        if code in FAILED:
            return Checked(reference, False, "face", self.clock.now(), f"face:{code}")
        if code != "200":
            raise _verdict(code)
        passed = result.get("Passed")
        if passed not in ("T", "F"):
            raise VendorUnavailable("the answer says neither T nor F", field="Passed")
        reason = "" if passed == "T" else f"face:{short(result.get('SubCode'))}"
        return Checked(reference, passed == "T", "face", self.clock.now(), reason)

    def _call(self, action: str, parameters: Mapping[str, str]) -> tuple[str, Mapping[str, Any]]:
        try:
            answer = self.cloud.call(action, parameters)
        except CloudError as error:
            return error.detail, {}
        code, result = answer.get("Code"), answer.get("ResultObject")
        if isinstance(code, bool) or not isinstance(code, (str, int)):
            raise VendorUnavailable("the answer has no code", field="Code")
        if str(code) == "200" and not isinstance(result, dict):
            raise VendorUnavailable("the answer has no result", field="ResultObject")
        return str(code), result if isinstance(result, dict) else {}


def _verdict(code: str) -> VendorRefused | VendorUnavailable:
    return VendorRefused(code) if code in REFUSED else VendorUnavailable(short(code))
