"""The department port. The general approval platform (通用审批平台) has no public specification; ours is HMAC-signed and replay-proof."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Protocol


class DecisionKind(StrEnum):
    """What a department answers."""

    APPROVED = "approved"
    CORRECTION = "correction"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Decision:
    """A department's answer. `points` are all corrections at once (行政许可法 art. 32); `certificate` describes the new one."""

    id: str  # of the message: a repeat has the same
    application_id: str
    kind: DecisionKind
    by: str  # the official or system that decided
    points: tuple[str, ...] = ()
    reason_code: str = ""
    reason: str = ""
    certificate: dict[str, Any] | None = None  # number, valid_from, valid_until, file_base64, file_sha256, file_signature


@dataclass(frozen=True)
class Document:
    """A file that goes with an application. Personal data."""

    name: str
    media_type: str
    sha256: str
    base64: str


@dataclass(frozen=True)
class Application:
    """The application package: form, materials, and what the registry said. Personal data."""

    id: str  # deterministic: case and attempt
    case_id: str
    item_code: str
    item_version: str
    jurisdiction: str
    subject: str
    form: dict[str, Any]
    materials: tuple[dict[str, Any], ...]
    changes: tuple[dict[str, Any], ...]
    promised_by: str
    documents: tuple[Document, ...] = ()

    def kept(self) -> dict[str, Any]:
        """The package as it stays in the case: of the documents, which are made from it, name and hash."""
        return asdict(replace(self, documents=())) | {"documents": [{"name": d.name, "sha256": d.sha256} for d in self.documents]}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Application:
        """The package that was kept, without its documents, which are made from it."""
        return cls(**{**kept, "materials": tuple(kept["materials"]), "changes": tuple(kept["changes"]), "documents": ()})


def document(name: str, media_type: str, content: bytes) -> Document:
    """A file as it is sent: its hash stands inside what is signed."""
    return Document(name, media_type, hashlib.sha256(content).hexdigest(), b64encode(content).decode())


class Department(Protocol):
    """Takes applications and drops them again."""

    def submit(self, application: Application) -> str:
        """Hand over the package; a repeat is a success. Returns the department's reference. Raises VendorRefused or VendorUnavailable."""

    def cancel(self, application_id: str) -> None:
        """The person withdrew; unknown or already dropped is a success."""
