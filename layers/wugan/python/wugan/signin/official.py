"""Who works at a desk or a bench, and what the sign-in's claims say about that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from wugan.errors import InvalidInput
from wugan.items.model import Jurisdiction
from wugan.signin.problem import SignInRefused

MOST_NAME = 60


class Role(StrEnum):
    """What an official may do."""

    APPROVER = "approver"  # 审批人员: decides, and does the tasks of the desk
    MANAGER = "manager"  # 事项管理员: the bench
    AUDITOR = "auditor"  # 监督人员: reads at the desk and changes nothing


@dataclass(frozen=True)
class Official:
    """An official of one bureau. `id` is the issuer's and never changes; a rehearsal's invitation has the name for it."""

    name: str
    jurisdiction: str
    id: str = ""
    roles: frozenset[Role] = frozenset({Role.APPROVER})

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", self.id or self.name)


@dataclass(frozen=True)
class RoleMap:
    """What the values of a claim mean: value → (bureau, role)."""

    claim: str  # dots lead into objects: `realm_access.roles`
    meanings: Mapping[str, tuple[Jurisdiction, Role]]

    @classmethod
    def of(cls, claim: str, text: str) -> RoleMap:
        """From settings: `qd-approvers=QD:approver,qd-audit=QD:auditor`. Raises InvalidInput naming the entry."""
        return cls(claim, dict(_meaning(entry.strip()) for entry in text.split(",") if entry.strip()))

    def official(self, claims: Mapping[str, Any]) -> Official:
        """The official of whom these verified claims speak. Raises SignInRefused: no role here, or in two bureaus at once."""
        found = [self.meanings[v] for v in _values(claims, self.claim) if v in self.meanings]
        bureaus = {bureau for bureau, _ in found}
        if len(bureaus) != 1:
            raise SignInRefused("no_role" if not bureaus else "two_bureaus")
        name = str(claims.get("name") or claims.get("preferred_username") or claims["sub"])[:MOST_NAME]
        return Official(name, bureaus.pop().value, str(claims["sub"]), frozenset(role for _, role in found))


def _meaning(entry: str) -> tuple[str, tuple[Jurisdiction, Role]]:
    value, _, meaning = entry.rpartition("=")
    bureau, _, role = meaning.partition(":")
    try:
        if not value:
            raise ValueError(entry)
        return value, (Jurisdiction(bureau), Role(role))
    except ValueError:
        raise InvalidInput(f"{entry!r} is not like value=QD:approver", field="OidcRoles") from None


def _values(claims: Mapping[str, Any], path: str) -> list[str]:
    """One text or many, as many."""
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return [found] if isinstance(found, str) else [v for v in found if isinstance(v, str)] if isinstance(found, list) else []
