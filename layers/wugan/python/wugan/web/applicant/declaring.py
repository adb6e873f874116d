"""Yes (step 4), the form, and how it will be submitted (step 5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from wugan.cases.applicant import QUESTION, Declaration, Opened, Preview
from wugan.cases.model import Stage
from wugan.errors import InvalidInput, NotFound
from wugan.forms.prefill import MOST_CHARACTERS, Filled
from wugan.items.model import DeliveryWay
from wugan.web import texts
from wugan.web.applicant.visit import Visit
from wugan.web.edge import Answer, Page


def intention(visit: Visit, case: Opened) -> Answer:
    """The policy's question (step 4)."""
    return visit.page("intention.html", {"case": case, "question": QUESTION.format(item=case.item.name)})


def intention_given(visit: Visit) -> Answer:
    """Yes. No has a page of its own."""
    if visit.call.form.get("answer") != "continue":
        raise InvalidInput("continue, or decline", field="answer")
    return visit.to(visit.next_page(visit.applicant.intend(visit.link, visit.session)))


def declaration(visit: Visit, case: Opened) -> Answer:
    """Form, material, return and delivery (step 5), or their correction (补正)."""
    return visit.page("declaration.html", _form(case, {}))


def declaration_given(visit: Visit) -> Answer:
    """What the person confirmed: to be looked at as it will be submitted, or taken; told what to mend, with everything typed kept."""
    form = visit.call.form
    typed = _declaration(form)
    action = form.get("action", "submit")
    if action == "change":
        return _again(visit, None)
    try:
        if action == "preview":
            return _look_over(visit, visit.applicant.preview(visit.link, visit.session, typed))
        visit.applicant.declare(visit.link, visit.session, typed)
    except InvalidInput as error:
        return _again(visit, error)
    return visit.to("progress")


def _again(visit: Visit, error: InvalidInput | None) -> Answer:
    case = visit.opened()
    if case is None:
        return visit.to("identity")
    data = _form(case, visit.call.form)
    return visit.faulty("declaration.html", data, error) if error else visit.page("declaration.html", data)


def _look_over(visit: Visit, preview: Preview) -> Answer:
    case = visit.opened()
    assert case
    typed = {n: v for n, v in visit.call.form.items() if n not in ("csrf", "action")}
    return _preview_page(visit, case, preview, typed)


def preview(visit: Visit, case: Opened) -> Answer:
    """The application as it was submitted, to be printed."""
    shown = visit.applicant.submitted(visit.link, visit.session)
    if shown is None:
        raise NotFound("nothing is submitted yet", field="form")
    return _preview_page(visit, case, shown, None)


def _preview_page(visit: Visit, case: Opened, shown: Preview, typed: Mapping[str, str] | None) -> Page:
    data = {
        "case": case, "shown": shown, "typed": typed, "correcting": case.head.asked_for is Stage.CORRECTION,
        "slot": texts.slot(str(shown.form.get("pickup_slot", ""))),
    }  # fmt: skip
    return visit.page("preview.html", data)


def _declaration(form: Mapping[str, str]) -> Declaration:
    def prefixed(prefix: str) -> dict[str, str]:
        return {name.removeprefix(prefix): value for name, value in form.items() if name.startswith(prefix) and value}

    return Declaration(
        given=prefixed("given."),
        disputed=prefixed("disputed."),
        return_way=form.get("return_way") or None,
        delivery_way=form.get("delivery_way", ""),
        pickup_address=form.get("pickup_address", ""),
        delivery_address=form.get("delivery_address", ""),
        pickup_slot=form.get("pickup_slot", ""),
        why=prefixed("why."),
    )


def _form(case: Opened, typed: Mapping[str, str]) -> dict[str, Any]:
    fields = case.form or []
    labels = {f.name: f.label for f in fields} | texts.DECLARATION_LABELS
    values, correcting = _values(case, fields) | dict(typed), case.head.asked_for is Stage.CORRECTION
    changed = {c["field"] for c in case.changes}
    folded = [f for f in fields if not _stands_out(f, changed)]
    return {
        "case": case, "shown": [f for f in fields if f not in folded], "folded": folded, "values": values, "most": MOST_CHARACTERS,
        "opens": correcting or any(values.get(f"{kind}.{f.name}") for f in folded for kind in ("disputed", "why")), "labels": labels,
        "slots": [(slot, texts.slot(slot)) for slot in case.slots], "correcting": correcting,
    }  # fmt: skip


def _stands_out(field: Filled, changed: Collection[str]) -> bool:
    """Whether a field is not folded away: what the person has to fill in, and what becomes new on the certificate."""
    registry, _, name = field.source.partition(".")
    return field.missing or (name in changed and registry != "certificate")


def _values(case: Opened, fields: list[Filled]) -> dict[str, str]:
    """What the inputs hold at first: what was given before, else the registered address and the first ways."""
    address = next((f.value for f in fields if f.source == "business.registered_address" and f.value), "")
    before = {
        f"{kind}.{f.name}": said for f in fields for kind, said in (("given", f.given), ("disputed", f.disputed), ("why", f.why)) if said
    }
    ways = {
        "return_way": case.head.return_way or (case.item.return_ways[0].value if case.item.return_ways else ""),
        "delivery_way": case.head.delivery_way or _first(case.item.delivery_ways),
        "pickup_slot": case.slot,
    }
    return before | ways | {"pickup_address": address, "delivery_address": address, **case.addresses}


def _first(ways: list[DeliveryWay]) -> str:
    return ways[0].value
