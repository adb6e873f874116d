"""A feed that is not named may lose any of its rows: nobody is hit for that."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.rules import expressions
from tests.support.subjects import TYPES, subjects
from wugan.detection.absence import feeds_needed
from wugan.detection.dialect import parse
from wugan.detection.expression import Expression
from wugan.detection.features import FEATURES, PARTS
from wugan.detection.predicate import RuleBook
from wugan.detection.rule import Rule, RuleCondition, rule
from wugan.items.catalogue import load_folder
from wugan.items.model import Item, Kind
from wugan.registry.feeds import BLACKLIST, BUSINESS, LICENCE, PROPERTY
from wugan.registry.model import Subject

ITEMS = {item.kind: item for item in load_folder(Path(__file__).parents[3] / "items").items}
CROWD = subjects(random.Random(7), 60)
T = TypeVar("T")
Lose = Callable[[random.Random, Subject], Subject]


def _some(rng: random.Random, rows: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(row for row in rows if rng.random() < 0.4)


def _without_business(rng: random.Random, subject: Subject) -> Subject:
    kept = {code: b for code, b in subject.producers.items() if rng.random() < 0.5}
    return replace(subject, business=subject.business if rng.random() < 0.3 else None, producers=kept)


LOSE: dict[str, Lose] = {
    BUSINESS.name: _without_business,
    LICENCE.name: lambda rng, s: replace(s, certificates=_some(rng, s.certificates)),
    PROPERTY.name: lambda rng, s: replace(s, properties=_some(rng, s.properties)),
    BLACKLIST.name: lambda rng, s: replace(s, blacklistings=_some(rng, s.blacklistings)),
}


def made(expression: Expression, filing: bool, kind: str = TYPES[0]) -> Rule:
    """A rule of one condition."""
    item = ITEMS[Kind.FILING if filing else Kind.CHANGE]
    item = item.model_copy(update={"certificates": item.certificates.model_copy(update={"type": kind})})
    return Rule(item, "v", (RuleCondition("when.1", expression),))


def hit(one: Rule, given: Subject) -> set[object]:
    return set(RuleBook([one]).keys(given))


@pytest.mark.parametrize("filing", [False, True], ids=["certificate", "filing"])
@pytest.mark.parametrize("feed", LOSE)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_losing_rows_of_a_feed_that_is_not_named_hits_nobody_new(feed: str, filing: bool, data: st.DataObject) -> None:
    one = made(data.draw(expressions(filing)), filing)
    if feed in feeds_needed(one):
        return
    rng = data.draw(st.randoms(use_true_random=False))
    for subject in CROWD:
        fewer = LOSE[feed](rng, subject)
        new = {k for k in hit(one, fewer) if k not in hit(one, subject)}
        assert {(k.item_code, k.subject, k.certificate_no) for k in new} == set()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("when", "feeds"),
    [
        ("NOT blacklisted", {BLACKLIST.name}),
        ("blacklisted", set()),
        ("blacklisted = FALSE", {BLACKLIST.name}),
        ("owns_premises", set()),
        ("NOT owns_premises", {PROPERTY.name}),
        ("owns_premises IS NULL", {BUSINESS.name}),
        ("business_name IS NULL", {BUSINESS.name}),
        ("business_name IS NOT NULL", set()),
        ("valid_until IS NULL", set()),  # of the certificate that is looked at
        ("registered_address_changed AND NOT registered_address_moved", set()),  # unknown without the registration
        ("NOT registered_address_moved", {BUSINESS.name}),
        ("producer_name_changed IS NULL AND NOT blacklisted", {BUSINESS.name, BLACKLIST.name}),
        ("business_status = 'active' AND (changed_on IS NULL OR days_since_change > 3)", set()),
    ],
)
def test_what_a_rule_needs_whole(when: str, feeds: set[str]) -> None:
    assert feeds_needed(made(parse(when, filing=False), False)) == feeds


@pytest.mark.parametrize(("when", "feed"), [("NOT owns_premises", PROPERTY.name), ("business_name IS NULL", BUSINESS.name)])
def test_a_feed_that_is_named_would_hit_somebody_wrongly(when: str, feed: str) -> None:
    one, rng = made(parse(when, filing=False), False), random.Random(1)
    assert any(hit(one, LOSE[feed](rng, s)) - hit(one, s) for s in CROWD for _ in range(5))


def test_a_filing_needs_the_licences() -> None:
    item: Item = ITEMS[Kind.FILING]
    assert feeds_needed(rule(item, "v")) == {BLACKLIST.name, LICENCE.name}


def test_every_feature_that_looks_beside_the_certificate_says_where() -> None:
    beside = {name for name, feature in FEATURES.items() if not feature.needs_certificate}
    assert {name for name, feature in FEATURES.items() if feature.parts} >= beside
    assert {part for feature in FEATURES.values() for part in feature.parts} == set(PARTS)
