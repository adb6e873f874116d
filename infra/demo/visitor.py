"""A browser without pictures: follows links, fills forms in, keeps cookies. No JavaScript, as the pages promise."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import lxml.html
import requests

from wugan.errors import WuganError

TIMEOUT_SECONDS = 60
OVERLOADED = frozenset({429, 502, 503, 504})
RESTS = (0.2, 0.4, 0.8, 1.6, 3.2, 5.0)


class Astray(WuganError):
    """A page is not what the visitor expected; the detail names it by its title, never by its address."""

    code = "astray"


class Visitor:
    """One person's browser."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._page: Any = None
        self.status = 0

    def open(self, url: str) -> Visitor:
        """Go to a page."""
        return self._load(self._patiently("GET", url))

    def submit(self, ending: str, fields: Mapping[str, str] | None = None) -> Visitor:
        """Send the page's form whose address ends so, with what it holds and these fields."""
        form = self._form(ending, fields or {})
        values = dict(form.form_values()) | dict(fields or {})
        return self._load(self._patiently("POST", form.action, values))

    def has(self, ending: str) -> bool:
        """Whether the page has a form whose address ends so."""
        return any(f.action.endswith(ending) for f in self._page.forms)

    @property
    def actions(self) -> list[str]:
        """Addresses of the page's forms."""
        return [str(f.action) for f in self._page.forms]

    def choices(self, ending: str, name: str) -> list[str]:
        """The values that a form's radio buttons offer under a name."""
        return [str(v) for v in self._form(ending, {}).xpath(".//input[@type='radio' and @name=$name]/@value", name=name)]

    def offers(self, ending: str, name: str, value: str | None = None) -> bool:
        """Whether a form asks for this visibly, and with this value when one is given."""
        found = self._form(ending, {}).xpath(".//input[@type!='hidden' and @name=$name]", name=name)
        return bool(found) and (value is None or value in self.choices(ending, name))

    def value(self, ending: str, name: str) -> str:
        """What an input of the page's forms to this address holds already."""
        held = (f.xpath(".//input[@name=$name]/@value", name=name) for f in self._page.forms if f.action.endswith(ending))
        return next((str(values[0]) for values in held if values), "")

    def fields(self, ending: str) -> list[str]:
        """Names of the fields of a form that must be filled in and are empty."""
        inputs = self._form(ending, {}).inputs
        return [str(i.name) for i in inputs if i.name and i.get("required") is not None and not i.get("value") and i.get("type") != "radio"]

    def says(self, words: str) -> bool:
        """Whether these words stand on the page."""
        return words in self._page.text_content()

    def cases(self) -> list[str]:
        """The cases that a page of the desk links to."""
        paths = (str(href).partition("#")[0] for href in self._page.xpath("//a/@href"))
        return [path.rpartition("/")[2] for path in paths if "/desk/cases/" in path]

    @property
    def preparing(self) -> bool:
        """Whether the page asks to be looked at again in a moment."""
        return bool(self._page.xpath("//meta[@http-equiv='refresh']"))

    @property
    def title(self) -> str:
        """The page's title."""
        return str(self._page.findtext(".//title") or "").strip()

    def _patiently(self, method: str, url: str, values: Mapping[str, Any] | None = None) -> requests.Response:
        """Ask again while the site is overloaded, as a person would; every form may be sent twice."""
        for rest in RESTS:
            response = self._session.request(method, url, data=values, timeout=TIMEOUT_SECONDS)
            if response.status_code not in OVERLOADED:
                return response
            time.sleep(rest)
        return response

    def _form(self, ending: str, fields: Mapping[str, str]) -> Any:
        """The form; where several share an address, the one that offers these values."""
        found = [f for f in self._page.forms if f.action.endswith(ending)]
        offering = [f for f in found if all(_offers(f, name, value) for name, value in fields.items())]
        if not found:
            raise Astray(f"no form to …{ending} on “{self.title}” (status {self.status})")
        return (offering or found)[0]

    def _load(self, response: requests.Response) -> Visitor:
        self.status = response.status_code
        self._page = lxml.html.fromstring(response.content, base_url=response.url)
        self._page.make_links_absolute()
        for form in self._page.forms:
            form.action = form.action or response.url  # a form without an address goes to its own page
        return self


def _offers(form: Any, name: str, value: str) -> bool:
    """Whether a form's hidden input or button holds this value, or leaves it open."""
    held = form.xpath(".//input[@type='hidden' and @name=$name]/@value | .//button[@name=$name]/@value", name=name)
    return not held or value in held
