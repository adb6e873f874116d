"""The script: seeded by id, rules before chance, the newest rule first."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from infra.sandbox.script import Chances, Config, Rule, Script

IDS = [f"{n:026d}-push-1" for n in range(2000)]


def script(seed: int = 1, rules: tuple[Rule, ...] = (), **chances: float) -> Script:
    return Script(Config(seed=seed, chances=Chances(**chances), rules=rules))


def share(hits: list[bool]) -> float:
    return sum(hits) / len(hits)


@given(seed=st.integers(), id=st.text(max_size=40))
def test_the_same_seed_and_id_behave_the_same(seed: int, id: str) -> None:
    one, other = (script(seed, correction=0.5, reject=0.3, undelivered=0.5, error_before=0.3, slow=0.3) for _ in range(2))
    assert one.decision(id, corrected=False, keys=()) == other.decision(id, corrected=False, keys=())
    assert one.message("sms", id, "a") == other.message("sms", id, "a")
    assert [one.fault("message", id) for _ in range(5)] == [other.fault("message", id) for _ in range(5)]


def test_another_seed_behaves_otherwise() -> None:
    plans = [[script(seed, undelivered=0.5).message("sms", id, "a") for id in IDS[:64]] for seed in (1, 2)]
    assert plans[0] != plans[1]


def test_chances_come_true() -> None:
    s = script(undelivered=0.2, correction=0.3, reject=0.1, error_before=0.1, slow=0.1, callback_repeat=0.25, callback_loss=0.1)
    assert share([s.message("sms", id, "a") == "undelivered" for id in IDS]) == pytest.approx(0.2, abs=0.04)
    decisions = [s.decision(id, corrected=False, keys=()) for id in IDS]
    assert share([d == "correction" for d in decisions]) == pytest.approx(0.3, abs=0.04)
    assert share([d == "reject" for d in decisions]) == pytest.approx(0.1, abs=0.04)
    faults = [s.fault("message", id) for id in IDS]
    assert share([f == "error_before" for f in faults]) == pytest.approx(0.1, abs=0.04)
    assert share([f == "slow" for f in faults]) == pytest.approx(0.1, abs=0.04)
    callbacks = [s.callbacks("courier", id, "arrived") for id in IDS]
    assert share(["repeat" in c for c in callbacks]) == pytest.approx(0.25, abs=0.04)
    assert share(["lose" in c for c in callbacks]) == pytest.approx(0.1, abs=0.04)


def test_a_request_that_met_a_fault_is_drawn_anew_when_repeated() -> None:
    s = script(error_before=0.5)
    hurt = [id for id in IDS if s.fault("message", id)]
    assert share([s.fault("message", id) is not None for id in hurt]) == pytest.approx(0.5, abs=0.06)


def test_chance_never_loses_what_a_department_decided() -> None:
    assert script(callback_loss=1).callbacks("department", IDS[0], "decision") == set()
    assert script(rules=(Rule(match="", callbacks=("lose",)),)).callbacks("department", IDS[0], "decision") == {"lose"}


def test_without_chances_nothing_goes_wrong() -> None:
    s = script()
    id = IDS[0]
    assert s.fault("message", id) is None
    assert s.message("app", id, "a") == "delivered"
    assert s.identity(id, first=True, person="p") == "honest"
    assert s.parcel(id, "pickup", first=True, mobiles=()) == "arrive"
    assert s.decision(id, corrected=False, keys=()) == "approve"
    assert s.callbacks("courier", id, "arrived") == set()


@pytest.mark.parametrize("match", ["", "case1", "case1-approval", "case1-approval-1", "91370200MA3C00000X", "some-item"])
def test_a_rule_matches_by_the_beginning_of_the_id_or_exactly_by_a_key(match: str) -> None:
    s = script(rules=(Rule(match=match, department="reject"),))
    assert s.decision("case1-approval-1", corrected=False, keys=("91370200MA3C00000X", "some-item")) == "reject"


@pytest.mark.parametrize("match", ["case2", "91370200", "some", "case1-approval-11"])
def test_a_rule_that_does_not_match_says_nothing(match: str) -> None:
    s = script(rules=(Rule(match=match, department="reject"),))
    assert s.decision("case1-approval-1", corrected=False, keys=("91370200MA3C00000X", "some-item")) == "approve"


def test_the_newest_rule_that_speaks_of_the_point_wins_and_reset_forgets_it() -> None:
    s = script(rules=(Rule(match="c", department="reject"),))
    s.add(Rule(match="c", department="silent"))
    assert s.add(Rule(match="c", courier="stall")) == 3
    assert s.decision("c-approval-1", corrected=False, keys=()) == "silent"
    s.reset()
    assert s.decision("c-approval-1", corrected=False, keys=()) == "reject"


def test_one_channel_wins_over_all_channels() -> None:
    s = script(rules=(Rule(match="c", channel="undelivered", sms="delivered"),))
    assert [s.message(channel, "c-push-1", "a") for channel in ("wechat", "app", "sms")] == ["undelivered", "undelivered", "delivered"]


def test_a_scripted_fault_meets_so_many_requests_of_each_id() -> None:
    s = script(rules=(Rule(match="c", fault="slow", times=2),))
    assert [s.fault("order", "c-pickup-1") for _ in range(3)] == ["slow", "slow", None]
    assert s.fault("order", "c-pickup-2") == "slow"
    assert s.fault("order", "d-pickup-1") is None


@pytest.mark.parametrize(
    ("rule", "kind", "plans"),
    [
        ("fail_pickup", "pickup", ("not_collected", "not_collected")),
        ("fail_pickup_once", "pickup", ("not_collected", "arrive")),
        ("fail_pickup", "delivery", ("arrive", "arrive")),
        ("return_delivery", "delivery", ("returned", "returned")),
        ("return_delivery_once", "delivery", ("returned", "arrive")),
        ("return_delivery", "give_back", ("arrive", "arrive")),
        ("stall", "give_back", ("stall", "stall")),
        ("arrive", "pickup", ("arrive", "arrive")),
    ],
)
def test_parcels_fail_by_kind_and_turn(rule: Any, kind: str, plans: tuple[str, str]) -> None:
    s = script(rules=(Rule(match="c", courier=rule),), pickup_fails=rule == "arrive")
    assert tuple(s.parcel(f"c-{kind}-1", kind, first=first, mobiles=()) for first in (True, False)) == plans


def test_after_a_correction_the_department_approves() -> None:
    s = script(correction=1, rules=(Rule(match="c", department="reject"),))
    assert s.decision("x-approval-1", corrected=False, keys=()) == "correction"
    assert s.decision("x-approval-2", corrected=True, keys=()) == "approve"
    assert s.decision("c-approval-2", corrected=True, keys=()) == "approve"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"chances": {"slow": 1.5}}, "less than or equal to 1"),
        ({"chances": {"error_before": 0.6, "slow": 0.6}}, "exclude each other"),
        ({"chances": {"correction": 0.6, "reject": 0.6}}, "exclude each other"),
        ({"rules": [{"match": "c", "courier": "fly"}]}, "Input should be"),
        ({"rules": [{"match": "c", "couriers": "stall"}]}, "Extra inputs"),
        ({"vendors": {"bank": {}}}, "Extra inputs"),
        ({"vendors": {"department": {"secrets": {"QD": "short"}}}}, "at least 16"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Config.model_validate(config)
