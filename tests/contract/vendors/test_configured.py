"""Every adapter as it is deployed: built by `wugan.bootstrap` from one document, on moto, against the vendors' protocols."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
import pytest

from infra.sandbox.script import Config, Retry
from infra.sandbox.server import SandboxServer
from infra.sandbox.vendors.settings import Accounts
from tests.browser.serve import rest_event
from tests.contract.vendors.harness import CASE, STILL, config, press, until
from tests.contract.vendors.test_real_couriers import DELIVERY, PICKUP, Came, Target
from tests.support.aws import storage
from tests.support.vendors import SECRETS, accounts, document
from wugan import bootstrap
from wugan import config as names
from wugan.approval.desk import DeskDepartment
from wugan.approval.platform import PlatformDepartment
from wugan.aws import secrets
from wugan.cases.callbacks import Callbacks
from wugan.courier.port import ParcelState
from wugan.errors import Forbidden, InvalidInput, NotFound, VendorRefused, VendorUnavailable
from wugan.items.model import Channel
from wugan.outreach.port import Message
from wugan.vendors import model
from wugan.web import callbacks_app

NUMBER = "370202199001010015"
SOON = STILL.model_copy(update={"receipt": 0.01, "batch": 0.02})
MOVING = SOON.model_copy(update={"collect": 0.02, "arrive": 0.02})
ADDRESSES = {Channel.WECHAT: "openid-1", Channel.SMS: "13800001234", Channel.APP: "user-1"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    """The vendors, and this process configured to speak to them."""
    with SandboxServer(config(SOON, vendors=accounts("http://127.0.0.1:9"))) as server, storage(monkeypatch):
        configure(monkeypatch, document(server.url))
        yield server


@dataclass
class Called:
    """The vendors, who call back at the real callbacks; `receipts` and `parcels` are what the case services are told."""

    server: SandboxServer
    receipts: set[tuple[str, str]] = field(default_factory=set)
    parcels: set[str] = field(default_factory=set)

    def acknowledged(self) -> bool:
        """Whether every push so far got the answer that its vendor waits for."""
        told = self.server.records("callbacks")
        return bool(told) and all(row["state"] == "acknowledged" for row in told)


def patient(vendors: Accounts) -> Config:
    """Vendors that repeat until a busy machine has answered."""
    return config(MOVING, vendors=vendors).model_copy(update={"retry": Retry(first=(0.1,), every=0.2, give_up=60, timeout=20)})


@pytest.fixture(params=["as configured", "EMS first"])
def called(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Called]:
    app = callbacks_app.create(bootstrap.callbacks, bootstrap.vendor_calls)

    def answer(came: Came) -> bytes:
        event = rest_event(app, "POST", came.target, came.headers, came.body)
        assert event, f"no route for {came.target}"
        reply = app(event, None)
        assert reply["statusCode"] == 200, reply["body"]
        return str(reply["body"]).encode()

    with Target() as target, SandboxServer(patient(accounts(target.url))) as server, storage(monkeypatch):
        value = document(server.url)
        if request.param == "EMS first":
            value["default"]["couriers"]["options"].reverse()
        configure(monkeypatch, value)
        monkeypatch.setenv(names.PUBLIC_URL, target.url)
        bootstrap.settings.cache_clear()
        called = Called(server)
        monkeypatch.setattr(Callbacks, "receipt", lambda _, one: called.receipts.add((one.message_id, one.status.value)))
        monkeypatch.setattr(Callbacks, "parcel", lambda _, order: called.parcels.add(order))
        target.answer = answer
        yield called


def configure(monkeypatch: pytest.MonkeyPatch, value: dict[str, Any]) -> None:
    boto3.client("ssm").put_parameter(Name="/wugan/rehearsal/vendors", Value=json.dumps(value), Type="String", Tier="Advanced")
    boto3.client("secretsmanager").create_secret(Name="vendors-of-tests", SecretString=json.dumps(SECRETS))
    monkeypatch.setenv(names.VENDORS, "/wugan/rehearsal/vendors")
    monkeypatch.setenv(names.VENDOR_SECRET, "vendors-of-tests")
    bootstrap.settings.cache_clear()


def message(channel: Channel, number: int = 1) -> Message:
    return Message(f"{CASE}-push-{number}", channel, ADDRESSES[channel], "【审批局】请办理换证", "https://wugan.example/c/a")


def sent(server: SandboxServer) -> list[str]:
    return [m["vendor"] for m in server.records("messages")]


@pytest.mark.parametrize(
    ("channel", "vendors"), [(Channel.WECHAT, {"wechat"}), (Channel.APP, {"city_app"}), (Channel.SMS, {"sms_tencent", "sms_aliyun"})]
)
def test_each_channel_of_a_bureau_sends_once(server: SandboxServer, channel: Channel, vendors: set[str]) -> None:
    messenger = bootstrap.messenger("QD")
    assert messenger.send(message(channel)) == messenger.send(message(channel))
    assert len(sent(server)) == 1
    assert set(sent(server)) <= vendors


def test_another_bureau_has_other_channels(server: SandboxServer) -> None:
    with pytest.raises(VendorRefused, match="channel_not_configured"):
        bootstrap.messenger("LX").send(message(Channel.WECHAT))
    for number in range(6):
        bootstrap.messenger("LX").send(message(Channel.SMS, number))
    assert sent(server) == ["sms_aliyun"] * 6


def test_when_one_sms_vendor_is_down_the_other_sends(server: SandboxServer) -> None:
    server.down("sms_tencent", 3600)
    server.down("sms_aliyun", 3600)
    with pytest.raises(Exception, match="status 503"):
        bootstrap.messenger("QD").send(message(Channel.SMS))
    assert sent(server) == []


def test_what_became_of_a_message_is_asked_where_the_vendor_tells(server: SandboxServer) -> None:
    messenger = bootstrap.messenger("LX")
    messenger.send(message(Channel.SMS))
    until(lambda: server.records("messages")[0]["status"] == "delivered")
    receipt = messenger.poll(replace(message(Channel.SMS), text="", link=None))
    assert receipt
    assert (receipt.message_id, receipt.status) == (f"{CASE}-push-1", "delivered")


@pytest.mark.parametrize(("jurisdiction", "vendor"), [("QD", "tencent"), ("LX", "aliyun")])
def test_a_face_is_checked_at_the_bureaus_vendor(server: SandboxServer, jurisdiction: str, vendor: str) -> None:
    identity = bootstrap.identity(jurisdiction)
    started = identity.start_face(f"{CASE}-face-1", "测试甲", NUMBER, "http://127.0.0.1/back", "是否继续办理？", '{"deviceType":"h5"}')
    assert started.reference.startswith(f"{vendor}:")
    assert started.url
    assert identity.check_face(started.reference) is None
    press(started.url, "pass")
    checked = identity.check_face(started.reference)
    assert checked
    assert (checked.passed, checked.reference) == (True, started.reference)
    assert len(server.records("faces")) == 1


@pytest.mark.parametrize("jurisdiction", ["QD", "LX"])
def test_a_code_comes_by_sms_and_only_it_passes(server: SandboxServer, jurisdiction: str) -> None:
    identity = bootstrap.identity(jurisdiction)
    started = identity.start_code(f"{CASE}-code-1", "13800001234")
    assert identity.start_code(f"{CASE}-code-1", "13800001234") == started
    [row] = server.records("messages")
    code = row["text"][-6:]
    assert not identity.check_code(started.reference, "x").passed
    assert identity.check_code(started.reference, code).passed
    kept = boto3.client("dynamodb").scan(TableName="vendors")["Items"]
    assert code not in json.dumps(kept)
    assert "13800001234" not in json.dumps(kept)


@pytest.mark.parametrize(("jurisdiction", "vendor"), [("QD", "sf"), ("LX", "kuaidi100")])
def test_a_parcel_is_ordered_once_at_the_bureaus_courier(server: SandboxServer, jurisdiction: str, vendor: str) -> None:
    courier = bootstrap.courier(jurisdiction)
    first, again = courier.order(PICKUP), courier.order(PICKUP)
    assert first.waybill == again.waybill
    assert courier.query(PICKUP.id).state is ParcelState.ORDERED
    courier.cancel(PICKUP.id)
    assert courier.query(PICKUP.id).state is ParcelState.CANCELLED
    assert [p["vendor"] for p in server.records("parcels")] == [vendor]


def test_new_orders_go_round_a_courier_that_is_down(server: SandboxServer) -> None:
    server.down("sf", 3600)
    courier = bootstrap.courier("QD")
    for number in (1, 2, 3):
        with pytest.raises(Exception, match="503"):
            courier.order(replace(PICKUP, id=f"{CASE}-pickup-{number}"))
    assert courier.order(DELIVERY).waybill
    assert [p["vendor"] for p in server.records("parcels")] == ["ems"]


@pytest.mark.usefixtures("server")
def test_each_bureau_has_its_department() -> None:
    assert isinstance(bootstrap.department("QD"), DeskDepartment)
    assert isinstance(bootstrap.department("LX"), PlatformDepartment)
    assert bootstrap.platform_key("LX") == SECRETS["department"]
    with pytest.raises(NotFound):
        bootstrap.platform_key("QD")


def test_a_secret_that_is_missing_is_named(server: SandboxServer) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="vendors-of-tests", SecretString=json.dumps(SECRETS | {"sf_push": ""}))
    with pytest.raises(InvalidInput) as caught:
        bootstrap.courier("QD")
    assert caught.value.field == "sf_push"
    assert server.records("parcels") == []


def test_a_rotated_secret_is_taken_up_by_a_running_process(server: SandboxServer) -> None:
    def keys() -> list[str]:
        def pushed(key: str) -> bool:
            try:
                bootstrap.courier("QD").parse_push("sf", {}, f"/callbacks/courier/QD/sf?key={key}", b'{"Body":{"WaybillRoute":[]}}')
            except Forbidden:
                return False
            return True

        return [key for key in (SECRETS["sf_push"], "the next one") if pushed(key)]

    bootstrap.messenger("QD").send(message(Channel.SMS, 1))
    assert keys() == [SECRETS["sf_push"]]
    value = json.dumps(SECRETS | {"sf_push": "the next one", "tencent_key": "no", "aliyun_key": "no", "department": "new"})
    boto3.client("secretsmanager").put_secret_value(SecretId="vendors-of-tests", SecretString=value)
    secrets.secrets_kept().clear_cache()  # type: ignore[no-untyped-call]  # five minutes pass
    assert keys() == ["the next one"]
    with pytest.raises(VendorUnavailable):
        bootstrap.messenger("QD").send(message(Channel.SMS, 2))
    assert len(sent(server)) == 1
    department = bootstrap.department("LX")
    assert isinstance(department, PlatformDepartment)
    assert department._service.secret == "new"


def test_values_of_secrets_are_kept_for_five_minutes() -> None:
    assert secrets.KEEP_SECONDS == 300


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WECHAT, Channel.APP])
@pytest.mark.parametrize("stage", names.REHEARSALS)
def test_recipients_to_rehearse_with_are_wired_outside_production(
    server: SandboxServer, monkeypatch: pytest.MonkeyPatch, stage: str, channel: Channel
) -> None:
    stage_is(monkeypatch, stage)
    messenger = bootstrap.messenger("QD")
    for kind, status in (("delivered", "delivered"), ("failed", "undelivered"), ("silent", None)):
        address = {"delivered": "10000000001", "failed": "10000000002", "silent": "10000000003"}[kind]
        to = replace(message(channel), address=address if channel is Channel.SMS else f"test-{kind}")
        assert messenger.send(to) == f"rehearsal:{to.id}"
        told = messenger.poll(to)
        assert (told and told.status) == status
    bootstrap.identity("QD").start_code(f"{CASE}-code-1", "10000000001")
    assert sent(server) == []
    messenger.send(message(channel, 2))
    assert len(sent(server)) == 1


def test_production_knows_no_recipients_to_rehearse_with(server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "check_production", lambda _: None)  # this test's vendors are on this machine
    stage_is(monkeypatch, names.PRODUCTION)
    bootstrap.messenger("QD").send(replace(message(Channel.APP), address="test-delivered"))
    assert sent(server) == ["city_app"]


def stage_is(monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    monkeypatch.setenv(names.STAGE, stage)
    bootstrap.settings.cache_clear()
    bootstrap.kit.cache_clear()


@pytest.mark.usefixtures("server")
def test_production_refuses_this_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(names.STAGE, names.PRODUCTION)
    bootstrap.settings.cache_clear()
    with pytest.raises(InvalidInput, match="https") as caught:
        bootstrap.messenger("QD")
    assert caught.value.field == "default.wechat.endpoint"


def test_receipts_of_every_channel_come_in_and_are_acknowledged(called: Called) -> None:
    for number, channel in enumerate(Channel, 1):
        bootstrap.messenger("QD").send(message(channel, number))
    bootstrap.messenger("LX").send(message(Channel.SMS, 9))
    ids = {f"{CASE}-push-{number}" for number in (*range(1, len(Channel) + 1), 9)}
    until(lambda: {id for id, _ in called.receipts} == ids, seconds=30)
    until(called.acknowledged, seconds=30)
    assert all(bootstrap.send_log().attempts(id)[-1].heard for id in ids)


@pytest.mark.parametrize("jurisdiction", ["QD", "LX"])
def test_parcels_pushes_come_in_and_are_acknowledged(called: Called, jurisdiction: str) -> None:
    bootstrap.courier(jurisdiction).order(DELIVERY)
    until(lambda: called.server.records("parcels")[0]["state"] == "arrived", seconds=30)
    until(lambda: called.parcels == {DELIVERY.id}, seconds=30)
    until(called.acknowledged, seconds=30)
