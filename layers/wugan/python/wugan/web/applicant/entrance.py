"""What a link opens before anybody has proved who they are: the prompt, no, and a human."""

from __future__ import annotations

from wugan.cases.model import Head, Stage, Task
from wugan.errors import Conflict
from wugan.outreach.plan import verify_address
from wugan.web.applicant.visit import CHECK_COOKIE, OVER, SESSION_COOKIE, Visit
from wugan.web.edge import Answer

BEFORE_ANSWER = frozenset({Stage.PUSH, Stage.IDENTITY})
REFUSABLE = frozenset({Stage.IDENTITY, Stage.INTENTION, Stage.DECLARATION})


def landing(visit: Visit) -> Answer:
    """What a link shows to whoever has it."""
    shown = visit.look()
    portal = verify_address(visit.applicant.context.public_url())
    data = {"shown": shown, "head": shown.head, "item": shown.item, "state": _phase(shown.head), "portal": portal}
    return visit.page("landing.html", data)


def _phase(head: Head) -> str:
    """Whether the person has not answered yet, the case is open, or it is over."""
    if head.stage in OVER:
        return "over"
    return "new" if head.resume is Stage.IDENTITY and head.stage in BEFORE_ANSWER else "open"


def declining(visit: Visit) -> Answer:
    """No: what it means, to be confirmed. Once somebody has identified, for them alone."""
    shown = visit.look()
    if shown.head.stage not in REFUSABLE:
        return visit.to()
    if (shown.head.resume is not Stage.IDENTITY or shown.agent) and visit.opened() is None:
        return visit.to("identity")
    return visit.page("decline.html", {"shown": shown, "forever": visit.call.query.get("forever") == "1" and not shown.agent})


def decline(visit: Visit) -> Answer:
    """No, for now or for ever."""
    visit.form_of_link()
    visit.applicant.decline(visit.link, visit.call.form.get("forever") == "1", visit.session)
    return visit.to()


def asking(visit: Visit) -> Answer:
    """A human: what happens then, to be confirmed; or that officials have been told."""
    shown = visit.look()
    waits = visit.opened() is not None or _phase(shown.head) == "new"
    hands_over = waits and shown.head.stage in (*REFUSABLE, Stage.CORRECTION)
    if Task.HANDLE in shown.head.tasks and not hands_over:
        return visit.page("asked.html", {"shown": shown})
    if shown.head.stage in OVER:
        raise Conflict("the case is over: call the hotline", field="head")
    return visit.page("ask.html", {"shown": shown, "hands_over": hands_over})


def ask(visit: Visit) -> Answer:
    """A human, please."""
    visit.form_of_link()
    visit.applicant.ask_person(visit.link, visit.session)
    return visit.to("ask")


def leave(visit: Visit) -> Answer:
    """End the session in this browser: phones are lent."""
    visit.form_of_session()
    return visit.to(cookies=(visit.cookie(SESSION_COOKIE, ""), visit.cookie(CHECK_COOKIE, "")))
