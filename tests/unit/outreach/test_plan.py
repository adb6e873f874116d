"""Whom a prompt goes to, over which channel, and what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import people
from wugan.items.model import Channel
from wugan.outreach import plan

ITEM = people.items()[1]
FULL = {"name": "测试甲", "wechat_openid": "openid-a", "app_user": "app-a", "mobile": "19900000001"}
ONLY_SMS = {"name": "测试乙", "wechat_openid": None, "app_user": "", "mobile": "19900000002"}


@pytest.mark.parametrize(
    ("contacts", "tried", "target"),
    [
        ([FULL], (), plan.Target(0, Channel.WECHAT, "openid-a")),
        ([FULL], ("wechat",), plan.Target(0, Channel.APP, "app-a")),
        ([FULL], ("wechat", "app"), plan.Target(0, Channel.SMS, "19900000001")),
        ([FULL], ("wechat", "app", "sms"), None),
        ([ONLY_SMS, FULL], (), plan.Target(1, Channel.WECHAT, "openid-a")),  # the better channel before the first contact
        ([ONLY_SMS, FULL], ("wechat", "app"), plan.Target(0, Channel.SMS, "19900000002")),
        ([ONLY_SMS], (), plan.Target(0, Channel.SMS, "19900000002")),
        ([{"name": "测试丙"}], (), None),
        ([], (), None),
    ],
)
def test_the_first_channel_that_reaches_somebody(contacts: list[dict[str, str | None]], tried: tuple[str, ...], target: object) -> None:
    assert plan.next_target(ITEM, contacts, tried) == target


@given(st.lists(st.sampled_from([FULL, ONLY_SMS, {}]), max_size=4))
def test_trying_on_ends_and_no_channel_is_tried_twice(contacts: list[dict[str, str | None]]) -> None:
    tried: list[str] = []
    while target := plan.next_target(ITEM, contacts, tried):
        assert target.channel.value not in tried
        tried.append(target.channel.value)
    order = [c.value for c in ITEM.channels]
    assert tried == [c for c in order if any(plan.address_of(contact, Channel(c)) for contact in contacts)]


@pytest.mark.parametrize("item", people.items().values(), ids=lambda item: item.code)
def test_each_prompt_names_bureau_item_and_code_and_says_that_it_is_free(item: object) -> None:
    assert isinstance(item, type(ITEM))
    for jurisdiction, bureau in item.jurisdictions.items():
        text = plan.prompt_text(item, jurisdiction.value, "identity", 0, 0, "ABCDE23456", plan.verify_address("https://gov.example/wugan"))
        assert text.startswith(f"【{bureau}】")
        assert "浏览器输入gov.example/wugan/verify，凭核验码ABCDE23456" in text  # not the code that proves who one is
        assert "不收" in text or "免费" in text
        assert "{" not in text


def test_a_reminder_says_which_one_it_is_and_a_correction_that_the_clock_stands_still() -> None:
    assert "第2次提醒" in plan.prompt_text(ITEM, "QD", "identity", 2, 0, "C", "p")
    assert "提醒" not in plan.prompt_text(ITEM, "QD", "identity", 0, 0, "C", "p")
    first, second = (plan.prompt_text(ITEM, "QD", "correction", 0, n, "C", "p") for n in (1, 2))
    assert "不计入审批时限" in first
    assert "第2次" in second
    assert "次" not in first.partition("补正材料")[2].partition("，")[0]


def test_a_rejection_is_told_with_its_remedy_and_a_refusal_is_not_told() -> None:
    text = plan.notice_text(ITEM, "QD", "rejected")
    assert text
    assert ITEM.texts.remedy in text
    assert plan.notice_text(ITEM, "QD", "declined") is None
    assert plan.notice_text(ITEM, "QD", "") is None
