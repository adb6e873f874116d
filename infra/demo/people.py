"""The people: each reads a message on the phone, opens the link and goes through the pages."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.demo.cast import Part, Role
from infra.demo.visitor import Astray, Visitor
from infra.sandbox.server import SandboxServer

PLACE = "青岛市市南区香港中路100号收发室"
MOBILE = "12900000000"  # of a range that no carrier uses
PATIENCE_SECONDS = 30
LOOK_AGAIN_SECONDS = 0.5
CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


def newest_code(sandbox: SandboxServer, case_id: str, mobile: str) -> str | None:
    """The newest code that came to a phone for a case."""
    texts = [m["text"] for m in sandbox.records("messages") if m["to"] == mobile and m["id"].startswith(f"{case_id}-code-")]
    found = CODE.search(texts[-1]) if texts else None
    return found and found.group()


@dataclass(frozen=True)
class Owner:
    """Who has a phone in the hand."""

    mobile: str | None
    id_number: str


@dataclass
class Person:
    """Somebody who acts for a subject. `owns` tells whose an address is, `code` the newest code sent to a phone for a case."""

    case_id: str
    role: Role
    owns: Callable[[str], Owner | None]
    code: Callable[[str, str], str | None]
    visitor: Visitor = field(default_factory=Visitor)
    prompts: int = 0
    corrected: bool = False

    def read(self, message: Mapping[str, Any]) -> bool:
        """Read a message and act on it; whether there was anything to do."""
        link = message.get("link")
        if not link:
            return False
        self.prompts += 1
        if "补正" in message["text"] and not self.corrected:
            self.corrected = True
            self._correct(link, str(message["to"]))
            return True
        wanted = 2 if self.role.part is Part.ACCEPT_LATE else 1
        if self.role.part is Part.IGNORE or self.prompts != wanted:
            return False
        self._answer(link, message)
        return True

    def _answer(self, link: str, message: Mapping[str, Any]) -> None:
        self.visitor.open(link)
        match self.role.part:
            case Part.DECLINE:
                self.visitor.open(f"{link}/decline").submit("/decline", {"forever": "0"})
            case Part.DECLINE_FOR_EVER:
                self.visitor.open(f"{link}/decline?forever=1").submit("/decline", {"forever": "1"})
            case Part.ASK_PERSON:
                self.visitor.open(f"{link}/ask").submit("/ask")
            case _:
                self._go_on(link, message)

    def _go_on(self, link: str, message: Mapping[str, Any]) -> None:
        address = str(message["to"])
        self._identify(link, address)
        self._wait_for(f"{link}/intention", "/intention", address)
        self.visitor.submit("/intention", {"answer": "continue"})
        self._wait_for(f"{link}/declaration", "/declaration", address)
        if self.role.part is Part.WITHDRAW_EARLY:
            self._withdraw(link)
            return
        self._declare("/declaration")
        if self.role.part is Part.WITHDRAW_LATE:
            self._withdraw(link)

    def _identify(self, link: str, address: str) -> None:
        self.visitor.open(f"{link}/identity")
        owner = self.owns(address)
        if self.role.code and owner and owner.mobile:
            self.visitor.submit("/identity", {"method": "code"})
            self.visitor.submit("/identity/code", {"code": self._read_code(owner.mobile), "id_number": owner.id_number})
            return
        self.visitor.submit("/identity", {"method": "face", "consent": "1"})
        self.visitor.submit(next(a for a in self.visitor.actions if "/identity/face/" in a), {"result": "pass"})
        self.visitor.submit("/identity/return")

    def _read_code(self, mobile: str) -> str:
        end = time.monotonic() + PATIENCE_SECONDS
        while (code := self.code(self.case_id, mobile)) is None:
            if time.monotonic() > end:
                raise Astray("the code never came")
            time.sleep(LOOK_AGAIN_SECONDS)
        return code

    def _declare(self, ending: str) -> None:
        given = {name: MOBILE if "mobile" in name else "见营业执照" for name in self.visitor.fields(ending) if name.startswith("given.")}
        choices = {"delivery_way": self.role.delivery, "delivery_address": PLACE}
        for name, value in {"return_way": "courier", "pickup_address": PLACE}.items():
            if self.visitor.offers(ending, name):
                choices[name] = value
        if not self.visitor.offers(ending, "delivery_way", self.role.delivery):
            choices["delivery_way"] = self.visitor.choices(ending, "delivery_way")[0]
        self.visitor.submit(ending, given | choices)
        if self.visitor.has(ending):
            raise Astray(f"the declaration was not taken: “{self.visitor.title}”")

    def _withdraw(self, link: str) -> None:
        self.visitor.open(f"{link}/withdraw").submit("/withdraw")

    def _correct(self, link: str, address: str) -> None:
        self._wait_for(f"{link}/correction", "/correction", address)
        self._declare("/correction")

    def _wait_for(self, url: str, ending: str, address: str) -> None:
        """Look again until the page has the form: between two steps the system prepares something."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not self.visitor.open(url).has(ending):
            if self.visitor.has("/identity"):
                self._identify(url.rpartition("/")[0], address)
            elif not self.visitor.preparing or time.monotonic() > end:
                raise Astray(f"…{ending} never came: “{self.visitor.title}” (status {self.visitor.status})")
            else:
                time.sleep(LOOK_AGAIN_SECONDS)
