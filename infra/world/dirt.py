"""What real registries do to honest rows, at the measured rates. Only rows that no rule depends on are falsified."""

from __future__ import annotations

from random import Random

from infra.world.entities import Entity, Row

_EMPTY_REPRESENTATIVE = 0.048
_LOWER_CASE = 19 / 106_534
_EXACT_DUPLICATE = 0.004
_OLD_VERSION = 0.1  # of today's changes are delivered together with the row before
_UNREACHABLE = 0.05
_BROKEN_EVERY = 4_000
_IMPOSSIBLE_DAYS = ("2025-02-30", "2026-13-01", "0000-00-00", "二〇二六年", "2026-11-31")


def empty_representatives(rng: Random, background: list[Entity]) -> None:
    """Leave the legal representative empty where nothing happened."""
    for entity in background:
        if rng.random() < _EMPTY_REPRESENTATIVE:
            entity.business["legal_representative"] = rng.choice((None, "", "-"))


def unreachable(rng: Random, hits: list[Entity]) -> list[Entity]:
    """Take every way to reach them from one in twenty of the subjects that are hit; returns them."""
    chosen = rng.sample(hits, max(1, round(len(hits) * _UNREACHABLE)))
    for entity in chosen:
        for contact in entity.contacts:
            contact.update(mobile=None, wechat_openid=None, app_user=None)
    return chosen


def dirty(rng: Random, feed: str, rows: list[Row]) -> list[Row]:
    """The feed as delivered: lower-case codes, duplicates, and rows that cannot be taken in."""
    lower = set(rng.sample(range(len(rows)), _some(rows, _LOWER_CASE)))
    typed = [{**r, "credit_code": str(r["credit_code"]).lower()} if n in lower else r for n, r in enumerate(rows)]
    delivered = typed + [dict(r) for r in rng.sample(typed, _some(rows, _EXACT_DUPLICATE))] + _broken(rng, feed, rows)
    rng.shuffle(delivered)
    return delivered


def former_versions(rng: Random, entities: list[Entity]) -> list[Row]:
    """Rows from before today's change, which some bureaus deliver again beside the new ones."""
    changed = [e.former for e in entities if e.former]
    return [r for r in changed if rng.random() < _OLD_VERSION]


def _broken(rng: Random, feed: str, rows: list[Row]) -> list[Row]:
    """Further rows, of nobody: without a code, or with a day that does not exist."""
    dates = {"business": "changed_on", "licence": "valid_until", "blacklist": "since"}
    count = 2 + len(rows) // _BROKEN_EVERY
    broken = [{**r, "credit_code": rng.choice(("", None, "  "))} for r in rng.sample(rows, min(count, len(rows)))]
    if feed in dates:
        for n, row in enumerate(rng.sample(rows, min(count, len(rows)))):
            broken.append({**row, dates[feed]: _IMPOSSIBLE_DAYS[n % len(_IMPOSSIBLE_DAYS)]})
    return broken


def _some(rows: list[Row], share: float) -> int:
    return min(len(rows), max(2, round(len(rows) * share)))
