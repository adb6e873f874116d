"""Everywhere that personal data and task tokens must never be: what is kept there, and a search through it."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from tests.rehearsal.town import Play, Town
from wugan import bootstrap, config
from wugan.aws.clients import client

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def executions(town: Town, machine: str = config.CASE_MACHINE) -> Iterator[str]:
    """Input, output and whole history of every execution of a state machine."""
    states = client("stepfunctions")
    for page in states.get_paginator("list_executions").paginate(stateMachineArn=town.environment[machine]):
        for execution in page["executions"]:
            arn = execution["executionArn"]
            yield json.dumps(states.describe_execution(executionArn=arn), ensure_ascii=False, default=str)
            yield json.dumps(states.get_execution_history(executionArn=arn, maxResults=1000), ensure_ascii=False, default=str)


def logs() -> Iterator[str]:
    """Everything that functions and state machines wrote to CloudWatch Logs; metrics are lines there (EMF)."""
    watch = client("logs")
    for page in watch.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            for found in watch.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
                yield from (event["message"] for event in found["events"])


def metrics() -> Iterator[str]:
    """Names and dimensions of all metrics."""
    for page in client("cloudwatch").get_paginator("list_metrics").paginate():
        yield json.dumps(page["Metrics"], ensure_ascii=False)


def rows(town: Town, table: str) -> Iterator[str]:
    """Every attribute of every row, bytes too."""
    for page in client("dynamodb").get_paginator("scan").paginate(TableName=town.environment[table], ConsistentRead=True):
        for row in page["Items"]:
            yield json.dumps(row, ensure_ascii=False, default=lambda value: bytes(value).decode("latin-1"))


def files(town: Town, setting: str = config.FILES_BUCKET) -> Iterator[str]:
    """Names and content of the files of the cases, or of another bucket."""
    store, bucket = client("s3"), town.environment[setting]
    for page in store.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for found in page.get("Contents", ()):
            yield found["Key"] + store.get_object(Bucket=bucket, Key=found["Key"])["Body"].read().decode("latin-1")


def addresses(town: Town) -> Iterator[str]:
    """The links that were sent out, and the paths under which the vendors were asked to come back."""
    for message in town.sandbox.records("messages"):
        yield str(message["link"])
    for face in town.sandbox.records("faces"):
        yield str(face["return_url"])


def everywhere(town: Town) -> dict[str, list[str]]:
    """All places by name. The emulator's own log has the path of every request."""
    return {
        "executions of cases": list(executions(town)),
        "executions of scans": list(executions(town, config.SCAN_MACHINE)),
        "logs": list(logs()),
        "metrics": list(metrics()),
        "emulator": [town.stack.log.read_text(encoding="utf-8", errors="replace")],
        "waits": list(rows(town, config.WAITS_TABLE)),
        "cases": list(rows(town, config.CASES_TABLE)),
        "files": list(files(town)),
        "outbox": list(rows(town, config.OUTBOX_TABLE)),
        "ledger": list(rows(town, config.LEDGER_TABLE)),
        "log": list(files(town, config.LEDGER_BUCKET)),
        "addresses": list(addresses(town)),
    }


def found(value: str, places: dict[str, list[str]]) -> set[str]:
    """The places where a value stands: plain, escaped as JSON once or twice, in a URL, or as its UTF-8 bytes."""
    escaped = json.dumps(value)[1:-1]
    shapes = {value, escaped, json.dumps(escaped)[1:-1], quote(value), value.encode().decode("latin-1")}
    return {name for name, texts in places.items() if any(shape in text for text in texts for shape in shapes)}


def personal(play: Play) -> set[str]:
    """The sealed values of a case that tell something about a person: names, numbers, addresses, what changed, what was filled in."""
    sealed = bootstrap.case_store().unsealed(play.case_id)
    contacts = [c[name] for c in sealed["contacts"] for name in ("name", "id_number", "mobile", "wechat_openid", "app_user")]
    changes = [c[side] for c in sealed["changes"] for side in ("old", "new")]
    form = sealed.get("form") or {"fields": []}
    filled = [
        f[name] for f in form["fields"] if not f["source"].startswith(("case.", "certificate.")) for name in ("value", "given", "disputed")
    ]
    typed = [form.get(name) for name in ("pickup_address", "delivery_address", "courier_mobile")]
    certificate = sealed.get("certificate", {}).get("file_base64")
    file = [certificate[:60], b64decode(certificate)[:60].decode("latin-1")] if certificate else []
    told = [*contacts, *changes, *filled, *typed, *file, sealed["subject"]["name"], *sealed.get("corrections", ())]
    open_to_all = {play.head.subject, play.head.certificate_no, play.item.name}
    return {v for v in map(_text, told) if len(v) > 1 and v not in open_to_all and not DATE.fullmatch(v)}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
