"""Drafts, simulations, releases: what the bench does, on memory stores and a folder of registries."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.deliveries import Holder
from tests.support.workshop import Workshop, taken_in, workshop
from wugan.bench import sight
from wugan.clock import BEIJING, FixedClock
from wugan.errors import Conflict, InvalidInput, NotFound
from wugan.items.catalogue import load_file, load_folder
from wugan.items.model import Item
from wugan.items.release import Act
from wugan.items.version import version
from wugan.items.writing import yaml_of
from wugan.memory.stores import MemoryItemStore

ITEMS = Path(__file__).parents[3] / "items"
RENEWAL = "social-group-certificate-renewal"
TEXT = (ITEMS / f"{RENEWAL}.yaml").read_text(encoding="utf-8")
WIDER = TEXT.replace("expires_within_days: 90", "expires_within_days: 120").replace("2027-02-22", "2027-03-24")  # a near miss moves along


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 23, 9, 0, tzinfo=BEIJING))


@pytest.fixture
def shop(clock: FixedClock) -> Workshop:
    """A bench with one item, published, and 40 holders in the registries."""
    items = MemoryItemStore()
    items.publish(load_file(ITEMS / f"{RENEWAL}.yaml"), clock.now(), by="命令行")
    made = workshop(items, clock)
    taken_in(made, [Holder(n, 40 if n < 30 else 100) for n in range(40)])
    return made


def drafted(shop: Workshop, text: str, *, run: bool = True) -> str:
    checked = shop.bench.check(text)
    assert not checked.problems
    found = shop.bench.simulate(checked, text, "李事项")
    if run:
        shop.runs.go()
    return found


def wider(item: Item) -> str:
    """The same item, renamed: another version with the same hits."""
    return yaml_of(item.model_copy(update={"name": f"{item.name}（新）"}))


@pytest.mark.parametrize("item", load_folder(ITEMS).items, ids=lambda item: item.code)
def test_an_item_written_as_yaml_is_read_as_the_same_version(item: Item, shop: Workshop) -> None:
    entry = shop.bench.check(yaml_of(item)).entry
    assert entry
    assert version(entry.item) == version(item)


def test_everything_that_is_wrong_is_told_with_its_line(shop: Workshop) -> None:
    text = TEXT.replace("number: 16", "number: 0").replace("promised: ", "promised: 9")
    lines = text.splitlines()
    found = shop.bench.check(text).problems
    assert {p.field for p in found} == {"number", "limits.promised"}
    assert all(p.field.rpartition(".")[2] in lines[p.line - 1] for p in found)


def test_a_number_that_another_item_has_is_refused(shop: Workshop) -> None:
    (found,) = shop.bench.check(TEXT.replace(f"code: {RENEWAL}", "code: another-item")).problems
    assert (found.field, RENEWAL in found.message) == ("number", True)


@pytest.mark.parametrize("text", ["", "\x00", "- 1", "code: [", "a: &x 1"])
def test_what_is_no_item_is_refused_and_not_simulated(text: str, shop: Workshop) -> None:
    checked = shop.bench.check(text)
    assert checked.problems
    with pytest.raises(InvalidInput):
        shop.bench.simulate(checked, text, "李事项")
    assert shop.runs.waiting == []


def test_a_draft_is_simulated_beside_the_current_version(shop: Workshop) -> None:
    found = drafted(shop, WIDER, run=False)
    waiting = shop.bench.simulation(found)
    assert (waiting.result, waiting.failed, waiting.counts) == (None, False, None)
    with pytest.raises(Conflict):
        shop.bench.publish(found, "李事项")
    shop.runs.go()
    looked = shop.bench.simulation(found)
    assert looked.counts
    assert (looked.counts.hits, looked.counts.before, looked.counts.newly, looked.counts.no_longer) == (40, 30, 10, 0)
    assert looked.result
    assert {s["kind"] for s in looked.result["simulation"]["samples"]} == {"newly"}


def test_running_a_simulation_again_writes_the_same(shop: Workshop) -> None:
    found = drafted(shop, WIDER)
    first = shop.bench.simulation(found)
    shop.runs.run(found)
    assert shop.bench.simulation(found) == first


def test_a_simulation_that_broke_is_told(shop: Workshop) -> None:
    found = drafted(shop, WIDER, run=False)
    shop.runs.states[found] = "FAILED"
    assert shop.bench.simulation(found).failed


def test_an_execution_may_be_seen_late_and_one_that_never_began_is_told(shop: Workshop, clock: FixedClock) -> None:
    found = drafted(shop, WIDER, run=False)
    shop.runs.states.clear()
    assert not shop.bench.simulation(found).failed
    clock.move(minutes=2)
    assert shop.bench.simulation(found).failed


def test_publishing_is_recorded_with_who_when_what_and_which_simulation(shop: Workshop, clock: FixedClock) -> None:
    found = drafted(shop, WIDER)
    clock.move(hours=1)
    published = shop.bench.publish(found, "李事项")
    newest = shop.bench.item(RENEWAL).releases[0]
    assert (newest.act, newest.by, newest.at, newest.starts, newest.simulation) == (Act.PUBLISH, "李事项", clock.now(), clock.now(), found)
    assert newest.version == published.version == shop.bench.simulation(found).asked.version
    assert newest.note
    assert (newest.note["hits"], newest.note["newly"]) == (40, 10)
    with pytest.raises(Conflict):
        shop.bench.publish(found, "李事项")


def test_the_gate_keeps_a_draft_back_until_its_numbers_are_accepted(clock: FixedClock) -> None:
    items = MemoryItemStore()
    first = items.publish(load_file(ITEMS / f"{RENEWAL}.yaml"), clock.now())
    shop = workshop(items, clock)
    taken_in(shop, [Holder(n, 40 if n < 50 else 100) for n in range(80)])
    found = drafted(shop, WIDER)
    refused = shop.bench.publish(found, "李事项")
    assert [p.field for p in refused.problems] == ["trigger"]
    assert [v for v, _ in items.current(clock.now())] == [first]
    assert shop.bench.publish(found, "李事项", accept=True).version
    assert items.current(clock.now())[0][0] != first


def test_a_scheduled_version_waits_for_its_day_and_can_be_cancelled(shop: Workshop, clock: FixedClock) -> None:
    before = shop.bench.item(RENEWAL).version
    shop.bench.publish(drafted(shop, WIDER), "李事项", starts=date(2026, 12, 1))
    listed = shop.bench.item(RENEWAL)
    assert (listed.version, [r.starts for r in listed.coming]) == (before, [datetime(2026, 12, 1, tzinfo=BEIJING)])
    clock.move(days=9)
    assert shop.bench.item(RENEWAL).current == listed.coming[0]
    clock.move(days=-9)
    shop.bench.cancel(RENEWAL, listed.coming[0].number, "李事项")
    clock.move(days=9)
    assert shop.bench.item(RENEWAL).version == before
    with pytest.raises(Conflict):
        shop.bench.cancel(RENEWAL, listed.coming[0].number, "李事项")


@pytest.mark.parametrize("day", [date(2026, 11, 23), date(2020, 1, 1)])
def test_a_day_that_began_is_refused(shop: Workshop, day: date) -> None:
    found = drafted(shop, WIDER)
    with pytest.raises(InvalidInput):
        shop.bench.publish(found, "李事项", starts=day)
    assert len(shop.bench.item(RENEWAL).releases) == 1


def test_a_draft_is_simulated_again_when_another_version_became_current(shop: Workshop, clock: FixedClock) -> None:
    mine, other = drafted(shop, WIDER), drafted(shop, wider(load_file(ITEMS / f"{RENEWAL}.yaml")))
    shop.bench.publish(other, "王事项")
    with pytest.raises(Conflict):
        shop.bench.publish(mine, "李事项")
    assert [v for v, _ in shop.bench.items.current(clock.now())] == [shop.bench.simulation(other).asked.version]


def test_a_retired_item_hits_no_more_and_can_be_published_again(shop: Workshop, clock: FixedClock) -> None:
    shop.bench.retire(RENEWAL, "李事项")
    listed = shop.bench.item(RENEWAL)
    assert (listed.current, listed.retired, listed.releases[0].act, listed.releases[0].by) == (None, True, Act.RETIRE, "李事项")
    assert shop.bench.items.current(clock.now()) == []
    assert shop.bench.items.get(RENEWAL, listed.version).code == RENEWAL  # for the cases that are open
    with pytest.raises(Conflict):
        shop.bench.retire(RENEWAL, "李事项")
    clock.move(minutes=1)
    found = drafted(shop, TEXT)
    assert shop.bench.simulation(found).asked.before is None
    shop.bench.publish(found, "李事项")
    assert not shop.bench.item(RENEWAL).retired


def test_an_item_is_published_before_the_first_scan_unsimulated(clock: FixedClock) -> None:
    shop = workshop(MemoryItemStore(), clock)
    found = drafted(shop, TEXT)
    assert shop.bench.simulation(found).result == {"registry": None, "simulation": None}
    assert shop.bench.publish(found, "李事项").version


def test_two_versions_are_compared_field_by_field(shop: Workshop) -> None:
    first = shop.bench.item(RENEWAL).version
    found = drafted(shop, WIDER)
    shop.bench.publish(found, "李事项")
    second = shop.bench.item(RENEWAL).version
    compared = shop.bench.compared(RENEWAL, first, second)
    assert ("trigger.expires_within_days", "90", "120") in [(d.field, d.before, d.after) for d in compared.fields]
    assert not compared.same_hits
    changed = [name for name, one, other in compared.rules if one != other]
    assert changed == ["expires_soon"]
    assert [r.simulation for r in compared.simulated] == [found]
    assert shop.bench.compared(RENEWAL, first, first).fields == ()
    again = shop.bench.simulate_beside(RENEWAL, second, first, "李事项")
    shop.runs.go()
    looked = shop.bench.simulation(again)
    assert looked.counts
    assert (looked.counts.hits, looked.counts.before, looked.counts.no_longer) == (30, 40, 10)


def test_one_persona_more_is_one_difference_more() -> None:
    item = load_file(ITEMS / f"{RENEWAL}.yaml")
    fewer = item.model_copy(update={"personas": item.personas[1:]})
    gone = item.personas[0].name
    found = sight.differences(item, fewer)
    assert found
    assert all(d.field.startswith(f"personas[{gone}]") and d.after is None for d in found)


def test_what_is_not_there_is_not_found(shop: Workshop) -> None:
    for ask in (
        lambda: shop.bench.item("nothing"),
        lambda: shop.bench.sight(RENEWAL, "sha256:0000000000000000"),
        lambda: shop.bench.simulation("nothing"),
        lambda: shop.bench.simulate_beside(RENEWAL, "sha256:0", "sha256:1", "x"),
    ):
        with pytest.raises(NotFound):
            ask()
    assert shop.runs.waiting == []


def test_releases_wait_in_order_and_time_alone_moves_them(shop: Workshop, clock: FixedClock) -> None:
    shop.bench.publish(drafted(shop, WIDER), "李事项", starts=date(2026, 12, 1))
    at = clock.now()
    versions = {at + timedelta(days=d): shop.bench.items.current(at + timedelta(days=d))[0][0] for d in range(0, 12)}
    assert len(set(versions.values())) == 2
