"""What is done to a port's calls: a process that dies before or after one of them, or something else that happens just then."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any


class Killed(BaseException):
    """The process died: nothing in the code may catch this."""


@dataclass
class Mischief:
    """Counts the calls of all ports; something happens before or after the `at`-th took effect."""

    at: int = 0
    when: str = "before"
    what: Callable[[], None] | None = None
    calls: list[str] = field(default_factory=list)

    def guard(self, name: str, call: Callable[[], Any]) -> Any:
        self.calls.append(name)
        struck = len(self.calls) == self.at
        if struck and self.when == "before":
            self._strike(name)
        value = call()
        if struck and self.when == "after":
            self._strike(name)
        return value

    def _strike(self, name: str) -> None:
        if self.what is None:
            raise Killed(name)
        self.what()


class Watched:
    """A port of which the `guarded` calls go through the mischief."""

    def __init__(self, name: str, port: Any, mischief: Mischief, guarded: Collection[str]) -> None:
        self._name, self._port, self._mischief, self._guarded = name, port, mischief, guarded

    def __getattr__(self, method: str) -> Any:
        call = getattr(self._port, method)
        if method not in self._guarded:
            return call
        return lambda *args, **more: self._mischief.guard(f"{self._name}.{method}", lambda: call(*args, **more))
