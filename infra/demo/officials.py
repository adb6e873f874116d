"""The officials of a bureau that has no platform of its own: they work at the desk, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from infra.demo.cast import Role
from infra.demo.visitor import Astray, Visitor

POINTS = "请补充经营场所的门牌号\n请说明变更的日期"
REASON = "经核查，申报的场所不符合设置要求。"


@dataclass
class Bureau:
    """One official at the desk of a bureau."""

    base: str
    invite: str
    role: Callable[[str], Role]
    decides: bool  # at the desk; else its own platform decides, and the desk only hands out
    visitor: Visitor = field(default_factory=Visitor)
    corrected: set[str] = field(default_factory=set)

    def sign_in(self) -> Bureau:
        """Sign in with the code that operations gave out."""
        self.visitor.open(f"{self.base}/desk/sign-in").submit("/desk/sign-in", {"token": self.invite})
        return self

    def work(self) -> int:
        """Decide what lies on the first page of the queue; returns how many."""
        waiting = self.visitor.open(f"{self.base}/desk").cases()
        for case_id in waiting:
            self._decide(case_id)
        return len(waiting)

    def _decide(self, case_id: str) -> None:
        page = self.visitor.open(f"{self.base}/desk/cases/{case_id}")
        if not page.has("/decide"):
            return
        decision = self.role(case_id).decision
        if decision == "reject":
            page.submit("/decide", {"kind": "rejected", "reason": REASON})
        elif decision == "correction" and case_id not in self.corrected:
            self.corrected.add(case_id)
            page.submit("/decide", {"kind": "correction", "points": POINTS})
        else:
            page.submit("/decide", {"kind": "approved", "number": page.value("/decide", "number") or f"QD-{case_id[:8].upper()}"})
        if page.status >= 400:
            raise Astray(f"the decision was not taken: “{page.title}” (status {page.status})")

    def look_for_parcels(self) -> None:
        """Settle what a courier left open: what came back is sent again, what lies elsewhere reached the person after all."""
        for case_id in self.visitor.open(f"{self.base}/desk/tasks?task=parcel").cases():
            page = self.visitor.open(f"{self.base}/desk/cases/{case_id}")
            wanted = "resend" if page.says("正在退回") else "received"
            if page.offers("/settle", "settlement", wanted):
                page.submit("/settle", {"settlement": wanted})
            elif page.has("/task"):
                page.submit("/task", {"task": "parcel"})

    def hand_out(self, case_id: str) -> bool:
        """Give the new certificate to the person at the counter; False while it is not there."""
        page = self.visitor.open(f"{self.base}/desk/cases/{case_id}")
        if not page.has("/received"):
            return False
        page.submit("/received")
        return True
