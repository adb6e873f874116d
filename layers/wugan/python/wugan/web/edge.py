"""The HTTP edge of the pages: a request as plain values, answers as plain values, cookies, errors told in Chinese.

Nothing here logs: links and personal data must not reach a log. The handlers log the route, the status and the duration.
"""

from __future__ import annotations

import hmac
import logging
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chalice.app import CaseInsensitiveMapping, Chalice, Request, Response

from wugan.errors import Forbidden, InvalidInput, LinkExpired, LinkInvalid, WuganError
from wugan.links import Keyring
from wugan.web import render, texts
from wugan.web import upload as uploads

FORM = "application/x-www-form-urlencoded"
UPLOAD = "multipart/form-data"
BINARY = ["application/pdf", "application/ofd", "application/octet-stream"]  # the API's BinaryMediaTypes is */*
MOST_BYTES = 64_000  # of a form
MOST_FIELDS = 200
ELDER_DAYS = 365
AWAY = "leads away from"  # begins the names of routes that show nothing
CONTENT_SECURITY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'{form_to}; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
ONLY_TLS = {"Strict-Transport-Security": "max-age=31536000"}  # a year; of this host alone, the domain is not ours


class TooLarge(WuganError):
    """A request body past the limit."""

    code = "too_large"
    status = 413


class NoForm(WuganError):
    """A body that is not of the kind that the page's form sends."""

    code = "no_form"
    status = 415


class ForgedForm(Forbidden):
    """A form that our page did not make, or made for another session (CSRF)."""

    code = "forged_form"


@dataclass(frozen=True)
class Site:
    """Where the pages live: on an API stage there is a path before ours."""

    base: str  # no slash at its end
    secure: bool

    @classmethod
    def of(cls, public_url: str) -> Site:
        """The site of a public URL."""
        parts = urlsplit(public_url)
        return cls(parts.path.rstrip("/"), parts.scheme == "https")

    def path(self, *parts: str) -> str:
        """The path of a page: the one place where links, forms and redirects get theirs."""
        return "/".join([self.base, *parts])


@dataclass(frozen=True)
class Cookie:
    """A cookie for one path. A `max_age` of None ends with the browser, 0 deletes; in seconds."""

    name: str
    value: str
    path: str
    max_age: int | None = None

    def header(self, site: Site) -> str:
        """The Set-Cookie value."""
        life = "" if self.max_age is None else f"; Max-Age={self.max_age}"
        return f"{self.name}={self.value}; Path={self.path}{life}; HttpOnly; SameSite=Lax" + ("; Secure" if site.secure else "")


@dataclass(frozen=True)
class Call:
    """One request."""

    site: Site
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    elder: bool = False
    largest: bool = False  # of the elder mode's two text sizes
    reads: bool = True  # GET: the page can be asked for again with the other text size
    path: str = ""  # under the site, without query

    def check(self, keys: Keyring, bound_to: str) -> None:
        """Raise ForgedForm unless the form carries our token for this link or session."""
        if not hmac.compare_digest(csrf(keys, bound_to).encode(), self.form.get("csrf", "").encode()):
            raise ForgedForm("this form was not made for you", field="csrf")


def csrf(keys: Keyring, bound_to: str) -> str:
    """The token that a form carries; `bound_to` is the link, or the link and the session, that may send it."""
    return keys.mac("csrf", bound_to)


@dataclass(frozen=True)
class Page:
    """An HTML page."""

    template: str
    data: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    cookies: tuple[Cookie, ...] = ()
    refresh: int | None = None  # seconds until the page is asked for again
    leaves: bool = False  # its forms may be redirected to an outside vendor


@dataclass(frozen=True)
class Redirect:
    """Go on with GET: after every POST that changed something."""

    to: str
    cookies: tuple[Cookie, ...] = ()


@dataclass(frozen=True)
class File:
    """A file: to be saved when it has a name."""

    content: bytes
    media_type: str
    name: str = ""
    cache: str = "no-store"


Answer = Page | Redirect | File
View = Callable[[Call], Answer]


class Edge:
    """Puts views on a Chalice app's routes."""

    def __init__(self, app: Chalice, public_url: Callable[[], str], problem_page: str = "problem.html") -> None:
        self.app, self.public_url, self.problem_page = app, public_url, problem_page
        app.api.binary_types = BINARY

    def route(self, method: str, path: str, view: View, upload: int = 0, name: str = "") -> None:
        """Answer `method path` with `view`. With `upload` its form brings text files, of so many bytes altogether."""

        def answer(**params: str) -> Response:
            return self._answer(view, params, upload)

        # No content types: Chalice would refuse others in its own words.
        self.app.route(path, methods=[method], name=name or f"{method} {path}", content_types=[])(answer)

    def way_back(self) -> None:
        """Lead whoever asks with GET for an address that only takes forms to the page above it: a phone that dropped the tab does so."""
        pages = {path for path, methods in self.app.routes.items() if "GET" in methods}
        for path in [path for path in self.app.routes if path not in pages]:
            self.route("GET", path, _leading_to(_page_above(path, pages)), name=f"{AWAY} {path}")

    def _answer(self, view: View, params: Mapping[str, str], upload: int) -> Response:
        request = current(self.app)
        call = Call(Site("", True), params)
        try:
            call = self._asked(request, params)
            call = replace(call, form={} if call.reads else _sent(request, upload))
            return self._response(call, view(call))
        except WuganError as error:
            answer: Answer = self._problem(call, error)
        except Exception as error:  # the person gets a page, the log gets the type and the place, never a value
            report(error, request.path)
            answer = self._problem(call, None)
        return self._response(call, answer)

    def _problem(self, call: Call, error: WuganError | None) -> Page:
        """What went wrong and what to do next; None is an error that nobody expected."""
        link = None if isinstance(error, LinkInvalid | LinkExpired) else call.params.get("link")  # leads back, unless it is the reason
        data = {"problem": texts.problem(error), "link": link, "official": None}
        return Page(self.problem_page, data, error.status if error else 500)

    def _asked(self, request: Request, params: Mapping[str, str]) -> Call:
        """The request as far as it cannot be wrong: what a page about anything wrong with the rest is made with."""
        query = {name: str(value) for name, value in (request.query_params or {}).items()}
        cookies = _cookies(request.headers.get("cookie", ""))
        size = query.get("elder", cookies.get("wugan_elder", "0"))
        site, reads, path = Site.of(self.public_url()), request.method == "GET", request.path.format(**params)
        return Call(site, params, query, {}, cookies, size in ("1", "2"), size == "2", reads, path)

    def _response(self, call: Call, answer: Answer) -> Response:
        any_type(current(self.app))
        headers: dict[str, Any] = {**SECURITY_HEADERS, **(ONLY_TLS if call.site.secure else {}), "Cache-Control": "no-store"}
        match answer:
            case Redirect():
                headers["Location"] = answer.to
                headers |= _set_cookies(call, answer.cookies)
                return Response("", headers | {"Content-Type": "text/plain"}, 303)
            case File():
                return _file(answer, headers)
            case Page():
                scheme = "https:" if call.site.secure else "http:"
                headers["Content-Security-Policy"] = CONTENT_SECURITY.format(form_to=f" {scheme}" if answer.leaves else "")
                headers["Content-Type"] = "text/html; charset=utf-8"
                headers |= _set_cookies(call, answer.cookies)
                return Response(_html(call, answer), headers, answer.status)


def current(app: Chalice) -> Request:
    """The request that is being answered."""
    assert app.current_request is not None
    return app.current_request


def body_of(request: Request) -> bytes:
    """The body, decoded from what the API made of it."""
    raw = request.raw_body
    return raw if isinstance(raw, bytes) else raw.encode()


def any_type(request: Request) -> None:
    """Let the answer be of any type: Chalice would refuse a file to who does not name its type, in its own words."""
    request.headers = CaseInsensitiveMapping({"accept": "*/*"})


def report(error: Exception, route: str) -> None:
    """Log an unexpected error by its type and the places it went through; never a value."""
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    logging.getLogger("wugan.web").error("unexpected %s at %s: %s", type(error).__name__, route, " ".join(places[-6:]))


def _html(call: Call, page: Page) -> str:
    view = {"site": call.site, "elder": call.elder, "largest": call.largest, "toggle": call.reads, "refresh": page.refresh}
    return render.page(page.template, {**view, **page.data})


def _file(file: File, headers: dict[str, Any]) -> Response:
    headers |= {"Content-Type": file.media_type, "Cache-Control": file.cache, "Content-Security-Policy": "default-src 'none'; sandbox"}
    if file.name:
        headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    body: Any = file.content if file.media_type in BINARY else file.content.decode()
    return Response(body, headers)


def _set_cookies(call: Call, cookies: tuple[Cookie, ...]) -> dict[str, Any]:
    chosen = [Cookie("wugan_elder", call.query["elder"], call.site.path(""), ELDER_DAYS * 86_400)] if _toggled(call) else []
    return {"Set-Cookie": [c.header(call.site) for c in (*cookies, *chosen)]} if cookies or chosen else {}


def _toggled(call: Call) -> bool:
    return call.query.get("elder") in ("0", "1", "2")


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header[:8_000]).items()}
    except CookieError:
        return {}


def _page_above(path: str, pages: Collection[str]) -> str:
    """The nearest page whose path begins this one; a page shows it in its own forms."""
    parts = path.split("/")
    return next(above for n in range(len(parts) - 1, 1, -1) if (above := "/".join(parts[:n])) in pages)


def _leading_to(page: str) -> View:
    def lead(call: Call) -> Answer:
        return Redirect(call.site.path(page.format(**call.params).removeprefix("/")))

    return lead


def _sent(request: Request, upload: int) -> dict[str, str]:
    """What a form of ours brought. Raises ForgedForm, NoForm, TooLarge, InvalidInput."""
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise ForgedForm("the form was sent by another site", field="csrf")
    kind = UPLOAD if upload else FORM
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != kind:
        raise NoForm(f"a form is {kind}", field="content-type")
    return _uploaded(request, upload) if upload else _form(body_of(request))


def _form(body: bytes) -> dict[str, str]:
    """Form fields, bounded. Raises TooLarge, InvalidInput."""
    if len(body) > MOST_BYTES:
        raise TooLarge(f"a form has at most {MOST_BYTES} bytes")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise InvalidInput("this is no form", field="form") from None
    return {name: _printable(value) for name, value in pairs}


def _uploaded(request: Request, most: int) -> dict[str, str]:
    """Fields and files of a form, as text. Raises TooLarge, InvalidInput."""
    body = body_of(request)
    if len(body) > most:
        raise TooLarge(f"these files have at most {most} bytes")
    return uploads.fields(body, request.headers.get("content-type", ""))


def _printable(text: str) -> str:
    """Without control characters, line ends apart."""
    return "".join(c for c in text if c in "\n\t" or ord(c) >= 32).strip()
