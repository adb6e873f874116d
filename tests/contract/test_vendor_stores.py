"""One contract for what is remembered of the vendors, in memory and in DynamoDB."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from tests.support.aws import storage
from wugan.aws.vendor_store import DynamoCodeStore, DynamoSendLog, DynamoTokenStore
from wugan.aws.waybill_store import DynamoHealth, DynamoWaybills
from wugan.clock import BEIJING, FixedClock
from wugan.courier.health import AGAIN, DOWN, Health, MemoryHealth, available
from wugan.courier.port import ParcelState
from wugan.courier.waybills import Entry, MemoryWaybills, Step, Waybills
from wugan.errors import Conflict
from wugan.identity.code import CodeStore, MemoryCodeStore, SentCode
from wugan.outreach.receipts import Status
from wugan.outreach.sendlog import Attempt, MemorySendLog, SendLog, State
from wugan.outreach.tokens import MemoryTokenStore, SharedToken, Token, TokenStore

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
MESSAGE = "a" * 26 + "-push-1"
ORDER = "a" * 26 + "-pickup-1"


@dataclass(frozen=True)
class Stores:
    """One implementation."""

    log: SendLog
    tokens: TokenStore
    codes: CodeStore
    waybills: Waybills
    health: Health


def dynamo() -> Stores:
    table = "vendors"
    return Stores(DynamoSendLog(table), DynamoTokenStore(table), DynamoCodeStore(table), DynamoWaybills(table), DynamoHealth(table))


@pytest.fixture(params=["memory", "aws"])
def stores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    if request.param == "memory":
        yield Stores(MemorySendLog(), MemoryTokenStore(), MemoryCodeStore(), MemoryWaybills(), MemoryHealth())
        return
    with storage(monkeypatch):
        yield dynamo()


def together(*calls: Callable[[], Any]) -> list[Any]:
    """What each call came to when all are made at once."""

    def outcome(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except Conflict:
            return "conflict"

    with ThreadPoolExecutor(len(calls)) as pool:
        return [done.result() for done in [pool.submit(outcome, call) for call in calls]]


# --- the log of sends


def attempt(number: int = 0, carrier: str = "tencent", at: datetime = AT, message: str = MESSAGE) -> Attempt:
    return Attempt(message, number, carrier, at, account="1400")


def test_a_message_has_no_tries_until_one_begins(stores: Stores) -> None:
    assert list(stores.log.attempts(MESSAGE)) == []
    stores.log.begin(attempt())
    assert list(stores.log.attempts(MESSAGE)) == [attempt()]


def test_a_try_begins_once(stores: Stores) -> None:
    stores.log.begin(attempt())
    with pytest.raises(Conflict):
        stores.log.begin(attempt(carrier="aliyun"))
    assert [a.carrier for a in stores.log.attempts(MESSAGE)] == ["tencent"]


def test_of_twins_that_begin_at_once_one_wins(stores: Stores) -> None:
    outcomes = together(*(lambda name=name: stores.log.begin(attempt(carrier=name)) for name in ("a", "b", "c", "d")))
    assert sorted(map(str, outcomes)) == ["None", "conflict", "conflict", "conflict"]
    assert len(stores.log.attempts(MESSAGE)) == 1


def test_what_came_of_a_try_is_kept_in_order(stores: Stores) -> None:
    for number in range(12):
        stores.log.begin(attempt(number))
        stores.log.settle(attempt(number), State.NOT_SENT)
    stores.log.begin(attempt(12, "aliyun"))
    stores.log.settle(attempt(12, "aliyun"), State.SENT, "biz-1")
    found = list(stores.log.attempts(MESSAGE))
    assert [a.number for a in found] == list(range(13))
    assert found[-1] == replace(attempt(12, "aliyun"), state=State.SENT, reference="biz-1")


def test_a_reference_leads_to_the_message_that_was_sent_under_it(stores: Stores) -> None:
    stores.log.begin(attempt())
    stores.log.settle(attempt(), State.SENT, "sid-1")
    assert stores.log.message_of("tencent", "sid-1") == MESSAGE
    assert stores.log.message_of("aliyun", "sid-1") is None
    assert stores.log.message_of("tencent", "sid-2") is None


def test_a_refusals_reason_is_no_reference(stores: Stores) -> None:
    stores.log.begin(attempt())
    stores.log.settle(attempt(), State.REFUSED, "not_following")
    assert stores.log.message_of("tencent", "not_following") is None


def test_only_the_first_receipt_of_the_last_try_counts(stores: Stores) -> None:
    for number in (0, 1):
        stores.log.begin(attempt(number))
    stores.log.heard(MESSAGE, Status.DELIVERED, AT + timedelta(minutes=1))
    stores.log.heard(MESSAGE, Status.UNDELIVERED, AT + timedelta(minutes=2))
    first, last = stores.log.attempts(MESSAGE)
    assert first.heard is None
    assert (last.heard, last.heard_at) == (Status.DELIVERED, AT + timedelta(minutes=1))


def test_a_receipt_of_an_unknown_message_changes_nothing(stores: Stores) -> None:
    stores.log.heard("nobodys-push-1", Status.DELIVERED, AT)
    assert list(stores.log.attempts("nobodys-push-1")) == []


def test_recent_tries_are_those_since(stores: Stores) -> None:
    for number in range(20):
        stores.log.begin(attempt(at=AT - timedelta(minutes=number), message=f"{'a' * 26}-push-{number + 1}"))
    recent = stores.log.recent((AT - timedelta(minutes=15)).astimezone(BEIJING))
    assert sorted(a.at for a in recent) == [AT - timedelta(minutes=n) for n in range(15, -1, -1)]


# --- tokens


def token(value: str, **ends: float) -> Token:
    return Token(value, AT + timedelta(**ends))


def test_a_token_is_shared_until_a_later_one_comes(stores: Stores) -> None:
    assert stores.tokens.get("wechat:app") is None
    stores.tokens.put("wechat:app", token("first", hours=1))
    stores.tokens.put("wechat:app", token("later", hours=2))
    stores.tokens.put("wechat:app", token("earlier", hours=1))
    assert stores.tokens.get("wechat:app") == token("later", hours=2)
    assert stores.tokens.get("app:city") is None


def test_a_refused_token_gives_way_to_one_that_ends_earlier(stores: Stores) -> None:
    stores.tokens.put("n", token("dead", hours=2))
    stores.tokens.put("n", token("alive", hours=1), refused="dead")
    assert stores.tokens.get("n") == token("alive", hours=1)
    stores.tokens.put("n", token("older", minutes=30), refused="dead")
    assert stores.tokens.get("n") == token("alive", hours=1)


def test_a_refused_token_costs_one_fetch_whoever_meets_it_next(stores: Stores) -> None:
    fetched: list[bool] = []

    def fetch(force: bool) -> Token:
        fetched.append(force)
        return token("alive", hours=1)

    stores.tokens.put("n", token("dead", hours=2))
    shared = SharedToken("n", stores.tokens, fetch, FixedClock(AT))
    assert [shared.renewed("dead"), shared.value(), shared.renewed("dead")] == ["alive"] * 3
    assert fetched == [False]


# --- codes


def test_a_code_that_is_kept_stays_as_it_is(stores: Stores) -> None:
    code = SentCode("c-code-1", "digest", AT + timedelta(minutes=10))
    stores.codes.begin(code)
    stores.codes.begin(replace(code, digest="another"))
    assert stores.codes.attempt("c-code-1", 5) == replace(code, tries=1)


def test_tries_are_counted_to_the_limit_and_no_further(stores: Stores) -> None:
    stores.codes.begin(SentCode("c-code-1", "digest", AT))
    found = [stores.codes.attempt("c-code-1", 2) for _ in range(4)]
    assert [code and code.tries for code in found] == [1, 2, None, None]
    assert stores.codes.attempt("nobodys", 2) is None


def test_tries_at_once_are_each_counted(stores: Stores) -> None:
    stores.codes.begin(SentCode("c-code-1", "digest", AT))
    found = together(*[lambda: stores.codes.attempt("c-code-1", 3)] * 6)
    assert sorted(code.tries for code in found if code) == [1, 2, 3]


def test_a_code_is_spent_once(stores: Stores) -> None:
    stores.codes.begin(SentCode("c-code-1", "digest", AT))
    assert sorted(together(*[lambda: stores.codes.spend("c-code-1")] * 4)) == [False, False, False, True]
    kept = stores.codes.attempt("c-code-1", 5)
    assert kept
    assert kept.spent


# --- waybills


def entry(**fields: Any) -> Entry:
    return replace(Entry(ORDER, "sf", AT), **fields)


def test_an_order_is_claimed_once(stores: Stores) -> None:
    assert stores.waybills.find(ORDER) is None
    outcomes = together(*(lambda name=name: stores.waybills.claim(entry(courier=name)) for name in ("sf", "ems", "kuaidi100")))
    assert sorted(outcomes) == [False, False, True]
    found = stores.waybills.find(ORDER)
    assert found
    assert found == entry(courier=found.courier)


SAMPLES: dict[str, Any] = {
    "str": "some text", "int": 3, "datetime": AT, "datetime | None": AT + timedelta(hours=1),
    "Step": Step.PLACED, "ParcelState | None": ParcelState.COLLECTED,
}  # fmt: skip


@pytest.mark.parametrize("write", ["claim", "keep"])
def test_every_field_of_an_entry_comes_back(stores: Stores, write: str) -> None:
    full = Entry(**{field.name: SAMPLES[str(field.type)] for field in fields(Entry)})
    getattr(stores.waybills, write)(full)
    assert stores.waybills.find(full.order_id) == full


TOLD = {"told": ParcelState.COLLECTED, "told_detail": "locker", "told_at": AT + timedelta(hours=1), "subscribed_at": AT}


def test_nothing_empty_erases_what_was_learnt_meanwhile(stores: Stores) -> None:
    full = entry(step=Step.PLACED, waybill="SF1", reference="t:o", **TOLD)
    stores.waybills.claim(entry())
    stores.waybills.keep(full)
    stores.waybills.keep(entry())
    assert stores.waybills.find(ORDER) == full
    better: dict[str, Any] = {"told": ParcelState.ARRIVED, "told_detail": "", "told_at": AT + timedelta(hours=2)}
    stores.waybills.keep(entry(**better))
    assert stores.waybills.find(ORDER) == replace(full, **better)


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("known", Step)
def test_no_step_goes_back(stores: Stores, known: Step, step: Step) -> None:
    """A push that was read before a cancellation and is written after it does not undo it; what it told is kept."""
    stores.waybills.claim(entry(step=known))
    stores.waybills.keep(entry(step=step, waybill="SF1"))
    assert stores.waybills.find(ORDER) == entry(step=max(known, step, key=list(Step).index), waybill="SF1")


@pytest.mark.parametrize("step", Step)
def test_nothing_is_learnt_of_an_order_that_went_elsewhere(stores: Stores, step: Step) -> None:
    stores.waybills.claim(entry(courier="ems"))
    stores.waybills.keep(entry(step=step, waybill="SF1", **TOLD))
    assert stores.waybills.find(ORDER) == entry(courier="ems")


def test_what_was_never_claimed_can_be_kept(stores: Stores) -> None:
    stores.waybills.keep(entry(step=Step.PLACED, waybill="SF1"))
    assert stores.waybills.find(ORDER) == entry(step=Step.PLACED, waybill="SF1")


def test_keeping_does_not_lose_a_try_that_was_counted_meanwhile(stores: Stores) -> None:
    stores.waybills.claim(entry())
    stores.waybills.touch(ORDER)
    stores.waybills.keep(entry(step=Step.PLACED))
    assert stores.waybills.touch(ORDER) == entry(step=Step.PLACED, tries=3)


def test_what_is_unknown_is_not_touched(stores: Stores) -> None:
    assert stores.waybills.touch(ORDER) is None
    assert stores.waybills.find(ORDER) is None


def test_a_waybill_leads_to_its_order(stores: Stores) -> None:
    stores.waybills.keep(entry(waybill="SF1"))
    assert stores.waybills.order_of("SF1") == ORDER
    assert stores.waybills.order_of("SF2") is None
    assert stores.waybills.order_of("") is None


@pytest.mark.parametrize("change", [{}, {"tries": 2}, {"step": Step.PLACED}, {"courier": "ems"}])
def test_an_order_is_released_only_as_it_was_seen(stores: Stores, change: dict[str, Any]) -> None:
    stores.waybills.claim(entry())
    assert stores.waybills.release(entry(**change)) is (not change)
    assert (stores.waybills.find(ORDER) is None) is (not change)
    assert stores.waybills.release(replace(entry(), order_id="nobodys-pickup-1")) is False


def test_release_and_another_try_at_once_never_both_succeed(stores: Stores) -> None:
    stores.waybills.claim(entry())
    released, touched = together(lambda: stores.waybills.release(entry()), lambda: stores.waybills.touch(ORDER))
    assert released is (touched is None)


# --- health


def test_a_courier_is_left_alone_after_failures_in_a_row_and_asked_again_later(stores: Stores) -> None:
    clock = FixedClock(AT)
    for number in range(DOWN):
        assert available(stores.health, "sf", clock), number
        stores.health.failed("sf", clock.wall())
    assert not available(stores.health, "sf", clock)
    assert available(stores.health, "ems", clock)
    clock.move(seconds=AGAIN.total_seconds())
    assert available(stores.health, "sf", clock)


def test_one_answer_ends_the_row(stores: Stores) -> None:
    for _ in range(DOWN):
        stores.health.failed("sf", AT)
    stores.health.worked("sf")
    stores.health.worked("sf")
    assert stores.health.of("sf") is None


# --- in DynamoDB only


def test_every_row_ends_by_itself_and_names_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    with storage(monkeypatch):
        stores = dynamo()
        stores.log.begin(attempt())
        stores.tokens.put("n", token("t", hours=2))
        stores.codes.begin(SentCode("c-code-1", "digest", AT))
        stores.waybills.claim(entry())
        stores.health.failed("sf", AT)
        rows = boto3.client("dynamodb").scan(TableName="vendors")["Items"]
        assert len(rows) == 5
        assert all(int(row["expires_at"]["N"]) >= AT.timestamp() for row in rows)
        order = next(row for row in rows if row["pk"]["S"].startswith("order#"))
        stores.waybills.touch(ORDER)
        stores.waybills.keep(entry(step=Step.PLACED))
        kept = boto3.client("dynamodb").get_item(TableName="vendors", Key={"pk": order["pk"], "sk": order["sk"]})["Item"]
        assert kept["expires_at"] == order["expires_at"]
        assert not {"address", "mobile", "name", "text"} & {name for row in rows for name in row}
        assert "digest" in json.dumps(rows)
