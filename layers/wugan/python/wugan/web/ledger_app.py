"""The public side of the ledger: the log's files for anybody's tools (C2SP tlog-tiles), and a page on which a proof is checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalice.app import Chalice

from wugan.cases.audit import PublicLog
from wugan.cases.model import Actor
from wugan.errors import InvalidInput, NotFound
from wugan.ledger.casefile import ShownEvent, VerifiedCase
from wugan.ledger.problem import NotProved
from wugan.web import texts
from wugan.web.edge import Answer, Call, Edge, File, Page

TEXT = "text/plain; charset=utf-8"
TILE = "application/octet-stream"
IMMUTABLE = "public, max-age=31536000, immutable"  # tiles and bundles never change; a partial one has its width in its path
NEWEST = "no-cache"
MOST_PROOF = 2_000_000  # bytes of an uploaded proof: some hundred events
# Three numbers below the level reach 256 million entries (`x999/999`) with their partial tiles (`.p/<W>`).
TILES = ("/ledger/tile/{level}/{a}", "/ledger/tile/{level}/{a}/{b}", "/ledger/tile/{level}/{a}/{b}/{c}")

LogView = Callable[[PublicLog, Call], Answer]


@dataclass(frozen=True)
class Told:
    """One proved event in words."""

    seq: int
    index: int
    at: datetime | None
    what: str  # empty when only its place is proved


def create(service: Callable[[], PublicLog]) -> Chalice:
    """The Chalice app; `service` is asked when the first request comes."""
    app = Chalice("ledger", configure_logs=False)
    edge = Edge(app, lambda: service().public_url())

    def serving(view: LogView) -> Callable[[Call], Answer]:
        return lambda call: view(service(), call)

    edge.route("GET", "/ledger", serving(page))
    edge.route("POST", "/ledger", serving(check), MOST_PROOF)
    edge.route("GET", "/ledger/checkpoint", serving(checkpoint))
    edge.route("GET", "/ledger/log.vkey", serving(key))
    for path in TILES:
        edge.route("GET", path, serving(tile))
    return app


def checkpoint(log: PublicLog, _: Call) -> Answer:
    """The newest checkpoint."""
    signed = log.checkpoint()
    if signed is None:
        raise NotFound("the log has no checkpoint yet", field="checkpoint")
    return File(signed, TEXT, cache=NEWEST)


def key(log: PublicLog, _: Call) -> Answer:
    """The log's public key."""
    return File(f"{log.log.vkey}\n".encode(), TEXT, cache=NEWEST)


def tile(log: PublicLog, call: Call) -> Answer:
    """A tile or an entry bundle."""
    parts = [call.params[name] for name in ("level", "a", "b", "c") if name in call.params]
    return File(log.file("/".join(["tile", *parts])), TILE, cache=IMMUTABLE)


def page(log: PublicLog, _: Call) -> Answer:
    """What the log is, how large, its key, how to check it, and the form."""
    return _page(log)


def check(log: PublicLog, call: Call) -> Answer:
    """Whether the proof in the form holds. Nothing is stored."""
    text = call.form.get("file") or call.form.get("text") or ""
    if not text.strip():
        return _page(log, wrong="请选择证明文件，或者粘贴证明文件的全部内容。", status=400)
    try:
        found = log.verify(text)
    except NotProved as error:
        return _page(log, refused=_place(error), status=error.status)
    except InvalidInput as error:
        return _page(log, wrong=f"这不是完整的办理记录证明（{_place(error)}）。请上传下载时的原文件，不要改动。", status=error.status)
    return _page(log, found=found)


def _place(error: NotProved | InvalidInput) -> str:
    """Where in the proof it is wrong, in words."""
    field = error.field or ""
    return f"第{field.removeprefix('events.')}条记录" if field.startswith("events.") else "签名" if field == "signature" else "文件内容"


def _page(log: PublicLog, *, found: VerifiedCase | None = None, refused: str = "", wrong: str = "", status: int = 200) -> Page:
    data = {
        "size": log.size(), "now": log.clock.now(), "key": log.log.vkey, "address": f"{log.public_url()}/ledger/",
        "found": found, "events": _told(found) if found else (), "refused": refused, "wrong": wrong,
    }  # fmt: skip
    return Page("ledger.html", data, status=status)


def _told(found: VerifiedCase) -> list[Told]:
    return [_event(event, index) for event, index in zip(found.events, found.indexes, strict=True)]


def _event(event: ShownEvent, index: int) -> Told:
    if event.canonical is None:
        return Told(event.seq, index, None, "")
    body = json.loads(event.canonical)
    kind, actor = str(body.get("type")), body.get("actor")
    who = texts.ACTORS[Actor(actor)] if actor in list(Actor) else ""
    return Told(event.seq, index, _time(body.get("at")), f"{who}：{texts.EVENTS.get(kind, kind)}")


def _time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None
