"""Nothing personal leaves the sealed item of the case, and no task token leaves the waits table."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from infra.local.stack import STAGE
from tests.rehearsal import places
from tests.rehearsal.town import Play, Town
from wugan import bootstrap, config
from wugan.aws.clients import client
from wugan.aws.functions import FunctionFailed, invoke
from wugan.items.model import Channel
from wugan.outreach.port import Message

MARK = "标记甲乙丙丁"  # nobody's name
MARK_ID = "markedmarkedmarkedmarked42"
SECONDS = 20


def test_nothing_personal_anywhere(town: Town, delivered: Play) -> None:
    """Names, numbers, addresses, old and new values and the form of a case that went through all steps."""
    values = places.personal(delivered)
    assert len(values) >= 8
    where = places.everywhere(town)
    leaked = {value: found for value in values if (found := places.found(value, where))}
    assert not leaked


def test_nothing_personal_of_anybody_in_the_world(town: Town) -> None:
    """Mobile and identity numbers of all contacts whose cases were opened."""
    where = places.everywhere(town)
    numbers = {n for a, owner in town.owners.items() for n in (a, owner.mobile, owner.id_number) if n and len(n) > 8}
    assert len(numbers) > 100
    haystack = {name: ["\n".join(texts)] for name, texts in where.items()}
    assert not {n for n in numbers if places.found(n, haystack)}


def test_the_search_finds_what_is_there(town: Town) -> None:
    """A marked value planted in each kind of place is found in it."""
    with _planted(town):
        end = time.monotonic() + SECONDS
        wanted = {"executions of cases", "logs", "waits", "cases", "files", "addresses"}
        while (found := places.found(MARK, places.everywhere(town)) | places.found(MARK_ID, places.everywhere(town))) < wanted:
            assert time.monotonic() < end, f"found in {sorted(found)} only"
    assert found >= wanted


@contextmanager
def _planted(town: Town) -> Iterator[None]:
    """The mark in an execution's input, a log, a wait's answer, a head, a file and a link."""
    states, table, store = client("stepfunctions"), client("dynamodb"), client("s3")
    machine, files = town.environment[config.CASE_MACHINE], town.environment[config.FILES_BUCKET]
    key = {"wait_id": {"S": MARK_ID}}
    row = {"pk": {"S": MARK_ID}, "sk": {"S": MARK_ID}}
    started = states.start_execution(stateMachineArn=machine, name=MARK_ID, input=f'{{"case_id": "{MARK_ID}", "name": "{MARK}"}}')
    states.stop_execution(executionArn=started["executionArn"])
    table.put_item(TableName=town.environment[config.WAITS_TABLE], Item=key | {"note": {"S": MARK}})
    table.put_item(TableName=town.environment[config.CASES_TABLE], Item=row | {"blob": {"B": MARK.encode()}})
    store.put_object(Bucket=files, Key=MARK_ID, Body=MARK.encode())
    with pytest.raises(FunctionFailed):
        invoke(f"wugan-{STAGE}-push", {"case_id": MARK_ID})
    _send_link(town)
    try:
        yield
    finally:
        table.delete_item(TableName=town.environment[config.WAITS_TABLE], Key=key)
        table.delete_item(TableName=town.environment[config.CASES_TABLE], Key=row)
        store.delete_object(Bucket=files, Key=MARK_ID)


def _send_link(town: Town) -> None:
    message = Message(f"{MARK_ID}-notice-1", Channel.SMS, "19900000000", "标记", f"{town.url}/c/{MARK_ID}")
    bootstrap.messenger("QD").send(message)


def test_task_tokens_stay_in_the_waits_table(town: Town, delivered: Play) -> None:
    """Not in the case, the logs, the pages or a link. (Step Functions itself keeps a token's parameters in its history.)"""
    play = town.take()
    tokens = {
        row["task_token"]["S"]
        for page in client("dynamodb").get_paginator("scan").paginate(TableName=town.environment[config.WAITS_TABLE])
        for row in page["Items"]
        if "task_token" in row
    }
    assert tokens
    where = places.everywhere(town)
    assert all("waits" in places.found(token, where) for token in tokens)
    where |= {"pages": [_page(play.link), _page(f"{play.link}/identity"), _page(f"{delivered.link}/identity")]}
    for name in ("waits", "executions of cases"):
        del where[name]
    assert not {name for token in tokens for name in places.found(token, where)}


def _page(url: str) -> str:
    return requests.get(url, timeout=30).text


def test_roles_allow_what_the_functions_do(town: Town, delivered: Play) -> None:
    """The emulator enforces the roles' policies; nobody was denied anything."""
    assert town.stack.auth
    assert delivered.head.ended
    where = places.everywhere(town)
    assert not [line for name in ("logs", "emulator") for text in where[name] for line in text.splitlines() if "AccessDenied" in line]


def test_a_role_denies_the_rest(town: Town) -> None:
    """With the role of `push`, the token of a wait cannot be read: the enforcement is real."""
    role = client("lambda").get_function(FunctionName=f"wugan-{STAGE}-push")["Configuration"]["Role"]
    given = client("sts").assume_role(RoleArn=role, RoleSessionName="rehearsal")["Credentials"]
    session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    with pytest.raises(ClientError) as denied:
        session.client("dynamodb").scan(TableName=town.environment[config.WAITS_TABLE])
    assert denied.value.response["Error"]["Code"].startswith("AccessDenied")
