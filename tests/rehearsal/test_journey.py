"""From a registry row to a delivered certificate, and the ways out of it, on the deployed template."""

from __future__ import annotations

from infra.demo.cast import Part, Role
from tests.rehearsal.conftest import courier_fetches
from tests.rehearsal.town import Play, Town
from wugan.aws.clients import client

ALL_EIGHT = [
    "opened", "pushed", "delivered_prompt", "face_consented", "identity_started", "identified", "intention_confirmed", "form_prepared",
    "declared", "pickup_ordered", "pickup_collected", "submitted", "correction_required", "pushed", "corrected", "submitted", "approved",
    "delivery_ordered", "delivery_arrived", "notified", "closed",
]  # fmt: skip
ANY_TIME = {  # the vendors' and the person's own pace
    "delivered_prompt", "pickup_arrived", "delivery_collected", "face_consented", "identity_started", "identified",
}  # fmt: skip


def test_scan_opens_a_case_for_every_hit(town: Town) -> None:
    """No hit is lost, and the dirt of the registries is told."""
    report = town.report
    assert report["hits"] == report["fates"]["opened"] > 0
    assert report["failed_chunks"] == report["unopened"] == 0
    assert report["quarantined"]


def test_from_row_to_certificate(delivered: Play) -> None:
    """All eight steps in order, with a correction in between."""
    steps = [e.type for e in delivered.events if e.type not in ANY_TIME]
    assert steps == [t for t in ALL_EIGHT if t not in ANY_TIME]
    assert set(ALL_EIGHT) - {"pickup_arrived"} <= {e.type for e in delivered.events}


def test_every_side_effect_reached_the_vendors_once(town: Town, delivered: Play) -> None:
    assert town.sandbox.duplicates()["total"] == 0
    waybills = [o["id"] for o in town.sandbox.records("parcels") if o["id"].startswith(delivered.case_id)]
    assert waybills == [f"{delivered.case_id}-pickup-1", f"{delivered.case_id}-delivery-1"]


def test_certificate_can_be_saved(delivered: Play) -> None:
    """The identified person finds the progress page; the certificate is there."""
    delivered.visitor.open(f"{delivered.link}/progress")
    assert delivered.visitor.status == 200
    assert delivered.visitor.status == 200


def _went_through(play: Play, state: str) -> bool:
    history = client("stepfunctions").get_execution_history(executionArn=play.execution, maxResults=1000)["events"]
    return state in {e["stateEnteredEventDetails"]["name"] for e in history if "stateEnteredEventDetails" in e}


def test_withdrawal_at_the_declaration(town: Town) -> None:
    """The wait fails with Withdrawn, the catch goes on to Cancel, and nothing was ordered."""
    play = town.take(courier_fetches).run(Role(Part.WITHDRAW_EARLY), "withdrawn")
    assert _went_through(play, "Cancel")
    assert not [o for o in town.sandbox.records("parcels") if o["id"].startswith(play.case_id)]


def test_withdrawal_while_the_courier_is_under_way(town: Town) -> None:
    """The order is cancelled at the courier, and nothing was handed in."""
    play = town.take(courier_fetches)
    town.sandbox.add_rule(match=play.case_id, courier="stall")
    play.person(Role(Part.ACCEPT)).read(play.prompt)
    play.waiting("pickup")
    play.visitor.open(f"{play.link}/withdraw").submit("/withdraw")
    play.ended("withdrawn")
    assert _went_through(play, "Cancel")
    (order,) = [o for o in town.sandbox.records("parcels") if o["id"].startswith(play.case_id)]
    assert order["state"] == "cancelled"
    assert not [a for a in town.sandbox.records("applications") if a["id"].startswith(play.case_id)]


def test_no_is_as_easy_as_a_tap(town: Town) -> None:
    play = town.take().run(Role(Part.DECLINE), "declined")
    assert "identity_started" not in {e.type for e in play.events}
