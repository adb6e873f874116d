"""Filling the form from shared data: never ask again for what can be shared (国务院令第716号 art. 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from wugan.errors import InvalidForm, InvalidInput
from wugan.items.model import Item
from wugan.registry.model import Subject

MOST_CHARACTERS = 200


@dataclass(frozen=True)
class Filled:
    """One field as the person sees it: the value, where it comes from, and what the person says of it."""

    name: str
    label: str
    source: str  # registry.column
    as_of: str  # the date of the data
    value: str | None
    required: bool
    given: str | None = None  # typed in by the person where the source had nothing
    disputed: str | None = None  # what the person says is right
    why: str | None = None  # and why

    @property
    def missing(self) -> bool:
        return self.value is None

    @property
    def final(self) -> str | None:
        """What goes into the application."""
        return self.value if self.value is not None else self.given


def prefill(item: Item, subject: Subject, certificate_no: str | None, contact: Mapping[str, Any], case: Mapping[str, str]) -> list[Filled]:
    """Every form field with its value, or marked missing. A registry that is down or empty blocks nobody."""
    certificate = next((c for c in subject.certificates if c.certificate_no == certificate_no), None)
    owned = subject.properties[0] if subject.properties else None
    rows: dict[str, Mapping[str, Any]] = {
        "business": asdict(subject.business) if subject.business else {},
        "certificate": asdict(certificate) if certificate else {},
        "property": asdict(owned) if owned else {},
        "contact": contact,
        "case": case,
    }
    filled = []
    for field in item.form:
        registry, column = field.source.split(".")
        value = rows[registry].get(column)
        text = None if value in (None, "") else str(value)
        filled.append(Filled(field.name, field.label, field.source, subject.as_of.isoformat(), text, field.required))
    return filled


def confirm(
    fields: Sequence[Filled], given: Mapping[str, str], disputed: Mapping[str, str], why: Mapping[str, str] | None = None
) -> list[Filled]:
    """The form as the person confirms it. Raises InvalidForm with everything that is wrong."""
    reasons = why or {}
    unknown = sorted({*given, *disputed, *reasons} - {f.name for f in fields})
    faults = [InvalidInput("this form has no such field", field=name) for name in unknown]
    confirmed = []
    for field in fields:
        try:
            confirmed.append(_confirm(field, *(told.get(field.name, "").strip() for told in (given, disputed, reasons))))
        except InvalidInput as fault:
            faults.append(fault)
    if faults:
        raise InvalidForm(faults)
    return confirmed


def _confirm(field: Filled, given: str, disputed: str, why: str) -> Filled:
    if max(map(len, (given, disputed, why))) > MOST_CHARACTERS:
        raise InvalidInput(f"at most {MOST_CHARACTERS} characters", field=field.name)
    if given and not field.missing:
        raise InvalidInput("this field comes from the registry: dispute it instead", field=field.name)
    if (disputed or why) and field.missing:
        raise InvalidInput("the registry has nothing here to dispute: fill it in", field=field.name)
    if why and not disputed:
        raise InvalidInput("say what is right, not only why", field=field.name)
    if field.missing and field.required and not given:
        raise InvalidInput("the registry has nothing here: please fill it in", field=field.name)
    return replace(field, given=given or None, disputed=disputed or None, why=why or None)


def to_json(fields: Sequence[Filled]) -> list[dict[str, Any]]:
    """Fields as they are sealed in the case."""
    return [asdict(f) for f in fields]


def from_json(value: Sequence[Mapping[str, Any]]) -> list[Filled]:
    """The reverse of `to_json`."""
    return [Filled(**v) for v in value]
