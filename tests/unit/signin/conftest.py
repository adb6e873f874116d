"""The sandbox issuer on a port of this machine, and a town whose officials sign in there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.serving import make_server
from werkzeug.test import Client as Browser
from werkzeug.wrappers import Request, Response

from infra.sandbox.issuer import MOUNT, Issuer
from infra.sandbox.server import QuietHandler
from tests.browser.serve import STAGE
from tests.browser.town import Town
from tests.unit.web.client import Client, Reply
from wugan.clock import BEIJING, FixedClock
from wugan.http import JsonClient
from wugan.items.model import Jurisdiction
from wugan.signin.official import Role, RoleMap
from wugan.signin.provider import Provider

ROLES = RoleMap("roles", {f"wugan-{j.lower()}-{r}": (j, r) for j in Jurisdiction for r in Role})


@dataclass
class Served:
    """The issuer as others reach it. `forge` may put another token in the place of the right one."""

    issuer: Issuer
    url: str = ""
    forge: Callable[[dict[str, Any]], str] | None = None
    asked: int = 0  # for keys

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        self.asked += request.path.endswith("/jwks")
        answer = self.issuer.answer(request) or Response(status=404)
        return answer(environ, start_response)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    served = Served(Issuer())
    right = Issuer.id_token
    monkeypatch.setattr(Issuer, "id_token", lambda self, claims: served.forge(claims) if served.forge else right(self, claims))
    server = make_server("127.0.0.1", 0, served, threaded=True, request_handler=QuietHandler)
    served.url = f"http://127.0.0.1:{server.server_port}{MOUNT}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield served
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def provider(served: Served, town: Town) -> Provider:
    """The issuer as the product sees it."""
    return Provider(served.url, "wugan", lambda: "", JsonClient(), town.clock, plain=True)


@pytest.fixture
def town() -> Town:
    return Town(clock=FixedClock(datetime.now(BEIJING)))


@dataclass
class Door:
    """Somebody before the sign-in page."""

    town: Town
    served: Served
    client: Client

    def to_issuer(self, page: str = "/desk") -> dict[str, str]:
        """From a page to the issuer; what the issuer is asked."""
        asked = self.client.submit(self.client.get(page), "/sign-in/begin", follow=False)
        assert asked.status == 303
        location = asked.headers["Location"]
        assert location.startswith(f"{self.served.url}/authorize?")
        return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}

    def choose(self, asked: dict[str, str], sub: str) -> str:
        """Be this official at the issuer; the path and query that it sends the browser back to."""
        browser = Browser(self.served)
        page = browser.get(f"{MOUNT}/authorize", query_string=asked, base_url=self.served.url.removesuffix(MOUNT))
        assert page.status_code == 200
        assert "演练" in page.text
        answer = browser.post(f"{MOUNT}/authorize", data=asked | {"sub": sub}, base_url=self.served.url.removesuffix(MOUNT))
        assert answer.status_code == 303
        back = urlsplit(answer.headers["Location"])
        return f"{back.path.removeprefix(STAGE)}?{back.query}"

    def sign_in(self, sub: str, page: str = "/desk") -> Reply:
        """All the way."""
        return self.client.get(self.choose(self.to_issuer(page), sub))


@pytest.fixture
def door(town: Town, served: Served, provider: Provider) -> Door:
    town.desk = replace(town.desk, entrance=replace(town.entrance, provider=provider, roles=ROLES))
    return Door(town, served, Client(town))
