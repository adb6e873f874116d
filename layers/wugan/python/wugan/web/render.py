"""Jinja2, set up once: everything escaped, every missing value an error."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from wugan.clock import BEIJING
from wugan.items.model import SubjectField
from wugan.web import texts

STATIC = {"weui.css": "text/css; charset=utf-8", "wugan.css": "text/css; charset=utf-8"}


def page(template: str, data: Mapping[str, Any]) -> str:
    """The HTML of a template."""
    return _environment().get_template(template).render(data)


@cache
def static(name: str) -> bytes:
    """A static file of `STATIC`."""
    return (files("wugan.web") / "static" / name).read_bytes()


@cache
def _digest(name: str) -> str:
    """Names this version of a static file, so that browsers may keep it for ever."""
    return hashlib.sha256(static(name)).hexdigest()[:12]


@cache
def _environment() -> Environment:
    env = Environment(loader=PackageLoader("wugan.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    env.filters |= {"day": _day, "moment": _moment, "last_day": _last_day, "text_of_field": _field}
    env.globals |= {"texts": texts, "digest": _digest}
    return env


def _day(value: date | str | None) -> str:
    """2026年11月23日; a text is an ISO date."""
    if not value:
        return "—"
    at = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    return f"{at.year}年{at.month}月{at.day}日"


def _moment(value: datetime | None) -> str:
    """2026年11月23日 08:30, Beijing."""
    return f"{_day(value.astimezone(BEIJING))} {value.astimezone(BEIJING):%H:%M}" if value else "—"


def _last_day(value: datetime | None) -> str:
    """The last day of a period that ends at midnight."""
    return _day(value.astimezone(BEIJING) - timedelta(seconds=1)) if value else "—"


def _field(name: str) -> str:
    """A registry field in words."""
    return texts.FIELDS[SubjectField(name)]
