"""Reads what vendors call back with, by the adapters of the bureau that the address names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from wugan.cases.vendor_calls import Call, Heard
from wugan.clock import Clock
from wugan.courier.port import Push
from wugan.errors import Forbidden, InvalidInput, NotFound
from wugan.items.model import Jurisdiction
from wugan.outreach.receipts import Batch, MessageOf, check_secret
from wugan.outreach.sendlog import SendLog
from wugan.vendors import model

ECHO = 64  # characters of WeChat's echostr


class ReadsPushes(Protocol):
    """A bureau's couriers."""

    def parse_push(self, name: str, headers: dict[str, str], target: str, body: bytes) -> Push: ...


@dataclass(frozen=True)
class VendorReader:
    """`wugan.cases.vendor_calls.Reader`. Pushes of SMS vendors and of the app are unsigned: their address carries `?key=`."""

    bureau: Callable[[str], model.Bureau]
    couriers: Callable[[str], ReadsPushes]
    secret: Callable[[str], str]
    log: Callable[[], SendLog]
    clock: Clock

    def read(self, jurisdiction: str, kind: str, vendor: str, call: Call) -> Heard:
        """Verify and read."""
        bureau = self._bureau(jurisdiction)
        match kind:
            case "courier":
                return self._courier(jurisdiction, vendor, call)
            case "sms":
                return self._sms(bureau, vendor, call)
            case "wechat":
                return self._wechat(bureau, call)
            case "app":
                return self._app(bureau, call)
        raise NotFound("no vendor of this kind calls back", field="kind")

    def handshake(self, jurisdiction: str, call: Call) -> str:
        """The `echostr` of a signed GET."""
        self._signed(self._bureau(jurisdiction), call)
        echo = call.query.get("echostr", "")
        if not (echo.isascii() and echo.isalnum()) or len(echo) > ECHO:
            raise InvalidInput(f"1 to {ECHO} letters or digits", field="echostr")
        return echo

    def _bureau(self, jurisdiction: str) -> model.Bureau:
        if jurisdiction not in set(Jurisdiction):
            raise NotFound("no such bureau", field="jurisdiction")
        return self.bureau(jurisdiction)

    def _courier(self, jurisdiction: str, vendor: str, call: Call) -> Heard:
        push = self.couriers(jurisdiction).parse_push(vendor, dict(call.headers), call.target, call.body)
        return Heard(push.answer, push.content_type, orders=tuple(hint.order_id for hint in push.hints))

    def _sms(self, bureau: model.Bureau, vendor: str, call: Call) -> Heard:
        from wugan.outreach import sms_aliyun, sms_tencent

        for one in bureau.sms:
            if one.vendor == vendor:
                self._keyed(one.callback_key, call)
                if vendor == "tencent":
                    return _batch(sms_tencent.receipts(call.body, self._message_of(sms_tencent.NAME)), sms_tencent.ANSWER)
                # Aliyun's rows carry our own id: one without it is another sender's, whatever is repeated.
                return _batch(sms_aliyun.receipts(call.body), sms_aliyun.ANSWER, known=True)
        raise NotFound("this bureau has no such SMS vendor", field="vendor")

    def _app(self, bureau: model.Bureau, call: Call) -> Heard:
        from wugan.outreach import city_app

        if bureau.app is None:
            raise NotFound("this bureau has no app", field="vendor")
        self._keyed(bureau.app.callback_key, call)
        return _batch(city_app.receipts(call.body), city_app.ANSWER)

    def _wechat(self, bureau: model.Bureau, call: Call) -> Heard:
        from wugan.outreach import wechat

        self._signed(bureau, call)
        if call.query.get("encrypt_type", "raw") != "raw":
            raise InvalidInput("the account's message mode must be plain (明文模式)", field="encrypt_type")
        found = wechat.event_receipts(call.body, self._message_of(wechat.NAME))
        return Heard(wechat.ANSWER, "text/plain", found.receipts, unknown=found.unknown)

    def _signed(self, bureau: model.Bureau, call: Call) -> None:
        from wugan.outreach import wechat

        if bureau.wechat is None:
            raise NotFound("this bureau has no WeChat account", field="vendor")
        signature, timestamp, nonce = (call.query.get(name, "") for name in ("signature", "timestamp", "nonce"))
        wechat.check_event(self.secret(bureau.wechat.token), signature, timestamp, nonce, self.clock.wall())

    def _keyed(self, name: str, call: Call) -> None:
        if not call.query.get("key"):
            raise Forbidden("the callback's address carries no key", field="key")
        check_secret(call.query["key"], self.secret(name))

    def _message_of(self, carrier: str) -> MessageOf:
        return lambda reference: self.log().message_of(carrier, reference)


def _batch(batch: Batch, answer: bytes, *, known: bool = False) -> Heard:
    return Heard(answer, "application/json", batch.receipts, unknown=0 if known else batch.unknown, bad=batch.bad)
