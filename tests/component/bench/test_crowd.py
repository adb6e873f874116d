"""The simulated people treat all policies alike, and the bench's figures and plots are what they say."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from xml.etree import ElementTree

import pytest

from tests.bench import plots
from tests.bench.bench_outreach import bootstrap
from tests.bench.crowd import POLICIES, POPULATIONS, Outcome, play

BY_NAME = {p.name: replace(p, size=12) for p in POPULATIONS}


def _played(population: str, policy: str, seed: int = 1) -> Outcome:
    return play(BY_NAME[population], POLICIES[policy](Random(seed)), seed)


@pytest.mark.parametrize("population", BY_NAME)
def test_a_policy_meets_the_same_matters_as_the_oracle_and_forgoes_no_less(population: str) -> None:
    fixed, oracle = _played(population, "fixed"), _played(population, "oracle")
    assert fixed.due == oracle.due
    assert sum(oracle.regret) == 0 <= sum(fixed.regret)
    assert 0 < fixed.answered <= fixed.matters <= fixed.messages <= 3 * fixed.matters


def test_where_there_is_nothing_to_learn_nothing_is_forgone() -> None:
    assert sum(_played("nothing", "random").regret) == 0


def test_a_seed_repeats() -> None:
    assert _played("alike", "model") == _played("alike", "model")
    assert _played("alike", "model") != _played("alike", "model", 2)


def test_a_bootstrap_interval_holds_the_mean_and_shrinks_to_it_without_spread() -> None:
    found = bootstrap([1.0, 2.0, 3.0, 6.0], Random(1))
    assert found.low < found.mean == 3.0 < found.high
    still = bootstrap([2.0] * 5, Random(1))
    assert (still.low, still.mean, still.high) == (2.0, 2.0, 2.0)


def test_the_plots_are_svg_with_a_line_for_each_policy() -> None:
    months = [0.1 * n for n in range(24)]
    over = {other: {"mean": 3.0, "low": 1.0, "high": 4.5} for other in ("fixed", "rotating", "random")}
    kept = {name: {"regret": dict.fromkeys(POLICIES, months), "over": over} for name in ("one", "two")}
    lines = ElementTree.fromstring(plots.panels(kept, "regret", "t", tuple(POLICIES))).iter("{http://www.w3.org/2000/svg}polyline")
    assert len(list(lines)) == 2 * len(POLICIES)
    dots = ElementTree.fromstring(plots.gain(kept, 16)).iter("{http://www.w3.org/2000/svg}circle")
    assert len(list(dots)) == 2 * 3
