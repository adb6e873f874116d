"""The rule language: what it reads, what it refuses and how it tells."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.support.people import items
from tests.support.rules import expressions
from wugan.detection.dialect import check, parse
from wugan.detection.expression import (
    And,
    Compare,
    Expression,
    Feature,
    Literal,
    Match,
    Matches,
    Missing,
    Not,
    OneOf,
    Operator,
    Or,
    Value,
    text,
)
from wugan.detection.features import FEATURES
from wugan.detection.invalid import RuleInvalid, RuleProblem
from wugan.items.model import Kind


def compare(name: str, operator: Operator, value: Value) -> Compare:
    return Compare(operator, Feature(name), Literal(value))


LISTED, OWNS = Feature("blacklisted"), Feature("owns_premises")
SOON = compare("days_to_expiry", Operator.AT_MOST, 60)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("blacklisted", LISTED),
        ("BlackListed", LISTED),
        ("TRUE", Literal(True)),
        ("days_to_expiry <= 60", SOON),
        ("60 >= days_to_expiry", SOON),
        ("days_to_expiry = -5", compare("days_to_expiry", Operator.EQUAL, -5)),
        ("days_to_expiry = - 5", compare("days_to_expiry", Operator.EQUAL, -5)),
        ("days_to_expiry != 1000000000", compare("days_to_expiry", Operator.UNEQUAL, 1_000_000_000)),
        ("blacklisted = FALSE", compare("blacklisted", Operator.EQUAL, False)),
        ("issued_on < DATE '2020-02-29'", compare("issued_on", Operator.LESS, date(2020, 2, 29))),
        ("date '1900-01-01' < issued_on", compare("issued_on", Operator.GREATER, date(1900, 1, 1))),
        ("business_status = 'active'", compare("business_status", Operator.EQUAL, "active")),
        ("business_name = '青岛（ａ）  店'", compare("business_name", Operator.EQUAL, "青岛(A)店")),
        ("business_name = 'O''Brien'", compare("business_name", Operator.EQUAL, "O'BRIEN")),
        ("business_name = '＇; --'", compare("business_name", Operator.EQUAL, "';--")),
        ("business_name = certificate_name", Compare(Operator.EQUAL, Feature("business_name"), Feature("certificate_name"))),
        ("valid_until > issued_on", Compare(Operator.GREATER, Feature("valid_until"), Feature("issued_on"))),
        ("jurisdiction IN ('LX', 'PD')", OneOf(Feature("jurisdiction"), ("LX", "PD"))),
        ("jurisdiction NOT IN ('QD')", Not(OneOf(Feature("jurisdiction"), ("QD",)))),
        ("days_to_expiry IN (1, -2)", OneOf(Feature("days_to_expiry"), (1, -2))),
        ("valid_until IS NULL", Missing(Feature("valid_until"))),
        ("valid_until IS NOT NULL", Not(Missing(Feature("valid_until")))),
        ("CONTAINS(business_scope, 'ａ店')", Matches(Match.CONTAINS, Feature("business_scope"), "A店")),
        ("starts_with(business_name, '%_(')", Matches(Match.STARTS_WITH, Feature("business_name"), "%-(")),
        ("days_to_expiry BETWEEN 31 AND 60", And((compare("days_to_expiry", Operator.AT_LEAST, 31), SOON))),
        ("NOT blacklisted AND owns_premises", And((Not(LISTED), OWNS))),
        ("NOT (blacklisted AND owns_premises)", Not(And((LISTED, OWNS)))),
        ("NOT NOT blacklisted", Not(Not(LISTED))),
        ("NOT days_to_expiry <= 60", Not(SOON)),
        ("blacklisted OR owns_premises AND TRUE", Or((LISTED, And((OWNS, Literal(True)))))),
        ("(blacklisted OR owns_premises) AND TRUE", And((Or((LISTED, OWNS)), Literal(True)))),
        ("blacklisted AND owns_premises AND TRUE", And((LISTED, OWNS, Literal(True)))),
        ("blacklisted AND ((owns_premises AND TRUE))", And((LISTED, OWNS, Literal(True)))),
        ("(blacklisted)\r\n\tOR\n owns_premises\n", Or((LISTED, OWNS))),
    ],
)
def test_reads(rule: str, expected: Expression) -> None:
    assert parse(rule) == expected


# rule, line, column, and what the message must say
WRONG = [
    ("bussiness_status = 'active'", 1, 1, "there is no feature bussiness_status; did you mean business_status?"),
    ("blacklisted\nAND\n  owns_premise", 3, 3, "did you mean owns_premises?"),
    ("blacklisted AND xyzzy", 1, 17, "docs/rules.md lists all of them"),
    ("登记状态 = 'active'", 1, 1, "write business_status for 登记状态"),
    ("blacklisted AND 登记", 1, 17, "is not part of the language"),
    ("business_status = ‘active’", 1, 19, "write '"),
    ("（blacklisted）", 1, 1, "write ("),
    ("blacklisted\u3000AND TRUE", 1, 12, "another kind of space (U+3000)"),
    ("business_status = 'actve'", 1, 19, "did you mean 'active'?"),
    ("jurisdiction IN ('QD', 'pd')", 1, 24, "did you mean 'PD'?"),
    ("jurisdiction = '济南'", 1, 16, "it is one of 'QD', 'LX', 'PD'"),
    ("days_to_expiry <= '60'", 1, 19, "write 60 without quotes"),
    ("valid_until < '2026-01-01'", 1, 15, "write DATE '2026-01-01'"),
    ("business_name = 60", 1, 17, "write '60'"),
    ("blacklisted = 1", 1, 15, "write TRUE or FALSE"),
    ("days_to_expiry = TRUE", 1, 18, "is a whole number; write 60"),
    ("valid_until = NULL", 1, 15, "use IS NULL"),
    ("valid_until IN (NULL)", 1, 17, "use IS NULL"),
    ("blacklisted IS TRUE", 1, 1, "after IS comes NULL or NOT NULL"),
    ("business_name = '-'", 1, 17, "stands for a missing value; use IS NULL"),
    ("contains(business_name, '')", 1, 25, "stands for a missing value"),
    ("business_name < 'a'", 1, 1, "which has no order; compare it with = or <>"),
    ("owns_premises >= TRUE", 1, 1, "which has no order"),
    ("business_name BETWEEN 'a' AND 'b'", 1, 1, "which has no order"),
    ("TRUE AND business_name", 1, 10, "no condition by itself; compare it, such as business_name = 'text'"),
    ("valid_until = certificate_name", 1, 15, "certificate_name is a text, but valid_until is a date"),
    ("days_to_expiry < days_since_issue", 1, 18, "compares with a whole number only"),
    ("days_to_expiry BETWEEN 1 AND days_since_issue", 1, 30, "compares with a whole number only"),
    ("contains(days_to_expiry, '1')", 1, 10, "contains looks in texts"),
    ("contains(jurisdiction, 'Q')", 1, 10, "has fixed values; write jurisdiction = 'QD'"),
    ("contains(business_name)", 1, 1, "write contains(feature, 'text')"),
    ("contains(business_name, certificate_name)", 1, 25, "a value is expected here"),
    ("starts(business_name, 'a')", 1, 1, "there is no feature starts"),
    ("owns_premises('a')", 1, 1, "there is no function owns_premises"),
    ("date = 1", 1, 1, "write DATE '2026-11-23'"),
    ("valid_until < DATE '2026-02-30'", 1, 20, "no such day"),
    ("valid_until < DATE '1899-12-31'", 1, 20, "from 1900 to 9999"),
    ("valid_until < DATE '20260101'", 1, 20, "DATE 'YYYY-MM-DD'"),
    ("days_to_expiry = 1000000001", 1, 18, "numbers go from -1,000,000,000 to 1,000,000,000"),
    ("days_to_expiry = 1.5", 1, 18, "1.5 is no whole number"),
    ("days_to_expiry - 1 = 5", 1, 1, "a feature is expected here"),
    ("days_to_expiry + 1 = 5", 1, 16, "a rule does not calculate"),
    ("1 = 1", 1, 1, "a feature is expected here"),
    ("blacklisted owns_premises", 1, 13, "is AND, OR or a comparison missing before it?"),
    ("blacklisted AND", 1, 13, "something is missing near AND"),
    ("jurisdiction IN ('QD' 'LX')", 1, 18, "a value is expected here"),
    ("days_to_expiry IN (1 2)", 1, 22, "a comma, or the end of the list"),
    ("days_to_expiry IN ()", 1, 1, "after IN come 1 to 100 values"),
    ("days_to_expiry IN 1", 1, 1, "after IN come 1 to 100 values"),
    ("(blacklisted", 1, 1, "this parenthesis is not closed; add )"),
    ("blacklisted)", 1, 12, "no parenthesis is open"),
    ("TRUE AND business_name = 'a", 1, 26, "a text that begins here is not closed"),
    ('business_name = "a"', 1, 17, "write names without quotes and texts in single quotes"),
    ("business_name LIKE 'a%'", 1, 15, "write contains(feature, 'text') or starts_with(feature, 'text')"),
    ("blacklisted; TRUE", 1, 12, "a rule is one condition"),
    ("blacklisted -- no", 1, 13, "comments are not part of a rule"),
    ("blacklisted\n/* no */", 2, 1, "comments are not part of a rule"),
    ("blacklisted == TRUE", 1, 13, "write ="),
    ("business_name = 'a\nb'", 1, 17, "a text stands in one line"),
    ("business_name = 'a\u200bb'", 1, 19, "an invisible character (U+200B)"),
    ("business_name = '" + "x" * 201 + "'", 1, 17, "at most 200 characters"),
    ("business_name = '" + "㈱" * 100 + "'", 1, 17, "at most 200 characters, each written out"),
    ("blacklisted AND {told}", 1, 17, "{ is not part of the language"),
    ("", 1, 1, "the rule is empty"),
]


@pytest.mark.parametrize(("rule", "line", "column", "said"), WRONG)
def test_tells_where_and_what_to_write(rule: str, line: int, column: int, said: str) -> None:
    with pytest.raises(RuleInvalid) as told:
        parse(rule)
    problem = told.value.problems[0]
    assert (problem.line, problem.column) == (line, column)
    assert said in problem.message
    assert re.search(r"[\u4e00-\u9fff]", problem.message.chinese)
    assert not re.search(r"\b(the|write|rule|expected|missing|mean|value)\b", problem.message.chinese)


def problems(rule: str, *, filing: bool = False) -> list[RuleProblem]:
    with pytest.raises(RuleInvalid) as told:
        parse(rule, filing=filing)
    return list(told.value.problems)


def test_tells_all_problems_at_once_in_the_order_of_the_text() -> None:
    rule = "bussiness_status = 'active' AND\n(days_to_expiry < '60' OR NOT jurisdiction IN ('qd', 'lx'))"
    assert [(p.line, p.column) for p in problems(rule)] == [(1, 1), (2, 19), (2, 48), (2, 54)]


def test_tells_unknown_names_even_when_the_rest_cannot_be_read() -> None:
    assert [p.message[:24] for p in problems("owns_premise AND AND TRUE")] == ["there is no feature owns", "something is missing nea"]


def test_hardly_lists_more_problems_than_one_can_read() -> None:
    assert len(problems(" AND ".join(f"x{i}" for i in range(100)))) <= 20


def test_an_error_shows_the_line_with_a_sign_under_the_place() -> None:
    line = "business_name = '青岛' AND owns = 1"
    with pytest.raises(RuleInvalid) as told:
        parse(f"blacklisted AND\n{line}")
    under = " " * 17 + "\u3000\u3000" + " " * 6
    assert told.value.caret.splitlines() == [line, f"{under}^ {told.value.problems[0].message}"]
    assert (told.value.code, told.value.field) == ("rule_invalid", "when")


def test_a_filing_has_no_certificate_to_look_at() -> None:
    rule = "days_since_change < 9 AND certificate_status = 'valid'"
    assert parse(rule)
    (problem,) = problems(rule, filing=True)
    assert problem.column == 27
    assert "certificate_status is a fact of a certificate" in problem.message


@pytest.mark.parametrize("name", [name for name, feature in FEATURES.items() if not feature.offered])
def test_features_that_are_not_offered_are_unknown(name: str) -> None:
    assert f"there is no feature {name}" in problems(name)[0].message


@pytest.mark.parametrize("name", [name for name, feature in FEATURES.items() if feature.offered])
def test_every_offered_feature_can_be_asked_for(name: str) -> None:
    assert parse(f"{name} IS NULL") == Missing(Feature(name))


@pytest.mark.parametrize(
    ("fits", "too_much", "said"),
    [
        ("blacklisted" + " " * 989, "blacklisted" + " " * 990, "longer than 1,000 characters"),
        ("(" * 12 + "blacklisted" + ")" * 12, "(" * 13 + "blacklisted" + ")" * 13, "nest at most 12 deep"),
        ("NOT (" * 6 + "blacklisted" + ")" * 6, "NOT (" * 6 + "NOT blacklisted" + ")" * 6, "nest at most 12 deep"),
        (" OR ".join(["changed_on=changed_on"] * 33), " OR ".join(["changed_on=changed_on"] * 34), "at most 100"),
        (f"days_to_expiry IN ({','.join('1' * 100)})", f"days_to_expiry IN ({','.join('1' * 101)})", "1 to 100 values"),
        (f"business_name = '{'x' * 200}'", f"business_name = '{'x' * 201}'", "at most 200 characters"),
    ],
)
def test_bounds(fits: str, too_much: str, said: str) -> None:
    assert parse(text(parse(fits))) == parse(fits)
    assert said in problems(too_much)[0].message


def test_what_is_written_out_in_full_must_fit_too() -> None:
    rule = "business_name IN (" + ",".join(f"'{'㈱' * 20}'" for _ in range(30)) + ")"
    assert len(rule) < 1000
    assert "written out in full: the rule is longer" in problems(rule)[0].message


@given(st.booleans(), st.data())
@settings(max_examples=300, deadline=None)
def test_reading_what_was_written_gives_the_same(filing: bool, data: st.DataObject) -> None:
    expression = data.draw(expressions(filing))
    written = text(expression)
    assume(len(written) <= 1000)
    assert parse(written, filing=filing) == expression


PIECES = st.sampled_from(
    (
        *("(", ")", ",", ";", "=", "<>", "<", "-", "--", "/*", "*/", "'", "''", '"', ".", "::", "[", "{", "$$", "@", "?", "\x00", "\n"),
        *("AND", "OR", "NOT", "IN", "IS", "NULL", "BETWEEN", "DATE", "TRUE", "LIKE", "CASE", "SELECT", "contains(", "starts_with("),
        *("ELSE", "IF", "WHEN", "END", "BEGIN", "CAST(", "IF(", "TRY(", "LATERAL"),
        *("blacklisted", "valid_until", "business_name", "'a'", "60", "DATE'2026-01-01'", "青", "．"),
    )
)


@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map(" ".join), st.lists(PIECES, max_size=25).map("".join)))
@settings(max_examples=500, deadline=None)
def test_any_text_is_read_or_refused_and_what_is_read_is_canonical(rule: str) -> None:
    try:
        expression = parse(rule)
    except RuleInvalid:
        found = problems(rule)
        assert found
        assert all(1 <= p.line <= rule.count("\n") + 1 and p.column >= 1 for p in found)
    else:
        assert parse(text(expression)) == expression


@pytest.mark.parametrize("word", ["ELSE", "IF", "BEGIN", "END", "WHEN", "PRIOR", "ANY", "INTERVAL", "CURRENT_DATE"])
def test_words_of_sql_that_the_language_does_not_have_are_only_unknown_names(word: str) -> None:
    for written in (word, f"{word} = 1", f"{word} blacklisted", f"blacklisted AND {word}", f"{word}()"):
        assert any(f"there is no feature {word}" in p.message for p in problems(written))


def test_check_tells_the_place_in_an_item() -> None:
    change = next(item for item in items().values() if item.kind is Kind.CHANGE)
    filing = next(item for item in items().values() if item.kind is Kind.FILING)
    asks = {"when": "certificate_status = 'valid'"}
    assert check(change) == check(change.model_copy(update=asks)) == []
    (problem,) = check(filing.model_copy(update=asks))
    assert (problem.place, problem.offset) == (("when",), 0)
    assert problem.message.startswith("line 1, column 1: certificate_status is a fact of a certificate")
