"""From what the services return to what the interface tells."""

from __future__ import annotations

from collections.abc import Sequence

from wugan.cases import decide
from wugan.cases.applicant import Landing, Opened, Preview
from wugan.cases.audit import Reader
from wugan.cases.model import Event, Head, Stage
from wugan.items import model as items
from wugan.items.model import DeliveryWay, ReturnWay, SubjectField
from wugan.outreach.plan import bureau
from wugan.web import texts
from wugan.web.api import models
from wugan.web.api.operation import Told
from wugan.web.timeline import timeline

OVER = frozenset({Stage.CLOSING, Stage.CLOSED, Stage.GIVE_BACK})
_NEXT = {n.value: n for n in models.Next}


def state(head: Head) -> models.State:
    """Where the case stands."""
    stage = head.resume if head.stage is Stage.PUSH else head.stage
    over = head.stage in OVER
    return models.State(
        version=head.version,
        stage=head.stage,
        stage_text=texts.STAGES[head.stage],
        next=None if over else _NEXT.get(stage.value),
        outcome=head.outcome,
        outcome_text=texts.OUTCOMES[head.outcome] if head.outcome else None,
        withdrawable=not (head.granted or head.withdrawing or over or head.stage is Stage.DELIVERY),
    )


def told_state(head: Head) -> Told:
    """The answer of most POSTs: where the case stands now."""
    return Told(state(head), version=head.version)


def item(found: items.Item, head: Head) -> models.Item:
    """The matter."""
    return models.Item(
        code=found.code, name=found.name, kind=found.kind, kind_text=texts.KINDS[found.kind], bureau=bureau(found, head.jurisdiction)
    )


def case(shown: Landing) -> models.Case:
    """The masked case."""
    return models.Case(
        state=state(shown.head),
        item=item(shown.item, shown.head),
        subject=shown.masked_name,
        why=texts.why(shown.item),
        changed=[models.ChangedField(field=SubjectField(f), text=texts.FIELDS[SubjectField(f)]) for f in shown.fields],
        people=[models.Contact(who=n, role=role, role_text=texts.ROLES.get(role, role), name=name) for n, role, name in shown.people],
        agent=shown.agent,
        code=shown.code,
    )


def form(opened: Opened) -> models.Form:
    """The declaration, or its correction."""
    head, waits = opened.head, opened.head.stage in (Stage.DECLARATION, Stage.CORRECTION) and opened.head.wait is not None
    return models.Form(
        state=state(head),
        ready=waits and opened.form is not None,
        points=list(opened.points) if head.stage is Stage.CORRECTION else [],
        fields=[
            models.FormField(
                name=f.name, label=f.label, source=f.source, source_text=texts.source(f.source), as_of=f.as_of, value=f.value,
                required=f.required, given=f.given, disputed=f.disputed, why=f.why,
            )
            for f in opened.form or ()
        ],
        return_ways=[models.ReturnChoice(way=w, text=texts.RETURN_WAYS[w]) for w in opened.item.return_ways],
        delivery_ways=[models.DeliveryChoice(way=w, text=texts.DELIVERY_WAYS[w]) for w in opened.item.delivery_ways],
        pickup_slots=[models.SlotChoice(slot=slot, text=texts.slot(slot)) for slot in opened.slots],
        return_way=ReturnWay(head.return_way) if head.return_way else None,
        delivery_way=DeliveryWay(head.delivery_way) if head.delivery_way else None,
        pickup_address=opened.addresses.get("pickup_address"),
        delivery_address=opened.addresses.get("delivery_address"),
        pickup_slot=opened.slot or None,
    )  # fmt: skip


def preview(found: Preview) -> models.Preview:
    """The application as it would be submitted."""
    form = found.form
    return models.Preview(
        fields=[
            models.PreviewField(
                name=f.name, label=f.label, value=f.final, source_text=texts.source(f.source), as_of=f.as_of, disputed=f.disputed, why=f.why
            )
            for f in found.fields
        ],
        materials=[models.Material(name=m["name"], origin=m["origin"], sha256=m.get("sha256")) for m in found.materials],
        return_way=ReturnWay(found.return_way) if found.return_way else None,
        delivery_way=DeliveryWay(found.delivery_way),
        pickup_address=form.get("pickup_address"),
        delivery_address=form.get("delivery_address"),
        pickup_slot=form.get("pickup_slot"),
        courier_mobile=form.get("courier_mobile"),
    )


def progress(opened: Opened) -> models.Progress:
    """The whole case."""
    head = opened.head
    first = next(e for e in opened.events if e.type == "opened")
    return models.Progress.model_validate(
        {
            "state": state(head),
            "item": item(opened.item, head),
            "changes": [_changed(c["field"], c["old"], c["new"]) for c in opened.changes],
            "conditions": [models.Condition(reason=c["reason"], held=c["held"]) for c in first.facts["conditions"]],
            "steps": [
                models.StepShown.model_validate({"name": s.name, "state": s.state, "at": s.at, "waybills": list(s.waybills)})
                for s in timeline(head, opened.events, opened.item)
            ],
            "promised_by": head.promised_by,
            "light": head.light,
            "rejection": opened.rejection,
            "remedy": opened.item.texts.remedy if opened.rejection else None,
            "certificate": bool(opened.certificate and opened.certificate.get("file_base64")),
            "extension": opened.extension,
            "redelivery": opened.principal and decide.may_choose_redelivery(head),
            "ratable": decide.ratable(head),
            "rating": head.rating,
            "agent": not opened.principal,
            "others": [models.Other(name=o.name, link=o.link.rpartition("/")[2]) for o in opened.others],
        }
    )


def _changed(field: str, old: str | None, new: str | None) -> models.Changed:
    return models.Changed(field=SubjectField(field), text=texts.FIELDS[SubjectField(field)], old=old, new=new)


def events(found: Sequence[Event], query: models.EventsQuery) -> models.Events:
    """A page of what happened, without what officials note for each other."""
    start = int(query.cursor[1:]) if query.cursor else 0
    seen = [e for e in found if e.seq > start and Reader.PERSON.sees(e)]
    page = seen[: query.limit]
    return models.Events(events=[_event(e) for e in page], next=f"e{page[-1].seq}" if len(seen) > len(page) else None)


def _event(event: Event) -> models.EventShown:
    return models.EventShown(
        seq=event.seq, type=event.type, text=texts.EVENTS[event.type], at=event.at, actor=event.actor, actor_text=texts.ACTORS[event.actor]
    )
