"""Departments with an approval platform (通用审批平台) of their own, over signed HTTP.

The platform has no public specification; this protocol is ours, and the sandbox's department speaks it too.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict

from wugan.approval.port import Application
from wugan.clock import Clock
from wugan.http import JsonClient, SignedService, VendorUnknown, segment, text_in


class PlatformDepartment:
    """The department port (`wugan.approval.port.Department`). To cancel what was decided already is VendorRefused."""

    def __init__(self, base_url: str, secret: str, clock: Clock, client: JsonClient) -> None:
        self._service = SignedService(base_url, secret, clock, client)

    def submit(self, application: Application) -> str:
        """POST /department/applications."""
        return text_in(self._service.post("/department/applications", asdict(application)), "reference")

    def cancel(self, application_id: str) -> None:
        """POST /department/applications/{id}/cancel."""
        with suppress(VendorUnknown):
            self._service.post(f"/department/applications/{segment(application_id)}/cancel", {})
