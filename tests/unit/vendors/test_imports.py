"""A function pays only for the adapters it uses: what is imported, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ADAPTERS = ("wugan.outreach.sms_", "wugan.outreach.wechat", "wugan.outreach.city_app", "wugan.identity.", "wugan.courier.", "wugan.clouds")
PORTS = {"wugan.identity.port", "wugan.identity.sandbox", "wugan.courier.port", "wugan.courier.sandbox"}


def imported(code: str) -> set[str]:
    """The modules that are there after this code."""
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "AWS_DEFAULT_REGION": "cn-north-1"}
    command = [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"]
    return set(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split())


def test_the_wiring_alone_brings_no_adapter() -> None:
    found = imported("import wugan.bootstrap") - PORTS
    assert [name for name in sorted(found) if name.startswith((*ADAPTERS, "wugan.vendors"))] == []


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import wugan.vendors.messages", ("wugan.courier", "wugan.identity", "cryptography")),
        (
            "import wugan.vendors.couriers",
            ("wugan.outreach.wechat", "wugan.clouds", "wugan.courier.ems", "wugan.courier.sf", "cryptography"),
        ),
        ("import wugan.vendors.faces", ("wugan.courier", "wugan.identity.tencent", "wugan.identity.aliyun", "wugan.outreach.wechat")),
        ("import wugan.vendors.departments", ("wugan.courier", "wugan.identity", "wugan.outreach.wechat", "wugan.approval.platform")),
        ("import wugan.vendors.reader", ("wugan.outreach.wechat", "wugan.outreach.sms_tencent", "wugan.courier.ems")),
    ],
)
def test_a_factory_brings_its_own_adapters_only(code: str, absent: tuple[str, ...]) -> None:
    assert [name for name in sorted(imported(code)) if name.startswith(absent)] == []
