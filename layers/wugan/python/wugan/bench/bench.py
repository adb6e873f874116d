"""What item managers do: look at items, draft versions, have them simulated, publish, schedule and retire them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol

from wugan.bench import draft, sight, simulation
from wugan.bench.draft import Checked
from wugan.bench.sight import Difference, Said, Sight
from wugan.bench.simulation import ASKED, RESULT, Asked
from wugan.bench.statistics import Counted, Text, counted
from wugan.cases.ports import Random
from wugan.clock import BEIJING, Clock
from wugan.detection import checks
from wugan.detection.rule import rule
from wugan.errors import Conflict, InvalidInput, NotFound
from wugan.items import publishing
from wugan.items.model import Item
from wugan.items.port import ItemStore
from wugan.items.publishing import USUAL_PERCENT, Gate, Order, Published, Simulated
from wugan.items.release import Act, Release, coming, retired, standing
from wugan.items.version import version as version_of
from wugan.items.writing import yaml_of
from wugan.registry.port import RegistryFiles

SEEN_BY = timedelta(minutes=1)  # Step Functions describes executions eventually


class Runs(Protocol):
    """The state machine that runs simulations beside the API."""

    def start(self, name: str, input: dict[str, Any], /) -> bool:
        """Start the execution of this name; False when it was started before."""

    def status(self, name: str, /) -> str:
        """RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED, or MISSING."""


@dataclass(frozen=True)
class Listed:
    """One item of the catalogue, with what was released of it."""

    item: Item  # as it is current, else as it was last
    version: str
    current: Release | None
    coming: tuple[Release, ...]
    retired: bool
    releases: tuple[Release, ...]  # the newest first

    @property
    def versions(self) -> tuple[str, ...]:
        """All versions that were ever published, the newest first."""
        return tuple(dict.fromkeys(r.version for r in self.releases if r.act is Act.PUBLISH))


@dataclass(frozen=True)
class Looked:
    """A simulation: what was asked for, and what came out so far."""

    id: str
    asked: Asked
    result: dict[str, Any] | None
    failed: bool
    current: str | None  # the version that is current now
    published: Release | None  # what was published after looking at this simulation

    @property
    def counts(self) -> Simulated | None:
        """The counts of the gate; None while there are none, or without registries."""
        return simulation.counts(self.result) if self.result else None


@dataclass(frozen=True)
class Compared:
    """Two versions of one item."""

    before: Item
    after: Item
    rules: tuple[tuple[str, Said | None, Said | None], ...]
    fields: tuple[Difference, ...]
    same_hits: bool  # the rules decide alike
    simulated: tuple[Release, ...]  # releases of the second version that were simulated


@dataclass(frozen=True)
class Bench:
    """The bench. Whoever may publish is for the pages to know."""

    items: ItemStore
    files: RegistryFiles
    runs: Callable[[], Runs]
    statistics_text: Text
    clock: Clock
    random: Random

    # --- looking

    def listed(self) -> list[Listed]:
        """All items, by number."""
        releases = self.items.releases()
        codes = dict.fromkeys(r.code for r in releases)
        found = [self._listed([r for r in releases if r.code == code]) for code in codes]
        return sorted(found, key=lambda one: one.item.number)

    def item(self, code: str) -> Listed:
        """One item. Raises NotFound."""
        releases = self.items.releases(code)
        if not releases:
            raise NotFound("no such item", field="item")
        return self._listed(releases)

    def _listed(self, releases: Sequence[Release]) -> Listed:
        now, newest = self.clock.now(), tuple(reversed(releases))
        current = standing(releases, now).get(newest[0].code)
        version = (current or newest[0]).version
        item = self.items.get(newest[0].code, version)
        return Listed(item, version, current, tuple(coming(releases, now)), retired(releases, now), newest)

    def sight(self, code: str, version: str) -> Sight:
        """One version, its personas run now. Raises NotFound."""
        return sight.sight(self.items.get(code, version), version)

    def text(self, code: str, version: str) -> str:
        """One version as a file. Raises NotFound."""
        return yaml_of(self.items.get(code, version))

    def compared(self, code: str, before: str, after: str) -> Compared:
        """Two versions beside each other. Raises NotFound."""
        old, new = self.items.get(code, before), self.items.get(code, after)
        rules = rule(old, before), rule(new, after)
        return Compared(
            old,
            new,
            tuple(sight.rules_beside(*rules)),
            tuple(sight.differences(old, new)),
            rules[0].hash == rules[1].hash,
            tuple(r for r in self.items.releases(code) if r.version == after and r.note and r.act is Act.PUBLISH),
        )

    def statistics(self) -> Counted:
        """What was counted last."""
        return counted(self.statistics_text.read())

    # --- drafting

    def check(self, text: str) -> Checked:
        """Everything that is wrong with a draft."""
        return draft.check(text, (item for _, item in self.items.current(self.clock.now())))

    def sight_of(self, checked: Checked) -> Sight | None:
        """A draft that passed its checks, looked at as a version is; None for another."""
        return sight.sight(checked.entry.item, version_of(checked.entry.item)) if checked.entry and not checked.problems else None

    def simulate(self, checked: Checked, text: str, by: str) -> str:
        """Have a draft simulated beside the version that is current; returns the simulation's id. Raises InvalidInput for a wrong one."""
        if checked.entry is None or checked.problems:
            raise InvalidInput("mend the draft first", field="text")
        code = checked.entry.item.code
        current = standing(self.items.releases(code), self.clock.now()).get(code)
        return self._ask(checked.entry.item, text, current.version if current else None, by)

    def simulate_beside(self, code: str, before: str, after: str, by: str) -> str:
        """Have one version simulated beside another. Raises NotFound."""
        self.items.get(code, before)
        return self._ask(self.items.get(code, after), self.text(code, after), before, by)

    def _ask(self, item: Item, text: str, before: str | None, by: str) -> str:
        simulation_id = self.random.hex(16)
        asked = Asked(item.code, version_of(item), text, before, by, self.clock.now().isoformat())
        simulation.ask(self.files, simulation_id, asked)
        self.runs().start(simulation_id, {"simulation": simulation_id})
        return simulation_id

    def simulation(self, simulation_id: str) -> Looked:
        """A simulation as it stands. Raises NotFound."""
        kept = simulation.paper(self.files, simulation_id, ASKED)
        if kept is None:
            raise NotFound("no such simulation", field="simulation")
        asked, result = Asked(**kept), simulation.paper(self.files, simulation_id, RESULT)
        releases = self.items.releases(asked.code)
        current = standing(releases, self.clock.now()).get(asked.code)
        published = next((r for r in releases if r.simulation == simulation_id), None)
        failed = result is None and self._failed(simulation_id, datetime.fromisoformat(asked.at))
        return Looked(simulation_id, asked, result, failed, current.version if current else None, published)

    def _failed(self, simulation_id: str, asked_at: datetime) -> bool:
        """Whether nothing comes any more. An execution may be seen a moment after it was started only."""
        status = self.runs().status(simulation_id)
        return self.clock.now() - asked_at > SEEN_BY if status == "MISSING" else status not in ("RUNNING", "SUCCEEDED")

    # --- releasing

    def publish(self, simulation_id: str, by: str, starts: date | None = None, accept: bool = False) -> Published:
        """Publish what was simulated, now or from the beginning of a day, unless the gate keeps it back.

        Raises Conflict while the simulation runs, and when something else became current since: the numbers are not of today then.
        """
        looked, now = self.simulation(simulation_id), self.clock.now()
        if looked.result is None:
            raise Conflict("the simulation is not done yet")
        if looked.published:
            raise Conflict("this draft was published already")
        if looked.current != looked.asked.before:
            raise Conflict("another version became current meanwhile: simulate the draft again")
        begins = _begins(starts, now) if starts else None
        checked = self.check(looked.asked.text)
        if checked.entry is None or checked.problems:
            raise Conflict("the draft no longer passes its checks: look at it again")
        outcomes = {looked.asked.code: looked.counts} if looked.counts else {}
        gate = Gate(lambda _: outcomes, USUAL_PERCENT, accept)
        (published,) = publishing.publish([checked.entry], self.items, now, checks.check, gate, Order(by, simulation_id, begins))
        return published

    def retire(self, code: str, by: str) -> None:
        """No new hits from now on, and nothing that was scheduled comes; open cases go on under their version. Raises Conflict."""
        listed, now = self.item(code), self.clock.now()
        if listed.current is None and not listed.coming:
            raise Conflict("this item is retired already")
        self.items.record(Release(code, self._next(code), Act.RETIRE, listed.version, now, now, by))

    def cancel(self, code: str, number: int, by: str) -> None:
        """A scheduled publication is not to come. Raises Conflict when it is none, or came already."""
        now = self.clock.now()
        waiting = next((r for r in self.item(code).coming if r.number == number), None)
        if waiting is None:
            raise Conflict("this publication is not waiting any more")
        self.items.record(Release(code, self._next(code), Act.CANCEL, waiting.version, now, now, by, cancels=number))

    def _next(self, code: str) -> int:
        return len(self.items.releases(code)) + 1


def _begins(day: date, now: datetime) -> datetime:
    """Midnight in Beijing at which a day begins. Raises InvalidInput for a day that began."""
    begins = datetime.combine(day, time(), BEIJING)
    if begins <= now:
        raise InvalidInput("a day after today", field="starts")
    return begins
