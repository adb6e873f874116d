"""What came, or did not: whether a courier's parcel is in the person's hands, and what becomes of one that came home."""

from __future__ import annotations

from collections.abc import Mapping

from wugan.cases import decide
from wugan.cases.applicant import Opened
from wugan.cases.context import Context
from wugan.cases.model import Head, Stage
from wugan.errors import InvalidInput, WuganError
from wugan.items.model import DeliveryWay
from wugan.web import texts
from wugan.web.applicant.visit import Visit
from wugan.web.edge import Answer

ANSWERS = ("yes", "no")


def receivable(visit: Visit, head: Head) -> list[str]:
    """Which answers the case takes to whether a courier's parcel arrived; none where no courier carries one."""
    if not any(head.attempts.get(stage.value) for stage in (Stage.DELIVERY, Stage.GIVE_BACK)):
        return []
    return [answer for answer in ANSWERS if _taken(visit.applicant.context, head, answer)]


def _taken(context: Context, head: Head, answer: str) -> bool:
    try:
        return decide.confirmed_receipt(head, answer == "yes", context.clock.now(), context.random) is not None
    except WuganError:
        return False


def receipt(visit: Visit, case: Opened) -> Answer:
    """Did it arrive: the person knows better than the courier."""
    answers = receivable(visit, case.head)
    return visit.page("receipt.html", {"case": case, "answers": answers}) if answers else visit.to("progress")


def receipt_given(visit: Visit) -> Answer:
    """Yes or no."""
    received = visit.call.form.get("received")
    if received not in ANSWERS:
        case = visit.opened()
        if case is None:
            return visit.to("identity")
        data = {"case": case, "answers": receivable(visit, case.head)}
        return visit.faulty("receipt.html", data, InvalidInput("yes or no", field="received"))
    visit.applicant.confirm_receipt(visit.link, visit.session, received == "yes")
    return visit.to("progress")


def redelivery(visit: Visit, case: Opened) -> Answer:
    """A certificate came home: what is to become of it."""
    return visit.page("redelivery.html", _choice(case, {})) if decide.may_choose_redelivery(case.head) else visit.to("progress")


def redelivery_given(visit: Visit) -> Answer:
    """Sent again, or fetched at the counter; told what to mend, with everything typed kept."""
    form = visit.call.form
    try:
        visit.applicant.choose_redelivery(visit.link, visit.session, form.get("delivery_way", ""), form.get("delivery_address", ""))
    except InvalidInput as error:
        case = visit.opened()
        return visit.faulty("redelivery.html", _choice(case, form), error) if case else visit.to("identity")
    return visit.to("progress")


def _choice(case: Opened, typed: Mapping[str, str]) -> dict[str, object]:
    """The new certificate may be fetched as well; the old one is only sent."""
    new = case.head.stage is Stage.DELIVERY
    ways = [DeliveryWay.COURIER, DeliveryWay.PICK_UP] if new else [DeliveryWay.COURIER]
    known = case.addresses.get("delivery_address" if new else "pickup_address") or case.addresses.get("delivery_address", "")
    values = {"delivery_way": DeliveryWay.COURIER.value, "delivery_address": known} | dict(typed)
    return {"case": case, "new": new, "ways": ways, "values": values, "labels": texts.DECLARATION_LABELS}
