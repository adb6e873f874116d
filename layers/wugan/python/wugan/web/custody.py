"""The chain of custody as rows of a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from wugan.cases.custody import custody
from wugan.cases.model import Event
from wugan.web import texts


@dataclass(frozen=True)
class CustodyRow:
    """One row in Chinese; `until` None: still."""

    certificate: str
    holder: str
    since: datetime
    until: datetime | None
    waybill: str


def custody_rows(events: Iterable[Event]) -> list[CustodyRow]:
    """Who had which certificate when."""
    return [CustodyRow(texts.CERTIFICATES[h.certificate], texts.HOLDERS[h.holder], h.since, h.until, h.waybill) for h in custody(events)]
