"""Comparing names and addresses: what counts as changed, moved, covered. Pure functions of registry texts, shared by both engines.

None is the third truth value: the data does not tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from wugan.items.model import Jurisdiction
from wugan.registry import normalise
from wugan.registry.normalise import Address

_IDEOGRAPHS = re.compile("[一-鿿]+$")
_COMPATIBLE = re.compile(r"[^\s\x21-\x7e一-鿿，。；：、（）？！％＋－～“”‘’《》【】·—…０-９Ａ-Ｚａ-ｚ]")  # all that is not surely itself
_SELECTOR = re.compile("[\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # invisible, yet printable to Python
_BRACKETS = re.compile("([()])")
_EXCLUDES = ("不含", "不包含", "不包括", "不得", "除")
_EXCLUSION = re.compile("不[含包得]|除")
# Outside of brackets an exclusion ends where its clause does: ，不含…  未经批准不得从事…  除…外  …除外.
_CLAUSES = re.compile(
    r"(?:不含|不包含|不包括|不得)[^,;。()]*(?:\([^()]*\)[^,;。()]*)*"
    r"|(?<![^,;。:()])除(?![外尘湿草虫雪冰锈臭味甲螨害四氧])[^,;。()]*?外"
    r"|(?<![^,;。:(])(?:[^,;。:()]|\([^()]*\))*?除外"
)
_BUREAU_OF = {"莱西市": Jurisdiction.LX, "平度市": Jurisdiction.PD}


def name_changed(old: str | None, new: str | None) -> bool | None:
    """Whether a name differs in more than its form. A side that says nothing is missing data, not a change."""
    if old is None or new is None:
        return None
    if old == new:
        return False
    before, after = normalise.name(old), normalise.name(new)
    return None if before is None or after is None else before != after


def address_changed(old: str | None, new: str | None) -> bool | None:
    """As `name_changed`, for addresses: a superseded district name or a district left out is no change."""
    if old is None or new is None:
        return None
    if old == new or _same_hand(old, new):
        return False
    before, after = normalise.address(old), normalise.address(new)
    return None if before is None or after is None else not before.same(after)


def _same_hand(old: str, new: str) -> bool:
    """Whether two addresses differ in spaces and the names above the district only: soon told, and most that differ in form do.

    What is left must be longer than a sign that stands for an empty value, and free of other invisible characters.
    """
    one, other = (normalise.ABOVE.sub("", side.replace(" ", "").replace("\u3000", ""), count=1) for side in (old, new))
    return one == other and len(one) > 4 and one.isprintable() and not _SELECTOR.search(one)


def address_moved(old: str | None, new: str | None) -> bool | None:
    """Whether a changed address names another place. An address that did not change, or is missing on a side, did not move."""
    return _left(old, new, stays)


def address_off_road(old: str | None, new: str | None) -> bool | None:
    """Whether an address changed in more than its plate number: it moved, or the road has another name."""
    return _left(old, new, keeps_road)


def _left(old: str | None, new: str | None, kept: Callable[[Address, Address], bool | None]) -> bool | None:
    if not address_changed(old, new):
        return False
    before, after = normalise.address(old), normalise.address(new)
    assert before is not None
    assert after is not None
    still = kept(before, after)
    return None if still is None else not still


def keeps_road(before: Address, after: Address) -> bool | None:
    """Whether an address was renumbered where it is: as `stays`, and the road is the same."""
    still = stays(before, after)
    if still and before.road and after.road:
        return before.road == after.road
    return still


def stays(before: Address, after: Address) -> bool | None:
    """Whether an address was renamed or renumbered where it is.

    Both must lie in the same district (after the alias table), the same town and the same building or room, as far as
    both say; and either the road is the same (another number), or the number is the same (a renamed road). Unknown when
    a district is missing or neither road nor number can be compared.
    """
    if before.district is None or after.district is None:
        return None
    pairs = [(before.district, after.district), (before.town, after.town), (before.rest, after.rest)]
    if any(a is not None and b is not None and a != b for a, b in pairs):
        return False
    if before.road and before.road == after.road:
        return True
    if before.number and before.number == after.number:
        return True if before.road and after.road else None
    return False if before.road and after.road else None


def covers(scope: str | None, phrase: str) -> bool | None:
    """Whether a business scope names the phrase other than to exclude it, as in 人力资源服务（不含职业中介活动）."""
    if scope and _lacks(scope, phrase):
        return False
    said, wanted = covered(scope), normalise.name(phrase)
    return None if said is None or wanted is None else wanted in said


def _lacks(scope: str, phrase: str) -> bool:
    """Whether a scope cannot contain a phrase of Chinese characters, since one of them is nowhere in it: soon told.

    A scope with a character that normalising may turn into Chinese ones, or one short enough to stand for an empty value, is not told so.
    """
    return len(scope) > 8 and not all(c in scope for c in phrase) and bool(_IDEOGRAPHS.match(phrase)) and not _COMPATIBLE.search(scope)


def covered(scope: str | None) -> str | None:
    """A business scope in one form, without what it excludes: brackets that begin with 不含, 除 … or end with 除外, and such clauses."""
    said = normalise.name(scope)
    if said is None or not _EXCLUSION.search(said):
        return said
    kept = _without_excluding_brackets(said)
    return _CLAUSES.sub("", kept) if _EXCLUSION.search(kept) else kept  # most scopes exclude in brackets only


def _without_excluding_brackets(said: str) -> str:
    """Brackets are paired by depth; one that is not closed goes on to the end, and one that was not opened is left."""
    kept: list[str] = []
    opened: list[int] = []  # where in `kept` the brackets begin that are open
    for part in filter(None, _BRACKETS.split(said)):
        if part == "(":
            opened.append(len(kept))
        excluded = part == ")" and bool(opened) and _drop_excluding(kept, opened.pop())
        if not excluded:
            kept.append(part)
    while opened:
        _drop_excluding(kept, opened.pop())
    return "".join(kept)


def _drop_excluding(kept: list[str], begin: int) -> bool:
    """Drop the bracket that begins there, if it excludes something."""
    excludes = "".join(kept[begin + 1 : begin + 2]).startswith(_EXCLUDES) or kept[-1].endswith("除外")
    if excludes:
        del kept[begin:]
    return excludes


def owned(place: str | None, addresses: Sequence[str] | None) -> bool | None:
    """Whether one of a subject's properties is at its place; unknown when no place is known."""
    where = normalise.address(place)
    if where is None:
        return None
    return any(a is not None and a.same(where) for a in map(normalise.address, addresses or ()))


def district(address: str | None) -> str | None:
    """The district of today that an address lies in."""
    place = normalise.address(address)
    return place.district if place else None


def registered_in(registering_body: str | None, registered_address: str | None) -> str | None:
    """Which bureau a registration belongs to: by the registering body, else by the district of the registered address.

    Never by the credit code: one in nine is generic.
    """
    bureau = _bureau_named(registering_body)
    if bureau is not None:
        return bureau.value
    where = district(registered_address)
    return _BUREAU_OF.get(where, Jurisdiction.QD).value if where else None


@lru_cache(maxsize=1024)
def _bureau_named(registering_body: str | None) -> Jurisdiction | None:
    """The bureau that a registering body's name tells; there are few bodies."""
    body = normalise.name(registering_body) or ""
    for area, bureau in _BUREAU_OF.items():
        if area in body:
            return bureau
    return Jurisdiction.QD if "青岛" in body else None
