"""The play: messages come to the phones, people act, officials decide, the sweeper runs, until every case has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from infra.demo.cast import Opened, Role
from infra.demo.officials import Bureau
from infra.demo.people import Owner, Person, newest_code
from infra.sandbox.server import SandboxServer

AT_ONCE = 3  # people on their phones
ROUND_SECONDS = 0.25
LOOK_EVERY = 5.0  # at all cases, which is as much work for the emulator as several of their steps
A_FEW = 2  # cases that the system is at work on even in quiet times
OFFICIALS_REST = 2.0
SWEEP_EVERY = 2.0  # seconds; the schedule's minute is long in a time that runs fast


@dataclass
class Play:
    """Everybody who uses the system, for the cases of one scan."""

    sandbox: SandboxServer
    cases: Mapping[str, Opened]
    roles: Mapping[str, Role]
    links: Mapping[str, str]  # the case of each link
    owners: Mapping[str, Owner]
    bureaus: Mapping[str, Bureau]
    sweep: Callable[[], None]
    standing: Callable[[], tuple[int, int]]  # how many cases ended, and how many the system is at work on
    pace: Callable[[bool], None]  # told whether somebody is busy
    progress: Callable[[int, int], None]
    astray: list[str] = field(default_factory=list)
    _people: dict[str, Person] = field(default_factory=dict)
    _fetched: set[str] = field(default_factory=set)
    _seen: int = 0

    def prepare(self) -> None:
        """Tell the vendors their parts before anybody acts."""
        for case_id, role in self.roles.items():
            decision = {} if self.cases[case_id].jurisdiction in self._at_desk else {"department": role.decision}
            if role.decision != "approve" or role.vendors:
                self.sandbox.add_rule(match=case_id, **decision, **role.vendors)

    @property
    def _at_desk(self) -> set[str]:
        return {j for j, bureau in self.bureaus.items() if bureau.decides}

    def run(self, seconds: float) -> bool:
        """Play until every case has ended; False when that takes longer than `seconds`."""
        end, swept, looked, done, working = time.monotonic() + seconds, 0.0, 0.0, 0, 0
        with ThreadPoolExecutor(AT_ONCE) as pool:
            acting: dict[str, Future[None]] = {}
            officials = pool.submit(self._officials)
            while done < len(self.cases):
                if time.monotonic() > end:
                    return False
                if time.monotonic() - swept > SWEEP_EVERY:
                    self.sweep()
                    swept = time.monotonic()
                if time.monotonic() - looked > LOOK_EVERY:
                    (done, working), looked = self.standing(), time.monotonic()
                    self.progress(done, len(self.cases))
                self._phones(pool, acting)
                self.pace(working > A_FEW or self._unread() or not all(a.done() for a in acting.values()))
                officials = pool.submit(self._officials) if officials.done() else officials
                time.sleep(ROUND_SECONDS)
        return True

    def _phones(self, pool: ThreadPoolExecutor, acting: dict[str, Future[None]]) -> None:
        """Let those whom a new message reached act; one case's messages are read one after the other."""
        for message in self.sandbox.records("messages", self._seen):
            case_id = self.links.get(str(message["link"]), "")
            if case_id in acting and not acting[case_id].done():
                return  # read on when this one has put the phone down
            if message["status"] == "sent":
                return  # it has not reached the phone yet
            self._seen = message["seq"]
            if case_id in self.cases and message["status"] == "delivered":
                acting[case_id] = pool.submit(self._act, case_id, message)

    def _unread(self) -> bool:
        """Whether a message waits to be read, or is under way."""
        return bool(self.sandbox.records("messages", self._seen))

    def _act(self, case_id: str, message: Mapping[str, Any]) -> None:
        person = self._people.setdefault(case_id, Person(case_id, self.roles[case_id], self.owners.get, self._code))
        try:
            person.read(message)
        except Exception as error:  # told at the end: a future would swallow it
            self.astray.append(f"{case_id} ({person.role.part}): {type(error).__name__}: {error}")

    def _code(self, case_id: str, mobile: str) -> str | None:
        return newest_code(self.sandbox, case_id, mobile)

    def _officials(self) -> None:
        for jurisdiction, bureau in self.bureaus.items():
            try:
                if bureau.decides:
                    bureau.work()
                bureau.look_for_parcels()
                for case_id in self._at_counter(jurisdiction):
                    if bureau.hand_out(case_id):
                        self._fetched.add(case_id)
            except Exception as error:
                self.astray.append(f"desk {jurisdiction}: {type(error).__name__}: {error}")
        time.sleep(OFFICIALS_REST)

    def _at_counter(self, jurisdiction: str) -> Iterable[str]:
        for case_id, role in self.roles.items():
            if role.delivery == "pick_up" and self.cases[case_id].jurisdiction == jurisdiction and case_id not in self._fetched:
                yield case_id
