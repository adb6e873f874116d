"""Step 7."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from wugan.approval.port import Application, Department, document
from wugan.cases import decide
from wugan.cases.model import Head, Stage, effect_id
from wugan.cases.recheck import holds
from wugan.cases.stages.stage import Flags, StageService
from wugan.errors import VendorRefused
from wugan.forms import prefill
from wugan.forms.package import materials
from wugan.items.model import Item


@dataclass(frozen=True)
class Approve(StageService):
    """Step 7."""

    department: Callable[[str], Department]  # by jurisdiction
    paper: Callable[[Item, Application], bytes]  # the application as a PDF

    def approve(self, case_id: str) -> Flags:
        """Check once more that the case still qualifies, then hand the application to the department."""
        head = self._begin(case_id, Stage.APPROVAL)
        if head is None:
            return self._repeat(case_id)
        item = self.context.item(head)
        qualifies, why_not = self._qualifies(head, item)
        if not qualifies:
            return self._to_person(case_id, "no_longer_qualifies", why_not)
        application = self._application(head, item)
        try:
            reference = self.department(head.jurisdiction).submit(application)
        except VendorRefused as refused:
            return self._to_person(case_id, "department_refused", refused.detail)
        package = application.kept()
        return self._commit(head, lambda h, now: decide.submitted(h, item, reference, package, now, self.context.random))

    def _qualifies(self, head: Head, item: Item) -> tuple[bool, str]:
        return holds(head, item, self.context.lookup.subject(head.subject))

    def _application(self, head: Head, item: Item) -> Application:
        sealed = self.context.store.sealed
        form = sealed(head.case_id, "form") or {"fields": []}
        fields = prefill.from_json(form["fields"])
        number = head.attempts.get("approval", 0) + 1
        package = Application(
            id=effect_id(head.case_id, "approval", number),
            case_id=head.case_id,
            item_code=head.item_code,
            item_version=head.item_version,
            jurisdiction=head.jurisdiction,
            subject=head.subject,
            form={f.name: {"value": f.final, "source": f.source, "given": f.given, "disputed": f.disputed, "why": f.why} for f in fields},
            materials=tuple(materials(item, fields, head.return_way)),
            changes=tuple(sealed(head.case_id, "changes") or ()),
            promised_by=head.promised_by.isoformat() if head.promised_by else "",
        )
        return replace(package, documents=(document("application.pdf", "application/pdf", self.paper(item, package)),))
