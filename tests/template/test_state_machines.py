"""The state machines as text: targets exist, nothing dangles, every wait ends by itself and can be withdrawn from."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.support.roles import granted
from tests.support.template import ROOT, resources

MACHINES = {"case": "CaseMachine", "scan": "ScanMachine", "simulate": "SimulateMachine"}
NO_WITHDRAWAL = {"AwaitDelivery", "AwaitGiveBack", "AwaitMorning"}  # after the decision there is nothing left to withdraw

LAST = {"HandOver", "Notify", "LeaveOld", "Close"}  # when these fail the execution fails, and the sweeper takes the case


@cache
def definition(name: str) -> Any:
    """A state machine as written."""
    return json.loads((ROOT / "statemachines" / f"{name}.asl.json").read_text(encoding="utf-8"))


def scopes(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The machine and the machines inside its Map and Parallel states."""
    yield machine
    for state in machine["States"].values():
        inner = [state[k] for k in ("ItemProcessor", "Iterator") if k in state] + state.get("Branches", [])
        for scope in inner:
            yield from scopes(scope)


def states(name: str) -> dict[str, dict[str, Any]]:
    """All states, those inside others too."""
    return {n: s for scope in scopes(definition(name)) for n, s in scope["States"].items()}


def targets(state: dict[str, Any]) -> set[str]:
    """Where a state may go."""
    found = {state[key] for key in ("Next", "Default") if key in state}
    return found | {rule["Next"] for key in ("Choices", "Catch") for rule in state.get(key, [])}


def distributed(name: str) -> dict[str, dict[str, Any]]:
    """Maps that run each item as an execution of its own."""
    return {n: s for n, s in states(name).items() if s.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED"}


def waits() -> dict[str, dict[str, Any]]:
    return {n: s for n, s in states("case").items() if str(s.get("Resource", "")).endswith(".waitForTaskToken")}


def pauses(retry: dict[str, Any]) -> list[float]:
    """The longest that each pause between two tries can be, in seconds."""
    return [min(retry["IntervalSeconds"] * retry["BackoffRate"] ** n, retry["MaxDelaySeconds"]) for n in range(retry["MaxAttempts"])]


@pytest.mark.parametrize("name", MACHINES)
def test_every_target_exists_and_every_state_is_reached(name: str) -> None:
    for scope in scopes(definition(name)):
        known = set(scope["States"])
        reached = {scope["StartAt"]} | {t for state in scope["States"].values() for t in targets(state)}
        assert reached == known


@pytest.mark.parametrize("name", MACHINES)
def test_every_path_ends(name: str) -> None:
    for scope in scopes(definition(name)):
        ending = {n for n, s in scope["States"].items() if s.get("End") or s["Type"] in ("Succeed", "Fail")}
        while more := {n for n, s in scope["States"].items() if n not in ending and targets(s) & ending}:
            ending |= more
        assert ending == set(scope["States"])


@pytest.mark.parametrize(("name", "logical"), MACHINES.items())
def test_the_template_substitutes_just_what_the_machine_names(name: str, logical: str) -> None:
    used = set(re.findall(r"\$\{(\w+)\}", (ROOT / "statemachines" / f"{name}.asl.json").read_text(encoding="utf-8")))
    assert used == set(resources("AWS::Serverless::StateMachine")[logical]["Properties"]["DefinitionSubstitutions"])


@pytest.mark.parametrize(("name", "logical"), MACHINES.items())
def test_the_role_allows_just_what_the_machine_calls(name: str, logical: str) -> None:
    properties = resources("AWS::Serverless::StateMachine")[logical]["Properties"]
    called = set()
    for state in states(name).values():
        if state.get("Resource", "").endswith(":lambda:invoke"):
            called.add(f"lambda:InvokeFunction {re.sub(r'[${}]|Arn', '', state['Parameters']['FunctionName'])}")
        elif "dynamodb:updateItem" in state.get("Resource", ""):
            called.add(f"dynamodb:UpdateItem {re.sub(r'[${}]|Table', '', state['Parameters']['TableName'])}")
    if distributed(name):
        machine = f"wugan-${{Stage}}-{name}"
        called.add(f"states:StartExecution stateMachine:{machine}")
        children = (f"execution:{machine}:*", f"execution:{machine}/*")
        called |= {f"states:{action} {child}" for action in ("DescribeExecution", "StopExecution") for child in children}
    delivery = granted([{"Ref": "MachineLogGrant"}])
    assert granted(properties["Policies"]) == called | delivery
    assert all(g.partition(":")[0] in ("logs", "xray") for g in delivery)


@pytest.mark.parametrize("name", MACHINES)
def test_every_task_has_a_time_limit_and_repeats_what_may_pass(name: str) -> None:
    for task, state in states(name).items():
        if state["Type"] == "Task":
            assert 0 < state["TimeoutSeconds"] <= 31_536_000, task
            assert state["Retry"], task


def test_every_task_of_a_case_has_a_way_out() -> None:
    for name, state in states("case").items():
        if state["Type"] == "Task" and name not in LAST:
            caught = [error for rule in state["Catch"] for error in rule["ErrorEquals"]]
            assert caught[-1] == "States.ALL", name


def test_every_wait_can_be_withdrawn_from() -> None:
    assert len(waits()) == 10
    for name, state in waits().items():
        caught = {error: rule["Next"] for rule in state["Catch"] for error in rule["ErrorEquals"]}
        assert ("Withdrawn" in caught) == (name not in NO_WITHDRAWAL), name
        assert caught.get("Withdrawn", "Cancel") == "Cancel", name


def test_a_withdrawal_between_two_waits_is_routed_after_each_stage_before_the_decision() -> None:
    wanted = {"Variable": "$.withdrawing", "BooleanEquals": True, "Next": "Cancel"}
    routing = {states("case")[name]["Next"]: name for name in ("Push", "Declare", "Pickup", "Approve")}
    found = {name for name, state in states("case").items() if wanted in state.get("Choices", [])[:1]}
    assert found == set(routing)
    assert not any("$.withdrawing" in json.dumps(state) for name, state in states("case").items() if name not in found)


def test_waits_store_their_token_where_only_resume_reads_it() -> None:
    for name, state in waits().items():
        assert state["Parameters"]["UpdateExpression"] == "SET task_token = :token", name
        assert state["Parameters"]["ConditionExpression"] == "attribute_exists(wait_id)", name


def caught(state: dict[str, Any]) -> dict[str, str]:
    """Where a state goes by error."""
    return {error: rule["Next"] for rule in state.get("Catch", []) for error in rule["ErrorEquals"]}


@pytest.mark.parametrize("name", MACHINES)
def test_a_state_that_fails_tells_error_and_cause(name: str) -> None:
    for fail, state in states(name).items():
        if state["Type"] == "Fail":
            assert state["Error"] == fail
            assert state["Cause"]


def test_chunks_are_distributed_and_neither_one_nor_all_that_fail_keep_the_report_from_coming() -> None:
    assert set(distributed("scan")) == {"Detect"}
    (detect,) = distributed("scan").values()
    assert detect["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert detect["ToleratedFailureCount"] > 1000  # chunks that a scan will never have; statelint and moto differ on the percentage
    assert detect["Next"] == caught(detect)["States.ALL"] == "Report"


def test_what_a_chunk_gives_back_is_small() -> None:
    """The outputs of all children together must fit into one state's 256 KiB."""
    ((_, detect),) = distributed("scan").items()
    ends = [s for s in detect["ItemProcessor"]["States"].values() if s.get("End")]
    assert [s["OutputPath"] for s in ends] == ["$.run"] * 2


def test_a_chunk_or_a_batch_that_fails_is_left_to_the_next_scan_and_a_report_that_fails_is_a_failure() -> None:
    scan = states("scan")
    for name, target in {"DetectChunk": "ChunkLeft", "OpenBatch": "BatchLeft", "Report": "ReportFailed"}.items():
        assert caught(scan[name]) == {"States.ALL": target}
    assert scan["ReportFailed"]["Type"] == "Fail"
    assert not caught(scan["Plan"])  # without a plan there is nothing to report


def test_a_delivery_that_is_not_trusted_is_reported_and_fails() -> None:
    scan = states("scan")
    stopped = {"Variable": "$.stopped", "BooleanEquals": True}
    assert (scan["Plan"]["Next"], scan["Report"]["Next"]) == ("Trusted", "Stopped")
    assert (scan["Trusted"]["Choices"], scan["Trusted"]["Default"]) == ([stopped | {"Next": "Report"}], "Detect")
    assert (scan["Stopped"]["Choices"], scan["Stopped"]["Default"]) == ([stopped | {"Next": "RegistryUnfit"}], "Scanned")
    assert (scan["RegistryUnfit"]["Type"], scan["Scanned"]["Type"]) == ("Fail", "Succeed")


@pytest.mark.parametrize("name", MACHINES)
def test_the_dialect_is_the_one_that_both_engines_know(name: str) -> None:
    assert definition(name).get("QueryLanguage", "JSONPath") == "JSONPath"
    assert not any("TimeoutSecondsPath" in state for state in states(name).values())


def test_a_vendor_may_be_away_for_days() -> None:
    """Every stage is repeated for more than three days before a person takes the case over, however the jitter falls."""
    stages = {name: state for name, state in states("case").items() if state.get("Resource", "").endswith("lambda:invoke")}
    for name, state in stages.items():
        (retry,) = [r for r in state["Retry"] if "VendorUnavailable" in r["ErrorEquals"]]
        longest = pauses(retry)
        mean, deviation = sum(longest) / 2, math.sqrt(sum(w**2 for w in longest) / 12)  # each drawn evenly between 0 and its longest
        assert mean - 5 * deviation > 3 * 86_400, name


@pytest.mark.parametrize("name", ["case", "scan"])
def test_a_full_account_is_waited_for(name: str) -> None:
    """A burst of cases or chunks meets the account's limit of functions at once; nothing fails for that within twenty minutes."""
    for task, state in states(name).items():
        if state.get("Resource", "").endswith("lambda:invoke"):
            (retry,) = [r for r in state["Retry"] if "Lambda.TooManyRequestsException" in r["ErrorEquals"]]
            assert sum(pauses(retry)) / 2 > 20 * 60, task
