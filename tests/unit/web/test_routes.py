"""The routes that the template declares, one by one."""

from __future__ import annotations

from tests.browser.serve import apps
from tests.browser.town import Town
from wugan.web.api_app import METHODS

APPLICANT = """
GET /c/{link}
POST /c/{link}/decline
POST /c/{link}/ask
GET /c/{link}/identity
POST /c/{link}/identity
GET /c/{link}/identity/return
POST /c/{link}/identity/return
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
GET /verify
POST /verify
GET /static/{name}
GET /health
"""
DESK = """
GET /desk/sign-in
POST /desk/sign-in
POST /desk/sign-out
GET /desk
GET /desk/cases/{case_id}
GET /desk/cases/{case_id}/subject
POST /desk/cases/{case_id}/decide
POST /desk/cases/{case_id}/received
GET /desk/tasks
POST /desk/tasks/{case_id}/done
"""
CALLBACKS = """
POST /callbacks/channel
POST /callbacks/identity
POST /callbacks/courier
POST /callbacks/department
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
/v1/case
/v1/case/decline
/v1/case/ask
/v1/case/identity
/v1/case/identity/face
/v1/case/identity/code
/v1/case/intention
/v1/case/declaration
/v1/case/progress
/v1/case/withdraw
/v1/case/events
/v1/case/certificate
/v1/case/proof
/v1/verify
/v1/problems/{code}
/v1/openapi.json
"""


def test_each_app_answers_exactly_its_routes() -> None:
    expected = [sorted(text.split("\n")[1:-1]) for text in (APPLICANT, DESK, CALLBACKS, CHANGES, LEDGER)]
    expected.append(sorted(f"{method} {path}" for path in API.split() for method in METHODS))
    found = [sorted(f"{method} {path}" for path, methods in app.routes.items() for method in methods) for app in apps(Town())]
    assert found == expected
