"""The demonstration from nothing to the table: deploy, publish, make a world, scan, play, count, and leave nothing running."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console

from infra.demo import cast
from infra.demo.cast import Opened
from infra.demo.officials import Bureau
from infra.demo.pace import BUSY, QUIET, Pace
from infra.demo.people import Owner
from infra.demo.play import Play
from infra.demo.tally import Tally, tally
from infra.local import vendors
from infra.local.stack import STAGE, LocalStack
from infra.sandbox.script import Chances, Config, Delays
from infra.sandbox.server import SandboxServer
from infra.sandbox.vendors.settings import Accounts
from infra.world import make as make_world
from wugan.cases.model import Head
from wugan.cases.ports import CaseStore
from wugan.clock import BEIJING
from wugan.detection import checks
from wugan.errors import WuganError
from wugan.items import catalogue, publishing
from wugan.items.model import Jurisdiction
from wugan.ledger.port import LedgerRows

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".local" / "demo"
DAY = date(2026, 11, 23)
PLAY_SECONDS = 900.0
LEDGER_SECONDS = 120.0
AT_DESK = Jurisdiction.LX
RUN = "demo"

Tell = Callable[[str], None]  # the phase that begins
Bar = Callable[[int, int], None]  # done, of how many


class DemoFailed(WuganError):
    """The demonstration did not come to its end."""

    code = "demo_failed"


@dataclass(frozen=True)
class Links:
    """Where to look while everything runs; `phones` is the page of everybody's phones, `desk` holds a sign-in code for each bureau."""

    public: str
    phones: str
    desk: dict[str, str]


@dataclass
class Demo:
    """One demonstration. `keep` leaves everything running and says where."""

    subjects: int = 20_000
    seed: int = 1
    keep: bool = False
    folder: Path = FOLDER
    tell: Tell = print
    bar: Bar = lambda *_: None
    seconds: dict[str, float] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    astray: list[str] = field(default_factory=list)
    example: str = ""
    ledger: dict[str, int] = field(default_factory=dict)

    def run(self, look: Callable[[str], None], hold: Callable[[Links], None]) -> Tally:
        """All of it. While everything runs, `look` is given a delivered case, and `hold` the links when `keep` is set."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        with ExitStack() as running:
            stack = running.enter_context(LocalStack(progress=self.tell))
            sandbox = running.enter_context(SandboxServer(_behaviour(self.seed, stack.vendors()), state_dir=self.folder / "sandbox"))
            self.tell(f"phones: {sandbox.url}/phones")
            self._deploy(stack, sandbox)
            with _connected(stack, self.folder):
                counted = self._play(stack, sandbox)
                with self._phase("ledger"):
                    self._ledger()
                self._write(counted)
                if self.example:
                    look(self.example)
                if self.keep:
                    self.pace.set(BUSY)  # whoever looks around now is busy
                    hold(Links(stack.public_url, f"{sandbox.url}/phones", {j.value: _invite(j) for j in Jurisdiction}))
        return counted

    def _deploy(self, stack: LocalStack, sandbox: SandboxServer) -> None:
        with self._phase("build"):
            stack.build()
        with self._phase("deploy"):
            self.pace.begin(datetime(DAY.year, DAY.month, DAY.day, 9, tzinfo=BEIJING))
            clock = str(self.pace.file)
            stack.deploy(
                {"SandboxVendors": vendors.document(sandbox.url, AT_DESK), "SandboxIssuer": f"{sandbox.url}/issuer", "Clock": clock}
            )
            os.environ["WUGAN_CLOCK"] = clock
        sandbox.point_at(stack.public_url)

    def _play(self, stack: LocalStack, sandbox: SandboxServer) -> Tally:
        from wugan import bootstrap
        from wugan.cli.scan import scan_now

        with self._phase("publish"):
            _publish()
        with self._phase("world"):
            world = self.folder / "world"
            make_world(world, self.subjects, self.seed, DAY)
        with self._phase("scan"):
            self.report = scan_now(RUN, world, Console(stderr=True))
        store = bootstrap.case_store()
        with self._phase("play"):
            cases = {f.case_id: f for f in _opened(bootstrap.registry_files())}
            roles = cast.cast(cases.values(), _quick())
            heads = partial(_heads, store, list(self.report["items"]))
            bureaus = {j.value: Bureau(stack.public_url, _invite(j), roles.__getitem__, j is AT_DESK).sign_in() for j in Jurisdiction}
            links = {bootstrap.outreach().link(head): head.case_id for head in heads()}
            everybody = _owners(world)
            play = Play(sandbox, cases, roles, links, everybody, bureaus, _sweep, lambda: _standing(heads()), self._paced, self.bar)
            play.prepare()
            whole = play.run(PLAY_SECONDS)
            self.astray = play.astray
        found = heads()
        self.example = next((h.case_id for h in found if h.outcome == "delivered" and h.corrections), "")
        self._export(found)
        if not whole:
            self.astray.append(f"the play was broken off after {PLAY_SECONDS:.0f} seconds")
        return tally(self.report, found, sandbox.duplicates(), sandbox.usage())

    @cached_property
    def pace(self) -> Pace:
        """The city's time."""
        return Pace(self.folder.resolve() / "clock")

    def _paced(self, busy: bool) -> None:
        self.pace.set(BUSY if busy else QUIET)

    def _export(self, heads: list[Head]) -> None:
        """The trace of every case as JSON, for those who want to look things up after everything was stopped."""
        from wugan import bootstrap
        from wugan.cases import codec

        with (self.folder / "traces.jsonl").open("w", encoding="utf-8") as file:
            for head in heads:
                events = [codec.event_to_json(e) for e in bootstrap.case_store().events(head.case_id)]
                file.write(json.dumps({"case": codec.head_to_json(head), "events": events}, ensure_ascii=False) + "\n")

    def _ledger(self) -> None:
        """The public log as files, the proof of the example, and the comparison of the log with the tables, once the log has caught up."""
        from wugan import bootstrap
        from wugan.cases.audit import Reader
        from wugan.ledger.export import export
        from wugan.ledger.watch import Seen

        _caught_up(bootstrap.ledger_rows())
        export(bootstrap.ledger_objects(), bootstrap.ledger_verifier(), self.folder / "ledger", self.bar)
        if self.example:
            bundle = bootstrap.audit().proof(self.example, Reader.AUDITOR)
            (self.folder / "proof.json").write_text(bundle.text, encoding="utf-8")
        watched = bootstrap.watch().run(Seen())
        self.ledger = {"entries": watched.size, "events": watched.events, "findings": len(watched.findings)}
        self.astray += [f"the ledger and the tables do not agree: {finding}" for finding in watched.findings[:5]]

    def _write(self, counted: Tally) -> None:
        summary = counted.as_json() | {"ledger": self.ledger, "seconds": {k: round(v, 1) for k, v in self.seconds.items()}}
        (self.folder / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        self.tell(name)
        begun = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - begun


def _heads(store: CaseStore, items: list[str]) -> list[Head]:
    """All cases of these items."""
    return [head for code in items for head in store.by_item(code)]


def _standing(heads: list[Head]) -> tuple[int, int]:
    """How many cases ended, and how many wait for nobody."""
    return sum(h.ended for h in heads), sum(not h.ended and h.wait is None for h in heads)


def _behaviour(seed: int, accounts: Accounts) -> Config:
    """Bad weather: of what is asked 5 % meets an error, of what is told 10 % comes twice, 10 % late or out of order, 5 % never."""
    return Config.model_validate(
        {
            "seed": seed,
            "vendors": accounts,
            "today": DAY,
            "pickup_times": False,
            "delays": Delays(receipt=0.1, collect=1.0, arrive=1.0, decide=1.5),
            "chances": Chances(
                error_before=0.025, error_after=0.025, undelivered=0.03, callback_repeat=0.1, callback_reorder=0.1, callback_loss=0.05
            ),
        }
    )


@contextmanager
def _connected(stack: LocalStack, folder: Path) -> Iterator[None]:
    """This process speaks to the stack as its administrator; what it needs is written down for `wugan case` while the stack runs."""
    from wugan.aws.outputs import settings_from

    before = dict(os.environ)
    settings = {**stack.credentials, **settings_from(stack.outputs), "WUGAN_CLOCK": os.environ["WUGAN_CLOCK"]}
    kept = folder / "environment.json"
    kept.write_text(json.dumps(settings, indent=1), encoding="utf-8")
    os.environ.update(settings)
    try:
        yield
    finally:
        kept.unlink(missing_ok=True)
        os.environ.clear()
        os.environ.update(before)


def _opened(files: Any) -> Iterator[Opened]:
    for name in files.names(RUN, "fates/"):
        for fate in files.get(RUN, name):
            if fate["fate"] == "opened":
                yield Opened(fate["case_id"], fate["item"], fate["jurisdiction"])


def _owners(world: Path) -> dict[str, Owner]:
    """Whose the phones are, from the invented contacts."""
    rows = duckdb.execute(
        f"SELECT mobile, wechat_openid, app_user, id_number FROM read_parquet('{world}/contact/*.parquet', union_by_name=true)"
    ).fetchall()
    return {address: Owner(mobile, str(number)) for mobile, openid, user, number in rows for address in (mobile, openid, user) if address}


def _invite(jurisdiction: Jurisdiction) -> str:
    from wugan import bootstrap
    from wugan.cases.desk import Official

    return bootstrap.desk().invite(Official(f"{jurisdiction.value} 窗口", jurisdiction.value))


def _publish() -> None:
    """Publish the catalogue as `wugan items publish items` does. Raises DemoFailed when an item is kept back."""
    from wugan import bootstrap

    found = catalogue.load([ROOT / "items"])
    results = publishing.publish(found.entries, bootstrap.item_store(), bootstrap.clock().now(), checks.check)
    problems = [*found.problems, *(p for r in results for p in r.problems)]
    if problems:
        raise DemoFailed("; ".join(map(str, problems)), field="items")


def _quick() -> set[str]:
    """The items whose reminder ladders are the shortest."""
    from wugan import bootstrap

    last = {item.code: item.reminders.expire_after_days for _, item in bootstrap.item_store().current(bootstrap.clock().now())}
    return {code for code, days in last.items() if days == min(last.values())}


def _sweep() -> None:
    """What the schedule does every minute, at the pace of a time that runs fast."""
    from wugan.aws.functions import FunctionBusy, invoke

    with suppress(FunctionBusy):
        invoke(f"wugan-{STAGE}-sweep", {})


def _caught_up(rows: LedgerRows) -> None:
    """Wake the sequencer until the outbox is empty and all of it is published. Raises DemoFailed."""
    from wugan.aws.functions import invoke

    end = time.monotonic() + LEDGER_SECONDS
    while invoke(f"wugan-{STAGE}-sequence", {})["LeavesAdded"] or rows.pending(1):
        if time.monotonic() > end:
            raise DemoFailed(f"events did not come into the log within {LEDGER_SECONDS:.0f} seconds", field="ledger")
