"""What the behaviour model gains over a fixed order, and where it loses."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import accumulate
from random import Random

from tests.bench.crowd import POLICIES, POPULATIONS, Outcome, Population, play
from tests.bench.harness import GROUND, Row, bench, tell

SEEDS = range(1, 17)  # the model was tuned on others, from 1000 on
RESAMPLES = 4000
RIVALS = ("fixed", "rotating", "random")
CURVES = GROUND / "outreach-curves.json"  # for `make outreach-plots`
GAINS = {
    "alike": 15.0,
    "subgroups": 10.0,
    "personal": 5.0,
    "drifting": 5.0,
    "sparse": 2.0,
}  # points over fixed that are promised at the least
LOSSES = {"nothing": 1.0, "lucky": 12.0}  # points under fixed that are promised at the most
Runs = Mapping[str, Sequence[Outcome]]  # by policy, in the order of the seeds


@dataclass(frozen=True)
class Interval:
    """A mean over seeds and its 95 % interval."""

    mean: float
    low: float
    high: float


@bench("outreach")
def outreach() -> Iterator[Row]:
    """The behaviour model against fixed order, rotating channels, chance and an oracle, on simulated people."""
    kept = {}
    for population in POPULATIONS:
        tell(f"{population.name}: {population.what}")
        runs = _runs(population)
        kept[population.name] = _curves(population, runs)
        yield from _rows(population, runs)
    GROUND.mkdir(parents=True, exist_ok=True)
    CURVES.write_text(json.dumps({"seeds": len(SEEDS), "populations": kept}, indent=1), encoding="utf-8")


def _runs(population: Population) -> Runs:
    with ProcessPoolExecutor(2) as pool:
        asked = {policy: [pool.submit(run, population.name, policy, seed) for seed in SEEDS] for policy in POLICIES}
        return {policy: [future.result() for future in futures] for policy, futures in asked.items()}


def run(population: str, policy: str, seed: int) -> Outcome:
    """One population under one policy; everything that is random follows from the seed."""
    made = next(p for p in POPULATIONS if p.name == population)
    return play(made, POLICIES[policy](Random(f"{policy} {seed}")), seed)


def bootstrap(values: Sequence[float], random: Random) -> Interval:
    """The mean, and where it falls in 95 % of resamples of the seeds."""
    means = sorted(statistics.fmean(random.choices(values, k=len(values))) for _ in range(RESAMPLES))
    return Interval(statistics.fmean(values), means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES) - 1])


def _over(runs: Runs, other: str) -> Interval:
    """Share answered, the model's less the other's, in points; the same people and matters in each pair."""
    pairs = zip(runs["model"], runs[other], strict=True)
    return bootstrap([100 * (ours.share - theirs.share) for ours, theirs in pairs], Random(other))


def _mean(outcomes: Sequence[Outcome], what: Callable[[Outcome], float]) -> float:
    return statistics.fmean(what(o) for o in outcomes)


def _rows(population: Population, runs: Runs) -> Iterator[Row]:
    ours = 100 * _mean(runs["model"], lambda o: o.share)
    oracle = 100 * _mean(runs["oracle"], lambda o: o.share)
    yield Row(f"{population.name}: answered", ours, "%", f"oracle {oracle:.1f} %", ours / oracle)
    for other in RIVALS:
        gain, theirs = _over(runs, other), 100 * _mean(runs[other], lambda o: o.share)
        must, met = _promise(population, gain) if other == "fixed" else ("", None)
        loses = " LOSES" if gain.high < 0 else ""
        unit = f"points [{gain.low:+.1f}, {gain.high:+.1f}]{loses}"
        yield Row(f"  over {other}", gain.mean, unit, f"{other} {theirs:.1f} %", ours / theirs, must, met)
    cost, fixed = (_mean(runs[p], lambda o: o.cost) for p in ("model", "fixed"))
    yield Row("  messages per answer", cost, "messages", f"fixed {fixed:.2f}", cost / fixed)
    regret, fixed = (_mean(runs[p], lambda o: sum(o.regret)) for p in ("model", "fixed"))
    yield Row(
        "  answers forgone in two years",
        regret,
        f"of {population.size} people",
        f"fixed {fixed:.0f}",
        regret / fixed if fixed > 10 else None,
    )


def _promise(population: Population, gain: Interval) -> tuple[str, bool | None]:
    if population.name in GAINS:
        return f"low ≥ +{GAINS[population.name]:.0f}", gain.low >= GAINS[population.name]
    if population.name in LOSSES:
        return f"low ≥ −{LOSSES[population.name]:.0f}", gain.low >= -LOSSES[population.name]
    return "", None


def _curves(population: Population, runs: Runs) -> dict[str, object]:
    """What the plots show."""
    return {
        "what": population.what,
        "regret": {p: list(accumulate(_by_month(outcomes, lambda o: o.regret))) for p, outcomes in runs.items()},
        "share": {p: _shares(outcomes) for p, outcomes in runs.items()},
        "over": {other: asdict(_over(runs, other)) for other in RIVALS},
    }


def _by_month(outcomes: Sequence[Outcome], what: Callable[[Outcome], Sequence[float]]) -> list[float]:
    return [statistics.fmean(month) for month in zip(*map(what, outcomes), strict=True)]


def _shares(outcomes: Sequence[Outcome]) -> list[float]:
    done, due = _by_month(outcomes, lambda o: o.done), _by_month(outcomes, lambda o: o.due)
    return [d / of if of else 0.0 for d, of in zip(done, due, strict=True)]
