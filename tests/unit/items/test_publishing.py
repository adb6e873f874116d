"""Publishing: a failing persona keeps its item back, and only that one; so does a rule that suddenly hits many others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from tests.support.item_files import Spoil, line_of
from wugan.clock import BEIJING
from wugan.detection import checks
from wugan.items import catalogue, publishing
from wugan.items.publishing import Draft, Gate, Simulated, Simulator
from wugan.items.version import version
from wugan.memory.stores import MemoryItemStore

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=BEIJING)


def wrong_persona(spoil: Spoil) -> Path:
    """The bookshop that moved is said to hit."""
    return spoil(
        "name: 只有名称变更，不在变更事项之内\n    hit: false",
        "name: 只有名称变更，不在变更事项之内\n    hit: true\n    fields: [legal_representative]",
        "wrong.yaml",
    )


def test_check_names_the_persona_that_fails_and_why(spoil: Spoil) -> None:
    path = wrong_persona(spoil)
    (entry,) = catalogue.load([path]).entries
    (problem,) = entry.located(checks.check(entry.item))
    assert (problem.file, problem.line, problem.field) == (str(path), line_of(path, "name: 只有名称变更"), "personas[3]")
    assert "只有名称变更" in problem.message
    assert "登记信息与证照一致" in problem.message


def test_a_failing_item_is_kept_back_and_the_others_go_out(spoil: Spoil) -> None:
    good = spoil("code: publication", "code: good-publication")
    good.write_text(good.read_text(encoding="utf-8").replace("number: 20", "number: 21"), encoding="utf-8")
    found = catalogue.load([wrong_persona(spoil), good])
    store = MemoryItemStore()
    kept_back, published = publishing.publish(found.entries, store, NOW, checks.check)
    assert (kept_back.version, [p.field for p in kept_back.problems]) == (None, ["personas[3]"])
    assert (published.version, published.problems) == (version(published.item), ())
    assert store.current(NOW) == [(published.version, published.item)]


def test_publishing_again_is_the_same_version(spoil: Spoil) -> None:
    entries, store = catalogue.load([spoil()]).entries, MemoryItemStore()
    first, again = (publishing.publish(entries, store, NOW, checks.check)[0] for _ in range(2))
    assert first.version == again.version
    assert len(store.versions) == 1


@pytest.mark.parametrize(
    ("when", "above"),
    [
        ("when: blacklisted AND xyzzy", 0),
        ("when: 'blacklisted AND xyzzy'", 0),
        ("when: |\n  blacklisted AND\n\n  xyzzy", 3),
        ("when: |\n\n  blacklisted\n  AND xyzzy", 3),
        ("when: >-  # folded into one line\n  blacklisted\n  AND xyzzy\n  AND owns_premises", 2),
        ("when: blacklisted\n  AND owns_premises\n  AND xyzzy", 2),
        ('when: "blacklisted\n  AND xyzzy"', 1),
    ],
)
def test_a_rule_that_cannot_be_read_keeps_its_item_back_and_is_told_at_its_line(spoil: Spoil, when: str, above: int) -> None:
    path = spoil("trigger:", f"{when}\ntrigger:")
    (result,) = publishing.publish(catalogue.load([path]).entries, MemoryItemStore(), NOW, checks.check)
    (problem,) = result.problems
    assert result.version is None
    assert (problem.field, problem.line) == ("when", line_of(path, "when:") + above)
    assert "there is no feature xyzzy" in problem.message


def simulating(seen: list[Draft], outcome: Simulated | None) -> Simulator:
    """Always comes out so, and notes what it was asked."""

    def simulate(drafts: Sequence[Draft]) -> dict[str, Simulated]:
        seen.extend(drafts)
        return {d.item.code: outcome for d in drafts} if outcome else {}

    return simulate


def outcome(before: int | None, newly: int, no_longer: int) -> Simulated:
    return Simulated("nightly-1", NOW.date(), (before or 0) + newly - no_longer, before, newly, no_longer)


@pytest.mark.parametrize(
    ("before", "newly", "no_longer", "percent", "goes_out"),
    [
        (100, 20, 0, 20, True),  # 20 hits are few
        (100, 21, 0, 20, False),
        (105, 21, 0, 20, True),  # exactly 20 %
        (104, 21, 0, 20, False),
        (104, 0, 21, 20, False),
        (1000, 150, 150, 20, False),  # as many as before, but others
        (1000, 150, 150, 30, True),
        (0, 21, 0, 20, False),
        (None, 5000, 0, 20, True),  # nothing to compare with
    ],
)
def test_the_hits_may_move_so_far(spoil: Spoil, before: int | None, newly: int, no_longer: int, percent: float, goes_out: bool) -> None:
    entries, store = catalogue.load([spoil()]).entries, MemoryItemStore()
    gate = Gate(simulating([], outcome(before, newly, no_longer)), percent)
    (result,) = publishing.publish(entries, store, NOW, checks.check, gate)
    assert (result.version is not None) is goes_out
    assert [p.field for p in result.problems] == ([] if goes_out else ["trigger"])
    assert result.simulated == outcome(before, newly, no_longer)
    assert bool(store.current(NOW)) is goes_out


def test_what_was_simulated_is_kept_with_the_version(spoil: Spoil) -> None:
    store = MemoryItemStore()
    gate = Gate(simulating([], outcome(0, 100, 0)), accept=True)
    (result,) = publishing.publish(catalogue.load([spoil()]).entries, store, NOW, checks.check, gate)
    assert result.version
    assert store.note(result.item.code, result.version) == {
        "run": "nightly-1", "as_of": "2026-11-23", "hits": 100, "before": 0, "newly": 100, "no_longer": 0, "accepted": True,
    }  # fmt: skip


def test_an_identical_version_is_neither_simulated_nor_stored(spoil: Spoil) -> None:
    entries, store, seen = catalogue.load([spoil()]).entries, MemoryItemStore(), list[Draft]()
    gate = Gate(simulating(seen, None))
    first, again = (publishing.publish(entries, store, NOW, checks.check, gate)[0] for _ in range(2))
    assert [(d.version, d.before) for d in seen] == [(first.version, None)]
    assert (first.unchanged, again.unchanged, again.version) == (False, True, first.version)


def test_going_back_to_an_older_version_is_simulated(spoil: Spoil) -> None:
    entries, store, seen = catalogue.load([spoil()]).entries, MemoryItemStore(), list[Draft]()
    other = entries[0].item.model_copy(update={"name": "另一个名称"})
    first = store.publish(entries[0].item, NOW)
    second = store.publish(other, NOW)
    publishing.publish(entries, store, NOW, checks.check, Gate(simulating(seen, None)))
    assert seen == [Draft(entries[0].item, first, (second, other))]
    assert store.current(NOW) == [(first, entries[0].item)]


def test_an_item_with_problems_is_not_simulated(spoil: Spoil) -> None:
    seen = list[Draft]()
    publishing.publish(catalogue.load([wrong_persona(spoil)]).entries, MemoryItemStore(), NOW, checks.check, Gate(simulating(seen, None)))
    assert seen == []
