"""Every rule for every subject of some buckets at once, in DuckDB on the clean Parquet files.

Three steps. *Narrow*: one pass over certificates joined with registrations keeps the rows on which a rule could still hold, by
conditions that all rules share and by comparing texts as they are. *Work out*: for the rows that are left, what SQL cannot say
(names and addresses in one form) is worked out by the very functions that the predicate uses. *Judge*: each rule's conditions, in full
and in SQL's three values.

The SQL is made from typed expressions (`detection/expression.py`); of an author's text only literals get in, quoted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

from wugan.detection.expression import And, Expression, Feature, Or, Type, features_in, literal, text
from wugan.detection.features import FEATURES, Definition, Worked
from wugan.detection.model import HitKey
from wugan.detection.rule import Rule
from wugan.registry.buckets import PRODUCER
from wugan.registry.feeds import BLACKLIST, BUSINESS, LICENCE, PROPERTY

Files = Mapping[str, Sequence[Path]]  # clean files by feed; the buckets of all feeds are the same
_FILING = "filing:"  # begins the look of a filing; a certificate's type has no colon
READ = (BUSINESS.name, LICENCE.name, PROPERTY.name, BLACKLIST.name, PRODUCER)
MEMORY = "400MB"
_PROPERTIES = """LEFT JOIN (SELECT credit_code, list_sort(list(address)) AS properties FROM property
    WHERE credit_code IN (SELECT credit_code FROM candidates) GROUP BY credit_code) USING (credit_code)"""
_SQL_TYPES = {Type.TEXT: "VARCHAR", Type.NUMBER: "BIGINT", Type.DATE: "DATE", Type.BOOLEAN: "BOOLEAN"}


@dataclass(frozen=True)
class Day:
    """The day of the records, and the day from which windows count."""

    as_of: date
    sensed_on: date

    def fill(self, sql: str) -> str:
        """SQL of a feature with the days put in."""
        return sql.format(as_of=literal(self.as_of), sensed_on=literal(self.sensed_on))


def scan(rules: Sequence[Rule], files: Files, as_of: date, *, only: Iterable[str] | None = None) -> list[HitKey]:
    """The hits of all rules, sorted. `only` restricts the scan to these credit codes."""
    with connected() as connection:
        load(connection, files, only)
        return judge(connection, rules, Day(as_of, as_of))


@contextmanager
def connected() -> Iterator[DuckDBPyConnection]:
    """DuckDB in memory, within bounds, that reads local files and nothing else."""
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute("SET threads = 1")  # what a function of this size has; more only need more memory
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute("SET autoload_known_extensions = false")
        yield connection


def load(connection: DuckDBPyConnection, files: Files, only: Iterable[str] | None = None) -> None:
    """Make the views `licence`, `business`, `property`, `producers` and `blacklist` that `judge` reads."""
    wanted = ""
    if only is not None:
        connection.execute("CREATE OR REPLACE TEMP TABLE wanted AS SELECT unnest(?::VARCHAR[]) AS credit_code", [sorted(set(only))])
        wanted = " WHERE credit_code IN (SELECT credit_code FROM wanted)"
    for feed in (LICENCE.name, BUSINESS.name, PROPERTY.name, BLACKLIST.name):
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {feed} AS SELECT * FROM {parquet(files[feed])}{wanted}")
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW producers AS SELECT credit_code, any_value(name) AS name "
        f"FROM {parquet(files[PRODUCER])} GROUP BY credit_code"
    )


def judge(connection: DuckDBPyConnection, rules: Sequence[Rule], day: Day) -> list[HitKey]:
    """The hits of all rules in the loaded registries, sorted."""
    if not rules:
        return []
    _prepare(connection, rules, day)
    _narrow(connection, rules, day)
    features = sorted({name for r in rules for name in _features(r)})
    worked = {name: w for name in features if (w := FEATURES[name].worked)}
    known: list[str] = []
    for name, column in sorted(worked.items(), key=lambda pair: (pair[1].cost, pair[0])):
        _work_out(connection, name, column, [r for r in rules if name in set(_features(r))], known if column.cost > 1 else [], day)
        known.append(name)
    found = connection.execute(_hits_sql(rules, _features_sql(features, worked, day))).fetchall()
    return sorted((HitKey(*row) for row in found), key=lambda k: (k.item_code, k.subject, k.certificate_no or ""))


def _prepare(connection: DuckDBPyConnection, rules: Sequence[Rule], day: Day) -> None:
    """Small tables beside the two large ones."""
    current = f"since <= {literal(day.as_of)} AND (until IS NULL OR until >= {literal(day.as_of)})"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE blacklisted AS SELECT DISTINCT credit_code FROM blacklist WHERE {current}")
    kinds = ", ".join(sorted({literal(r.certificate_type) for r in rules if r.filing}) or ["NULL"])
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE filed AS SELECT DISTINCT credit_code, type FROM licence WHERE status = 'valid' AND type IN ({kinds})"
    )


# --- narrow


def _narrow(connection: DuckDBPyConnection, rules: Sequence[Rule], day: Day) -> None:
    """Fill `candidates`: rows on which a rule could hold. `look` is the certificate's type, or the filing item's code."""
    by_look: dict[str, list[Rule]] = defaultdict(list)
    for r in rules:
        by_look[_look(r)].append(r)
    certificate = {look: rs for look, rs in by_look.items() if not rs[0].filing}
    selects = [_certificates_sql(certificate, day)] if certificate else []
    selects += [_filing_sql(r, day) for r in rules if r.filing]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE candidates AS {' UNION ALL BY NAME '.join(selects)}")


def _certificates_sql(looks: Mapping[str, Sequence[Rule]], day: Day) -> str:
    """One pass for all rules that look at certificates."""
    columns = _columns_read([r for rs in looks.values() for r in rs])
    shared = set.intersection(*(set(_possible_parts(r, day)) for rs in looks.values() for r in rs))
    cases = " ".join(f"WHEN {literal(look)} THEN {_either(rs, shared, day)}" for look, rs in sorted(looks.items()))
    kinds = ", ".join(map(literal, sorted(looks)))
    where = " AND ".join([*sorted(shared), f"CASE look {cases} ELSE FALSE END"])
    chosen = [
        "l.credit_code",
        "l.type AS look",
        "l.type AS certificate_type",
        "'' AS phrase",
        "l.certificate_no AS certificate_no",
        *(f"l.{c} AS c_{c}" for c in sorted(columns["c"])),
        *(f"b.{c} AS b_{c}" for c in sorted(columns["b"])),
        *(["p.name AS p_name"] if columns["p"] else []),
    ]
    producers = " LEFT JOIN producers p ON p.credit_code = l.producer_code" if columns["p"] else ""
    joined = f"FROM licence l LEFT JOIN business b ON b.credit_code = l.credit_code{producers} WHERE l.type IN ({kinds})"
    return f"SELECT * FROM (SELECT {', '.join(chosen)} {joined}) c WHERE {where}"


def _filing_sql(r: Rule, day: Day) -> str:
    """One pass over the registrations for a filing; there are few."""
    chosen = [
        "credit_code",
        f"{literal(_look(r))} AS look",
        f"{literal(r.certificate_type)} AS certificate_type",
        f"{literal(r.phrase)} AS phrase",
        "NULL::VARCHAR AS certificate_no",
        *(f"{c} AS b_{c}" for c in sorted(_columns_read([r])["b"])),
    ]
    where = " AND ".join(_possible_parts(r, day)) or "TRUE"
    return f"SELECT * FROM (SELECT {', '.join(chosen)} FROM business) c WHERE {where}"


def _look(r: Rule) -> str:
    return f"{_FILING}{r.item.code}" if r.filing else r.certificate_type


def _either(rules: Sequence[Rule], shared: set[str], day: Day) -> str:
    """Any of the rules could hold, beyond what all share."""
    wholes = (" AND ".join(p for p in _possible_parts(r, day) if p not in shared) or "TRUE" for r in rules)
    return "(" + " OR ".join(f"({w})" for w in dict.fromkeys(wholes)) + ")"


def _possible_parts(r: Rule, day: Day, known: Collection[str] = ()) -> list[str]:
    """Conditions that hold wherever the rule does; those that say nothing are left out."""
    found = (_possible(c.expression, day, known) for c in r.conditions)
    return [sql for sql in dict.fromkeys(found) if sql != "TRUE"]


def _possible(expression: Expression, day: Day, known: Collection[str]) -> str:
    """SQL that holds on every row on which the expression is true, of cheap features and those `known` already; TRUE where nothing is."""
    match expression:
        case And(operands):
            some = [sql for o in operands if (sql := _possible(o, day, known)) != "TRUE"]
            return f"({' AND '.join(some)})" if some else "TRUE"
        case Or(operands):
            each = [_possible(o, day, known) for o in operands]
            return "TRUE" if "TRUE" in each else f"({' OR '.join(each)})"
        case Feature(name) if FEATURES[name].narrow and name not in known:
            return f"({FEATURES[name].narrow})"
        case _:
            told = all(name in known or _is_cheap(FEATURES[name]) for name in features_in(expression))
            return f"({text(expression, lambda name: day.fill(FEATURES[name].sql))})" if told else "TRUE"


def _is_cheap(feature: Definition) -> bool:
    return feature.worked is None and "SELECT" not in feature.sql


def _columns_read(rules: Sequence[Rule]) -> dict[str, set[str]]:
    """The columns of certificates (c), registrations (b) and producers (p) that the rules' features read."""
    read: dict[str, set[str]] = {"c": set(), "b": set(), "p": set()}
    for name in {name for r in rules for name in _features(r)}:
        for side, column in FEATURES[name].columns:
            read[side].add(column)
    return read


def _features(r: Rule) -> Iterator[str]:
    yield r.where
    for condition in r.conditions:
        yield from features_in(condition.expression)


# --- work out


def _work_out(
    connection: DuckDBPyConnection, name: str, worked: Worked, rules: Sequence[Rule], known: Sequence[str], day: Day
) -> None:  # fmt: skip
    """Fill `w_<name>`: the function's value for each candidate on which, by what is `known`, a rule with this feature could still hold."""
    wanted = f"({worked.guard}) AND {_still_possible(rules, known, day)}"
    joins = [f"LEFT JOIN w_{k} ON w_{k}.n = c.rowid" for k in known if f"w_{k}" in wanted]
    joins += [_PROPERTIES] if "properties" in worked.columns else []
    chosen = f"SELECT c.rowid, {', '.join(worked.columns)} FROM candidates c {' '.join(joins)} WHERE {wanted}"
    rows = connection.execute(chosen).fetchall()
    values = list(_remembered(worked.function, rows))
    columns = f"unnest(?::BIGINT[]) AS n, unnest(?::{_SQL_TYPES[FEATURES[name].type]}[]) AS w_{name}"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE w_{name} AS SELECT {columns}", [[row[0] for row in rows], values])


def _still_possible(rules: Sequence[Rule], known: Sequence[str], day: Day) -> str:
    """Rows on which one of the rules could hold. With nothing known beyond what narrowed already, the look decides."""
    if not known:
        return f"look IN ({', '.join(sorted({literal(_look(r)) for r in rules}))})"
    looks: dict[str, list[str]] = defaultdict(list)
    for r in rules:
        looks[_look(r)].append(" AND ".join(_possible_parts(r, day, known)) or "TRUE")
    cases = " ".join(f"WHEN {literal(look)} THEN ({') OR ('.join(dict.fromkeys(each))})" for look, each in sorted(looks.items()))
    return f"CASE look {cases} ELSE FALSE END"


def _remembered(function: Callable[..., Any], rows: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
    """The function's value for each row after its number; worked out once for rows that are alike."""
    known: dict[tuple[Any, ...], Any] = {}
    for row in rows:
        key = tuple(tuple(v) if type(v) is list else v for v in row[1:])
        if key not in known:
            known[key] = function(*row[1:])
        yield known[key]


# --- judge


def _features_sql(names: Sequence[str], worked: Mapping[str, Worked], day: Day) -> str:
    """Each candidate with its features as columns `f_…`, which all rules share."""
    columns = ", ".join(f"{day.fill(FEATURES[name].sql)} AS f_{name}" for name in names)
    joins = " ".join(f"LEFT JOIN w_{name} ON w_{name}.n = c.rowid" for name in worked)
    return f"SELECT credit_code, look, certificate_no, {columns} FROM candidates c {joins}"


def _hits_sql(rules: Sequence[Rule], judged: str) -> str:
    """A row for each rule that holds on a candidate."""
    codes = ", ".join(f"CASE WHEN {_holds(r)} THEN {literal(r.item.code)} END" for r in rules)
    kinds = dict.fromkeys((r.filing, r.where) for r in rules)
    where = " ".join(f"WHEN {'' if filing else 'NOT '}starts_with(look, '{_FILING}') THEN {_judged(name)}" for filing, name in kinds)
    hit = f"unnest(list_filter([{codes}], lambda code: code IS NOT NULL))"
    return f"SELECT {hit}, credit_code, certificate_no, CASE {where} END FROM ({judged})"


def _holds(r: Rule) -> str:
    conditions = " AND ".join(f"({text(c.expression, _judged)})" for c in r.conditions)
    return f"look = {literal(_look(r))} AND {conditions}"


def _judged(name: str) -> str:
    return f"f_{name}"


def parquet(paths: Sequence[Path]) -> str:
    """The rows of Parquet files, as a table in SQL."""
    return f"read_parquet([{', '.join(literal(str(p)) for p in paths)}])"
