"""Departments without a platform: their officials decide on our desk pages, where the case already lies."""

from __future__ import annotations

from wugan.approval.port import Application


class DeskDepartment:
    """The department port (`wugan.approval.port.Department`) with nobody outside to tell."""

    def submit(self, application: Application) -> str:
        """The reference under which the desk finds it: the application's own id, as nobody outside gives another."""
        return application.id

    def cancel(self, application_id: str) -> None:
        """Nothing to take back: the desk shows what waits for a decision, and this no longer does."""
