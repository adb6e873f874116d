"""Tencent faceid and Aliyun cloudauth: begun by a server, finished on a phone."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.component.sandbox.conftest import Raw

DETECT = {
    **{"RuleId": "1", "IdCard": "370202199001010015", "Name": "测试甲", "RedirectUrl": "http://127.0.0.1/back"},
    **{"Extra": "case-face-1", "IntentionVerifyText": "我确认办理换证"},
}
INIT = {
    **{"SceneId": "1000", "OuterOrderNo": "case1face1", "ProductCode": "ID_PRO", "CertType": "IDENTITY_CARD"},
    **{"CertName": "测试甲", "CertNo": "370202199001010015", "MetaInfo": "{}", "ReturnUrl": "http://127.0.0.1/back"},
}


def press(raw: Raw, url: str, result: str) -> Any:
    return raw.http.post(url.removeprefix("http://localhost"), data={"result": result})


def tencent_result(raw: Raw, token: str) -> dict[str, Any]:
    return raw.faceid("GetDetectInfoEnhanced", {"BizToken": token, "RuleId": "1", "InfoType": "0"})


@pytest.mark.parametrize(("button", "passed"), [("pass", True), ("fail", False)])
def test_tencent_is_null_until_the_person_is_through(raw: Raw, button: str, passed: bool) -> None:
    begun = raw.faceid("DetectAuth", DETECT)
    token = begun["BizToken"]
    assert tencent_result(raw, token)["Text"]["ErrCode"] is None
    assert press(raw, begun["Url"], button).headers["Location"] == f"http://127.0.0.1/back?BizToken={token}"
    answer = tencent_result(raw, token)
    assert (answer["Text"]["ErrCode"] == 0) is passed
    assert (answer["IntentionVerifyData"]["ErrorCode"] == 0) is passed
    assert answer["Text"]["Extra"] == "case-face-1"


def test_tencent_makes_a_new_flow_of_every_call(raw: Raw) -> None:
    assert raw.faceid("DetectAuth", DETECT)["BizToken"] != raw.faceid("DetectAuth", DETECT)["BizToken"]


@pytest.mark.parametrize(("seconds", "button"), [(7201, None), (3 * 86400 + 1, "pass")])
def test_tencent_forgets(raw: Raw, monkeypatch: pytest.MonkeyPatch, seconds: int, button: str | None) -> None:
    begun, now = raw.faceid("DetectAuth", DETECT), time.time()
    if button:
        press(raw, begun["Url"], button)
    monkeypatch.setattr(raw.box, "now", lambda: now + seconds)
    fresh = raw.faceid("GetDetectInfoEnhanced", {"BizToken": begun["BizToken"], "RuleId": "1"}, skew=seconds)
    assert fresh["Error"]["Code"] == "InvalidParameterValue.BizTokenExpired"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"RuleId": "2"}, "InvalidParameterValue.RuleIdNotExist"),
        ({"RuleId": ""}, "MissingParameter"),
        ({"IntentionVerifyText": "字" * 121}, "InvalidParameter"),
        ({"IdCard": "370202199001010011"}, "InvalidParameterValue"),
    ],
)
def test_tencent_refuses(raw: Raw, changed: dict[str, str], code: str) -> None:
    assert raw.faceid("DetectAuth", DETECT | changed)["Error"]["Code"] == code
    assert raw.faceid("DetectAuth", DETECT, skew=600)["Error"]["Code"] == "AuthFailure.SignatureExpire"
    assert len(raw.box.book.faces) == 0


def test_tencent_knows_no_other_token(raw: Raw) -> None:
    assert tencent_result(raw, "nobody's")["Error"]["Code"] == "InvalidParameterValue.BizTokenIllegal"


def aliyun_result(raw: Raw, id: str) -> dict[str, Any]:
    answer: dict[str, Any] = raw.cloudauth("DescribeFaceVerify", {"SceneId": "1000", "CertifyId": id}).get_json()
    return answer


@pytest.mark.parametrize(("button", "verdict"), [("pass", ("T", "200")), ("fail", ("F", "204"))])
def test_aliyun_says_424_until_the_person_is_through(raw: Raw, button: str, verdict: tuple[str, str]) -> None:
    begun = raw.cloudauth("InitFaceVerify", INIT).get_json()["ResultObject"]
    assert aliyun_result(raw, begun["CertifyId"])["Code"] == "424"
    assert press(raw, begun["CertifyUrl"], button).status_code == 303
    result = aliyun_result(raw, begun["CertifyId"])["ResultObject"]
    assert (result["Passed"], result["SubCode"]) == verdict


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"SceneId": "9"}, "404"), ({"CertNo": "1"}, "401"), ({"OuterOrderNo": "case-face-1"}, "401"), ({"CertName": ""}, "400")],
)
def test_aliyun_refuses(raw: Raw, changed: dict[str, str], code: str) -> None:
    assert raw.cloudauth("InitFaceVerify", INIT | changed).get_json()["Code"] == code
    assert aliyun_result(raw, "nobodys")["Code"] == "406"


def test_both_follow_the_script(raw: Raw) -> None:
    raw.rule(match="370202199001010015", identity="fail_once")
    for expected in (False, True):
        begun = raw.faceid("DetectAuth", DETECT)
        press(raw, begun["Url"], "pass")
        assert (tencent_result(raw, begun["BizToken"])["Text"]["ErrCode"] == 0) is expected


def test_who_has_no_account_is_a_stranger_everywhere(raw_of: Any) -> None:
    from infra.sandbox.vendors.settings import Accounts

    raw = raw_of(accounts=Accounts())
    assert raw.faceid("DetectAuth", DETECT)["Error"]["Code"] == "AuthFailure.SecretIdNotFound"
    assert raw.cloudauth("InitFaceVerify", INIT).status_code == 404
    assert raw.sf("EXP_RECE_CREATE_ORDER", {})["apiResultCode"] == "A1004"
    assert raw.kuaidi100("bOrder", {})["returnCode"] == "601"
