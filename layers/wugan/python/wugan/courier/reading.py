"""What couriers' requests, answers and traces have in common."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from wugan import json_text
from wugan.clock import BEIJING
from wugan.courier.port import Detail, Parcel, ParcelState
from wugan.errors import InvalidInput, NotFound, VendorRefused, VendorUnavailable
from wugan.http import JsonClient

FORM = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
MOST_BYTES = 512 * 1024
CODE = re.compile(r"[A-Za-z0-9_]{1,40}")

_LOCKER = re.compile(r"柜|驿站|自提|代投点|代收点|合作点|服务站|取件码|取货码")
_OTHER = re.compile(r"非本人|代收|代签|他人|家人|家属|同事|亲友|邻居|门卫|前台|物业|保安|收发室|传达室")
_LOST = re.compile(r"丢失|遗失|灭失")
_REFUSED = re.compile(r"拒收|拒签")
_RETURNED = re.compile(r"退回|退件|退签")


def post(client: JsonClient, url: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """The object answered to a form. Raises VendorUnavailable."""
    return client.call("POST", url, urlencode(fields).encode(), FORM)


def compact(value: Any) -> str:
    """JSON as it is signed: no spaces, Chinese as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def beijing(at: datetime) -> str:
    """A time as couriers write it."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def code_of(value: object) -> str:
    """A courier's code, if it is one: nothing else of what a courier writes may reach a log."""
    found = text(value)
    return found if CODE.fullmatch(found) else "unreadable"


def inner(value: object, name: str) -> Any:
    """JSON that an answer carries as text (or as it is). Raises VendorUnavailable."""
    if not isinstance(value, str):
        return value
    try:
        return json_text.loads(value)
    except ValueError:
        raise VendorUnavailable(f"{name} is not JSON", field=name) from None


def rows(value: object) -> list[dict[str, Any]]:
    """The objects of a list, or none."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def text(value: object) -> str:
    """A short text or number as text, anything else as empty."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def form_of(body: bytes) -> dict[str, str]:
    """The fields of a pushed form. Raises InvalidInput."""
    return dict(_pairs(_decoded(body)))


def object_of(body: bytes | str, field: str = "body") -> dict[str, Any]:
    """The object of a pushed JSON text. Raises InvalidInput."""
    try:
        value = json_text.loads(_decoded(body) if isinstance(body, bytes) else body)
    except ValueError:
        raise InvalidInput("this is not JSON", field=field) from None
    if not isinstance(value, dict):
        raise InvalidInput("a JSON object is expected", field=field)
    return value


def query_of(target: str) -> dict[str, str]:
    """The query of a callback's address."""
    return dict(_pairs(target.partition("?")[2].encode(errors="replace").decode()))


def _pairs(form: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(form, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        raise InvalidInput("at most 50 fields", field="body") from None


def _decoded(body: bytes) -> str:
    if len(body) > MOST_BYTES:
        raise InvalidInput(f"at most {MOST_BYTES} bytes", field="body")
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise InvalidInput("UTF-8 is expected", field="body") from None


def signed(words: str, before: str = "") -> tuple[ParcelState, str]:
    """Who has a parcel that counts as signed for, read from the trace's words: the receiver only if nothing speaks of others.

    `before` is the detail until then: from a locker anybody may have taken it.
    """
    if _LOCKER.search(words) or (before == Detail.LOCKER and "本人" not in words):
        return ParcelState.COLLECTED, Detail.LOCKER
    if _OTHER.search(words):
        return ParcelState.COLLECTED, Detail.OTHER_SIGNED
    return ParcelState.ARRIVED, ""


def undelivered(words: str) -> tuple[ParcelState, str]:
    """What became of a parcel that was not delivered, read from the trace's words."""
    for pattern, detail in ((_LOST, Detail.LOST), (_REFUSED, Detail.REFUSED), (_RETURNED, Detail.RETURNED)):
        if pattern.search(words):
            return ParcelState.FAILED, detail
    return ParcelState.COLLECTED, Detail.PROBLEM


def known(query: Callable[[], Parcel]) -> Parcel:
    """The parcel of an order that the courier says it has. Raises VendorUnavailable if it then does not find it."""
    try:
        return query()
    except NotFound as error:
        raise VendorUnavailable("a repeated order that is not found") from error


def settle(query: Callable[[], Parcel], refused: VendorRefused) -> None:
    """After a refused cancellation: fine if there is nothing left to cancel. Raises VendorRefused."""
    try:
        state = query().state
    except NotFound:
        return
    if state in (ParcelState.COLLECTED, ParcelState.ARRIVED):
        raise VendorRefused("already_collected") from refused
    if state is ParcelState.ORDERED:
        raise refused
