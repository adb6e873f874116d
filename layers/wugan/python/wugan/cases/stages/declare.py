"""Step 5: prefilling."""

from __future__ import annotations

from dataclasses import dataclass

from wugan.cases import decide
from wugan.cases.model import Head, Stage
from wugan.cases.stages.stage import Flags, StageService
from wugan.errors import VendorUnavailable
from wugan.forms import prefill
from wugan.outreach import plan
from wugan.registry.model import Subject


@dataclass(frozen=True)
class Declare(StageService):
    """Step 5."""

    def declare(self, case_id: str) -> Flags:
        """Fetch the person's data and fill the form; what a registry cannot tell is left for the person."""
        head = self._begin(case_id, Stage.DECLARATION)
        if head is None:
            return self._repeat(case_id)
        item = self.context.item(head)
        contacts = self.context.store.sealed(case_id, "contacts") or [{}]
        case = {"item_name": item.name, "certificate_no": head.certificate_no or "", "bureau": plan.bureau(item, head.jurisdiction)}
        contact = contacts[min(head.contact, len(contacts) - 1)]
        fields = prefill.prefill(item, self._subject(head), head.certificate_no, contact, case)
        missing = [f.name for f in fields if f.missing]
        form = {"fields": prefill.to_json(fields)}
        return self._commit(head, lambda h, now: decide.prefilled(h, item, form, missing, now, self.context.random))

    def _subject(self, head: Head) -> Subject:
        """The subject's rows; none of them while the registry is down (degraded prefill never blocks a person)."""
        try:
            return self.context.lookup.subject(head.subject)
        except VendorUnavailable:
            return Subject(head.subject, self.context.clock.now().date(), None)
