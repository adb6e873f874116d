"""A request at the desk: the official who sits there, and the desk's services."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wugan.cases.desk import Desk
from wugan.cases.parcels import Parcels
from wugan.signin.official import Official, Role
from wugan.web.edge import Answer, Call, Page, Redirect
from wugan.web.sitting import Sitting

AUDIT = logging.getLogger("wugan.audit")


@dataclass(frozen=True)
class Room:
    """One request of an official at the desk."""

    desk: Desk
    parcels: Parcels
    sitting: Sitting

    @property
    def call(self) -> Call:
        return self.sitting.call

    @property
    def official(self) -> Official:
        """Who sits there."""
        return self.sitting.official

    @property
    def case_id(self) -> str:
        """The case in the page's path."""
        return self.call.params["case_id"]

    @property
    def acts(self) -> bool:
        """Whether the official may change anything; an auditor only reads."""
        return self.sitting.may(Role.APPROVER)

    def path(self, *parts: str) -> str:
        """The path of a page of the desk."""
        return self.sitting.path("desk", *parts)

    def page(self, template: str, data: Mapping[str, Any], status: int = 200) -> Page:
        """A page of the desk."""
        return self.sitting.page(template, {"acts": self.acts, **data}, status)

    def to_case(self) -> Redirect:
        """Back to the case, after something was done to it."""
        return Redirect(self.path("cases", self.case_id))

    def note_viewed(self, route: str) -> None:
        """Who opened whose personal data, for auditors: a log line with ids and nothing else. A GET leaves no event."""
        AUDIT.info("viewed", extra={"route": route, "official": self.official.id, "case_id": self.case_id})


DeskView = Callable[[Room], Answer]
