"""A browser without a screen: follows redirects, keeps cookies, sends the forms that a page really has."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

from chalice.app import Chalice

from tests.browser.serve import STAGE, apps, rest_event
from tests.browser.town import Town


class Forms(HTMLParser):
    """The forms of a page: action → fields as a browser would send them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self._textarea = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((given["action"], {}))
        elif tag == "input" and self.found and (given.get("type") not in ("radio", "checkbox") or "checked" in given):
            self.found[-1][1][given["name"]] = given.get("value", "")


@dataclass
class Reply:
    """One response."""

    status: int
    headers: dict[str, str]
    content: bytes
    path: str
    set_cookies: list[str]

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode()

    def form(self, ending: str, index: int = 0) -> tuple[str, dict[str, str]]:
        """The form whose action ends so."""
        return [f for f in Forms(self.text).found if f[0].endswith(ending)][index]


@dataclass
class Client:
    """Talks to a town's apps as API Gateway would."""

    town: Town
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)  # path → name → value

    def __post_init__(self) -> None:
        self._apps: list[Chalice] = apps(self.town)

    def get(self, path: str, *, follow: bool = True) -> Reply:
        """GET a path under the stage, following redirects within the site."""
        return self._follow(self.request("GET", path), follow)

    def post(self, path: str, fields: dict[str, str], *, follow: bool = True, headers: dict[str, str] | None = None) -> Reply:
        """POST a form."""
        return self._follow(self.request("POST", path, urlencode(fields).encode(), headers), follow)

    def submit(
        self, page: Reply, ending: str, fields: Mapping[str, str] | None = None, *, follow: bool = True, index: int = 0, **typed: str
    ) -> Reply:
        """Send a form of a page, with what a person types into it; `__` in a name stands for a dot."""
        action, given = page.form(ending, index)
        return self.post(
            action.removeprefix(STAGE), given | dict(fields or {}) | {n.replace("__", "."): v for n, v in typed.items()}, follow=follow
        )

    def request(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Reply:
        """One request, with the cookies that belong to the path."""
        sent = {"Accept": "text/html,*/*;q=0.8", "Cookie": self._cookie_header(path), **(headers or {})}
        if method == "POST":
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        for app in self._apps:
            event = rest_event(app, method, path, sent, body)
            if event is not None:
                return self._reply(path, app(event, None))
        raise LookupError(f"no route for {method} {path}")

    def _reply(self, path: str, response: dict[str, object]) -> Reply:
        body, multi = str(response["body"]), response["multiValueHeaders"]
        assert isinstance(multi, dict)
        content = base64.b64decode(body) if response.get("isBase64Encoded") else body.encode()
        cookies = multi.get("Set-Cookie", [])
        for header in cookies:
            self._keep(header)
        return Reply(int(str(response["statusCode"])), dict(response["headers"]), content, path, cookies)  # type: ignore[call-overload]

    def _keep(self, header: str) -> None:
        for name, morsel in SimpleCookie(header).items():
            jar = self.cookies.setdefault(morsel["path"], {})
            jar.pop(name, None)
            if morsel["max-age"] != "0":
                jar[name] = morsel.value

    def _cookie_header(self, path: str) -> str:
        full = STAGE + urlsplit(path).path
        fits = [jar for where, jar in self.cookies.items() if full == where.rstrip("/") or full.startswith(where.rstrip("/") + "/")]
        return "; ".join(f"{name}={value}" for jar in fits for name, value in jar.items())

    def _follow(self, reply: Reply, follow: bool) -> Reply:
        while follow and reply.status == 303 and reply.headers["Location"].startswith(STAGE):
            reply = self.request("GET", reply.headers["Location"].removeprefix(STAGE))
        return reply
