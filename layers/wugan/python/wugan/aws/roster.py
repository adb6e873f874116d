"""The officials of the bureaus in DynamoDB, beside the cases that they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wugan.aws.tables import case_rows
from wugan.signin.official import Official, Role

MOST = 500  # of one bureau


@dataclass(frozen=True)
class DynamoRoster:
    """The roster on the table `cases`: one partition for each bureau."""

    cases_table: str

    @property
    def rows(self) -> Any:
        return case_rows(self.cases_table)

    def arrived(self, official: Official) -> None:
        body = {"name": official.name, "roles": sorted(official.roles)}
        self.rows(f"OFFICIALS#{official.jurisdiction}", official.id, body=body).save()

    def of(self, jurisdiction: str) -> list[Official]:
        rows = self.rows.query(f"OFFICIALS#{jurisdiction}", limit=MOST)
        found = [Official(row.body["name"], jurisdiction, row.sk, frozenset(map(Role, row.body["roles"]))) for row in rows]
        return sorted(found, key=lambda o: (o.name, o.id))
