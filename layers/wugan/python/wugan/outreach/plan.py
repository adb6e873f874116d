"""Whom to tell what, over which channel: pure decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wugan.items.model import Channel, Item

HOTLINE = "12345"  # the national government service hotline (政务服务便民热线)
CHANNEL_NAMES = {Channel.WECHAT: "微信", Channel.APP: "政务服务应用", Channel.SMS: "短信"}
_ADDRESS = {Channel.WECHAT: "wechat_openid", Channel.APP: "app_user", Channel.SMS: "mobile"}


@dataclass(frozen=True)
class Target:
    """One contact over one channel."""

    contact: int
    channel: Channel
    address: str


def next_target(item: Item, contacts: Sequence[Mapping[str, Any]], tried: Sequence[str]) -> Target | None:
    """The item's first channel that is not tried yet and reaches one of the contacts, in their order; None: unreachable."""
    for channel in item.channels:
        if channel.value in tried:
            continue
        for index, contact in enumerate(contacts):
            address = address_of(contact, channel)
            if address:
                return Target(index, channel, address)
    return None


def address_of(contact: Mapping[str, Any], channel: Channel) -> str | None:
    """Where a contact is reached over a channel; None: not at all."""
    return contact.get(_ADDRESS[channel]) or None


def bureau(item: Item, jurisdiction: str) -> str:
    """The implementing body's name."""
    return next((name for j, name in item.jurisdictions.items() if j.value == jurisdiction), "行政审批服务局")


def verify_address(public_url: str) -> str:
    """Where the code of a prompt is checked, as a person types it."""
    return f"{public_url.partition('://')[2]}/verify"


def _check(code: str, portal: str) -> str:
    return f"真伪可在浏览器输入{portal}，凭核验码{code}查询。"


def prompt_text(item: Item, jurisdiction: str, purpose: str, rung: int, corrections: int, code: str, portal: str) -> str:
    """The prompt. It names the bureau, says that nothing costs money, and gives a code that can be checked without the link, and where."""
    name, check = bureau(item, jurisdiction), _check(code, portal)
    if purpose == "correction":
        which = f"（第{corrections}次）" if corrections > 1 else ""
        return f"【{name}】您的“{item.name}”需要补正材料{which}，请打开链接一次补齐，期间不计入审批时限。{check}"
    text = item.texts.prompt.format(subject="贵单位", bureau=name, reason="")
    reminder = f"（第{rung}次提醒）" if rung else ""
    return f"【{name}】{reminder}{text}{check}"


def joint_text(items: Sequence[tuple[Item, int]], jurisdiction: str, code: str, portal: str) -> str:
    """One prompt about several items, each with its rung. The link opens the first one's page."""
    named = "；".join(f"{n}. “{item.name}”" + (f"（第{rung}次提醒）" if rung else "") for n, (item, rung) in enumerate(items, 1))
    told = f"您有{len(items)}件事项可办理：{named}。打开链接，验明身份后可逐件办理，不收费用。"
    return f"【{bureau(items[0][0], jurisdiction)}】{told}{_check(code, portal)}"


NOTICES = {
    "delivered": "您的“{item}”已办结，新证照已送达。感谢配合，欢迎评价本次服务。",
    "rejected": "您的“{item}”未获批准，理由请打开链接查看。{remedy}",
    "withdrawn": "您的“{item}”已按您的要求撤回，不影响您今后办理。",
    "by_person": "您的“{item}”已转由工作人员办理，我们会尽快与您联系。",
    "expired": "您的“{item}”因超过时限未确认已结束，如需办理可联系我们。",
}


def notice_text(item: Item, jurisdiction: str, outcome: str) -> str | None:
    """What the person is told at the end; None where there is nothing to tell."""
    template = NOTICES.get(outcome)
    if template is None:
        return None
    return f"【{bureau(item, jurisdiction)}】" + template.format(item=item.name, remedy=item.texts.remedy)
