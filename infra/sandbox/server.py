"""The server: starts, says where it is, and stops."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from infra.sandbox import duplicates, usage
from infra.sandbox.app import App
from infra.sandbox.box import Box
from infra.sandbox.script import Config, Rule

HOST = "127.0.0.1"
POLL_SECONDS = 0.02


class QuietHandler(WSGIRequestHandler):
    """Logs no request: bodies and addresses stay in the records."""

    def log_request(self, *_: object, **__: object) -> None:
        return


class SandboxServer:
    """All vendors on one port of 127.0.0.1; port 0 takes a free one. A context manager.

    With a state directory it leaves `sandbox.json` (url, pid) there while it runs, and `records.json` (all records, the
    duplicates and the usage) when it stops. `clock`: Unix
    seconds. For rehearsals and tests only; production refuses it (`wugan.bootstrap`).
    """

    def __init__(
        self,
        config: Config,
        *,
        port: int = 0,
        target: str | None = None,
        state_dir: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._port = port
        self._target = target
        self._state_dir = state_dir
        self._clock = clock
        self._stack = ExitStack()

    def __enter__(self) -> SandboxServer:
        with ExitStack() as stack:
            self._box = Box(self._config, self._clock)
            stack.callback(self._box.stop)
            self._server: BaseWSGIServer = make_server(HOST, self._port, App(self._box), threaded=True, request_handler=QuietHandler)
            stack.callback(self._server.server_close)
            thread = Thread(target=self._server.serve_forever, args=(POLL_SECONDS,), name="sandbox", daemon=True)
            thread.start()
            stack.callback(self._server.shutdown)
            if self._state_dir:
                self._state_dir.mkdir(parents=True, exist_ok=True)
                stack.callback(self._leave_records, self._state_dir)
            if self._target:
                self.point_at(self._target)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://{HOST}:{self._server.server_port}"

    def point_at(self, url: str) -> None:
        """Set the target of callbacks."""
        self._box.point_at(url)

    def down(self, vendor: str, seconds: float) -> None:
        """Take a real vendor down for so many seconds of its clock; 0 brings it back."""
        self._box.weather.down(vendor, seconds)

    def add_rule(self, **rule: Any) -> None:
        """Add a rule of the script."""
        self._box.script.add(Rule(**rule))

    def records(self, kind: str, since: int = 0) -> list[dict[str, Any]]:
        """As `GET /_sandbox/records`."""
        if kind == "callbacks":
            return self._box.outbox.rows()
        with self._box.lock:
            return self._box.book.rows(kind, since)

    def duplicates(self) -> dict[str, Any]:
        """As `GET /_sandbox/duplicates`."""
        with self._box.lock:
            return duplicates.count(self._box.book)

    def usage(self) -> dict[str, dict[str, int]]:
        """As `GET /_sandbox/usage`."""
        with self._box.lock:
            return usage.count(self._box.book, self._box.outbox.rows())

    def announce(self) -> dict[str, Any]:
        """Where it listens and which process it is; also left in the state directory."""
        place = {"url": self.url, "pid": os.getpid()}
        if self._state_dir:
            (self._state_dir / "sandbox.json").write_text(json.dumps(place), "utf-8")
        return place

    def _leave_records(self, state_dir: Path) -> None:
        kinds = [*self._box.book.shelves(), "requests", "callbacks"]
        records: dict[str, Any] = {kind: self.records(kind) for kind in kinds}
        records |= {"duplicates": self.duplicates(), "usage": self.usage()}
        (state_dir / "records.json").write_text(json.dumps(records, ensure_ascii=False), "utf-8")
        (state_dir / "sandbox.json").unlink(missing_ok=True)
