"""The routes that the template declares, one by one."""

from __future__ import annotations

from tests.browser.serve import apps
from tests.browser.town import Town

APPLICANT = """
GET /c/{link}
POST /c/{link}/decline
POST /c/{link}/ask
GET /c/{link}/identity
POST /c/{link}/identity
GET /c/{link}/identity/return
POST /c/{link}/identity/return
GET /c/{link}/identity/code
POST /c/{link}/identity/code
GET /c/{link}/intention
POST /c/{link}/intention
GET /c/{link}/declaration
POST /c/{link}/declaration
GET /c/{link}/correction
POST /c/{link}/correction
GET /c/{link}/progress
POST /c/{link}/withdraw
GET /c/{link}/certificate
GET /c/{link}/proof
GET /c/{link}/decline
GET /c/{link}/ask
GET /c/{link}/leave
POST /c/{link}/leave
GET /c/{link}/preview
GET /c/{link}/withdraw
GET /c/{link}/receipt
POST /c/{link}/receipt
GET /c/{link}/redelivery
POST /c/{link}/redelivery
GET /c/{link}/rating
POST /c/{link}/rating
GET /c/{link}/why
GET /c/{link}/privacy
GET /c/{link}/privacy/face
POST /c/{link}/privacy/face
GET /c/{link}/privacy/stop
POST /c/{link}/privacy/stop
GET /c/{link}/preferences
POST /c/{link}/preferences
GET /c/{link}/agents
POST /c/{link}/agents
GET /c/{link}/agents/revoke
POST /c/{link}/agents/revoke
GET /verify
POST /verify
GET /static/{name}
GET /
GET /health
"""
DESK = """
GET /desk/sign-in
POST /desk/sign-in
GET /desk/sign-in/begin
POST /desk/sign-in/begin
GET /desk/sign-in/return
GET /desk/sign-out
POST /desk/sign-out
GET /desk
GET /desk/cases/{case_id}
GET /desk/cases/{case_id}/subject
GET /desk/search
GET /desk/cases/{case_id}/application
POST /desk/search
GET /desk/cases/{case_id}/decide
POST /desk/cases/{case_id}/decide
GET /desk/cases/{case_id}/review
POST /desk/cases/{case_id}/review
GET /desk/cases/{case_id}/extend
POST /desk/cases/{case_id}/extend
GET /desk/cases/{case_id}/assign
POST /desk/cases/{case_id}/assign
GET /desk/cases/{case_id}/received
POST /desk/cases/{case_id}/received
GET /desk/cases/{case_id}/settle
POST /desk/cases/{case_id}/settle
GET /desk/cases/{case_id}/label/{kind}
GET /desk/cases/{case_id}/call
POST /desk/cases/{case_id}/call
GET /desk/cases/{case_id}/task
POST /desk/cases/{case_id}/task
GET /desk/tasks
"""
BENCH = """
GET /bench
GET /bench/items/{code}
GET /bench/items/{code}/{digest}
GET /bench/items/{code}/{digest}/yaml
GET /bench/items/{code}/retire
POST /bench/items/{code}/retire
GET /bench/items/{code}/cancel
POST /bench/items/{code}/cancel
GET /bench/compare/{code}/{before}/{after}
GET /bench/compare/{code}/{before}/{after}/simulate
POST /bench/compare/{code}/{before}/{after}/simulate
GET /bench/draft
GET /bench/draft/check
POST /bench/draft/check
GET /bench/simulations/{id}
GET /bench/simulations/{id}/publish
POST /bench/simulations/{id}/publish
GET /bench/statistics
GET /bench/statistics/csv
"""
CALLBACKS = """
POST /callbacks/department/{jurisdiction}
POST /callbacks/courier/{jurisdiction}/{vendor}
POST /callbacks/sms/{jurisdiction}/{vendor}
POST /callbacks/wechat/{jurisdiction}
GET /callbacks/wechat/{jurisdiction}
POST /callbacks/app/{jurisdiction}
"""
CHANGES = """
POST /registry/changes
"""
LEDGER = """
GET /ledger
POST /ledger
GET /ledger/checkpoint
GET /ledger/log.vkey
GET /ledger/tile/{level}/{a}
GET /ledger/tile/{level}/{a}/{b}
GET /ledger/tile/{level}/{a}/{b}/{c}
"""
API = """
GET /v1/case
OPTIONS /v1/case
POST /v1/case/decline
OPTIONS /v1/case/decline
POST /v1/case/ask
OPTIONS /v1/case/ask
POST /v1/case/identity
OPTIONS /v1/case/identity
POST /v1/case/identity/face
OPTIONS /v1/case/identity/face
POST /v1/case/identity/code
OPTIONS /v1/case/identity/code
POST /v1/case/intention
OPTIONS /v1/case/intention
GET /v1/case/declaration
POST /v1/case/declaration
OPTIONS /v1/case/declaration
GET /v1/case/progress
OPTIONS /v1/case/progress
POST /v1/case/withdraw
OPTIONS /v1/case/withdraw
GET /v1/case/events
OPTIONS /v1/case/events
GET /v1/case/certificate
OPTIONS /v1/case/certificate
GET /v1/case/proof
OPTIONS /v1/case/proof
GET /v1/case/agents
POST /v1/case/agents
OPTIONS /v1/case/agents
POST /v1/case/agents/revoke
OPTIONS /v1/case/agents/revoke
POST /v1/case/consent
OPTIONS /v1/case/consent
GET /v1/case/preferences
POST /v1/case/preferences
OPTIONS /v1/case/preferences
POST /v1/case/preview
OPTIONS /v1/case/preview
POST /v1/case/rating
OPTIONS /v1/case/rating
POST /v1/case/receipt
OPTIONS /v1/case/receipt
POST /v1/case/redelivery
OPTIONS /v1/case/redelivery
POST /v1/verify
OPTIONS /v1/verify
GET /v1/problems/{code}
GET /v1/openapi.json
"""


def test_each_app_answers_exactly_its_routes() -> None:
    expected = [sorted(text.split("\n")[1:-1]) for text in (APPLICANT, DESK, CALLBACKS, BENCH, CHANGES, LEDGER, API)]
    found = [sorted(f"{method} {path}" for path, methods in app.routes.items() for method in methods) for app in apps(Town())]
    assert found == expected
