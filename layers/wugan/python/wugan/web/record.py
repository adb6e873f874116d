"""The record of a case on paper (办理记录), for the archive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wugan.cases.model import Event, Head
from wugan.clock import BEIJING
from wugan.items.model import Item, SubjectField
from wugan.outreach.plan import bureau
from wugan.pdf import pdf
from wugan.web import texts


def record(head: Head, item: Item, events: Sequence[Event], sealed: Mapping[str, Any]) -> bytes:
    """The PDF of a closed case: what it was about, what changed, every step, how it ended."""
    return pdf("办理记录", list(_lines(head, item, events, sealed)))


def _lines(head: Head, item: Item, events: Sequence[Event], sealed: Mapping[str, Any]) -> Iterator[str]:
    yield f"事项：{item.name}"
    yield f"办件编号：{head.case_id}"
    yield f"办理部门：{bureau(item, head.jurisdiction)}"
    yield f"申请单位：{(sealed.get('subject') or {}).get('name') or '（个人信息已删除）'}（{head.subject}）"
    yield f"结果：{texts.OUTCOMES[head.outcome] if head.outcome else '办理结束'}"
    for change in sealed.get("changes", ()):
        yield f"变更内容：{texts.FIELDS[SubjectField(change['field'])]} {change['old'] or '—'} → {change['new'] or '—'}"
    certificate = sealed.get("certificate")
    if certificate:
        yield f"新证照编号：{certificate['number']}"
    yield ""
    for event in events:
        yield f"{event.seq}. {event.at.astimezone(BEIJING):%Y-%m-%d %H:%M} {texts.ACTORS[event.actor]}：{texts.EVENTS[event.type]}"
