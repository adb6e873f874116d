"""What a person says of a courier's parcel, what becomes of one that came home, and through whose hands certificates went."""

from __future__ import annotations

import pytest

from tests.browser.town import ADDRESS, Town
from tests.unit.web.client import Client, Forms
from tests.unit.web.test_applicant import give_session
from tests.unit.web.test_applicant_rights import AGENT, come_in
from wugan.cases.model import Power, Stage, effect_id
from wugan.courier.port import Detail, ParcelState

ELSEWHERE = "青岛市市南区香港中路9号"


@pytest.fixture
def carried(town: Town, client: Client, link: str) -> str:
    """The link of a case whose new certificate is with the courier; the browser is the person's."""
    give_session(client, link, town.to_delivery(link))
    town.move(link, "delivery", ParcelState.COLLECTED)
    return link


def came_home(town: Town, link: str, kind: str = "delivery") -> None:
    town.move(link, kind, ParcelState.FAILED, Detail.HOME)


def answers(client: Client, link: str) -> set[str]:
    """What can be said of the parcel."""
    text = client.get(f"/c/{link}/receipt").text
    return {answer for answer in ("yes", "no") if f'name="received" value="{answer}"' in text}


def token(client: Client, link: str) -> str:
    return client.get(f"/c/{link}/progress").form("/leave")[1]["csrf"]


# --- whether it came


def test_the_person_says_that_the_parcel_came(town: Town, client: Client, carried: str) -> None:
    assert f"/c/{carried}/receipt" in client.get(f"/c/{carried}/progress").text
    page = client.get(f"/c/{carried}/receipt")
    assert "请选择一项，再点确认" in client.submit(page, "/receipt").text
    assert client.submit(page, "/receipt", received="yes").path.endswith("/progress")
    assert "received_by_person" in [e.type for e in town.store.events(town.head(carried).case_id)]


def test_only_what_the_case_takes_is_offered(town: Town, client: Client, carried: str) -> None:
    assert answers(client, carried) == {"yes"}  # the courier does not say yet that it is there
    assert client.post(f"/c/{carried}/receipt", {"csrf": token(client, carried), "received": "no"}).status == 409
    town.move(carried, "delivery", ParcelState.COLLECTED, Detail.LOCKER)
    assert answers(client, carried) == {"yes", "no"}
    assert "告诉我们" in client.get(f"/c/{carried}/progress").text
    town.move(carried, "delivery", ParcelState.ARRIVED)
    town.system(carried)
    assert answers(client, carried) == {"no"}
    client.submit(client.get(f"/c/{carried}/receipt"), "/receipt", received="no")
    assert "denied_by_person" in [e.type for e in town.store.events(town.head(carried).case_id)]
    assert client.get(f"/c/{carried}/receipt").path.endswith("/progress")  # it is said


def test_nothing_is_asked_before_a_courier_has_anything(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.to_approval(link))
    assert f"/c/{link}/receipt" not in client.get(f"/c/{link}/progress").text
    assert client.get(f"/c/{link}/receipt").path.endswith("/progress")


# --- what came home


def test_what_came_home_is_sent_again_to_another_address(town: Town, client: Client, carried: str) -> None:
    assert client.get(f"/c/{carried}/redelivery").path.endswith("/progress")
    came_home(town, carried)
    assert f"/c/{carried}/redelivery" in client.get(f"/c/{carried}/progress").text
    page = client.get(f"/c/{carried}/redelivery")
    assert page.form("/redelivery")[1]["delivery_address"] == ADDRESS
    for wrong in ("短", "人民路一号院子里面"):
        mended = client.submit(page, "/redelivery", delivery_address=wrong)
        assert (mended.status, "请写清收件地址" in mended.text, wrong in mended.text) == (400, True, True)
    assert client.submit(page, "/redelivery", delivery_address=ELSEWHERE).path.endswith("/progress")
    head = town.head(carried)
    town.carrying.deliver(head.case_id)
    assert town.courier.orders[effect_id(head.case_id, "delivery", 2)].receiver.address == ELSEWHERE
    assert client.submit(page, "/redelivery", delivery_address=ADDRESS).status == 409


def test_what_came_home_is_fetched_at_the_counter(town: Town, client: Client, carried: str) -> None:
    came_home(town, carried)
    client.submit(client.get(f"/c/{carried}/redelivery"), "/redelivery", delivery_way="pick_up", delivery_address="")
    head = town.head(carried)
    assert (head.stage, head.delivery_way) == (Stage.DELIVERY, "pick_up")
    town.carrying.deliver(head.case_id)
    assert "新证照可到窗口领取" in client.get(f"/c/{carried}/progress").text


def test_there_is_no_third_way(town: Town, client: Client, carried: str) -> None:
    came_home(town, carried)
    page = client.get(f"/c/{carried}/redelivery")
    for way in ("electronic", "pigeon", ""):
        mended = client.submit(page, "/redelivery", delivery_way=way)
        assert (mended.status, "请选择新证照怎样送达" in mended.text) == (400, True)
    assert town.head(carried).wait


def test_an_old_certificate_that_came_home_is_sent_again_only(town: Town, client: Client, link: str) -> None:
    session = town.to_approval(link)
    give_session(client, link, session)
    town.take_back(link, session)
    came_home(town, link, "give_back")
    page = client.get(f"/c/{link}/redelivery")
    assert ("旧证已退回" in page.text, "pick_up" in page.text) == (True, False)
    assert client.submit(page, "/redelivery", delivery_way="pick_up").status == 409
    client.submit(page, "/redelivery", delivery_address=ELSEWHERE)
    assert town.sealed(town.head(link).case_id, "form")["pickup_address"] == ELSEWHERE


def test_an_agent_does_not_choose(town: Town, client: Client, carried: str) -> None:
    session = next(iter(client.cookies[next(p for p in client.cookies if carried in p)].values()))
    until = town.clock.now().replace(day=30)
    town.applicant.rights.delegate(carried, session, {k: v.upper() for k, v in AGENT.items() if k != "until"}, list(Power), until)
    agents = town.applicant.rights.agents(carried, session)[-1].link
    came_home(town, carried)
    browser = come_in(town, agents)
    assert "/redelivery" not in browser.get(f"/c/{agents}/progress").text
    assert browser.get(f"/c/{agents}/redelivery").path.endswith("/progress")
    given = {"csrf": token(browser, agents), "delivery_way": "courier", "delivery_address": ELSEWHERE}
    assert browser.post(f"/c/{agents}/redelivery", given).status == 403
    assert town.head(carried).wait


# --- through whose hands


def test_the_progress_tells_who_had_which_certificate(town: Town, client: Client, carried: str) -> None:
    text = client.get(f"/c/{carried}/progress").text
    waybill = town.courier.parcels[effect_id(town.head(carried).case_id, "delivery", 1)].waybill
    for words in ("旧证：申请人", "旧证现在：快递", "新证照：审批部门", f"新证照现在：快递（单号 {waybill}）"):
        assert words in text
    assert [action for action, _ in Forms(text).found if "settle" in action] == []
