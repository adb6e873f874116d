"""A function pays only for the adapters it uses: what is imported, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import wugan

LAYER = Path(wugan.__file__).parents[1]

# What speaks to a vendor, what those are put together from, and what only some pages draw.
ADAPTERS = (
    "wugan.outreach.carrier", "wugan.outreach.city_app", "wugan.outreach.sms_aliyun", "wugan.outreach.sms_tencent", "wugan.outreach.wechat",
    "wugan.identity.aliyun", "wugan.identity.code", "wugan.identity.faces", "wugan.identity.tencent",
    "wugan.courier.choice", "wugan.courier.ems", "wugan.courier.kuaidi100", "wugan.courier.reading", "wugan.courier.sf",
    "wugan.approval.platform", "wugan.clouds", "wugan.vendors",
)  # fmt: skip
PAPER = ("wugan.courier.label", "wugan.pdf")


def imported(code: str) -> set[str]:
    """The modules that are there after this code."""
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "AWS_DEFAULT_REGION": "cn-north-1"}
    command = [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"]
    return set(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split())


def test_the_wiring_alone_brings_no_adapter() -> None:
    found = imported("import wugan.bootstrap")
    assert [name for name in sorted(found) if name.startswith((*ADAPTERS, *PAPER))] == []


@pytest.mark.parametrize("name", [*ADAPTERS, *PAPER])
def test_what_must_not_come_along_is_there(name: str) -> None:
    """A renamed module would be missed for ever."""
    assert find_spec(name)


def test_every_module_that_speaks_over_http_is_named() -> None:
    folders = [LAYER / "wugan" / part for part in ("outreach", "identity", "courier", "approval", "clouds")]
    speaking = [path for folder in folders for path in folder.glob("*.py") if "from wugan.http import" in path.read_text("utf-8")]
    names = [".".join(path.relative_to(LAYER).with_suffix("").parts) for path in speaking]
    assert len(names) >= 9
    assert [name for name in names if not name.startswith(ADAPTERS)] == []


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
