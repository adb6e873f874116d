"""What a rule looks at."""

from __future__ import annotations

from datetime import date

from wugan.detection.expression import Value
from wugan.registry import normalise
from wugan.registry.model import Business, Certificate, Subject


class Row:
    """One subject and one of its certificates (none for a filing); keeps the features that were worked out for it."""

    __slots__ = ("business", "certificate", "certificate_type", "known", "phrase", "sensed_on", "subject")

    def __init__(self, subject: Subject, certificate: Certificate | None, sensed_on: date, certificate_type: str, phrase: str = "") -> None:
        self.subject = subject
        self.business = subject.business
        self.certificate = certificate
        self.sensed_on = sensed_on  # the day from which windows count; `subject.as_of` is the day of the records
        self.certificate_type = certificate_type  # of the item
        self.phrase = phrase  # of a filing: what the business scope must cover
        self.known: dict[str, Value | None] = {}

    def producer(self) -> Business | None:
        """The registration of the producer that the certificate names."""
        code = self.certificate.producer_code if self.certificate else None
        return self.subject.producers.get(normalise.credit_code(code) or "") if code else None
