"""Simulation: counts, comparison, samples and replay over hand-made registries."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.support.deliveries import DAY, Holder, deliver
from tests.unit.detection.test_personas import items
from wugan.detection import simulate
from wugan.detection.model import FieldChange
from wugan.detection.rule import Rule, rule
from wugan.detection.simulate import Replay, Snapshot
from wugan.items.model import Item, RenewalTrigger
from wugan.registry import intake
from wugan.registry.intake import take_in

RENEWAL, CHANGE = 16, 20  # social groups, all bureaus, 90 days; representatives of bookshops in PD


def within(days: int) -> Item:
    """The renewal with another window."""
    return items()[RENEWAL].model_copy(update={"trigger": RenewalTrigger(expires_within_days=days)})


def rules(*chosen: Item) -> list[Rule]:
    return [rule(i, f"v{n}") for n, i in enumerate(chosen)]


def shot(tmp_path: Path, *holders: Holder, day: date = DAY) -> Snapshot:
    clean = tmp_path / "clean" / day.isoformat()
    take_in(deliver(tmp_path / "drops" / day.isoformat(), holders), clean, day, buckets=2)
    return simulate.snapshot(day.isoformat(), lambda name: clean / name)


def test_hits_are_counted_by_item_and_jurisdiction(tmp_path: Path) -> None:
    holders = [
        Holder(1, 40),
        Holder(2, 40, jurisdiction="LX"),
        Holder(3, 200),
        Holder(4, type="publication_retail", jurisdiction="PD", registered="李新"),
    ]
    renewal, change = simulate.simulate(rules(items()[RENEWAL], items()[CHANGE]), shot(tmp_path, *holders))
    assert (renewal.code, renewal.hits, renewal.by_jurisdiction) == (items()[RENEWAL].code, 2, {"LX": 1, "QD": 1})
    assert (change.hits, change.by_jurisdiction, change.against, change.samples) == (1, {"PD": 1}, None, ())


def test_beside_another_version(tmp_path: Path) -> None:
    (result,) = simulate.simulate(
        rules(within(60)), shot(tmp_path, Holder(1, 40), Holder(2, 80), Holder(3, 85)), against=rules(within(90)), samples=5
    )
    assert result.against == simulate.Against("v0", 3, 0, 2)
    assert [s.kind for s in result.samples] == ["no_longer", "no_longer"]
    assert all("距有效期届满超过60天：有效期须在60天内届满" in s.conditions[0] for s in result.samples)
    (wider,) = simulate.simulate(rules(within(90)), shot(tmp_path, Holder(1, 40), Holder(2, 80)), against=rules(within(60)), samples=5)
    assert wider.against == simulate.Against("v0", 1, 1, 0)
    assert [(s.kind, s.subject) for s in wider.samples] == [("newly", Holder(2).code)]


def test_an_item_without_another_version_is_not_compared(tmp_path: Path) -> None:
    renewal, change = simulate.simulate(rules(within(90), items()[CHANGE]), shot(tmp_path, Holder(1, 40)), against=rules(within(60)))
    assert renewal.against
    assert change.against is None


def test_samples_show_of_a_person_only_the_surname(tmp_path: Path) -> None:
    holders = [Holder(n, type="publication_retail", jurisdiction="PD", printed="梁晚舟", registered="顾南乔") for n in range(9)]
    (result,) = simulate.simulate(rules(items()[CHANGE]), shot(tmp_path, *holders), samples=3)
    assert len({s.subject for s in result.samples}) == 3
    for sample in result.samples:
        assert sample.changes == (FieldChange("legal_representative", "梁**", "顾**"),)
        assert "登记信息与证照不一致：法定代表人" in sample.conditions
        assert "晚舟" not in str(sample)
        assert "南乔" not in str(sample)


@pytest.mark.parametrize("field", ["legal_representative", "person_in_charge"])
def test_masking(field: str) -> None:
    assert FieldChange(field, None, "欧阳若").masked() == FieldChange(field, None, "欧**")


def test_names_of_subjects_are_shown() -> None:
    change = FieldChange("name", "青岛甲有限公司", "青岛乙有限公司")
    assert change.masked() == change


def test_replay_opens_a_case_once_however_long_its_hit_lasts(tmp_path: Path) -> None:
    """91 days before the end nothing is hit, from the 90th day on one case; another certificate's day comes later."""
    replay = Replay(rules(within(90)))
    days = []
    for n in range(3):
        (day,) = replay.day(shot(tmp_path, Holder(1, 90), Holder(2, 92), Holder(3, n and 30), day=DAY + timedelta(days=n)))
        days.append((day.hits, day.newly, day.no_longer, day.opened))
    # The third holder's certificate ends on the first day, and from the second a renewed one is delivered: another case.
    assert days == [(2, 2, 0, 2), (2, 0, 0, 1), (3, 1, 0, 1)]
    assert len(replay.cases[items()[RENEWAL].code]) == 4


def test_refused_files_are_in_the_snapshot(tmp_path: Path) -> None:
    drops = deliver(tmp_path / "drops", [Holder(1, 40)])
    (drops / "business" / "broken.csv").write_text("nothing,of,use\n1,2,3\n", encoding="utf-8")
    intake.take_in(drops, tmp_path / "clean", DAY, buckets=2)
    taken = simulate.snapshot("x", lambda name: tmp_path / "clean" / name)
    assert [r["file"] for r in taken.intake["refused"]] == ["broken.csv"]
    assert simulate.simulate(rules(within(90)), taken)[0].hits == 1
