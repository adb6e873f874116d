"""Faces over Tencent Cloud (腾讯云人脸核身 faceid), API 2018-03-01.

Source: cloud.tencent.com/document/product/1007 (DetectAuth 31816, GetDetectInfoEnhanced 41957) and the official SDK 3.1.179's models.
The vendor knows no id of ours: DetectAuth asked again gives another BizToken, and one that nobody used costs nothing and ends after
7,200 seconds. Asked are only the texts (InfoType 1): never an image, and of the texts nothing is kept but the result. Only a read-out
intention (意愿核身朗读模式, InfoType 5) comes with its recording, which is dropped unread: give such a flow a client that takes 20 MB.

Not published: whether an unfinished check has no `Text` or one without `ErrCode`; both are taken as unfinished.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wugan.clock import Clock
from wugan.clouds import CloudError
from wugan.clouds.tencent import TencentCloud
from wugan.errors import InvalidInput, VendorRefused, VendorUnavailable
from wugan.http import text_in
from wugan.identity.port import Checked, Started

SERVICE, VERSION, REGION = "faceid", "2018-03-01", "ap-guangzhou"
MOST_INTENTION = 120  # characters
# The token is gone or forged, or the person's name or number cannot be right. All other codes are about us or the hour.
REFUSED = frozenset(
    {
        "InvalidParameterValue.BizTokenExpired",
        "InvalidParameterValue.BizTokenIllegal",
        "FailedOperation.IdFormatError",
        "FailedOperation.IdNameMisMatch",
        "InvalidParameter",
        "InvalidParameterValue",
    }
)


@dataclass(frozen=True)
class TencentFace:
    """The face half of the identity port. `rule_id` is the business flow set up with the vendor, `spoken` whether it asks to read out."""

    cloud: TencentCloud
    rule_id: str
    clock: Clock
    spoken: bool = False

    def start_face(self, id: str, name: str, id_number: str, return_url: str, intention: str = "", meta_info: str = "") -> Started:  # noqa: ARG002
        """DetectAuth. `intention` is the text to be read out, sent only where the flow asks for it. Raises InvalidInput as well."""
        if self.spoken and not 0 < len(intention) <= MOST_INTENTION:
            raise InvalidInput(f"1 to {MOST_INTENTION} characters are read out", field="intention")
        asked = {"RuleId": self.rule_id, "IdCard": id_number.upper(), "Name": name, "RedirectUrl": return_url, "Extra": id}
        answer = self._call("DetectAuth", asked | ({"IntentionVerifyText": intention} if self.spoken else {}))
        return Started(text_in(answer, "BizToken"), text_in(answer, "Url"))

    def check_face(self, reference: str) -> Checked | None:
        """GetDetectInfoEnhanced. Passed only by `Text.ErrCode == 0`, and where the flow asks to read out by that result too."""
        asked = {"BizToken": reference, "RuleId": self.rule_id, "InfoType": "15" if self.spoken else "1"}
        answer = self._call("GetDetectInfoEnhanced", asked)
        face = _code(answer.get("Text"), "ErrCode")
        if face != 0:
            return None if face is None else self._checked(reference, False, f"face:{face}")
        if bool(answer.get("IsVerifyIntention")) != self.spoken:
            raise VendorUnavailable("the flow at the vendor and ours do not agree about the intention", field="IsVerifyIntention")
        said = _code(answer.get("IntentionVerifyData"), "ErrorCode") if self.spoken else 0
        if said != 0:
            return None if said is None else self._checked(reference, False, f"intention:{said}")
        return self._checked(reference, True)

    def _checked(self, reference: str, passed: bool, reason: str = "") -> Checked:
        return Checked(reference, passed, "face", self.clock.now(), reason)

    def _call(self, action: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self.cloud.call(action, parameters)
        except CloudError as error:
            raise (VendorRefused if error.detail in REFUSED else VendorUnavailable)(error.detail) from error


def _code(part: object, name: str) -> int | None:
    """A result code; None while there is none. Raises VendorUnavailable when it is no whole number."""
    value = part.get(name) if isinstance(part, dict) else part
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise VendorUnavailable(f"the answer has no {name}", field=name)
    return value
