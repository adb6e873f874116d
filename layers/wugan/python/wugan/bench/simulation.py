"""Simulations that take longer than a page may: asked for, run beside the API, and looked at when they are done.

Their papers lie in the registry bucket under the name of a run, `simulations/<id>`: what was asked for, and what came out. Both are
written once for each id; running one again writes the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from wugan.bench import draft
from wugan.detection import simulate
from wugan.detection.rule import rule
from wugan.detection.simulate import Simulation, Snapshot
from wugan.items.port import ItemStore
from wugan.items.publishing import Simulated
from wugan.items.version import version
from wugan.registry.port import RegistryFiles

ASKED, RESULT = "asked.json", "result.json"
SAMPLES = 8


@dataclass(frozen=True)
class Asked:
    """A draft that is to be simulated beside the version that it takes the place of, or another."""

    code: str
    version: str
    text: str  # YAML
    before: str | None
    by: str
    at: str


def run_name(simulation_id: str) -> str:
    """The run under which its papers lie."""
    return f"simulations/{simulation_id}"


def simulated(asked: Asked, items: ItemStore, files: RegistryFiles) -> dict[str, Any]:
    """What the draft comes to in the registries that lookups read now; without any, nothing is simulated."""
    run = files.published()
    if run is None:
        return {"registry": None, "simulation": None}
    shot = simulate.snapshot(run, files.clean(run))
    item = draft.read(asked.text).item
    against = [rule(items.get(asked.code, asked.before), asked.before)] if asked.before else []
    (result,) = simulate.simulate([rule(item, version(item))], shot, against=against, samples=SAMPLES)
    return {"registry": _registry(shot), "simulation": result.as_json() | {"counts": outcome(result, shot).as_json()}}


def outcome(result: Simulation, shot: Snapshot) -> Simulated:
    """The counts that the publishing gate looks at."""
    other = result.against
    moved = (other.hits, other.newly, other.no_longer) if other else (None, 0, 0)
    return Simulated(shot.name, shot.as_of, result.hits, *moved)


def counts(result: dict[str, Any]) -> Simulated | None:
    """The same from a result that was written down; None when there were no registries."""
    if not result["simulation"]:
        return None
    kept = result["simulation"]["counts"]
    return Simulated(**kept | {"as_of": date.fromisoformat(kept["as_of"])})


@dataclass(frozen=True)
class Simulate:
    """Runs what was asked for: the function beside the API."""

    files: RegistryFiles
    items: ItemStore

    def run(self, simulation_id: str) -> None:
        """Simulate and write the result down. Raises NotFound."""
        name = run_name(simulation_id)
        asked = Asked(**self.files.get(name, ASKED))
        self.files.put(name, RESULT, simulated(asked, self.items, self.files))


def ask(files: RegistryFiles, simulation_id: str, asked: Asked) -> None:
    """Write down what is to be simulated."""
    files.put(run_name(simulation_id), ASKED, asdict(asked))


def paper(files: RegistryFiles, simulation_id: str, name: str) -> dict[str, Any] | None:
    """What lies there under a name; None when nothing does."""
    run = run_name(simulation_id)
    found: dict[str, Any] | None = files.get(run, name) if name in files.names(run, name) else None
    return found


def _registry(shot: Snapshot) -> dict[str, Any]:
    kept: Sequence[str] = ("subjects", "refused", "incomplete")
    return {"run": shot.name, "as_of": shot.as_of.isoformat(), **{name: shot.intake[name] for name in kept}}
