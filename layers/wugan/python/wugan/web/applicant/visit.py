"""One request to one case, and who may see what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from wugan.cases.applicant import Applicant, Landing, Opened
from wugan.cases.model import Head, Power, Stage
from wugan.errors import Forbidden, InvalidForm, InvalidInput, LinkExpired, LinkInvalid
from wugan.links import SESSION
from wugan.web import texts
from wugan.web.edge import Answer, Call, Cookie, Page, Redirect, csrf

SESSION_COOKIE = "wugan_session"
CHECK_COOKIE = "wugan_check"
REFRESH = 2  # seconds between looks while the system prepares something
OVER = frozenset({Stage.CLOSING, Stage.CLOSED, Stage.GIVE_BACK})
PAGES = {Stage.INTENTION: "intention", Stage.DECLARATION: "declaration", Stage.CORRECTION: "correction"}

Faults = list[tuple[str, str]]  # field → what to mend


class Visit:
    """One request to one case: the service, the link, the session."""

    def __init__(self, applicant: Applicant, call: Call) -> None:
        self.applicant, self.call = applicant, call
        self.link = call.params.get("link", "")
        self.session = call.cookies.get(SESSION_COOKIE, "")
        self.keys = applicant.context.keys

    @property
    def now(self) -> datetime:
        """Business time."""
        return self.applicant.context.clock.now()

    def look(self) -> Landing:
        """What the link alone opens. Raises LinkInvalid, LinkExpired."""
        return self.applicant.landing(self.link)

    def path(self, *parts: str) -> str:
        """The path of a page of this case."""
        return self.call.site.path("c", self.link, *parts)

    def to(self, *parts: str, cookies: tuple[Cookie, ...] = ()) -> Redirect:
        """Go on at a page of this case."""
        return Redirect(self.path(*parts), cookies)

    def cookie(self, name: str, value: str) -> Cookie:
        """A cookie for this case only."""
        return Cookie(name, value, self.path(), int(SESSION.total_seconds()) if value else 0)

    def form_of_link(self) -> None:
        """Raise ForgedForm unless the form was made for this link."""
        self.call.check(self.keys, self.link)

    def form_of_session(self) -> None:
        """Raise ForgedForm unless the form was made for this link and this session."""
        self.call.check(self.keys, self.link + self.session)

    def page(self, template: str, data: Mapping[str, Any], **more: Any) -> Page:
        """A page of this case, with the tokens that its forms carry."""
        tokens = {"csrf": csrf(self.keys, self.link), "csrf_session": csrf(self.keys, self.link + self.session)}
        return Page(template, {"link": self.link, "faults": [], "wrong": {}, **tokens, **data}, **more)

    def faulty(self, template: str, data: Mapping[str, Any], error: InvalidInput) -> Page:
        """The page once more, with everything that has to be mended at its top and at its fields."""
        faults = faults_of(error)
        return self.page(template, {**data, "faults": faults, "wrong": dict(faults)}, status=error.status)

    def opened(self) -> Opened | None:
        """The whole case, or None when the person has to prove again who they are. Raises LinkInvalid, LinkExpired for the link."""
        try:
            return self.applicant.opened(self.link, self.session)
        except Forbidden:
            self.look()  # raises when the link, and not the session, is the reason
            return None

    def next_page(self, head: Head, powers: frozenset[Power] = frozenset(Power)) -> str:
        """Where an identified person goes on."""
        stage = head.resume if head.stage is Stage.PUSH else head.stage
        return PAGES.get(stage, "progress") if Power.DECLARE in powers else "progress"


def faults_of(error: InvalidInput) -> Faults:
    """All that has to be mended, in words; each field once."""
    found = error.faults if isinstance(error, InvalidForm) else (error,)
    return list({fault.field or "form": texts.field_error(fault.field) for fault in found}.items())


ApplicantView = Callable[[Visit], Answer]
CaseView = Callable[[Visit, Opened], Answer]


def identified(view: CaseView) -> ApplicantView:
    """A page for the identified person; others go and prove who they are."""

    def answer(visit: Visit) -> Answer:
        case = visit.opened()
        return view(visit, case) if case else visit.to("identity")

    return answer


def principal(view: CaseView) -> ApplicantView:
    """A page for the person alone; agents are told where they can go on."""
    return identified(lambda visit, case: view(visit, case) if case.principal else visit.to("progress"))


def at(stage: Stage, view: CaseView) -> ApplicantView:
    """A page that belongs to one stage: while the system works, wait; when the stage is past, go where the case is."""

    def answer(visit: Visit, case: Opened) -> Answer:
        page = visit.next_page(case.head, case.powers)
        if page != PAGES[stage]:
            return visit.to(page)
        if case.head.asked_for is not stage or case.head.wait is None:
            return visit.page("preparing.html", {"case": case}, refresh=REFRESH)
        return view(visit, case)

    return identified(answer)


def answering(view: ApplicantView) -> ApplicantView:
    """A form of the identified person; whose session is over goes and proves again who they are."""

    def answer(visit: Visit) -> Answer:
        visit.form_of_session()
        try:
            return view(visit)
        except (LinkInvalid, LinkExpired):
            visit.look()  # raises when the link, and not the session, is the reason
            return visit.to("identity")

    return answer
