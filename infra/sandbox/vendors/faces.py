"""Face checks on the sandbox's own page, whichever vendor's protocol began them."""

from __future__ import annotations

from typing import Any

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from infra.sandbox.book import Face
from infra.sandbox.box import Box, Refusal


def begin(box: Box, *, vendor: str, wanted: str, name: str, number: str, back: str, extra: dict[str, Any]) -> Face | None:
    """A new check, under the caller's own id told apart when it comes again; None when the vendor knows nobody of this name and number."""
    id, count = wanted or f"{vendor}{len(box.book.faces) + 1}", 1
    while box.book.faces.get(id):
        count += 1
        id = f"{wanted}~{count}"
    earlier = box.book.faces.of_case(wanted.partition("-")[0]) if "-" in wanted else [f for f in box.book.faces if f.id_number == number]
    plan = box.script.identity(wanted, first=not earlier, person=number)
    if plan == "refused":
        return None
    reference = box.token(f"face {vendor}", id, 32).upper()
    face, _ = box.book.faces.receive(
        id,
        [name, number, back],
        lambda sha256: Face(
            id=id,
            reference=reference,
            asked_sha256=sha256,
            at=box.now(),
            name=name,
            id_number=number,
            return_url=back,
            reason="face_mismatch" if plan == "fail" else "",
            vendor=vendor,
            extra=extra,
        ),
    )
    return face


def find(box: Box, reference: str) -> Face:
    """A check that was begun."""
    face = box.book.faces.find(reference)
    if face is None:
        raise Refusal(404, "check_unknown", "no such check")
    return face


def finish(box: Box, reference: str, *, passed: bool) -> Face:
    """The person showed their face; what came out first stays."""
    face = find(box, reference)
    if face.state == "open":
        good = passed and not face.reason
        face.state = "passed" if good else "failed"
        face.reason = "" if good else "face_mismatch"
    return face


def plausible(number: str) -> bool:
    """Whether it has the shape and the check digit of a citizen identity number (GB 11643)."""
    try:
        compact = ric.compact(number)
        return len(compact) == 18 and compact[:17].isdigit() and bool(ric.calc_check_digit(compact) == compact[17])
    except (ValidationError, ValueError):
        return False
