"""A bureau's approving department from its document."""

from __future__ import annotations

from collections.abc import Callable

from wugan.approval.port import Department
from wugan.errors import NotFound
from wugan.vendors import model
from wugan.vendors.kit import Kit


def department(bureau: model.Bureau, kit: Kit) -> Department:
    """The department port: a platform, or our desk."""
    if bureau.department == "desk":
        from wugan.approval.desk import DeskDepartment

        return DeskDepartment()
    from wugan.approval.platform import PlatformDepartment

    return PlatformDepartment(bureau.department.endpoint, kit.secret(bureau.department.key), kit.clock, kit.client)


def platform_key(bureau: model.Bureau, secret: Callable[[str], str]) -> str:
    """What the bureau's platform and we sign with. Raises NotFound when it has none."""
    if bureau.department == "desk":
        raise NotFound("this bureau has no approval platform", field="jurisdiction")
    return secret(bureau.department.key)


def certificate_key(bureau: model.Bureau) -> str:
    """With which the department signs certificates; empty: it does not."""
    return "" if bureau.department == "desk" else bureau.department.certificate_key
