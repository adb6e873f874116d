"""The template's routes are Chalice's, letter by letter."""

from __future__ import annotations

import json

import pytest
from chalice.app import Chalice

from tests.support.roles import functions
from wugan.web import api_app, applicant_app, bench_app, callbacks_app, changes_app, desk_app, ledger_app


def unused() -> None:
    raise AssertionError("no request is made here")


APPS = {
    "applicant": applicant_app.create(unused, unused),  # type: ignore[arg-type]
    "desk": desk_app.create(unused, unused),  # type: ignore[arg-type]
    "bench": bench_app.create(unused, unused, unused),  # type: ignore[arg-type]
    "callbacks": callbacks_app.create(unused, unused),  # type: ignore[arg-type]
    "changes": changes_app.create(unused),  # type: ignore[arg-type]
    "ledger": ledger_app.create(unused),  # type: ignore[arg-type]
    "api": api_app.create(unused, unused, unused),  # type: ignore[arg-type]
}


def of_template(verb: str) -> set[tuple[str, str]]:
    events = [e["Properties"] for e in functions()[verb]["Events"].values()]
    assert all(e["RestApiId"] == {"Ref": "Api"} for e in events)
    routes = [(e["Method"], e["Path"]) for e in events]
    assert len(routes) == len(set(routes))
    return set(routes)


def of_chalice(app: Chalice) -> set[tuple[str, str]]:
    return {(method, path) for path, methods in app.routes.items() for method in methods}


@pytest.mark.parametrize("verb", APPS)
def test_routes_agree(verb: str) -> None:
    assert of_template(verb) == of_chalice(APPS[verb])


def test_only_these_functions_have_routes_and_no_route_twice() -> None:
    assert {verb for verb, p in functions().items() if "Events" in p} == set(APPS)
    routes = [route for verb in APPS for route in of_template(verb)]
    assert len(routes) == len(set(routes))


@pytest.mark.parametrize("verb", APPS)
def test_a_functions_policy_has_room_for_its_routes(verb: str) -> None:
    """SAM writes a statement for each route into the function's policy, which may have 20 KB (AWS Lambda quotas)."""
    region, account = "cn-northwest-1", "123456789012"
    policy = [
        {
            "Sid": f"wugan-production-{verb.title()}Function{name}PermissionProd-1A2B3C4D5E6F",
            "Effect": "Allow",
            "Principal": {"Service": "apigateway.amazonaws.com"},
            "Action": "lambda:InvokeFunction",
            "Resource": f"arn:aws-cn:lambda:{region}:{account}:function:wugan-production-{verb}",
            "Condition": {"ArnLike": {"AWS:SourceArn": f"arn:aws-cn:execute-api:{region}:{account}:abcdefghij/*/{e['Method']}{e['Path']}"}},
        }
        for name, event in functions()[verb]["Events"].items()
        for e in [event["Properties"]]
    ]
    assert len(json.dumps(policy, separators=(",", ":"))) < 20 * 1024
