"""Both engines over the same rules and rows: every pair on which they differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support.subjects import TODAY, TYPES, tables
from wugan.detection import fullscan
from wugan.detection.expression import Expression, Not, text
from wugan.detection.model import HitKey
from wugan.detection.predicate import RuleBook
from wugan.detection.rule import Rule, RuleCondition
from wugan.items import catalogue
from wugan.items.model import Item
from wugan.registry.model import Subject

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Compared:
    """How many rule × row pairs were compared, and those on which the engines differ."""

    pairs: int
    differences: tuple[str, ...]


def _rules(number: int, expression: Expression, filing: bool) -> Iterator[Rule]:
    """The expression and its contrary, so that true, false and unknown are told apart."""
    base = _bases()["filing" if filing else "change"]
    for suffix, asked in (("is", expression), ("is-not", Not(expression))):
        item = base.model_copy(update={
            "code": f"rule-{number}-{suffix}",
            "certificates": base.certificates.model_copy(update={"type": TYPES[number % len(TYPES)]}),
        })  # fmt: skip
        yield Rule(item, "v", (RuleCondition("when.1", asked),))


@cache
def _bases() -> dict[str, Item]:
    items = {i.code: i for i in catalogue.load_folder(ROOT / "items").items}
    return {"change": items["construction-qualification-change"], "filing": items["hr-service-filing"]}


def compare(expressions: Sequence[tuple[Expression, bool]], given: Sequence[Subject]) -> Compared:
    """Run both engines; each expression is one (expression, for a filing?)."""
    rules = [r for number, (expression, filing) in enumerate(expressions) for r in _rules(number, expression, filing)]
    with fullscan.connected() as connection:
        tables(connection, given)
        scanned = {_told(k) for k in fullscan.judge(connection, rules, fullscan.Day(TODAY, TODAY))}
    book = RuleBook(rules)
    asked = {_told(k) for s in given for k in book.keys(s)}
    by_code = {r.item.code: text(r.conditions[0].expression) for r in rules}
    differences = tuple(f"{by_code[code]} for {' '.join(row)}" for code, *row in sorted(scanned ^ asked))
    return Compared(sum(_rows(r, s) for r in rules for s in given), differences)


def _told(key: HitKey) -> tuple[str, str, str, str]:
    return key.item_code, key.subject, str(key.certificate_no), str(key.jurisdiction)


def _rows(r: Rule, subject: Subject) -> int:
    return int(subject.business is not None) if r.filing else sum(c.type == r.certificate_type for c in subject.certificates)
