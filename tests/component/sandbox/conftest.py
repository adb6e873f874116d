"""The vendors without a socket, and a raw client that builds requests by hand, from the documentation."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Thread
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from werkzeug.serving import make_server
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Request, Response

from infra.sandbox.app import App
from infra.sandbox.box import Box
from infra.sandbox.script import Chances, Config, Delays, Retry, Rule
from infra.sandbox.server import QuietHandler
from infra.sandbox.vendors.settings import (
    Accounts,
    CityApp,
    CloudauthAliyun,
    Department,
    Ems,
    FaceidTencent,
    Kuaidi100,
    Sf,
    SmsAliyun,
    SmsTencent,
    Wechat,
)

DEPARTMENT_SECRET = "0123456789abcdef"
CHECKWORD = "fjcg5PGKaNpPSHFAZ4QsCOkV71R3zVci"
SM4_KEY = "TvaBgrhE46sft3nZlfe7xw=="
ACCOUNTS = Accounts(
    sf=Sf(partner_id="QDWG", checkword=CHECKWORD, callback="callbacks/sf/s3cret"),
    ems=Ems(sender_no="1100", authorization="auth", sign_key=SM4_KEY, callback="callbacks/ems"),
    kuaidi100=Kuaidi100(key="kdkey", secret="kdsecret", customer="kdcustomer"),
    wechat=Wechat(app_id="wx1", app_secret="wxs", token="wxtoken", templates={"T1": "{{thing1.DATA}}"}, callback="callbacks/wechat"),
    sms_tencent=SmsTencent(
        secret_id="AKIDsms",
        secret_key="smskey",
        sdk_app_id="1400",
        sign_names=("青岛审批",),
        templates={"7": "请办理{1}：{2}"},
        callback="callbacks/t",
    ),
    sms_aliyun=SmsAliyun(
        access_key_id="LTAI",
        access_key_secret="alikey",
        sign_names=("青岛审批",),
        templates={"SMS_1": "请办理${item}：${link}"},
        callback="callbacks/a",
    ),
    city_app=CityApp(client_id="city", client_secret="citysecret", callback="callbacks/city"),
    faceid_tencent=FaceidTencent(secret_id="AKIDface", secret_key="facekey", rule_ids=("1",)),
    department=Department(secrets={"QD": DEPARTMENT_SECRET, "LX": DEPARTMENT_SECRET[::-1]}),
    cloudauth_aliyun=CloudauthAliyun(access_key_id="LTAIface", access_key_secret="authkey", scene_ids=(1000,)),
)
RETRY = Retry(first=(0.02,), every=0.05, give_up=2, timeout=1)
STILL = Delays(receipt=3600, collect=3600, arrive=3600, decide=3600, batch=3600, slow=0)


@dataclass
class Raw:
    """Requests as the documents describe them."""

    box: Box
    _token: str = ""

    def __post_init__(self) -> None:
        self.http = Client(App(self.box))

    def department(self, path: str, value: Any, skew: int = 0, bureau: str = "QD", **headers: str) -> TestResponse:
        """A request to a bureau's platform, with QD's key."""
        body, stamp = json.dumps(value).encode(), str(int(time.time()) + skew)
        signature = hmac.new(DEPARTMENT_SECRET.encode(), f"{stamp}\n{path}\n".encode() + body, "sha256").hexdigest()
        signed = {"X-Wugan-Timestamp": stamp, "X-Wugan-Signature": signature} | headers
        return self.http.post(f"/{bureau}{path}", data=body, content_type="application/json", headers=signed)

    def app(self, value: dict[str, Any]) -> dict[str, Any]:
        """A message of the city's app."""
        if not self._token:
            form = {"grant_type": "client_credentials", "client_id": "city", "client_secret": "citysecret"}
            self._token = self.http.post("/rest/oauth2/token", data=form).get_json()["access_token"]
        bearer = {"Authorization": f"Bearer {self._token}"}
        answer: dict[str, Any] = self.http.post("/rest/message/push", json=value, headers=bearer).get_json()
        return answer

    def run(self, path: str, value: Any) -> TestResponse:
        """A request to the sandbox itself."""
        return self.http.post(path, json=value)

    def read(self, path: str) -> Any:
        return self.http.get(path).get_json()

    def sf(self, service: str, data: dict[str, Any], **changed: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.sf_answer(service, data, **changed).get_json()
        return answer

    def sf_answer(self, service: str, data: dict[str, Any], **changed: str) -> TestResponse:
        text, stamp = json.dumps(data, ensure_ascii=False), str(int(time.time() * 1000))
        encoded = quote_plus(text + stamp + CHECKWORD, safe="*")
        form = {
            "partnerID": "QDWG",
            "requestID": str(uuid.uuid4()),
            "serviceCode": service,
            "timestamp": stamp,
            "msgDigest": base64.b64encode(hashlib.md5(encoded.encode()).digest()).decode(),
            "msgData": text,
        }
        return self.http.post("/std/service", data=form | changed)

    def sf_business(self, service: str, data: dict[str, Any]) -> dict[str, Any]:
        answer = self.sf(service, data)
        assert answer["apiResultCode"] == "A1000", answer
        result: dict[str, Any] = json.loads(answer["apiResultData"])
        return result

    def kuaidi100(self, method: str, param: dict[str, Any], **changed: str) -> dict[str, Any]:
        text, t = json.dumps(param, ensure_ascii=False), "1576123932000"
        sign = hashlib.md5(f"{text}{t}kdkeykdsecret".encode()).hexdigest().upper()
        form = {"method": method, "key": "kdkey", "t": t, "param": text, "sign": sign}
        answer: dict[str, Any] = self.http.post("/order/borderapi.do", data=form | changed).get_json()
        return answer

    def kuaidi100_query(self, param: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(param)
        sign = hashlib.md5(f"{text}kdkeykdcustomer".encode()).hexdigest().upper()
        form = {"customer": "kdcustomer", "sign": sign, "param": text}
        answer: dict[str, Any] = self.http.post("/poll/query.do", data=form).get_json()
        return answer

    def tencent(self, service: str, version: str, action: str, data: Any, id: str, key: str, skew: int = 0) -> dict[str, Any]:
        body, stamp, host = json.dumps(data).encode(), int(time.time()) + skew, "localhost"
        kind = "application/json"
        canonical = f"POST\n/\n\ncontent-type:{kind}\nhost:{host}\n\ncontent-type;host\n{hashlib.sha256(body).hexdigest()}"
        date = datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%d")
        scope = f"{date}/{service}/tc3_request"
        text = f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        secret = f"TC3{key}".encode()
        for part in (date, service, "tc3_request"):
            secret = hmac.new(secret, part.encode(), "sha256").digest()
        signature = hmac.new(secret, text.encode(), "sha256").hexdigest()
        headers = {
            "Host": host,
            "X-TC-Action": action,
            "X-TC-Version": version,
            "X-TC-Timestamp": str(stamp),
            "X-TC-Region": "ap-guangzhou",
            "Authorization": f"TC3-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders=content-type;host, Signature={signature}",
        }
        answer: dict[str, Any] = self.http.post("/", data=body, content_type=kind, headers=headers).get_json()["Response"]
        return answer

    def tencent_sms(self, action: str, data: Any, **how: Any) -> dict[str, Any]:
        return self.tencent("sms", "2021-01-11", action, data, **{"id": "AKIDsms", "key": "smskey"} | how)

    def faceid(self, action: str, data: Any, **how: Any) -> dict[str, Any]:
        return self.tencent("faceid", "2018-03-01", action, data, **{"id": "AKIDface", "key": "facekey"} | how)

    def acs(self, version: str, action: str, query: dict[str, str], id: str, key: str, *, nonce: str = "", skew: int = 0) -> TestResponse:
        at = datetime.fromtimestamp(time.time() + skew, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        empty = hashlib.sha256(b"").hexdigest()
        headers = {
            "host": "localhost",
            "x-acs-action": action,
            "x-acs-content-sha256": empty,
            "x-acs-date": at,
            "x-acs-signature-nonce": nonce or uuid.uuid4().hex,
            "x-acs-version": version,
        }
        names = ";".join(sorted(headers))
        lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        search = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(query.items()))
        canonical = f"POST\n/\n{search}\n{lines}\n{names}\n{empty}"
        text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.new(key.encode(), text.encode(), "sha256").hexdigest()
        headers["Authorization"] = f"ACS3-HMAC-SHA256 Credential={id},SignedHeaders={names},Signature={signature}"
        return self.http.post(f"/?{search}", headers=headers)

    def aliyun_sms(self, action: str, query: dict[str, str], **how: Any) -> TestResponse:
        return self.acs("2017-05-25", action, query, **{"id": "LTAI", "key": "alikey"} | how)

    def cloudauth(self, action: str, query: dict[str, str], **how: Any) -> TestResponse:
        return self.acs("2019-03-07", action, query, **{"id": "LTAIface", "key": "authkey"} | how)

    def rule(self, **rule: Any) -> None:
        self.box.script.add(Rule(**rule))


@pytest.fixture
def raw_of() -> Iterator[Callable[..., Raw]]:
    boxes: list[Box] = []

    def make(delays: Delays = STILL, accounts: Accounts = ACCOUNTS, chances: Chances = Chances()) -> Raw:  # noqa: B008
        boxes.append(Box(Config(delays=delays, vendors=accounts, chances=chances, retry=RETRY)))
        return Raw(boxes[-1])

    yield make
    for box in boxes:
        box.stop()


@pytest.fixture
def raw(raw_of: Callable[..., Raw]) -> Raw:
    """Vendors in which nothing moves by itself."""
    return raw_of()


@dataclass
class Listener:
    """Takes pushes; the first `refusals` of them are answered with 500, then with `answer` as JSON or with `text`."""

    received: list[dict[str, Any]] = field(default_factory=list)
    answer: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    refusals: int = 0

    def __enter__(self) -> Listener:
        self._server = make_server("127.0.0.1", 0, Request.application(self._take), threaded=True, request_handler=QuietHandler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _take(self, request: Request) -> Response:
        body = request.get_data()
        row = {"path": request.path, "query": request.args.to_dict(), "body": body, "form": request.form.to_dict()}
        row["headers"] = dict(request.headers)
        if request.is_json:
            row["json"] = json.loads(body)
        self.received.append(row)
        if self.refusals:
            self.refusals -= 1
            return Response(status=500)
        return Response(self.text or json.dumps(self.answer))


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as listening:
        yield listening


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], Any]:
    """Wait for a true value and return it; fails when it does not come."""

    def wait(holds: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 5
        while not (value := holds()):
            assert time.monotonic() < deadline, "it did not come about"
            time.sleep(0.005)
        return value

    return wait
