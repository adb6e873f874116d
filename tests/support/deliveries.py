"""Small registries as the bureaus would deliver them: invented social groups with their certificates."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from stdnum.cn import uscc

from wugan.registry.feeds import FEEDS

DAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Holder:
    """A subject with one certificate, which ends so many days after `DAY`."""

    number: int
    ends_in: int | None = None
    type: str = "social_group_registration"
    jurisdiction: str = "QD"
    printed: str = "张印章"  # the legal representative on the certificate
    registered: str = "张印章"  # and in the registry

    @property
    def code(self) -> str:
        body = f"51370200MJ{self.number:07d}"
        return body + str(uscc.calc_check_digit(body + "0"))


def deliver(folder: Path, holders: Sequence[Holder]) -> Path:
    """Write all feeds as CSV."""
    rows: dict[str, list[dict[str, str]]] = {feed: [] for feed in FEEDS}
    for h in holders:
        same = {"credit_code": h.code, "name": f"青岛示例协会{h.number}", "version": "1"}
        ends = "" if h.ends_in is None else (DAY + timedelta(days=h.ends_in)).isoformat()
        rows["business"].append(
            same
            | {"entity_type": "social_group", "legal_representative": h.registered, "registering_body": "青岛市民政局", "status": "active"}
        )
        rows["licence"].append(
            same
            | {"certificate_no": f"证{h.number}", "type": h.type, "legal_representative": h.printed, "valid_until": ends}
            | {"jurisdiction": h.jurisdiction, "status": "valid"}
        )
    for feed in FEEDS.values():
        (folder / feed.name).mkdir(parents=True, exist_ok=True)
        with (folder / feed.name / "all.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, feed.names, restval="")
            writer.writeheader()
            writer.writerows(rows[feed.name])
    return folder
