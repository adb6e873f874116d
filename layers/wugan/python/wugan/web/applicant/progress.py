"""Where the case stands, taking it back, what came of it, and what the person thinks of it."""

from __future__ import annotations

import base64

from wugan.cases import decide
from wugan.cases.applicant import Opened
from wugan.cases.audit import Audit, Reader
from wugan.cases.model import Grade, Head, Stage, Task
from wugan.errors import InvalidInput, NotFound
from wugan.web import texts
from wugan.web.applicant import receiving
from wugan.web.applicant.visit import OVER, Visit
from wugan.web.custody import custody_rows
from wugan.web.edge import Answer, File
from wugan.web.timeline import timeline


def progress(visit: Visit, case: Opened) -> Answer:
    """Where the case stands, with everything that happened."""
    head = case.head
    page = visit.next_page(head, case.powers)
    data = {
        "case": case, "steps": timeline(head, case.events, case.item, texts.slot(case.slot)), "next": page if page != "progress" else None,
        "withdrawable": case.principal and withdrawable(head), "over": head.stage in OVER, "ratable": decide.ratable(head),
        "doubtful": Task.PARCEL in head.tasks, "submitted": bool(head.delivery_way),
        "receivable": receiving.receivable(visit, head) if case.principal else [],
        "chooses": case.principal and decide.may_choose_redelivery(head),
        "custody": custody_rows(case.events),
    }  # fmt: skip
    return visit.page("progress.html", data)


def withdrawable(head: Head) -> bool:
    """Whether the person can still take it back."""
    return not (head.granted or head.withdrawing or head.stage in OVER or head.stage is Stage.DELIVERY)


def withdrawing(visit: Visit, case: Opened) -> Answer:
    """Taking it back: what it means, to be confirmed."""
    return visit.page("withdraw.html", {"case": case}) if withdrawable(case.head) else visit.to("progress")


def withdraw(visit: Visit) -> Answer:
    """Take the application back."""
    visit.applicant.withdraw(visit.link, visit.session)
    return visit.to("progress")


_SIGNATURES = ((b"%PDF-", "application/pdf", "pdf"), (b"PK\x03\x04", "application/ofd", "ofd"))  # OFD: GB/T 33190, a ZIP file


def certificate(_: Visit, case: Opened) -> Answer:
    """The electronic certificate, to be saved."""
    return certificate_file(case)


def certificate_file(case: Opened) -> File:
    """The electronic certificate with its type. Raises NotFound."""
    if not case.certificate or not case.certificate.get("file_base64"):
        raise NotFound("there is no electronic certificate yet", field="certificate")
    content = base64.b64decode(str(case.certificate["file_base64"]))
    media_type, ending = next(
        ((kind, ending) for start, kind, ending in _SIGNATURES if content.startswith(start)), ("application/octet-stream", "bin")
    )
    if ending == "bin" and content.lstrip()[:9].lower() == b"<!doctype":
        media_type, ending = "application/octet-stream", "html"  # never rendered in our pages' origin
    return File(content, media_type, f"certificate.{ending}")


def proof(audit: Audit, case: Opened) -> Answer:
    """What happened in this case, with its proof: to be kept, and shown to whom the person likes."""
    bundle = audit.proof(case.head.case_id, Reader.PERSON)
    return File(bundle.text.encode(), "application/json", bundle.name)


def rating(visit: Visit, case: Opened) -> Answer:
    """Five grades: offered once, asked for never (好差评)."""
    if case.head.rating is None and not decide.ratable(case.head):
        return visit.to("progress")
    return visit.page("rating.html", _rating(case, {}))


def rating_given(visit: Visit) -> Answer:
    """Take a rating; thanks are on the same page."""
    form = visit.call.form
    tags = [tag for tag in texts.TAGS if form.get(f"tag.{tag}") == "1"]
    try:
        visit.applicant.rights.rate(visit.link, visit.session, form.get("grade", ""), tags, form.get("text", ""))
    except InvalidInput as error:
        case = visit.opened()
        return visit.faulty("rating.html", _rating(case, dict(form)), error) if case else visit.to("identity")
    return visit.to("rating")


def _rating(case: Opened, typed: dict[str, str]) -> dict[str, object]:
    return {"case": case, "grades": list(Grade), "values": typed, "most": decide.MOST_CHARACTERS}
