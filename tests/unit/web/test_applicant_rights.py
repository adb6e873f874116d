"""What a person may do beside the steps: agents, consent, preferences, why, the preview, the rating."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.browser.town import ADDRESS, NAME, NUMBER, SLOTS, Town
from tests.unit.web.client import Client, Reply
from tests.unit.web.test_applicant import give_session, sign_in
from wugan.approval.port import DecisionKind
from wugan.cases import decide
from wugan.cases.model import Actor, Grade, Power, Stage, Task
from wugan.courier.port import ParcelState
from wugan.items.model import Channel

AGENT_NUMBER = "37020219900307205x"
AGENT = {"name": "代小办", "id_number": AGENT_NUMBER, "mobile": "13700000011", "until": "2026-12-23"}


def entrust(client: Client, link: str, **powers: str) -> Reply:
    """Entrust the agent through the page."""
    page = client.get(f"/c/{link}/agents")
    return client.submit(page, "/agents", AGENT | {"power.declare": "", "power.receive": ""} | {f"power.{n}": v for n, v in powers.items()})


def agent_of(town: Town, link: str, session: str) -> str:
    """The newest agent's link."""
    return town.applicant.rights.agents(link, session)[-1].link


def come_in(town: Town, link: str) -> Client:
    """Somebody's own browser, after proving by code who they are."""
    client = Client(town)
    page = client.submit(client.get(f"/c/{link}/identity"), "/identity", method="code")
    reference = town.head(link).check.partition(":")[2]
    client.submit(page, "/identity/code", code=town.identity.codes[reference], id_number=AGENT_NUMBER)
    return client


# --- agents


def test_an_agent_declares_and_is_noted_as_one(town: Town, client: Client, link: str) -> None:
    session = town.to_declaration(link)
    give_session(client, link, session)
    page = entrust(client, link, declare="1")
    assert AGENT["name"] in page.text
    theirs = agent_of(town, link, session)
    assert theirs in page.text
    shown = Client(town).get(f"/c/{theirs}")
    assert "有人委托您代办" in shown.text
    assert not [secret for secret in (AGENT["name"], AGENT["mobile"], NAME) if secret in shown.text]
    agent = come_in(town, theirs)
    form = agent.get(f"/c/{theirs}/declaration")
    assert f"您是受托人{AGENT['name']}" in form.text
    agent.submit(form, "/declaration", return_way="hand_in", delivery_way="electronic")
    event = town.store.events(town.head(link).case_id)[-1]
    assert (event.type, event.actor, event.facts["agent"]) == ("declared", Actor.AGENT, "1")
    assert "受托人1：申报信息已确认" in agent.get(f"/c/{theirs}/progress").text
    trail = repr([(e.facts, e.sealed) for e in town.store.events(event.case_id)])
    assert not [secret for secret in (AGENT["name"], AGENT["mobile"], AGENT_NUMBER[:17]) if secret in trail]


def test_an_agent_may_only_what_was_entrusted(town: Town, client: Client, link: str) -> None:
    session = town.to_declaration(link)
    give_session(client, link, session)
    entrust(client, link, receive="1")
    theirs = agent_of(town, link, session)
    agent = come_in(town, theirs)
    assert agent.get(f"/c/{theirs}/declaration").path.endswith("/progress")
    for path in ("withdraw", "agents", "privacy", "preferences"):
        assert agent.get(f"/c/{theirs}/{path}").path.endswith("/progress")
    token = agent.get(f"/c/{theirs}/progress").form("/leave")[1]["csrf"]
    before = town.head(link)
    for path in ("declaration", "withdraw", "agents", "agents/revoke", "privacy/face", "privacy/stop"):
        assert agent.post(f"/c/{theirs}/{path}", {"csrf": token, "agent": "1", "delivery_way": "electronic"}).status == 403
    assert town.head(link) == before


def test_a_delegation_ends_when_it_is_taken_back(town: Town, client: Client, link: str) -> None:
    session = town.to_declaration(link)
    give_session(client, link, session)
    page = entrust(client, link, declare="1", receive="1")
    theirs = agent_of(town, link, session)
    agent = come_in(town, theirs)
    assert agent.get(f"/c/{theirs}/declaration").status == 200
    page = client.submit(client.get(f"/c/{link}/agents"), "/agents/revoke", agent="1")
    assert "已撤回" in page.text
    assert agent.get(f"/c/{theirs}/declaration").status == 410
    assert town.sealed(town.head(link).case_id, "agent-1")["name"] == AGENT["name"]  # they came: who it was stays known


def test_a_delegation_ends_with_its_last_day(town: Town, client: Client, link: str) -> None:
    session = town.to_declaration(link)
    give_session(client, link, session)
    entrust(client, link, declare="1")
    theirs = agent_of(town, link, session)
    town.clock.at += timedelta(days=30, hours=13)  # the last day's evening
    assert Client(town).get(f"/c/{theirs}").status == 200
    town.clock.at += timedelta(hours=2)
    assert Client(town).get(f"/c/{theirs}").status == 410


def test_an_agents_session_opens_the_agents_link_only(town: Town, client: Client, link: str) -> None:
    session = town.to_declaration(link)
    give_session(client, link, session)
    entrust(client, link, declare="1")
    theirs = agent_of(town, link, session)
    agent = come_in(town, theirs)
    (cookies,) = [c for path, c in agent.cookies.items() if theirs in path]
    give_session(agent, link, cookies["wugan_session"])
    assert agent.get(f"/c/{link}/agents").path.endswith("/identity")
    give_session(client, theirs, session)
    assert client.get(f"/c/{theirs}/progress").path.endswith("/identity")


def test_everything_wrong_with_an_agent_is_told_at_once(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.session(link))
    wrong = {"name": "甲", "id_number": "370202199003072051", "mobile": "1370000001", "until": "2027-12-01", "power.declare": ""}
    page = client.submit(client.get(f"/c/{link}/agents"), "/agents", wrong)
    assert page.status == 400
    assert [field for field in ("name", "id_number", "mobile") if f'href="#field-{field}"' not in page.text] == []
    assert 'value="1370000001"' in page.text
    assert town.head(link).delegations == {}
    page = client.submit(page, "/agents", AGENT | {"until": "nonsense", "power.declare": "1"})
    assert 'href="#field-until"' in page.text


# --- who among several


def test_the_principal_chooses_who_they_are(town: Town, client: Client) -> None:
    link = town.open_case(others=1)
    page = client.get(f"/c/{link}/identity")
    assert "法定代表人 测＊＊" in page.text
    page = client.submit(page, "/identity", method="code", who="1")
    code = town.identity.codes[town.head(link).check.partition(":")[2]]
    assert client.submit(page, "/identity/code", code=code, id_number=NUMBER).status == 403  # the other one's number
    assert client.submit(page, "/identity/code", code=code, id_number="370202199001010015").path.endswith("/intention")
    assert "测试法人" in client.get(f"/c/{link}/intention").text
    other = Client(town)
    page = other.submit(other.get(f"/c/{link}/identity"), "/identity", method="code", who="7")
    assert (page.status, "请先选择您是谁" in page.text) == (400, True)


# --- consent


def test_consent_to_the_face_is_recorded_before_and_can_be_taken_back(town: Town, client: Client, link: str) -> None:
    client.submit(client.get(f"/c/{link}/identity"), "/identity", index=1, method="face", consent="1", follow=False)
    types = [e.type for e in town.store.events(town.head(link).case_id)]
    assert types[-2:] == ["face_consented", "identity_started"]
    sign_in(client, link)
    page = client.get(f"/c/{link}/privacy")
    assert "我单独同意认证服务处理我的人脸信息" in page.text
    page = client.submit(page, "/privacy/face")
    assert "没有同意，或者已经撤回" in page.text
    assert town.head(link).face_consent is None
    assert town.store.events(town.head(link).case_id)[-1].type == "face_consent_withdrawn"


def test_before_the_decision_withdrawing_consent_is_withdrawing(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.to_approval(link))
    page = client.get(f"/c/{link}/privacy")
    assert f"/c/{link}/withdraw" in page.text
    assert "/privacy/stop" not in page.text
    token = client.get(f"/c/{link}/progress").form("/leave")[1]["csrf"]
    assert client.post(f"/c/{link}/privacy/stop", {"csrf": token}).status == 409
    town.decide(link, DecisionKind.APPROVED)
    assert "现在还不能撤回" in client.get(f"/c/{link}/privacy").text


def test_after_the_end_what_the_archive_does_not_need_is_erased(town: Town, client: Client) -> None:
    link = town.open_case(others=1)
    session = _delivered(town, link, delegate=True)
    give_session(client, link, session)
    page = client.submit(client.get(f"/c/{link}/privacy"), "/privacy/stop")
    assert "撤回了同意" in page.text
    case = town.head(link).case_id
    kept, other = town.sealed(case, "contacts")
    assert set(kept) == {"role", "name", "id_number", "mobile"}
    assert other == {}
    assert town.sealed(case, "agent-1") == {}
    assert not any(d.standing(town.clock.now()) for d in town.head(link).delegations.values())
    again = Client(town)
    sign_in(again, link)
    assert again.get(f"/c/{link}/progress").status == 200  # and still the person can see the case


def _delivered(town: Town, link: str, *, delegate: bool = False) -> str:
    session = town.to_delivery(link)
    if delegate:
        town.applicant.rights.delegate(link, session, AGENT, [Power.RECEIVE], town.clock.now() + timedelta(days=9))
    town.move(link, "delivery", ParcelState.ARRIVED)
    town.system(link)
    return session


def test_leaving_ends_the_session_in_this_browser(client: Client, link: str) -> None:
    sign_in(client, link)
    client.submit(client.get(f"/c/{link}/progress"), "/leave")
    assert client.get(f"/c/{link}/progress").path.endswith("/identity")


# --- preferences


def test_channels_and_profiling_are_chosen(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.session(link))
    page = client.get(f"/c/{link}/preferences")
    form = {"channel.sms": "1", "channel.wechat": "", "channel.app": "", "profiled": ""}
    page = client.submit(page, "/preferences", form)
    assert "已经保存" in page.text
    wishes = town.preferences.read(town.head(link).case_id)
    assert (wishes.opted_out, wishes.profiled) == (frozenset({Channel.WECHAT, Channel.APP}), False)
    page = client.submit(page, "/preferences", form | {"channel.sms": ""})
    assert (page.status, "请至少保留一种" in page.text) == (400, True)
    assert town.preferences.read(town.head(link).case_id) == wishes


# --- the form


def test_a_dispute_goes_to_the_keeper_and_blocks_nothing(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.to_declaration(link))
    said = {"disputed.registered_address": "青岛市市南区香港中路9号", "why.registered_address": "去年已换路牌"}
    ways = {"return_way": "hand_in", "delivery_way": "electronic"}
    client.submit(client.get(f"/c/{link}/declaration"), "/declaration", said | ways)
    head = town.head(link)
    assert (head.stage, head.tasks) == (Stage.APPROVAL, (Task.KEEPER,))
    (request,) = town.sealed(head.case_id, "disputes")
    assert (request["claimed"], request["why"], request["source"]) == (
        "青岛市市南区香港中路9号",
        "去年已换路牌",
        "business.registered_address",
    )
    event = next(e for e in town.store.events(head.case_id) if e.type == "disputed")
    assert event.facts["fields"] == [{"field": "registered_address", "source": "business.registered_address", "as_of": request["as_of"]}]
    town.system(link)
    field = town.sealed(head.case_id, "application")["form"]["registered_address"]
    assert (field["disputed"], field["why"], field["value"]) == ("青岛市市南区香港中路9号", "去年已换路牌", request["value"])


def test_a_dispute_that_the_keeper_had_already_is_not_sent_again(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.to_declaration(link))
    typed = {"disputed.registered_address": "青岛市市南区香港中路9号", "return_way": "hand_in", "delivery_way": "electronic"}
    client.submit(client.get(f"/c/{link}/declaration"), "/declaration", typed)
    town.system(link)
    done = lambda head: decide.task_done(head, Task.KEEPER, "王审批", town.clock.now(), town.context.random)  # noqa: E731
    town.context.apply(town.head(link).case_id, done)
    town.decide(link, DecisionKind.CORRECTION, points=("请补充",))
    page = client.get(f"/c/{link}/correction")
    assert "青岛市市南区香港中路9号" in page.text
    client.submit(page, "/correction")
    assert town.head(link).tasks == ()
    assert [e.type for e in town.store.events(town.head(link).case_id)].count("disputed") == 1


def test_the_application_can_be_looked_at_before_and_after(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.to_declaration(link))
    before = town.head(link)
    typed = {"return_way": "courier", "pickup_address": ADDRESS, "delivery_way": "courier", "delivery_address": ADDRESS}
    typed |= {"pickup_slot": SLOTS[1], "disputed.registered_address": "甲<乙"}
    page = client.submit(client.get(f"/c/{link}/declaration"), "/declaration", typed, action="preview")
    assert "将要提交的申报材料" in page.text
    assert "11月24日（周二）14:00–16:00" in page.text
    assert "应为“甲&lt;乙”" in page.text
    assert town.head(link) == before
    assert client.get(f"/c/{link}/preview").status == 404
    change = client.submit(page, "/declaration", action="change")
    assert change.form("/declaration")[1]["disputed.registered_address"] == "甲<乙"
    client.submit(page, "/declaration", action="submit")
    assert town.sealed(before.case_id, "form")["pickup_slot"] == SLOTS[1]
    assert "预约 11月24日（周二）14:00–16:00" in client.get(f"/c/{link}/progress").text
    assert "已提交的申报材料" in client.get(f"/c/{link}/preview").text


def test_all_that_is_wrong_with_a_declaration_is_told_at_once(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.to_declaration(link))
    typed = {"return_way": "courier", "pickup_address": "香港中路10号", "delivery_way": "courier", "delivery_address": "浙江省杭州市1号"}
    page = client.submit(client.get(f"/c/{link}/declaration"), "/declaration", typed, pickup_slot="2020-01-01T09:00/11:00")
    assert page.status == 400
    assert "请先修改3处内容" in page.text
    assert [f for f in ("pickup_address", "delivery_address", "pickup_slot") if f'href="#field-{f}"' not in page.text] == []


# --- rating


@pytest.mark.parametrize(("grade", "tasks"), [(Grade.FAIR, ()), (Grade.DISSATISFIED, (Task.FOLLOW_UP,))])
def test_a_rating_is_taken_once_and_a_bad_one_followed_up(
    town: Town, client: Client, link: str, grade: Grade, tasks: tuple[Task, ...]
) -> None:
    give_session(client, link, _delivered(town, link))
    assert f"/c/{link}/rating" in client.get(f"/c/{link}/progress").text
    page = client.get(f"/c/{link}/rating")
    assert client.submit(page, "/rating").status == 400
    done = client.submit(page, "/rating", {"tag.slow": "1", "text": "快递来晚了"}, grade=grade.value)
    assert "谢谢您的评价" in done.text
    head = town.head(link)
    assert (head.rating, head.tasks) == (grade, tasks)
    assert town.sealed(head.case_id, "rating") == {"grade": grade.value, "tags": ["slow"], "text": "快递来晚了"}
    assert client.submit(page, "/rating", grade=Grade.SATISFIED.value).status == 409
    assert f"/c/{link}/rating" not in client.get(f"/c/{link}/progress").text


def test_nobody_rates_before_the_end(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.to_delivery(link))
    assert client.get(f"/c/{link}/rating").path.endswith("/progress")
    token = client.get(f"/c/{link}/progress").form("/leave")[1]["csrf"]
    assert client.post(f"/c/{link}/rating", {"csrf": token, "grade": "satisfied"}).status == 409


# --- why


def test_why_tells_conditions_data_and_that_a_human_decides(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.session(link))
    text = client.get(f"/c/{link}/why").text
    opened = town.store.events(town.head(link).case_id)[0]
    assert [c["reason"] for c in opened.facts["conditions"] if c["reason"] not in text] == []
    assert "由人复核" in text
    assert opened.facts["item_version"] in text


def test_the_timeline_tells_what_is_to_come(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.to_declaration(link))
    text = client.get(f"/c/{link}/progress").text
    assert f"上一步完成后{town.item(link).limits.promised}个工作日内" in text
    assert f"上一步完成后{town.item(link).limits.delivery}个工作日内" in text
