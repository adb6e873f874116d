"""The deployed system with its vendors and a small world, and cases that are played in it over HTTP."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console

from infra.demo.cast import Role
from infra.demo.people import Owner, Person, newest_code
from infra.demo.visitor import Visitor
from infra.local import vendors
from infra.local.stack import LocalStack
from infra.sandbox.script import Config, Delays
from infra.sandbox.server import SandboxServer
from infra.sandbox.vendors.settings import Accounts
from infra.world import make as make_world
from tests.support.aws import forget
from tests.support.template import ROOT
from wugan import bootstrap, config
from wugan.aws.outputs import settings_from
from wugan.cases.model import Event, Head
from wugan.cli.scan import scan_now
from wugan.clock import BEIJING, ScaledClock
from wugan.detection import checks
from wugan.items import catalogue, publishing
from wugan.items.model import Item

FOLDER = ROOT / ".local" / "rehearsal"
DAY = date(2026, 11, 23)
SUBJECTS, SEED = 500, 7
RUN = "rehearsal"
SECONDS_PER_DAY = 300  # of business time: nobody is reminded while the tests run
PATIENCE = 60.0
PROMPTED = 300.0  # until all first prompts are out, on a machine that does something else, too
LOOK_AGAIN = 0.2
REST = 2.0
AT_DESK = "LX"  # the others have platforms of their own


@dataclass
class Town:
    """One deployment. Cases are taken from the scan, each once."""

    stack: LocalStack
    sandbox: SandboxServer
    world: Path
    report: dict[str, Any]
    environment: dict[str, str]
    taken: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)  # subjects of whom a registry told something new: the re-check stops their cases

    @property
    def url(self) -> str:
        return self.stack.public_url

    @cached_property
    def owners(self) -> dict[str, Owner]:
        """Whose an address is, from the invented contacts."""
        rows = duckdb.execute(
            "SELECT mobile, wechat_openid, app_user, id_number FROM read_parquet(?, union_by_name=true)",
            [f"{self.world}/contact/*.parquet"],
        ).fetchall()
        return {
            address: Owner(mobile, str(number)) for mobile, openid, user, number in rows for address in (mobile, openid, user) if address
        }

    def take(self, wanted: Callable[[Item], bool] = lambda _: True, *, at_desk: bool = False) -> Play:
        """A case that nobody played yet, whose prompt has arrived; of a bureau with a platform unless said otherwise."""
        for version, item in bootstrap.item_store().current(bootstrap.clock().now()):
            for head in bootstrap.case_store().by_item(item.code) if wanted(item) else ():
                untouched = head.case_id not in self.taken and head.subject not in self.changed
                if untouched and (head.jurisdiction == AT_DESK) is at_desk and self.prompt(head.case_id):
                    self.taken.add(head.case_id)
                    return Play(self, head.case_id, bootstrap.item_store().get(item.code, version))
        raise AssertionError("the world is too small: no such case is left")

    def prompt(self, case_id: str) -> dict[str, Any] | None:
        """The newest prompt that reached the person of a case."""
        link = bootstrap.outreach().link(bootstrap.case_store().head(case_id))
        prompts = [m for m in self.sandbox.records("messages") if m["link"] == link and m["status"] == "delivered"]
        return prompts[-1] if prompts else None


@dataclass
class Play:
    """One case and its person."""

    town: Town
    case_id: str
    item: Item
    visitor: Visitor = field(default_factory=Visitor)

    @property
    def head(self) -> Head:
        return bootstrap.case_store().head(self.case_id)

    @property
    def events(self) -> list[Event]:
        return bootstrap.case_store().events(self.case_id)

    @property
    def prompt(self) -> dict[str, Any]:
        prompt = self.town.prompt(self.case_id)
        assert prompt
        return prompt

    @property
    def link(self) -> str:
        return str(self.prompt["link"])

    @property
    def execution(self) -> str:
        """The ARN of the case's execution."""
        return self.town.environment[config.CASE_MACHINE].replace(":stateMachine:", ":execution:") + f":{self.case_id}"

    def person(self, role: Role) -> Person:
        """Somebody to play the person."""
        return Person(self.case_id, role, self.town.owners.get, self._code, self.visitor)

    def run(self, role: Role, outcome: str) -> Play:
        """Read every prompt and act, until the case ended so."""
        person, read = self.person(role), set[str]()

        def over() -> bool:
            message = self.prompt
            if message["id"] not in read:
                read.add(message["id"])
                person.read(message)
            return self.head.ended

        return self.until(over, outcome).ended(outcome)

    def ended(self, outcome: str) -> Play:
        """Until the case and its execution ended so."""
        self.until(lambda: self.head.ended and bootstrap.executions().status(self.case_id) == "SUCCEEDED", outcome)
        assert self.head.outcome == outcome, [e.type for e in self.events]
        return self

    def waiting(self, stage: str) -> Play:
        """Until the case waits at a stage."""
        return self.until(lambda: self.head.stage == stage and self.head.wait is not None, f"waits at {stage}")

    def until(self, condition: Callable[[], bool], what: str) -> Play:
        """Look again until the condition holds."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"never happened: {what}; the case is at {self.head.stage}"
            time.sleep(LOOK_AGAIN)
        return self

    def _code(self, case_id: str, mobile: str) -> str | None:
        return newest_code(self.town.sandbox, case_id, mobile)


@contextmanager
def deployed() -> Iterator[Town]:
    """Everything from nothing: emulator, vendors, deployment, items, world, scan."""
    started, world = datetime.now(UTC), FOLDER / "world"
    origin = datetime(DAY.year, DAY.month, DAY.day, 9, tzinfo=BEIJING)
    clock = ScaledClock(origin, started, 86400 / SECONDS_PER_DAY).setting
    with LocalStack(folder=FOLDER / "stack") as stack, SandboxServer(_behaviour(stack.vendors())) as sandbox:
        stack.build()
        stack.deploy({"SandboxVendors": vendors.document(sandbox.url, AT_DESK), "SandboxIssuer": f"{sandbox.url}/issuer", "Clock": clock})
        sandbox.point_at(stack.public_url)
        settings = {**stack.credentials, **settings_from(stack.outputs), config.CLOCK: clock}
        with _connected(settings):
            found = catalogue.load([ROOT / "items"])
            publishing.publish(found.entries, bootstrap.item_store(), bootstrap.clock().now(), checks.check)
            make_world(world, SUBJECTS, SEED, DAY)
            report = scan_now(RUN, world, Console(stderr=True, quiet=True))
            town = Town(stack, sandbox, world, report, settings)
            _prompted(town)
            yield town


def _behaviour(accounts: Accounts) -> Config:
    """Vendors that are quick and make no mistakes; the faults have tests of their own."""
    delays = Delays(receipt=0.05, collect=0.3, arrive=0.3, decide=0.3)
    return Config.model_validate({"seed": SEED, "vendors": accounts, "today": DAY, "delays": delays, "pickup_times": False})


@contextmanager
def _connected(settings: Mapping[str, str]) -> Iterator[None]:
    """This process speaks to the stack as its administrator."""
    forget()
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith(("AWS_", "WUGAN_"))]:
            patch.delenv(name)
        for name, value in settings.items():
            patch.setenv(name, value)
        yield
    forget()


def _prompted(town: Town) -> None:
    """Until every case that was opened waits for its person, or ended on the call list."""
    end = time.monotonic() + PROMPTED
    while True:
        heads = [
            h for _, item in bootstrap.item_store().current(bootstrap.clock().now()) for h in bootstrap.case_store().by_item(item.code)
        ]
        if len(heads) == town.report["fates"]["opened"] and all(h.wait or h.ended for h in heads):
            return
        assert time.monotonic() < end, "the prompts were not sent"
        time.sleep(REST)  # each look is as much work for the emulator as a prompt
