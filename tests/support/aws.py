"""The system on moto: real tables, real adapters, real handlers, the real state machine; vendors in memory."""

from __future__ import annotations

import importlib.util
import json
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy, deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from botocore.loaders import JSONFileLoader
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb import models as dynamodb_models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler
from moto.kms.utils import generate_private_key
from moto.stepfunctions.parser.asl.antlr.runtime.ASLParser import ASLParser
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.models import stepfunctions_parser_backends
from moto.stepfunctions.parser.utils import TMP_THREADS

from tests.support import people
from tests.support.ledger import ORIGIN, SIGNER
from tests.support.template import ROOT, table
from wugan import bootstrap, config
from wugan.approval.port import Department
from wugan.aws import clients, registry_files, secrets, tables
from wugan.clock import BEIJING, FixedClock
from wugan.memory.stores import MemoryLookup, SeededRandom
from wugan.memory.vendors import MemoryCourier, MemoryDepartment, MemoryIdentity, MemoryMessenger

REGION = "cn-north-1"
WAIT_SCALE = 0.05  # of the pauses between tries, which are made for a cloud
TODAY = datetime(2026, 11, 23, 10, 0, tzinfo=BEIJING)
TABLES = {
    "Cases": "cases",
    "Waits": "waits",
    "Items": "items",
    "Changes": "changes",
    "Outbox": "outbox",
    "Requests": "requests",
    "Ledger": "ledger",
}
TABLES |= {"VendorRows": "vendors"}
TABLES |= {"People": "people"}
ENVIRONMENT = {
    config.STAGE: "rehearsal",
    config.CASES_TABLE: "cases",
    config.WAITS_TABLE: "waits",
    config.ITEMS_TABLE: "items",
    config.CHANGES_TABLE: "changes",
    config.CHANGE_BUS: "changes",
    config.VENDORS_TABLE: "vendors",
    config.PEOPLE_TABLE: "people",
    config.BEHAVIOUR_MODEL: "off",  # its choices are tried out by the tests that are about them
    config.REGISTRY_BUCKET: "registry",
    config.FILES_BUCKET: "files",
    config.OUTBOX_TABLE: "outbox",
    config.REQUESTS_TABLE: "requests",
    config.LEDGER_TABLE: "ledger",
    config.LEDGER_BUCKET: "log",
    config.LEDGER_ORIGIN: ORIGIN,
    config.LINK_SECRET: "link",
    config.VENDOR_SECRET: "vendor",
    config.PUBLIC_URL: "https://wugan.example",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "Wugan",
    "POWERTOOLS_LOG_LEVEL": "ERROR",
}


@cache
def handler(verb: str) -> Callable[[Any, Any], Any]:
    """The Lambda handler in functions/<verb>/handler.py."""
    spec = importlib.util.spec_from_file_location(f"handler_{verb}", ROOT / "functions" / verb / "handler.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: Callable[[Any, Any], Any] = module.handler
    return function


def invoke(verb: str, event: Mapping[str, Any]) -> Any:
    """Call a handler as Lambda would: JSON in, JSON out."""
    context = SimpleNamespace(
        function_name=verb,
        aws_request_id="request",
        memory_limit_in_mb=512,
        invoked_function_arn=f"arn:aws:lambda:{REGION}:123456789012:function:{verb}",
    )
    return json.loads(json.dumps(handler(verb)(json.loads(json.dumps(event)), context)))


@dataclass
class Stack:
    """A running system. `pump` plays the stream; `clock` is business and wall time."""

    clock: FixedClock
    messenger: MemoryMessenger
    identity: MemoryIdentity
    courier: MemoryCourier
    departments: MemoryDepartment
    lookup: MemoryLookup
    department: Callable[[str], Department] = field(init=False)
    invoked: list[str] = field(default_factory=list)

    def pump(self) -> None:
        """Deliver what the stream of the waits table would."""
        answered = "attribute_exists(task_token) AND attribute_exists(answer)"
        found = clients.client("dynamodb").scan(TableName="waits", FilterExpression=answered)["Items"]
        records = [{"dynamodb": {"Keys": {"wait_id": i["wait_id"]}, "SequenceNumber": str(n)}} for n, i in enumerate(found)]
        if records:
            assert invoke("resume", {"Records": records}) == {"batchItemFailures": []}

    def until(self, condition: Callable[[], bool], what: str, seconds: float = 20) -> None:
        """Pump until the condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            self.pump()
            assert time.monotonic() < end, f"never happened: {what}"
            time.sleep(0.02)

    def execution(self, case_id: str) -> str:
        """The status of a case's execution."""
        return bootstrap.executions().status(case_id)


def _asl(name: str) -> str:
    """A state machine with its substitutions, functions named by their verb."""
    text = (ROOT / "statemachines" / f"{name}.asl.json").read_text(encoding="utf-8")
    text = text.replace("${Partition}", "aws").replace("${WaitsTable}", "waits")
    for path in sorted(Path(ROOT / "functions").iterdir()):
        logical = "".join(part.capitalize() for part in path.name.split("_"))
        text = text.replace(f"${{{logical}FunctionArn}}", f"arn:aws:lambda:{REGION}:123456789012:function:{path.name}")
    assert "${" not in text, "a substitution is missing"
    return text


def _create() -> str:
    for logical, name in TABLES.items():
        clients.client("dynamodb").create_table(**table(logical, name))
    for bucket in ("registry", "files", "log"):
        clients.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    clients.client("events").create_event_bus(Name="changes")
    key = clients.client("kms").create_key()["KeyMetadata"]["KeyId"]
    vault = clients.client("secretsmanager")
    vault.create_secret(Name="link", SecretString="a secret for tests only")
    vault.create_secret(Name="vendor", SecretString=json.dumps({"registry": "v"}))
    return str(key)


def _machine(name: str) -> str:
    made = clients.client("stepfunctions").create_state_machine(
        name=name, definition=_asl(name), roleArn="arn:aws:iam::123456789012:role/machine"
    )
    return str(made["stateMachineArn"])


def forget() -> None:
    """Drop everything that is kept for a process; clients and models stay as long as they would be made anew for the same AWS."""
    modules, place = [bootstrap, secrets], [os.environ.get(f"AWS_{name}", "") for name in ("ENDPOINT_URL", "REGION", "DEFAULT_REGION")]
    if place != _PLACE:
        modules += [clients, tables]
        _PLACE[:] = place
    for thing in (thing for module in modules for thing in vars(module).values()):
        if hasattr(thing, "cache_clear"):
            thing.cache_clear()
    registry_files._here.clear()  # another test's run may have the same name


_PLACE: list[str] = []  # where AWS was when clients were last made


@contextmanager
def _whole_transactions() -> Iterator[None]:
    """DynamoDB answers one request at a time: moto's transactions are neither isolated nor safe for threads.

    To put things back, moto copies a whole table for each row of a transaction; the rows concerned are enough.
    """
    one_at_a_time, call, transact = threading.RLock(), DynamoHandler.call_action, DynamoDBBackend.transact_write_items

    def locked(handler: DynamoHandler) -> Any:
        with one_at_a_time:
            return call(handler)

    def quick(backend: DynamoDBBackend, items: list[dict[str, Any]]) -> None:
        with patch.object(dynamodb_models, "copy", SimpleNamespace(deepcopy=partial(_kept, items))):
            transact(backend, items)

    with patch.object(DynamoHandler, "call_action", locked), patch.object(DynamoDBBackend, "transact_write_items", quick):
        yield


def _kept(operations: list[dict[str, Any]], thing: Any) -> Any:
    """A copy of a table in which the rows that a transaction writes are kept as they are; of anything else a whole copy."""
    if not isinstance(thing, Table):
        return deepcopy(thing)
    kept, ranged = copy(thing), thing.range_key_attr
    kept.items = defaultdict(dict, {key: dict(rows) if ranged else rows for key, rows in thing.items.items()})
    if thing.stream_shard:
        kept.stream_shard = copy(thing.stream_shard)
        kept.stream_shard.table, kept.stream_shard.items = kept, list(thing.stream_shard.items)
    for (operation,) in (o.values() for o in operations):
        if operation["TableName"] == thing.name:
            key = operation.get("Key") or operation["Item"]
            rows: Any = thing.items
            at = DynamoType(key[thing.hash_key_attr])
            if ranged:
                rows, at = rows.get(at, {}), DynamoType(key[ranged])
            if at in rows:
                rows[at] = deepcopy(rows[at])
    return kept


_MODELS = lru_cache(None)(partial(JSONFileLoader.load_file, JSONFileLoader()))  # each new session would read AWS's models anew
_PRIVATE_KEY = lru_cache(None)(generate_private_key)  # moto makes one for every key, of 2,048 bits
_READ, _TREES = ASLParser.state_machine, dict[str, Any]()


def _read_once(parser: ASLParser) -> Any:
    """What moto's grammar makes of a definition. Nobody changes a tree, and to read one takes half a second."""
    text = str(parser.getTokenStream().tokenSource.inputStream)
    if text not in _TREES:
        _TREES[text] = _READ(parser)  # type: ignore[no-untyped-call]
    return _TREES[text]


@contextmanager
def storage(monkeypatch: Any, moto: Any = None) -> Iterator[None]:
    """Tables, buckets, key and secrets on moto, named by this process's settings."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    models = patch.object(JSONFileLoader, "load_file", lambda _, path: _MODELS(path))
    with models, patch("moto.kms.models.generate_private_key", _PRIVATE_KEY), mock_aws(config=moto), _whole_transactions():
        forget()
        monkeypatch.setenv(config.KMS_KEY, _create())
        monkeypatch.setattr(bootstrap, "ledger_signer", lambda: SIGNER)  # moto's KMS has no Ed25519
        monkeypatch.setattr(bootstrap, "ledger_verifier", lambda: SIGNER.verifier)
        yield
    forget()


@contextmanager
def running(monkeypatch: Any) -> Iterator[Stack]:
    """The system on moto, with all items published."""
    clock = FixedClock(TODAY)
    stack = Stack(clock, MemoryMessenger(), MemoryIdentity(clock), MemoryCourier(), MemoryDepartment(), MemoryLookup(TODAY.date()))
    stack.department = lambda _: stack.departments

    def run(parameters: dict[str, Any], region: str, state_credentials: Any) -> dict[str, Any]:  # noqa: ARG001
        verb = parameters["FunctionName"].rsplit(":", 1)[-1]
        stack.invoked.append(verb)
        try:
            return {"StatusCode": 200, "Payload": invoke(verb, json.loads(parameters["Payload"]))}
        except Exception as error:
            return {
                "StatusCode": 200,
                "FunctionError": "Unhandled",
                "Payload": {"errorType": type(error).__name__, "errorMessage": str(error)},
            }

    where = "moto.stepfunctions.parser.asl.component.state.exec.state_task.lambda_eval_utils._invoke_lambda_function"
    started = storage(monkeypatch, {"stepfunctions": {"execute_state_machine": True}})
    waits = patch.object(retrier_decl, "time", SimpleNamespace(sleep=lambda seconds: time.sleep(seconds * WAIT_SCALE)))
    with patch.object(ASLParser, "state_machine", _read_once), started, patch(where, run), waits:
        monkeypatch.setenv(config.CASE_MACHINE, _machine("case"))
        monkeypatch.setenv(config.SCAN_MACHINE, _machine("scan"))
        monkeypatch.setenv(config.SIMULATE_MACHINE, _machine("simulate"))
        monkeypatch.setattr(bootstrap, "clock", lambda: clock)
        monkeypatch.setattr(bootstrap, "SystemRandom", SeededRandom)
        monkeypatch.setattr(bootstrap, "S3SubjectLookup", lambda *_: stack.lookup)
        for name in ("messenger", "identity", "courier"):
            monkeypatch.setattr(bootstrap, name, partial(_of_any, stack, name))
        monkeypatch.setattr(bootstrap, "department", lambda j: stack.department(j))
        monkeypatch.setattr(bootstrap, "platform_key", lambda _: "v")
        monkeypatch.setattr(bootstrap, "certificate_key", lambda _: "")
        for item in people.items().values():
            bootstrap.item_store().publish(item, clock.now())
        try:
            yield stack
        finally:
            _settle()


def _of_any(stack: Stack, name: str, jurisdiction: str) -> Any:  # noqa: ARG001
    """The stack's vendor, whatever the bureau."""
    return getattr(stack, name)


def _settle() -> None:
    """Stop every execution and let its threads end: the next test's cases have the same names, and would be driven twice."""
    end = time.monotonic() + 20
    machines: Any = stepfunctions_parser_backends[DEFAULT_ACCOUNT_ID][REGION].state_machines
    while alive := [thread for thread in TMP_THREADS if thread.is_alive()]:
        assert time.monotonic() < end, "executions go on after their test"
        environments = [e.exec_worker.env for machine in machines for e in machine.executions if e.exec_worker]
        for environment in filter(None, environments):
            environment.set_stop(stop_date=TODAY, cause=None, error=None)
            for endpoint in list(environment.callback_pool_manager._pool.values()):
                endpoint.interrupt_all()
        alive[0].join(timeout=0.02)
    TMP_THREADS.clear()
