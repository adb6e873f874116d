"""Parcels at the desk: what became of one that is in question, and the label to stick on one."""

from __future__ import annotations

from wugan.cases.decide import CARRIED, Settlement
from wugan.cases.model import Stage
from wugan.errors import InvalidInput, NotFound
from wugan.web.desk.case import case_page
from wugan.web.desk.room import Room
from wugan.web.edge import Answer, File


def settle(room: Room) -> Answer:
    """An official found out what became of the parcel that they looked at: another one may be in question by now."""
    try:
        room.parcels.settle(room.official, room.case_id, _settlement(room), _stage(room.call.form.get("kind")))
    except InvalidInput as error:
        return case_page(room, room.call.form, error)
    return room.to_case()


def _settlement(room: Room) -> Settlement:
    try:
        return Settlement(room.call.form.get("settlement", ""))
    except ValueError:
        raise InvalidInput("received, lost, home or resend", field="settlement") from None


def _stage(given: str | None) -> Stage:
    stage = next((stage for stage in CARRIED if stage == given), None)
    if stage is None:
        raise NotFound("no parcel is of this kind", field="kind")
    return stage


def label(room: Room) -> Answer:
    """The label of the newest parcel of a kind; who asked for it is noted for auditors. Raises NotFound."""
    stage = _stage(room.call.params.get("kind"))
    content = room.parcels.label(room.official, room.case_id, stage)
    room.note_viewed("/desk/cases/{case_id}/label/{kind}")
    return File(content, "application/pdf", f"label-{stage}.pdf")
