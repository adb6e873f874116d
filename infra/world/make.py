"""Make a world: population, stories, dirt, delivery, and the record of what must be found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from infra.world import delivery, dirt
from infra.world.entities import ENTITY_OF, Entity, Registrar, Row
from infra.world.stories import PLOTS, Plot, Story, entity_for, producer_plot
from wugan.errors import InvalidInput
from wugan.registry.feeds import FEEDS

TRUTH = "truth.json"
SMALLEST = 500
DAY = date(2026, 11, 23)
Progress = Callable[[str, int, int], None]  # what is being done, steps done, steps in all

_AREA_SHARES = {"QD": 80, "LX": 8, "PD": 12}
_AREA_FILES = {"QD": "qingdao", "LX": "laixi", "PD": "pingdu"}
_CSV = {("licence", "pingdu"), ("blacklist", "city")}
_CERTIFIED = 0.35  # of enterprises have a certificate of a pilot item's type
_OTHER_LICENCE = 0.25
_BLACKLISTED = 0.01
_TYPES = tuple(dict.fromkeys(p.type for p in PLOTS if p.type not in ENTITY_OF))
_STEP = 2_000


@dataclass(frozen=True)
class Summary:
    """What was made."""

    directory: str
    day: str
    seed: int
    subjects: int
    hits: int
    items: dict[int, int]  # hits by item number
    unreachable: int
    rows: dict[str, int]  # by feed, as delivered

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


def make(directory: Path, subjects: int = 20_000, seed: int = 1, day: date = DAY, progress: Progress | None = None) -> Summary:
    """Write `directory/<feed>/…` and `directory/truth.json`; the same arguments give the same rows.

    Raises InvalidInput when there are fewer subjects than the stories need.
    """
    if subjects < SMALLEST:
        raise InvalidInput(f"a world needs at least {SMALLEST} subjects", field="subjects")
    tell = progress or (lambda _what, _done, _total: None)
    rng = Random(seed)
    registrar = Registrar(rng, day)
    told = _tell_stories(registrar, subjects)
    background = list(_background(registrar, subjects - len(told), tell))
    dirt.empty_representatives(rng, background)
    unreachable = dirt.unreachable(rng, [e for e in told if e.hits])
    entities = told + background
    rng.shuffle(entities)
    rows = _deliver(rng, directory, entities, tell)
    summary = _summary(directory, day, seed, entities, unreachable, rows)
    truth = _truth(summary, entities, unreachable)
    (directory / TRUTH).write_text(json.dumps(truth, ensure_ascii=False, indent=1), encoding="utf-8")
    return summary


def _tell_stories(registrar: Registrar, subjects: int) -> list[Entity]:
    told = [_tell(registrar, plot, story, where) for plot in PLOTS for story, where in plot.cast(subjects)]
    return told + [e for entities in producer_plot(registrar, subjects) for e in entities]


def _tell(registrar: Registrar, plot: Plot, story: Story, jurisdiction: str) -> Entity:
    entity, certificate = entity_for(registrar, plot, jurisdiction)
    story.tell(registrar, entity, certificate)
    entity.hits, entity.story = story.items, f"{plot.item}: {story.name}"
    return entity


def _background(registrar: Registrar, count: int, tell: Progress) -> Iterator[Entity]:
    for done in range(count):
        if done % _STEP == 0:
            tell("population", done, count)
        yield _ordinary(registrar)
    tell("population", count, count)


def _ordinary(registrar: Registrar) -> Entity:
    """A subject to whom nothing happened."""
    rng = registrar.rng
    kinds = {"enterprise": 91, "non_enterprise_unit": 5, "social_group": 3.5, "foundation": 0.5}
    kind = rng.choices(list(kinds), list(kinds.values()))[0]
    where = rng.choices(list(_AREA_SHARES), list(_AREA_SHARES.values()))[0]
    licence = _ordinary_licence(rng, kind)
    entity = registrar.entity(kind, where, trade=licence)
    if licence:
        registrar.certificate(entity, licence)
    if kind == "enterprise" and rng.random() < _OTHER_LICENCE:
        registrar.certificate(entity, "food_business")
    if rng.random() < 0.3:
        registrar.own(entity, entity.premises)
    if rng.random() < _BLACKLISTED:
        registrar.blacklist(entity, registrar.before(10, 900), None)
    return entity


def _ordinary_licence(rng: Random, kind: str) -> str | None:
    if kind == "enterprise":
        return rng.choice(_TYPES) if rng.random() < _CERTIFIED else None
    return next(t for t, k in ENTITY_OF.items() if k == kind)


def _deliver(rng: Random, directory: Path, entities: list[Entity], tell: Progress) -> dict[str, int]:
    files = _files(rng, entities)
    counts: Counter[str] = Counter()
    for done, ((feed, name), rows) in enumerate(files.items()):
        tell("delivery", done, len(files))
        delivered = dirt.dirty(rng, feed, rows)
        suffix = "csv" if (feed, name) in _CSV else "parquet"
        delivery.write(directory / feed / f"{name}.{suffix}", FEEDS[feed].names, delivered)
        counts[feed] += len(delivered)
    tell("delivery", len(files), len(files))
    return dict(counts)


def _files(rng: Random, entities: list[Entity]) -> dict[tuple[str, str], list[Row]]:
    """Each bureau's business and licence rows; the other registries are the city's."""
    files: dict[tuple[str, str], list[Row]] = {}
    for where, name in _AREA_FILES.items():
        local = [e for e in entities if e.jurisdiction == where]
        files["business", name] = [e.business for e in local] + dirt.former_versions(rng, local)
        files["licence", name] = [c for e in local for c in e.certificates]
    files["property", "city"] = [p for e in entities for p in e.properties]
    files["contact", "city"] = [c for e in entities for c in e.contacts]
    files["blacklist", "city"] = [b for e in entities for b in e.blacklistings]
    return files


def _summary(directory: Path, day: date, seed: int, entities: list[Entity], unreachable: list[Entity], rows: dict[str, int]) -> Summary:
    items = Counter(item for e in entities for item in e.hits)
    return Summary(
        directory=str(directory),
        day=day.isoformat(),
        seed=seed,
        subjects=len(entities),
        hits=sum(items.values()),
        items=dict(sorted(items.items())),
        unreachable=len(unreachable),
        rows=rows,
    )


def _truth(summary: Summary, entities: list[Entity], unreachable: list[Entity]) -> dict[str, Any]:
    hits = sorted((e.code, item) for e in entities for item in e.hits)
    return {
        "day": summary.day,
        "seed": summary.seed,
        "subjects": summary.subjects,
        "hits": [{"credit_code": code, "item": item} for code, item in hits],
        "unreachable": sorted(e.code for e in unreachable),
        "stories": {e.code: e.story for e in sorted(entities, key=lambda e: e.code) if e.story},
    }
