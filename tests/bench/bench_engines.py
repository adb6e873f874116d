"""One rule on one subject: what general rule engines cost beside a predicate written by hand, and where they decide otherwise."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

import duckdb

from tests.bench.harness import Row, bench, medians, pin
from wugan.detection.expression import And, Compare, Feature, Literal, Not, Operator
from wugan.detection.predicate import compiled
from wugan.detection.row import Row as RuleRow
from wugan.registry.model import Blacklisting, Business, Certificate, Subject

Facts = dict[str, Any]
TODAY = date(2026, 11, 23).toordinal()
ROWS = 500
REPEATS = 5
NULL_SHARE = 0.1

# The rule that all of them run, in SQL's words. Days are numbers here, and names are normalised already.
RULE = """certificate_name <> registry_name AND certificate_status = 'valid' AND (valid_until IS NULL OR valid_until >= today)
    AND subject_status = 'active' AND NOT blacklisted"""
_CEL = """certificate_name != registry_name && certificate_status == "valid" && (type(valid_until) == null_type || valid_until >= today)
    && subject_status == "active" && !blacklisted"""
_ZEN = """certificate_name != registry_name and certificate_status == "valid" and (valid_until == null or valid_until >= today)
    and subject_status == "active" and not blacklisted"""
_TYPES = {
    **dict.fromkeys(("certificate_name", "registry_name", "certificate_status", "subject_status"), "VARCHAR"),
    **dict.fromkeys(("valid_until", "today"), "INTEGER"),
    "blacklisted": "BOOLEAN",
}
_NULLABLE = ("certificate_name", "registry_name", "valid_until")  # the registries leave these empty


@dataclass(frozen=True)
class Engine:
    """A way to decide the rule. `prepare` turns facts into what `decide` takes, and is not timed."""

    name: str
    decide: Callable[[Any], Any]
    prepare: Callable[[Facts], Any] = lambda facts: facts
    twin: bool = False  # decides as the one before, and is only timed


def by_hand(facts: Facts) -> bool:
    """The yardstick: what a programmer writes for this rule and no other."""
    old, new, until = facts["certificate_name"], facts["registry_name"], facts["valid_until"]
    return (
        old is not None
        and new is not None
        and old != new
        and facts["certificate_status"] == "valid"
        and (until is None or until >= facts["today"])
        and facts["subject_status"] == "active"
        and not facts["blacklisted"]
    )


def ours() -> Engine:
    """The predicate of `wugan.detection` on the same facts, as registry rows; it also brings the names to one form where they differ."""
    rule = And(
        (
            Feature("name_changed"),
            Feature("certificate_in_force"),
            Compare(Operator.EQUAL, Feature("business_status"), Literal("active")),
            Not(Feature("blacklisted")),
        )
    )
    test = compiled(rule)

    def decide(row: RuleRow) -> bool | None:
        row.known.clear()  # nothing is remembered from the round before
        return test(row)

    return Engine("ours, normalisation included", decide, _row)


def _row(facts: Facts) -> RuleRow:
    """The facts as a subject with one certificate."""
    today = date.fromordinal(facts["today"])
    until = None if facts["valid_until"] is None else date.fromordinal(facts["valid_until"])
    shared: dict[str, Any] = dict.fromkeys(("legal_representative", "person_in_charge", "registered_address", "premises_address"))
    listed = (Blacklisting("A", "示例", today, None, "1"),) if facts["blacklisted"] else ()
    business = Business(
        credit_code="A", name=facts["registry_name"], entity_type="enterprise", scope=None, scope_changed_on=None, changed_on=None,
        registering_body=None, status=facts["subject_status"], version="1", **shared,
    )  # fmt: skip
    certificate = Certificate(
        certificate_no="B", type="t", credit_code="A", name=facts["certificate_name"], producer_code=None, producer_name=None,
        issued_on=None, valid_until=until, issuing_body=None, jurisdiction="QD", status=facts["certificate_status"], version="1", **shared,
    )  # fmt: skip
    return RuleRow(Subject("A", today, business, (certificate,), blacklistings=listed), certificate, today, "t")


def cel() -> Iterator[Engine]:
    """cel-python, whose values have types of its own: with and without the turning into them."""
    import celpy

    def turned(facts: Facts) -> dict[str, Any]:
        return {k: celpy.json_to_cel(v) for k, v in facts.items()}

    def program(runner: type[celpy.Runner]) -> Any:
        environment = celpy.Environment(runner_class=runner)
        return environment.program(environment.compile(_CEL))

    logging.getLogger("celpy").setLevel(logging.CRITICAL)  # it logs every comparison with null as an error
    compiled = program(celpy.CompiledRunner)  # first: celpy keeps the first one's parser for both
    interpreted = program(celpy.InterpretedRunner)
    yield Engine("cel-python, compiled", lambda facts: compiled.evaluate(turned(facts)))
    yield Engine("cel-python, compiled, values turned before", compiled.evaluate, turned, twin=True)
    yield Engine("cel-python, interpreted", lambda facts: interpreted.evaluate(turned(facts)))


def zen_engine() -> Engine:
    """zen-engine's expression language (Rust)."""
    import zen

    return Engine("zen-engine", zen.compile_expression(_ZEN).evaluate)


@bench("engines")
def engines() -> Iterator[Row]:
    """One rule on one subject: rule engines beside a hand-written predicate."""
    pin()
    rows = [*_facts(ROWS)]
    truth = by_sql(rows)
    hand = Engine("by hand", by_hand)
    entrants = [hand, ours(), zen_engine(), *cel()]
    seconds = medians({e.name: _timer(e, rows) for e in entrants}, REPEATS)
    for engine in entrants:
        spent = seconds[engine.name]
        yield Row(engine.name, spent * 1e6, "µs per subject", hand.name, spent / seconds[hand.name])
    for engine in (e for e in entrants if not e.twin):
        yield from _disagreements(engine, rows, truth)


def _facts(count: int) -> Iterator[Facts]:
    """Invented facts: half of the names differ, one value in ten is missing where registries leave it empty."""
    rng = Random(1)
    for number in range(count):
        name = f"青岛示例{number}有限公司"
        facts = {
            "certificate_name": name,
            "registry_name": rng.choice((name, f"青岛示例{number}集团有限公司")),
            "certificate_status": rng.choices(("valid", "void"), (9, 1))[0],
            "valid_until": TODAY + rng.randint(-200, 1600),
            "today": TODAY,
            "subject_status": rng.choices(("active", "cancelled"), (9, 1))[0],
            "blacklisted": rng.random() < 0.05,
        }
        yield facts | {k: None for k in _NULLABLE if rng.random() < NULL_SHARE}


def by_sql(rows: list[Facts]) -> list[bool]:
    """What DuckDB says: a hit only where the rule is true, not where it is unknown."""
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE facts (row INTEGER, {', '.join(f'{k} {kind}' for k, kind in _TYPES.items())})")
        places = ", ".join("?" * (1 + len(_TYPES)))
        connection.executemany(f"INSERT INTO facts VALUES ({places})", [[n, *(r[k] for k in _TYPES)] for n, r in enumerate(rows)])
        return [bool(hit) for (hit,) in connection.execute(f"SELECT coalesce({RULE}, false) FROM facts ORDER BY row").fetchall()]


def _timer(engine: Engine, rows: list[Facts]) -> Callable[[], float]:
    """Seconds for one row, over all of them; fast engines go round until the clock can tell."""
    given = [engine.prepare(r) for r in rows]

    def time_once() -> float:
        rounds, began = 0, time.perf_counter()
        while (spent := time.perf_counter() - began) < 0.05 or not rounds:
            for facts in given:
                _decided(engine, facts)
            rounds += 1
        return spent / rounds / len(given)

    return time_once


def _decided(engine: Engine, facts: Any) -> Any:
    """An engine that cannot answer raises; that is an answer too."""
    try:
        return engine.decide(facts)
    except Exception as error:
        return error


def _disagreements(engine: Engine, rows: list[Facts], truth: list[bool]) -> Iterator[Row]:
    """Rows that the engine decides otherwise than SQL, by what is missing in them."""
    answers = [_decided(engine, engine.prepare(r)) for r in rows]
    wrong = [r for r, answer, true in zip(rows, answers, truth, strict=True) if (answer is True or answer == 1) != true]
    failed = sum(isinstance(a, Exception) for a in answers)
    missing = Counter(k for r in wrong for k in _NULLABLE if r[k] is None)
    told = [*(f"{count} without {what}" for what, count in missing.most_common()), *([f"{failed} raised"] if failed else [])]
    yield Row(f"{engine.name}: otherwise than SQL", len(wrong), f"of {len(rows)} rows", ", ".join(told) or "agrees", len(wrong) / len(rows))
