"""The access table, and the page that is made from it: `python -m tests.unit.web.access` writes docs/access.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.support.template import ROOT

PAGE = ROOT / "docs" / "access.md"


@dataclass(frozen=True)
class Rule:
    """Who may, and why."""

    says: str
    allowed: frozenset[str]


@dataclass(frozen=True)
class Table:
    """Roles by what they show, rules, and the rule of each route."""

    roles: Mapping[str, str]
    rules: Mapping[str, Rule]
    routes: Mapping[str, str]

    def allows(self, route: str, role: str) -> bool:
        """Whether a role may ask."""
        return role in self.rules[self.routes[route]].allowed


def load() -> Table:
    """The table as it is written."""
    read = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    rules = {name: Rule(rule["says"], frozenset(rule["allowed"])) for name, rule in read["rules"].items()}
    return Table(read["roles"], rules, read["routes"])


def page(table: Table) -> str:
    """The table for people to read."""
    lines = [
        "# Who may ask for what", "",
        "Made from [access.yaml](../tests/unit/web/access.yaml) by `python -m tests.unit.web.access`. A test asks every route as every",
        "role, and looks into every store before and after: whoever is not allowed gets nothing and changes nothing, and no GET changes",
        "anything.", "",
        "| Role | Who it is: somebody who … |", "|---|---|",
        *(f"| `{name}` | {says} |" for name, says in table.roles.items()), "",
        "| Rule | Says |", "|---|---|",
        *(f"| `{name}` | {rule.says} |" for name, rule in table.rules.items()), "",
        f"| Route | Rule | {' | '.join(name.replace('_', ' ') for name in table.roles)} |", "|---|---" + "|:-:" * len(table.roles) + "|",
    ]  # fmt: skip
    for route, rule in table.routes.items():
        marks = ["✓" if table.allows(route, role) else "–" for role in table.roles]
        lines.append(f"| `{route}` | {rule} | {' | '.join(marks)} |")
    return "\n".join([*lines, "", "Under `/v1`, OPTIONS is everybody's. API Gateway refuses what is not in the table.", ""])


if __name__ == "__main__":
    PAGE.write_text(page(load()), encoding="utf-8")
