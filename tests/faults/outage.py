"""One case over the vendors' own protocols, in simulated time: our adapters here, the sandbox's vendors behind real HTTP.

The state machine's retries run on the same clock, with the intervals and the number that the repository's definition gives them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import RLock, Thread
from typing import Any

from infra.local import vendors as rehearsed
from infra.sandbox.script import Config, Delays, Retry
from infra.sandbox.server import SandboxServer
from tests.browser.serve import rest_event
from tests.contract.vendors.harness import press
from tests.faults.machine import Data, Execution, Machine
from tests.faults.world import World
from wugan.cases.model import Stage
from wugan.cases.vendor_calls import VendorCalls
from wugan.clock import FixedClock
from wugan.courier.health import MemoryHealth
from wugan.courier.waybills import MemoryWaybills
from wugan.errors import LinkExpired, VendorUnavailable
from wugan.http import JsonClient
from wugan.identity.code import MemoryCodeStore
from wugan.outreach.sendlog import MemorySendLog
from wugan.outreach.tokens import MemoryTokenStore
from wugan.vendors import couriers, departments, faces, messages, model
from wugan.vendors.kit import Kit
from wugan.vendors.reader import VendorReader
from wugan.web import callbacks_app

KEY = "0123456789abcdef012345"
SECRETS = {"vendor": rehearsed.secret_of(KEY), "sm4": rehearsed.sm4_key(KEY)}
SECRETS |= {rehearsed.platform_key(bureau): rehearsed.platform_secret(KEY, bureau) for bureau in rehearsed.COUNTIES}
ORIGIN = "https://wugan.example"
ASLEEP = "asleep"
DAY = 86_400
SETTLE = 0.03  # seconds of real time in which the vendors may do what they do
PUSHED = 5.0  # seconds of real time that a push may take
STEP = timedelta(hours=1)
DELAYS = Delays(receipt=0.02, batch=0.02, collect=0.1, arrive=0.1, decide=0.1, late=0.05)
PATIENCE = 60.0  # seconds of real time
COURIERS = ("sf", "ems", "kuaidi100")


@dataclass
class Patient(Machine):
    """A machine whose tasks sleep between tries as their Retry says, half of each longest wait, and give up when it does."""

    clock: FixedClock = field(kw_only=True)
    tries: int = 0

    def __post_init__(self) -> None:
        self.due = self.clock.now()

    def run(self) -> bool:
        for execution in self.executions.values():
            if execution.token == ASLEEP and self.clock.now() >= self.due:
                execution.token = ""
        return super().run()

    def _invoke(self, execution: Execution, state: Data) -> None:
        failed = self.killed
        super()._invoke(execution, state)
        if self.killed == failed:
            self.tries = 0
            return
        (retry,) = [r for r in state["Retry"] if "VendorUnavailable" in r["ErrorEquals"]]
        if self.tries >= retry["MaxAttempts"]:
            self._caught(execution, "VendorUnavailable", "")
            return
        longest = min(retry["IntervalSeconds"] * retry["BackoffRate"] ** self.tries, retry["MaxDelaySeconds"])
        self.tries += 1
        self.due = self.clock.now() + timedelta(seconds=longest / 2)
        execution.token = ASLEEP


@dataclass
class Outage(World):
    """Plays one case. `down` is away for a day: from the beginning, or, `under_way`, from its first piece of work."""

    down: str = ""
    under_way: bool = False
    lock: Any = field(default_factory=RLock)
    pending: str = ""
    gone: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        config = Config(
            delays=DELAYS, vendors=rehearsed.accounts(KEY, ORIGIN), retry=Retry(first=(0.05,), every=0.1, give_up=DAY, timeout=5)
        )
        self.server = SandboxServer(config, clock=lambda: self.clock.wall().timestamp())
        self.log, self.waybills = MemorySendLog(), MemoryWaybills()

    def begin(self, url: str) -> None:
        """Wire the case to the vendors. `url`: where they call back."""
        own = json.loads(rehearsed.document(self.server.url, desk="LX"))
        order = sorted(COURIERS, key=lambda name: name != self.down)
        every = {one["vendor"]: one for bureau in (own["default"], *own["jurisdictions"].values()) for one in _options(bureau)}
        own["default"]["couriers"]["options"] = [every[name] for name in order[: 1 if self.under_way else 2]]
        document = model.parse({"default": own["default"] | {"department": own["jurisdictions"]["QD"]["department"]}})
        kit = Kit(SECRETS.__getitem__, self.clock, JsonClient(read_seconds=3), lambda size: Random(time.monotonic()).randbytes(size).hex())
        bureau = document.default
        self.messenger: Any = messages.messenger(bureau, kit, self.log, MemoryTokenStore())
        self.identity: Any = faces.identity(bureau, kit, MemoryCodeStore(), messages.send_code(bureau, kit, self.log))
        self.courier: Any = couriers.courier(bureau, kit, self.waybills, MemoryHealth(), lambda name: f"{url}/callbacks/courier/QD/{name}")
        self.department: Any = departments.department(bureau, kit)
        self.machine = self.patient = Patient(self.waits, {}, clock=self.clock)
        self._wire()
        self.callbacks = replace(self.sweeper.callbacks, platform_key=lambda _: departments.platform_key(bureau, SECRETS.__getitem__))
        reader = VendorReader(lambda _: bureau, lambda _: self.courier, SECRETS.__getitem__, lambda: self.log, self.clock)
        self.calls = VendorCalls(self.callbacks, lambda: self.log, reader, lambda _: None)
        self.server.point_at(url)

    def play(self) -> Outage:
        """From the opening to the end."""
        if self.down and not self.under_way:
            self.away()
        with self.lock:
            self.again(lambda: self.opening.open(self.found))
        end = time.monotonic() + PATIENCE
        while self.machine.status(self.case_id) in ("RUNNING", "MISSING"):
            with self.lock:
                moved = self.machine.run() or self.pump()
            self._begun()
            if not moved and not self._settled() and not self._person():
                self._wait()
            assert time.monotonic() < end, f"never ended: {self.head.stage}, {self.head.wait}, {self.clock.now()}"
        return self

    def away(self) -> None:
        """The vendor goes away for a day."""
        self.gone, self.returns = True, self.clock.now() + timedelta(seconds=DAY)
        self.server.down(self.down, DAY)

    def _begun(self) -> None:
        if self.down and not self.gone and self.server.usage()[self.down].keys() & {"messages", "parcels", "faces", "applications"}:
            self.away()

    def _settled(self) -> bool:
        """Whether something came from outside while we waited a moment of real time."""
        version, end = self.head.version, time.monotonic() + PUSHED
        time.sleep(SETTLE)
        while self._pushing() and time.monotonic() < end:
            time.sleep(SETTLE / 10)
        return self.head.version != version

    def _pushing(self) -> bool:
        """Whether a vendor that is there has something to tell: the clock stands still meanwhile, for pushes are signed by it."""
        waiting = [c["vendor"] for c in self.server.records("callbacks") if c["state"] == "waiting"]
        return any(vendor != self.down or self.back for vendor in waiting)

    @property
    def back(self) -> bool:
        """Whether the vendor is there, again or still."""
        return not self.gone or self.clock.now() >= self.returns

    def _wait(self) -> None:
        """Let time pass, to the next try or by a step, and have the sweeper look."""
        with self.lock:
            now = self.clock.now()
            asleep = self.machine.executions[self.case_id].token == ASLEEP
            self.clock.at = min(max(self.patient.due, now), now + STEP) if asleep else now + STEP
            self.again(self.sweeper.sweep)

    def _person(self) -> bool:
        """The person does what the newest message or page asks for; whether there was anything to do."""
        head = self.head
        with self.lock, suppress(VendorUnavailable):
            if head.wait is None:
                return False
            if head.stage is Stage.IDENTITY and any(m["status"] == "delivered" and m["link"] for m in self.server.records("messages")):
                return self._face()
            if head.stage is Stage.INTENTION:
                self.again(lambda: self.applicant.intend(self.link, self.session))
                return True
            if head.stage is Stage.DECLARATION:
                self._at_declaration()
                return True
        return False

    def _face(self) -> bool:
        if not self.pending:
            url, self.pending = self.applicant.start_face(self.link)
            self._begun()
            press(url, "pass")
        try:
            self.session = self.applicant.finish_face(self.link, self.pending) or ""
        except LinkExpired:
            self.pending = ""  # too long ago: the person begins anew
        return bool(self.session)


def _options(bureau: Data) -> list[Data]:
    found: list[Data] = bureau.get("couriers", {}).get("options", [])
    return found


@contextmanager
def outage(**how: Any) -> Iterator[Outage]:
    """A case with its vendors, and the address at which they call back."""
    world = Outage(**how)
    app: Any = None

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            event = rest_event(app, "POST", self.path, dict(self.headers.items()), body)
            with world.lock:
                answer: Data = app(event, None) if event else {"statusCode": 404, "body": ""}
            content = answer["body"].encode()
            self.send_response(answer["statusCode"])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
    try:
        with world.server:
            world.begin(f"http://127.0.0.1:{listener.server_port}")
            app = callbacks_app.create(lambda: world.callbacks, lambda: world.calls)
            yield world
    finally:
        listener.shutdown()
        listener.server_close()
