"""The repository's case state machine on stage functions in this process: tasks, choices, waits, retries, catches.

Only what `statemachines/case.asl.json` uses. A task that was killed is run again, as the Retry of every task promises.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

from tests.faults.mischief import Killed
from tests.support.template import ROOT
from wugan.cases.ports import WaitStore
from wugan.errors import Conflict, VendorUnavailable, WuganError

Data = dict[str, Any]
ENDLESS = 200  # steps; no case takes so many


@cache
def states() -> Mapping[str, Data]:
    """The states of the case state machine."""
    found: dict[str, Data] = json.loads((ROOT / "statemachines" / "case.asl.json").read_text(encoding="utf-8"))["States"]
    return found


@dataclass
class Execution:
    """One execution. It stands before `state`, or waits there under `token`."""

    state: str
    data: Data
    status: str = "RUNNING"
    token: str = ""


@dataclass
class Machine:
    """Runs executions, and is the port through which they are started and resumed."""

    waits: WaitStore
    verbs: Mapping[str, Callable[[Data], Data]]
    executions: dict[str, Execution] = field(default_factory=dict)
    tokens: count[int] = field(default_factory=lambda: count(1))
    killed: int = 0

    # --- the port

    def start(self, case_id: str, flags: Mapping[str, Any]) -> bool:
        fresh = case_id not in self.executions
        self.executions.setdefault(case_id, Execution("Push", dict(flags)))
        return fresh

    def succeed(self, task_token: str, output: Mapping[str, Any]) -> bool:
        execution = self._waiting(task_token)
        if execution:
            execution.token, execution.data = "", dict(output)
            execution.state = states()[execution.state]["Next"]
        return execution is not None

    def fail(self, task_token: str, error: str, cause: str) -> bool:
        execution = self._waiting(task_token)
        if execution:
            execution.token = ""
            self._caught(execution, error, cause)
        return execution is not None

    def status(self, case_id: str) -> str:
        return self.executions[case_id].status if case_id in self.executions else "MISSING"

    # --- running

    def run(self) -> bool:
        """Go on with every execution until all wait or ended; whether anything moved."""
        moved = False
        for execution in self.executions.values():
            for _ in range(ENDLESS):
                if execution.status != "RUNNING" or execution.token:
                    break
                self._step(execution)
                moved = True
            else:
                raise AssertionError(f"goes round and round at {execution.state}")
        return moved

    def _step(self, execution: Execution) -> None:
        state = states()[execution.state]
        if state["Type"] == "Choice":
            chosen = (c["Next"] for c in state["Choices"] if _holds(c, execution.data))
            execution.state = next(chosen, state["Default"])
        elif state["Resource"].endswith("waitForTaskToken"):
            token = f"token-{next(self.tokens)}"
            execution.token = token
            self.waits.store_token(execution.data["wait"], token)
        else:
            self._invoke(execution, state)

    def _invoke(self, execution: Execution, state: Data) -> None:
        parameters = state["Parameters"]
        verb = _verb(parameters["FunctionName"])
        payload = {name.removesuffix(".$"): execution.data[path.removeprefix("$.")] for name, path in parameters["Payload"].items()}
        try:
            execution.data = self.verbs[verb](payload)
        except (Killed, VendorUnavailable, Conflict):
            self.killed += 1
            return
        except WuganError as error:
            self._caught(execution, type(error).__name__, str(error))
            return
        if state.get("End"):
            execution.status = "SUCCEEDED"
        else:
            execution.state = state["Next"]

    def _caught(self, execution: Execution, error: str, cause: str) -> None:
        for catch in states()[execution.state].get("Catch", ()):
            if {error, "States.ALL"} & set(catch["ErrorEquals"]):
                execution.data |= {"error": {"Error": error, "Cause": cause}}
                execution.state = catch["Next"]
                return
        execution.status = "FAILED"

    def _waiting(self, token: str) -> Execution | None:
        return next((e for e in self.executions.values() if e.token == token), None)


def _verb(function: str) -> str:
    name = function.removeprefix("${").removesuffix("FunctionArn}")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _holds(choice: Data, data: Data) -> bool:
    if "And" in choice:
        return all(_holds(c, data) for c in choice["And"])
    if "Or" in choice:
        return any(_holds(c, data) for c in choice["Or"])
    wanted = choice["StringEquals"] if "StringEquals" in choice else choice["BooleanEquals"]
    return bool(data[choice["Variable"].removeprefix("$.")] == wanted)
