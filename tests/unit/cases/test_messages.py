"""Who a person is over all cases, and what binds their messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import time

import pytest

from tests.support import people
from wugan import bootstrap, config
from wugan.cases.messages import group_of
from wugan.cases.preferences import person_key, prompted
from wugan.errors import InvalidInput
from wugan.links import Keyring
from wugan.outreach import plan
from wugan.outreach.behaviour import Group, Holder, Role
from wugan.outreach.quiet import Quiet
from wugan.outreach.schedule import Cap, Rules

KEYS = Keyring(lambda: "a secret of the tests")


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    caches = (bootstrap.settings.cache_clear, bootstrap.rules.cache_clear)
    for clear in caches:
        clear()
    yield
    for clear in caches:
        clear()


def test_a_person_is_the_same_whatever_the_address_and_names_nobody() -> None:
    one, other = asdict(people.contact()), asdict(people.contact(mobile="19900000002", wechat_openid=None, name="测试乙"))
    key = person_key(KEYS, one)
    assert key == person_key(KEYS, other)
    assert key
    assert not any(str(v) in key for v in one.values())
    assert key != person_key(Keyring(lambda: "another secret"), one)


def test_without_an_identity_number_the_next_best_address_counts() -> None:
    known = [asdict(people.contact(id_number="")), asdict(people.contact(id_number="", mobile=None))]
    known.append(asdict(people.contact(id_number="", mobile=None, wechat_openid=None)))
    assert len({person_key(KEYS, c) for c in known}) == 3
    assert person_key(KEYS, asdict(people.contact(id_number="", mobile=None, wechat_openid=None, app_user=None))) is None


def test_the_contact_that_is_prompted() -> None:
    assert prompted([], 0) == {}
    assert prompted([{"name": "a"}, {"name": "b"}], 1) == {"name": "b"}
    assert prompted([{"name": "a"}], 1) == {"name": "a"}


@pytest.mark.parametrize(
    ("code", "role", "group"),
    [
        ("91370202MA3C7XKB5Y", "agent", Group(Holder.ENTERPRISE, Role.AGENT)),
        ("92370202MA3C7XKB5Y", "legal_representative", Group(Holder.SELF_EMPLOYED, Role.REPRESENTATIVE)),
        ("52370202MA3C7XKB5Y", "handling_person", Group(Holder.ORGANISATION, Role.HANDLER)),
    ],
)
def test_people_are_compared_by_the_kind_of_subject_and_their_role(code: str, role: str, group: Group) -> None:
    assert group_of(code, role) == group


def test_one_message_about_several_items_names_each_and_its_reminder() -> None:
    one, two = people.items()[1], people.items()[2]
    text = plan.joint_text([(one, 0), (two, 2)], "QD", "ABCDE12345", "gov.example/verify")
    assert text.startswith("【青岛市行政审批服务局】您有2件事项可办理")
    assert f"1. “{one.name}”；2. “{two.name}”（第2次提醒）" in text
    assert "gov.example/verify，凭核验码ABCDE12345" in text
    assert "不收费" in text


def test_the_rules_are_the_usual_ones_unless_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (config.QUIET_HOURS, config.MESSAGE_CAPS):
        monkeypatch.delenv(name, raising=False)
    assert bootstrap.rules("QD") == Rules()
    monkeypatch.setenv(config.QUIET_HOURS, "22:30-07:00")
    monkeypatch.setenv(config.MESSAGE_CAPS, "2/1d 5/30d")
    bootstrap.settings.cache_clear()
    found = bootstrap.rules("LX")
    assert (found.quiet, found.caps) == (Quiet(time(22, 30), time(7)), (Cap(2, 1), Cap(5, 30)))


@pytest.mark.parametrize("name", [config.QUIET_HOURS, config.MESSAGE_CAPS])
def test_a_rule_that_is_no_rule_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "often")
    with pytest.raises(InvalidInput) as caught:
        bootstrap.rules("QD")
    assert caught.value.field == name
