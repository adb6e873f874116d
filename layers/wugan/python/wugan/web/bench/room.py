"""What every view of the bench has in its hands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wugan.errors import NotFound
from wugan.signin.official import Role
from wugan.web import charts
from wugan.web.bench import words
from wugan.web.edge import Answer, Page, Redirect
from wugan.web.sitting import Sitting

if TYPE_CHECKING:
    from wugan.bench.bench import Bench

ALGORITHM = "sha256:"  # a version's name begins with it; a path has the digest alone
_DIGEST = 16


class Room:
    """The service, and who sits there."""

    def __init__(self, bench: Bench, sitting: Sitting) -> None:
        self.bench, self.sitting = bench, sitting

    @property
    def by(self) -> str:
        """Who does it, as the record of releases tells."""
        return self.sitting.official.name

    @property
    def query(self) -> Mapping[str, str]:
        return self.sitting.call.query

    @property
    def form(self) -> Mapping[str, str]:
        return self.sitting.call.form

    def param(self, name: str) -> str:
        """A part of the path."""
        return self.sitting.call.params[name]

    def version(self, name: str) -> str:
        """The version that a part of the path names. Raises NotFound."""
        digest = self.param(name)
        if len(digest) != _DIGEST or not digest.isalnum():
            raise NotFound("no such item version", field=name)
        return ALGORITHM + digest

    def page(self, template: str, data: Mapping[str, Any], status: int = 200, refresh: int | None = None) -> Page:
        """A page of the bench."""
        given = {"manages": self.sitting.may(Role.MANAGER), "words": words, "charts": charts, **data}
        return replace(self.sitting.page(f"bench/{template}.html", given, status), refresh=refresh)

    def to(self, *parts: str) -> Redirect:
        """Go on at a page of the bench."""
        return Redirect(self.sitting.path("bench", *parts))


BenchView = Callable[[Room], Answer]
