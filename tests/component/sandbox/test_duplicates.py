"""What counts as a duplicate, and what does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from infra.sandbox.script import Delays
from tests.component.sandbox.conftest import STILL, Raw
from tests.component.sandbox.vendors.test_couriers import EMS_ORDER, SF_ORDER, ems_call


def message(id: str, **more: Any) -> dict[str, Any]:
    return {"messageId": id, "userId": "user-1", "content": "请办理", "url": "http://127.0.0.1/a"} | more


def parcel(raw: Raw, id: str) -> None:
    ems_call(raw, "020003", EMS_ORDER | {"logisticsOrderNo": id})


def cancelled(raw: Raw, id: str) -> None:
    assert ems_call(raw, "020006", {"logisticsOrderNo": id})["retCode"] == "00000"


def application(case: str, attempt: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"{case}-approval-{attempt}",
        "case_id": case,
        "item_code": "item",
        "item_version": "v1",
        "jurisdiction": "QD",
        "subject": f"subject of {case}",
        "form": {"name": "甲"},
        "materials": [],
        "changes": [],
        "promised_by": "2026-12-01",
    } | more


def submit(raw: Raw, case: str, attempt: int, **more: Any) -> None:
    assert raw.department(APPLICATIONS, application(case, attempt, **more)).status_code == 200


def found(raw: Raw) -> dict[str, Any]:
    result: dict[str, Any] = raw.read("/_sandbox/duplicates")
    return result


APPLICATIONS = "/department/applications"


def test_nothing_received_is_nothing_twice(raw: Raw) -> None:
    assert found(raw)["total"] == 0
    assert set(found(raw)["repeats"].values()) == {0}


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (lambda raw: raw.app(message("c-push-1")), "messages"),
        (lambda raw: parcel(raw, "c-pickup-1"), "parcels"),
        (lambda raw: submit(raw, "c", 1), "applications"),
    ],
)
def test_the_same_id_again_is_a_repeat_and_no_duplicate(raw: Raw, act: Callable[[Raw], Any], kind: str) -> None:
    for _ in range(3):
        act(raw)
    assert (found(raw)["total"], found(raw)["repeats"][kind], found(raw)["altered"]) == (0, 2, [])


def test_the_same_id_with_other_content_is_altered(raw: Raw) -> None:
    raw.app(message("c-push-1"))
    raw.app(message("c-push-1", content="别的"))
    assert (found(raw)["total"], found(raw)["altered"]) == (0, ["c-push-1"])


def test_the_same_message_under_two_ids_is_a_duplicate(raw: Raw) -> None:
    raw.app(message("c-push-1"))
    raw.app(message("c-push-2"))
    assert found(raw)["messages"] == [{"id": "c-push-2", "repeats": ["c-push-1"]}]


@pytest.mark.parametrize("other", [{"content": "提醒：请办理"}, {"url": "http://127.0.0.1/b"}, {"userId": "user-2"}])
def test_a_message_that_says_something_else_is_none(raw: Raw, other: dict[str, Any]) -> None:
    raw.app(message("c-push-1"))
    raw.app(message("c-push-2", **other))
    assert found(raw)["total"] == 0


def test_saying_it_again_after_it_was_not_delivered_is_none(raw_of: Callable[..., Raw]) -> None:
    raw = raw_of(STILL.model_copy(update={"receipt": 0}))
    raw.rule(match="c-push-1", channel="undelivered")
    raw.app(message("c-push-1"))
    settle(raw, "messages", "undelivered")
    raw.app(message("c-push-2"))
    assert found(raw)["total"] == 0


def test_two_live_parcels_of_one_kind_are_a_duplicate_even_if_one_is_cancelled_later(raw: Raw) -> None:
    parcel(raw, "c-pickup-1")
    parcel(raw, "c-pickup-2")
    cancelled(raw, "c-pickup-1")
    assert found(raw)["parcels"] == [{"id": "c-pickup-2", "repeats": ["c-pickup-1"]}]


def test_one_order_given_to_two_couriers_is_a_duplicate(raw: Raw) -> None:
    parcel(raw, "c-pickup-1")
    for _ in range(2):
        raw.sf_business("EXP_RECE_CREATE_ORDER", SF_ORDER | {"orderId": "c-pickup-1"})
    assert found(raw)["parcels"] == [{"id": "c-pickup-1~sf", "repeats": ["c-pickup-1"]}]
    assert raw.sf_business("EXP_RECE_UPDATE_ORDER", {"orderId": "c-pickup-1", "dealType": 2})["success"]
    assert [p["state"] for p in raw.read("/_sandbox/records?kind=parcels")["records"]] == ["ordered", "cancelled"]


def test_a_parcel_after_a_cancelled_one_of_another_kind_or_case_is_none(raw: Raw) -> None:
    parcel(raw, "c-pickup-1")
    cancelled(raw, "c-pickup-1")
    for id in ("c-pickup-2", "c-delivery-1", "d-pickup-1"):
        parcel(raw, id)
    assert found(raw)["total"] == 0


def test_a_second_application_that_nothing_called_for_is_a_duplicate(raw: Raw) -> None:
    submit(raw, "c", 1)
    submit(raw, "c", 2)
    assert found(raw)["applications"] == [{"id": "c-approval-2", "repeats": ["c-approval-1"]}]


@pytest.mark.parametrize(("plan", "applications", "certificates"), [("correction", 0, 0), ("reject", 1, 0), ("approve", 1, 1)])
def test_only_a_correction_calls_for_another_application(
    raw_of: Callable[..., Raw], plan: Any, applications: int, certificates: int
) -> None:
    raw = raw_of(Delays(decide=0))
    raw.rule(match="c", department=plan)
    states = {"correction": "correction", "reject": "rejected", "approve": "approved"}
    submit(raw, "c", 1)
    settle(raw, "applications", states[plan])
    submit(raw, "c", 2)
    settle(raw, "applications", "approved" if plan != "reject" else "rejected", last=True)
    assert (len(found(raw)["applications"]), len(found(raw)["certificates"])) == (applications, certificates)


def test_a_cancelled_application_may_be_followed(raw: Raw) -> None:
    submit(raw, "c", 1)
    raw.department(f"{APPLICATIONS}/c-approval-1/cancel", {})
    submit(raw, "c", 2)
    assert found(raw)["total"] == 0


def test_the_same_matter_under_two_cases_is_a_duplicate(raw: Raw) -> None:
    submit(raw, "c", 1, subject="s")
    submit(raw, "d", 1, subject="s")
    assert found(raw)["applications"] == [{"id": "d-approval-1", "repeats": ["c-approval-1"]}]


@pytest.mark.parametrize("other", [{"item_code": "other"}, {"subject": "t"}, {"form": {"name": "甲", "certificate_no": "2"}}])
def test_another_matter_of_the_same_subject_is_none(raw: Raw, other: dict[str, Any]) -> None:
    submit(raw, "c", 1, subject="s")
    submit(raw, "d", 1, **({"subject": "s"} | other))
    assert found(raw)["total"] == 0


def settle(raw: Raw, kind: str, state: str, *, last: bool = False) -> None:
    """Wait until the first (or last) record has come to a state."""
    for _ in range(1000):
        row = raw.read(f"/_sandbox/records?kind={kind}")["records"][-1 if last else 0]
        if state in (row.get("state"), row.get("status")):
            return
        time.sleep(0.005)
    pytest.fail(f"{kind} did not become {state}")
