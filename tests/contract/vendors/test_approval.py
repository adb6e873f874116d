"""The contract of the department port."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Protocol

import pytest

from infra.sandbox.server import SandboxServer
from tests.contract.vendors.harness import CASE, FAULTS, OTHERS, QUICK, SECRET, Target, client, config, until
from wugan.approval.desk import DeskDepartment
from wugan.approval.platform import PlatformDepartment
from wugan.approval.port import Application, Department, document
from wugan.clock import SystemClock
from wugan.errors import Forbidden, VendorRefused, VendorUnavailable
from wugan.memory.vendors import MemoryDepartment
from wugan.signing import verify

FIRST = Application(
    id=f"{CASE}-approval-1",
    case_id=CASE,
    item_code="construction-qualification-change",
    item_version="v1",
    jurisdiction="QD",
    subject="91370200MA3C00000X",
    form={"name": "青岛演示有限公司"},
    materials=({"name": "变更申请表", "file_base64": "6L+Z"},),
    changes=({"field": "name", "old": "旧名", "new": "青岛演示有限公司"},),
    promised_by="2026-12-01",
)
SECOND = replace(FIRST, id=f"{CASE}-approval-2")


class Bench(Protocol):
    """A port, and what lies behind it."""

    @property
    def port(self) -> Department: ...

    def fail(self, fault: str) -> None: ...
    def not_competent(self, subject: str) -> None: ...
    def applications(self) -> list[str]: ...
    def dropped(self) -> list[str]: ...


class InMemory:
    def __init__(self) -> None:
        self.port = MemoryDepartment()

    def fail(self, fault: str) -> None:
        self.port.fail("before" if fault == "error_before" else "after")

    def not_competent(self, subject: str) -> None:
        self.port.not_competent.add(subject)

    def applications(self) -> list[str]:
        return list(self.port.applications)

    def dropped(self) -> list[str]:
        return sorted(self.port.cancelled)


@dataclass
class AtSandbox:
    server: SandboxServer

    def __post_init__(self) -> None:
        self.port = PlatformDepartment(f"{self.server.url}/QD", SECRET, SystemClock(), client())

    def fail(self, fault: str) -> None:
        self.server.add_rule(match=CASE, fault=fault)

    def not_competent(self, subject: str) -> None:
        self.server.add_rule(match=subject, department="refused")

    def applications(self) -> list[str]:
        return [row["id"] for row in self.server.records("applications")]

    def dropped(self) -> list[str]:
        return [row["id"] for row in self.server.records("applications") if row["state"] == "cancelled"]


@pytest.fixture(params=["memory", "sandbox"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "memory":
        yield InMemory()
    else:
        with SandboxServer(config()) as server:
            yield AtSandbox(server)


def test_a_package_gets_a_reference(bench: Bench) -> None:
    assert bench.port.submit(FIRST)
    assert bench.applications() == [FIRST.id]


def test_the_same_id_is_one_application(bench: Bench) -> None:
    assert bench.port.submit(FIRST) == bench.port.submit(FIRST)
    assert bench.applications() == [FIRST.id]


def test_another_attempt_is_another_application(bench: Bench) -> None:
    assert bench.port.submit(FIRST) != bench.port.submit(SECOND)


def test_dropping_twice_or_what_is_unknown_is_a_success(bench: Bench) -> None:
    bench.port.cancel(FIRST.id)
    bench.port.submit(FIRST)
    bench.port.cancel(FIRST.id)
    bench.port.cancel(FIRST.id)
    assert bench.dropped() == [FIRST.id]


def test_who_is_not_competent_refuses(bench: Bench) -> None:
    bench.not_competent(FIRST.subject)
    with pytest.raises(VendorRefused, match="not_competent"):
        bench.port.submit(FIRST)
    assert bench.applications() == []


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_the_same_id_is_one_application(bench: Bench, fault: str) -> None:
    bench.fail(fault)
    with pytest.raises(VendorUnavailable):
        bench.port.submit(FIRST)
    assert len(bench.applications()) == (0 if fault == "error_before" else 1)
    bench.port.submit(FIRST)
    assert bench.applications() == [FIRST.id]
    bench.fail(fault)
    with pytest.raises(VendorUnavailable):
        bench.port.cancel(FIRST.id)
    bench.port.cancel(FIRST.id)
    assert bench.dropped() == [FIRST.id]


def test_in_memory_what_was_decided_cannot_be_dropped() -> None:
    port = MemoryDepartment()
    port.submit(FIRST)
    port.decide(FIRST.id)
    with pytest.raises(VendorRefused, match="already_decided"):
        port.cancel(FIRST.id)


def test_at_the_sandbox_what_was_decided_cannot_be_dropped(quick: SandboxServer) -> None:
    port = AtSandbox(quick).port
    port.submit(FIRST)
    until(lambda: quick.records("applications")[0]["state"] == "approved")
    with pytest.raises(VendorRefused, match="already_decided"):
        port.cancel(FIRST.id)


def test_the_sandbox_receives_the_whole_package(server: SandboxServer) -> None:
    AtSandbox(server).port.submit(FIRST)
    assert server.records("applications")[0]["package"] == asdict(FIRST) | {
        "materials": list(FIRST.materials),
        "changes": list(FIRST.changes),
        "documents": (),
    }


def test_an_approval_brings_a_certificate_with_its_file(target: Target) -> None:
    with SandboxServer(config(QUICK, today=date(2028, 2, 29)), target=target.url) as server:
        AtSandbox(server).port.submit(FIRST)
        (decision,) = until(lambda: target.of(FIRST.id))
    certificate = decision.pop("certificate")
    file = base64.b64decode(certificate["file_base64"], validate=True)
    assert hashlib.sha256(file).hexdigest() == certificate["file_sha256"]
    assert file.startswith(b"%PDF-")
    assert (certificate["valid_from"], certificate["valid_until"]) == ("2028-02-29", "2033-02-27")
    assert certificate["number"].startswith("QD-2028-")
    assert decision == DECIDED | {"kind": "approved"}


def test_a_rejection_says_why(target: Target) -> None:
    with SandboxServer(config(QUICK), target=target.url) as server:
        server.add_rule(match=CASE, department="reject")
        AtSandbox(server).port.submit(FIRST)
        (decision,) = until(lambda: target.of(FIRST.id))
    assert decision.pop("reason")
    assert decision == {name: v for name, v in DECIDED.items() if name != "reason"} | {
        "kind": "rejected",
        "reason_code": "conditions_not_met",
        "certificate": None,
    }


def test_corrections_come_all_at_once_and_the_next_attempt_is_approved(target: Target) -> None:
    with SandboxServer(config(QUICK), target=target.url) as server:
        server.add_rule(match=CASE, department="correction")
        port = AtSandbox(server).port
        port.submit(FIRST)
        (first,) = until(lambda: target.of(FIRST.id))
        port.submit(SECOND)
        (second,) = until(lambda: target.of(SECOND.id))
        assert server.duplicates()["total"] == 0
    assert (first["kind"], len(first["points"]), first["certificate"]) == ("correction", 2, None)
    assert (second["kind"], second["points"]) == ("approved", [])


def test_what_was_dropped_is_not_decided(target: Target) -> None:
    with SandboxServer(config(QUICK.model_copy(update={"decide": 0.1})), target=target.url) as server:
        port = AtSandbox(server).port
        port.submit(FIRST)
        port.cancel(FIRST.id)
        other = replace(FIRST, id="b-approval-1", case_id="b")
        port.submit(other)
        until(lambda: target.of(other.id))
        assert target.of(FIRST.id) == []


def test_a_silent_department_decides_nothing(target: Target) -> None:
    with SandboxServer(config(QUICK), target=target.url) as server:
        server.add_rule(match=FIRST.item_code, department="silent")
        port = AtSandbox(server).port
        port.submit(FIRST)
        other = replace(FIRST, id="b-approval-1", case_id="b", item_code="other-item")
        port.submit(other)
        until(lambda: target.of(other.id))
        assert target.of(FIRST.id) == []


def test_the_desk_has_nobody_outside_to_tell() -> None:
    desk: Department = DeskDepartment()
    assert desk.submit(FIRST) == desk.submit(FIRST) == FIRST.id
    desk.cancel(FIRST.id)


def test_the_application_on_paper_goes_with_its_hash(server: SandboxServer) -> None:
    paper = document("application.pdf", "application/pdf", b"%PDF-1.4 application")
    AtSandbox(server).port.submit(replace(FIRST, documents=(paper,)))
    (kept,) = server.records("applications")[0]["package"]["documents"]
    assert base64.b64decode(kept["base64"]) == b"%PDF-1.4 application"
    assert kept["sha256"] == hashlib.sha256(b"%PDF-1.4 application").hexdigest()
    with pytest.raises(VendorRefused, match="document_damaged"):
        AtSandbox(server).port.submit(replace(SECOND, documents=(replace(paper, sha256="0" * 64),)))


@pytest.mark.parametrize(("jurisdiction", "secret"), [("QD", SECRET), ("LX", OTHERS)], ids=["QD", "LX"])
def test_each_bureaus_platform_tells_its_own_address_signed_with_its_own_key(target: Target, jurisdiction: str, secret: str) -> None:
    """The product takes it there, and nowhere else."""
    with SandboxServer(config(QUICK), target=target.url) as server:
        port = PlatformDepartment(f"{server.url}/{jurisdiction}", secret, SystemClock(), client())
        port.submit(replace(FIRST, jurisdiction=jurisdiction))
        until(lambda: target.of(FIRST.id))
    told, now = target.received[0], SystemClock().wall()
    path = f"/callbacks/department/{jurisdiction}"
    assert told.path == path
    verify(secret, told.headers, path, told.body, now)
    other, others = ("LX", OTHERS) if jurisdiction == "QD" else ("QD", SECRET)
    for key, at in ((others, path), (secret, f"/callbacks/department/{other}")):
        with pytest.raises(Forbidden):
            verify(key, told.headers, at, told.body, now)


def test_another_bureaus_platform_neither_takes_nor_drops(server: SandboxServer) -> None:
    AtSandbox(server).port.submit(FIRST)
    elsewhere = PlatformDepartment(f"{server.url}/LX", OTHERS, SystemClock(), client())
    elsewhere.cancel(FIRST.id)
    with pytest.raises(VendorRefused, match="not_competent"):
        elsewhere.submit(SECOND)
    assert [(row["id"], row["state"]) for row in server.records("applications")] == [(FIRST.id, "received")]


def test_a_wrong_secret_submits_nothing(server: SandboxServer) -> None:
    port = PlatformDepartment(f"{server.url}/QD", "0" * 32, SystemClock(), client())
    with pytest.raises(VendorUnavailable, match="401, signature_wrong"):
        port.submit(FIRST)
    assert server.records("applications") == []


DECIDED: dict[str, Any] = {
    "id": f"department-{FIRST.id}-decision",
    "application_id": FIRST.id,
    "by": "审批平台沙箱·经办员01",
    "points": [],
    "reason_code": "",
    "reason": "",
}
