"""What counts as a duplicate, and what does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from infra.sandbox.script import Delays, Rule

END = {"name": "测试甲", "mobile": "13800001234", "address": "青岛市市南区演示路1号"}


def message(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "to": "13800001234", "text": "请办理", "link": "http://127.0.0.1/a"} | more


def parcel(id: str) -> dict[str, Any]:
    return {"id": id, "sender": END, "receiver": END, "goods": "旧证"}


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


SMS, ORDERS, APPLICATIONS = "/channel/sms/messages", "/courier/orders", "/department/applications"


def test_nothing_received_is_nothing_twice(wire: Any) -> None:
    found = wire.duplicates()
    assert found["total"] == 0
    assert set(found["repeats"].values()) == {0}


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        (SMS, message("c-push-1"), "messages"),
        (ORDERS, parcel("c-pickup-1"), "parcels"),
        (APPLICATIONS, application("c", 1), "applications"),
        ("/identity/code", {"id": "c-code-1", "mobile": "13800001234"}, "codes"),
    ],
)
def test_the_same_id_again_is_a_repeat_and_no_duplicate(wire: Any, path: str, body: dict[str, Any], kind: str) -> None:
    for _ in range(3):
        wire.done(path, body)
    found = wire.duplicates()
    assert (found["total"], found["repeats"][kind], found["altered"]) == (0, 2, [])


def test_the_same_id_with_other_content_is_altered(wire: Any) -> None:
    wire.done(SMS, message("c-push-1"))
    wire.done(SMS, message("c-push-1", text="别的"))
    found = wire.duplicates()
    assert (found["total"], found["altered"]) == (0, ["c-push-1"])


def test_the_same_message_under_two_ids_is_a_duplicate(wire: Any) -> None:
    wire.done(SMS, message("c-push-1"))
    wire.done(SMS, message("c-push-2"))
    assert wire.duplicates()["messages"] == [{"id": "c-push-2", "repeats": ["c-push-1"]}]


@pytest.mark.parametrize("other", [{"text": "提醒：请办理"}, {"link": "http://127.0.0.1/b"}, {"to": "13800001235"}])
def test_a_message_that_says_something_else_is_none(wire: Any, other: dict[str, Any]) -> None:
    wire.done(SMS, message("c-push-1"))
    wire.done(SMS, message("c-push-2", **other))
    assert wire.duplicates()["total"] == 0


def test_saying_it_again_after_it_was_not_delivered_is_none(wire_of: Callable[[Delays], Any]) -> None:
    wire = wire_of(Delays(receipt=0))
    wire.box.script.add(Rule(match="c-push-1", channel="undelivered"))
    wire.done(SMS, message("c-push-1"))
    settle(wire, "messages", "undelivered")
    wire.done(SMS, message("c-push-2"))
    assert wire.duplicates()["total"] == 0


def test_codes_are_sent_as_often_as_the_person_asks(wire: Any) -> None:
    for attempt in (1, 2):
        wire.done("/identity/code", {"id": f"c-code-{attempt}", "mobile": "13800001234"})
    assert wire.duplicates()["total"] == 0


def test_two_live_parcels_of_one_kind_are_a_duplicate_even_if_one_is_cancelled_later(wire: Any) -> None:
    wire.done(ORDERS, parcel("c-pickup-1"))
    wire.done(ORDERS, parcel("c-pickup-2"))
    wire.done(f"{ORDERS}/c-pickup-1/cancel", {})
    assert wire.duplicates()["parcels"] == [{"id": "c-pickup-2", "repeats": ["c-pickup-1"]}]


def test_a_parcel_after_a_cancelled_one_of_another_kind_or_case_is_none(wire: Any) -> None:
    wire.done(ORDERS, parcel("c-pickup-1"))
    wire.done(f"{ORDERS}/c-pickup-1/cancel", {})
    for id in ("c-pickup-2", "c-delivery-1", "d-pickup-1"):
        wire.done(ORDERS, parcel(id))
    assert wire.duplicates()["total"] == 0


def test_a_second_application_that_nothing_called_for_is_a_duplicate(wire: Any) -> None:
    wire.done(APPLICATIONS, application("c", 1))
    wire.done(APPLICATIONS, application("c", 2))
    assert wire.duplicates()["applications"] == [{"id": "c-approval-2", "repeats": ["c-approval-1"]}]


@pytest.mark.parametrize(("plan", "applications", "certificates"), [("correction", 0, 0), ("reject", 1, 0), ("approve", 1, 1)])
def test_only_a_correction_calls_for_another_application(
    wire_of: Callable[[Delays], Any], plan: Any, applications: int, certificates: int
) -> None:
    wire = wire_of(Delays(decide=0))
    wire.box.script.add(Rule(match="c", department=plan))
    states = {"correction": "correction", "reject": "rejected", "approve": "approved"}
    wire.done(APPLICATIONS, application("c", 1))
    settle(wire, "applications", states[plan])
    wire.done(APPLICATIONS, application("c", 2))
    settle(wire, "applications", "approved" if plan != "reject" else "rejected", last=True)
    found = wire.duplicates()
    assert (len(found["applications"]), len(found["certificates"])) == (applications, certificates)


def test_a_cancelled_application_may_be_followed(wire: Any) -> None:
    wire.done(APPLICATIONS, application("c", 1))
    wire.done(f"{APPLICATIONS}/c-approval-1/cancel", {})
    wire.done(APPLICATIONS, application("c", 2))
    assert wire.duplicates()["total"] == 0


def test_the_same_matter_under_two_cases_is_a_duplicate(wire: Any) -> None:
    wire.done(APPLICATIONS, application("c", 1, subject="s"))
    wire.done(APPLICATIONS, application("d", 1, subject="s"))
    assert wire.duplicates()["applications"] == [{"id": "d-approval-1", "repeats": ["c-approval-1"]}]


@pytest.mark.parametrize("other", [{"item_code": "other"}, {"subject": "t"}, {"form": {"name": "甲", "certificate_no": "2"}}])
def test_another_matter_of_the_same_subject_is_none(wire: Any, other: dict[str, Any]) -> None:
    wire.done(APPLICATIONS, application("c", 1, subject="s"))
    wire.done(APPLICATIONS, application("d", 1, **({"subject": "s"} | other)))
    assert wire.duplicates()["total"] == 0


def settle(wire: Any, kind: str, state: str, *, last: bool = False) -> None:
    """Wait until the first (or last) record has come to a state."""
    for _ in range(1000):
        row = wire.get(f"/_sandbox/records?kind={kind}").get_json()["records"][-1 if last else 0]
        if state in (row.get("state"), row.get("status")):
            return
        time.sleep(0.005)
    pytest.fail(f"{kind} did not become {state}")
