"""Publishing: a failing persona keeps its item back, and only that one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tests.unit.items.conftest import Spoil, line_of
from wugan.clock import BEIJING
from wugan.detection import personas
from wugan.items import catalogue, publishing
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
    (problem,) = entry.located(publishing.check(entry.item, personas.run))
    assert (problem.file, problem.line, problem.field) == (str(path), line_of(path, "name: 只有名称变更"), "personas[3]")
    assert "只有名称变更" in problem.message
    assert "登记信息与证照一致" in problem.message


def test_a_failing_item_is_kept_back_and_the_others_go_out(spoil: Spoil) -> None:
    good = spoil("code: publication", "code: good-publication")
    good.write_text(good.read_text(encoding="utf-8").replace("number: 20", "number: 21"), encoding="utf-8")
    found = catalogue.load([wrong_persona(spoil), good])
    store = MemoryItemStore()
    kept_back, published = publishing.publish(found.entries, store, NOW, personas.run)
    assert (kept_back.version, [p.field for p in kept_back.problems]) == (None, ["personas[3]"])
    assert (published.version, published.problems) == (version(published.item), ())
    assert store.current() == [(published.version, published.item)]


def test_publishing_again_is_the_same_version(spoil: Spoil) -> None:
    entries, store = catalogue.load([spoil()]).entries, MemoryItemStore()
    first, again = (publishing.publish(entries, store, NOW, personas.run)[0] for _ in range(2))
    assert first.version == again.version
    assert len(store.versions) == 1
