"""From a signed change to an open case on moto: real handlers, real tables, bus and queues; and the dead letters back again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from tests.browser.serve import rest_event
from tests.component.registry.test_intake import as_csv, put
from tests.support import people
from tests.support.aws import invoke, storage
from wugan import bootstrap, config
from wugan.aws import queues
from wugan.aws.bus import DETAIL_TYPE
from wugan.cli.main import app
from wugan.clock import BEIJING, FixedClock
from wugan.errors import VendorUnavailable
from wugan.memory.stores import MemoryExecutions
from wugan.registry import intake
from wugan.registry.guard import Unfit
from wugan.signing import SIGNATURE_HEADER, TIME_HEADER, sign
from wugan.web.changes_app import create

PATH = "/registry/changes"
PRODUCER = "91370203MA0000001G"
ITEM = people.items()[1]
CLOCK = FixedClock(datetime(2026, 11, 23, 10, tzinfo=BEIJING))


def told(row: Any, **more: Any) -> dict[str, Any]:
    """A row as its registry tells it."""
    return {n: v.isoformat() if isinstance(v, date) else v for n, v in {**asdict(row), **more}.items()}


def as_text(row: dict[str, Any]) -> dict[str, str]:
    return {name: value or "" for name, value in row.items()}


@pytest.fixture
def urls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The stores with one subject in the clean files, under its former name; bus, rule and queues as the template has them."""
    with storage(monkeypatch):
        sqs, events = boto3.client("sqs"), boto3.client("events")
        names = {config.SENSE_QUEUE: "sense", config.SENSE_FAILURES: "sense-failures"}
        found = {setting: sqs.create_queue(QueueName=name)["QueueUrl"] for setting, name in names.items()}
        for setting, url in found.items():
            monkeypatch.setenv(setting, url)
        arn = sqs.get_queue_attributes(QueueUrl=found[config.SENSE_QUEUE], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events.put_rule(Name="changed", EventBusName="changes", EventPattern=json.dumps({"detail-type": [DETAIL_TYPE]}))
        events.put_targets(Rule="changed", EventBusName="changes", Targets=[{"Id": "sense", "Arn": arn}])
        executions = MemoryExecutions()
        monkeypatch.setattr(bootstrap, "executions", lambda: executions)
        monkeypatch.setattr(bootstrap, "clock", lambda: CLOCK)
        monkeypatch.setattr(queues, "WAIT_SECONDS", 0)
        bootstrap.item_store().publish(ITEM, CLOCK.now())
        feeds = {
            "business": told(people.business(), name=people.certificate(ITEM).name, version="1"),
            "licence": told(people.certificate(ITEM), producer_code=PRODUCER),
            "contact": told(people.contact()),
            "property": {"credit_code": PRODUCER, "address": "甲", "certificate_no": "1", "version": "1"},
            "blacklist": {"credit_code": PRODUCER, "reason": "甲", "since": "2020-01-01", "until": "2021-01-01", "version": "1"},
        }
        for feed, row in feeds.items():
            put(tmp_path / "drops", f"{feed}/a.csv", as_csv([as_text(row)]))
        intake.take_in(tmp_path / "drops", tmp_path / "clean", people.TODAY, buckets=4)
        bootstrap.registry_files().deliver(tmp_path / "drops")
        bootstrap.registry_files().publish_clean("first", tmp_path / "clean")
        bootstrap.registry_files().make_current("first")
        yield found


def send(*changes: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Call the API's function with a signed batch."""
    body, now = json.dumps({"batch_id": "b-1", "changes": changes}).encode(), str(int(CLOCK.wall().timestamp()))
    headers = {TIME_HEADER: now, SIGNATURE_HEADER: sign("v", now, PATH, body), "Content-Type": "application/json"}
    event = rest_event(create(bootstrap.change_intake), "POST", PATH, headers, body)
    assert event
    answer = invoke("changes", event)
    return answer["statusCode"], json.loads(answer["body"])


def received(url: str) -> list[dict[str, str]]:
    """The messages of a queue as the event source hands them to a function."""
    found = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [{"messageId": m["MessageId"], "body": m["Body"]} for m in found]


CHANGED: dict[str, Any] = {"feed": "business", "row": told(people.business(), version="2")}


def test_a_change_opens_a_case(urls: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    status, answer = send(CHANGED, {"feed": "business", "row": CHANGED["row"] | {"status": "asleep"}})
    assert status == 202
    assert answer["accepted"] == [{"index": 0, "newest": True}]
    assert [(r["index"], r["field"], r["code"]) for r in answer["rejected"]] == [(1, "status", "bad_value")]
    records = received(urls[config.SENSE_QUEUE])
    (event,) = [json.loads(r["body"]) for r in records]
    assert event["detail"] == {"credit_code": people.CODE, "batch": "b-1"}
    assert invoke("sense", {"Records": records}) == {"batchItemFailures": []}
    (head,) = bootstrap.case_store().by_item(ITEM.code)
    assert head.subject == people.CODE
    assert bootstrap.executions().status(head.case_id) == "RUNNING"
    logged = "".join(capsys.readouterr())
    assert [w for w in (people.CODE, people.business().name, "asleep", "测试甲") if w in logged] == []


@pytest.mark.usefixtures("urls")
def test_the_next_scan_does_not_forget_it() -> None:
    send(CHANGED, {"feed": "contact", "row": told(people.contact(role="agent", name="测试,乙", id_number="370202199001010023"))})
    bootstrap.scan().plan("second", accept=tuple(Unfit))
    assert bootstrap.registry_files().current_run() == "second"
    for row in boto3.client("dynamodb").scan(TableName="changes")["Items"]:
        boto3.client("dynamodb").delete_item(TableName="changes", Key={"pk": row["pk"], "sk": row["sk"]})
    subject = bootstrap.lookup().subject(people.CODE)
    assert subject.business
    assert subject.business.name == people.business().name
    assert {c.name for c in subject.contacts} == {"测试甲", "测试,乙"}


def test_a_producers_change_tells_its_holders(urls: dict[str, str]) -> None:
    send({"feed": "business", "row": told(people.business(), credit_code=PRODUCER)})
    assert invoke("sense", {"Records": received(urls[config.SENSE_QUEUE])}) == {"batchItemFailures": []}
    (event,) = [json.loads(r["body"])["detail"] for r in received(urls[config.SENSE_QUEUE])]
    assert event == {"credit_code": people.CODE, "batch": "b-1", "producer": PRODUCER}


@pytest.mark.usefixtures("urls")
def test_a_message_that_is_no_event_fails_alone() -> None:
    good = {"messageId": "good", "body": json.dumps({"detail": {"credit_code": people.CODE, "batch": "b"}})}
    records = [{"messageId": n, "body": body} for n, body in (("a", "{"), ("b", "[]"), ("c", '{"detail": {}}'))]
    failed = invoke("sense", {"Records": [*records, good]})["batchItemFailures"]
    assert [f["itemIdentifier"] for f in failed] == ["a", "b", "c"]


@pytest.mark.usefixtures("urls")
def test_an_event_that_the_bus_did_not_take_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        def put_events(self, **_: Any) -> dict[str, int]:
            return {"FailedEntryCount": 1}

    monkeypatch.setattr("wugan.aws.bus.client", lambda _: Client())
    with pytest.raises(VendorUnavailable):
        bootstrap.change_bus().tell(["x"], "b")
    assert send(CHANGED)[0] == 503


def test_more_events_than_one_call_takes(urls: dict[str, str]) -> None:
    bootstrap.change_bus().tell([f"code-{n}" for n in range(25)], "b")
    found: set[str] = set()
    for _ in range(6):
        found |= {json.loads(r["body"])["detail"]["credit_code"] for r in received(urls[config.SENSE_QUEUE])}
    assert len(found) == 25


class TestReplay:
    """Dead letters go back, none is lost."""

    def put(self, urls: dict[str, str], count: int) -> None:
        for n in range(count):
            boto3.client("sqs").send_message(QueueUrl=urls[config.SENSE_FAILURES], MessageBody=f"event {n}")

    def bodies(self, url: str) -> list[str]:
        found: list[str] = []
        while records := received(url):
            found += [r["body"] for r in records]
        return sorted(found)

    def test_every_message_goes_back_once(self, urls: dict[str, str]) -> None:
        self.put(urls, 23)
        done = CliRunner().invoke(app, ["sense", "replay", "--json"])
        assert json.loads(done.stdout) == {"replayed": 23}
        assert self.bodies(urls[config.SENSE_QUEUE]) == sorted(f"event {n}" for n in range(23))
        assert self.bodies(urls[config.SENSE_FAILURES]) == []
        assert json.loads(CliRunner().invoke(app, ["sense", "replay", "--json"]).stdout) == {"replayed": 0}

    def test_no_more_than_wanted(self, urls: dict[str, str]) -> None:
        self.put(urls, 3)
        assert CliRunner().invoke(app, ["sense", "replay", "--most", "2"]).stdout == "replayed: 2\n"
        assert len(self.bodies(urls[config.SENSE_FAILURES])) == 1

    @pytest.mark.parametrize("died", ["send_message", "delete_message"])
    def test_whoever_dies_in_between_loses_nothing(self, urls: dict[str, str], monkeypatch: pytest.MonkeyPatch, died: str) -> None:
        self.put(urls, 1)
        sqs = boto3.client("sqs")
        sqs.set_queue_attributes(QueueUrl=urls[config.SENSE_FAILURES], Attributes={"VisibilityTimeout": "0"})

        class Dying:
            def __getattr__(self, name: str) -> Any:
                if name == died:
                    raise KeyboardInterrupt
                return getattr(sqs, name)

        with monkeypatch.context() as patch:
            patch.setattr(queues, "client", lambda _: Dying())
            with pytest.raises(KeyboardInterrupt):
                bootstrap.sense_failures().move_to(bootstrap.sense_queue(), 10)
        bootstrap.sense_failures().move_to(bootstrap.sense_queue(), 10)
        assert self.bodies(urls[config.SENSE_QUEUE]) == ["event 0"] * (1 if died == "send_message" else 2)
        assert self.bodies(urls[config.SENSE_FAILURES]) == []

    @pytest.mark.usefixtures("urls")
    def test_what_was_refused_can_be_looked_up(self) -> None:
        send({"feed": "business", "row": CHANGED["row"] | {"name": ""}})
        done = CliRunner().invoke(app, ["sense", "refused", "b-1", "--json"])
        (refused,) = json.loads(done.stdout)["refused"]
        assert (refused["index"], refused["field"], refused["code"]) == (0, "name", "missing_value")
        assert "名称为空" in CliRunner().invoke(app, ["sense", "refused", "b-1"]).stdout
