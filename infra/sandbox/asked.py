"""The shapes of what is asked of the vendors."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from infra.sandbox.script import Vendor
from infra.sandbox.vendors.settings import VendorName

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$")]
Text = Annotated[str, Field(min_length=1, max_length=500)]
Url = Annotated[str, Field(pattern=r"^https?://[^\s<>\"']+$", max_length=2000)]


class Asked(BaseModel):
    """A request body: every field is named in the protocol."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MessageAsked(Asked):
    """A message to send."""

    id: Id
    to: Annotated[str, Field(max_length=128)]
    text: Text
    link: Url | None = None


class FaceAsked(Asked):
    """A face check to begin."""

    id: Id
    name: Text
    id_number: Annotated[str, Field(max_length=40)]
    return_url: Url


class CodeAsked(Asked):
    """A one-time code to send."""

    id: Id
    mobile: Annotated[str, Field(max_length=40)]


class CodeGiven(Asked):
    """A one-time code to check."""

    code: Annotated[str, Field(max_length=40)]


class End(Asked):
    """One end of a parcel."""

    name: str
    mobile: str
    address: str


class OrderAsked(Asked):
    """A parcel to carry."""

    id: Id
    sender: End
    receiver: End
    goods: Text


class DocumentAsked(Asked):
    """A file of an application package."""

    name: Text
    media_type: Text
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    base64: str


class ApplicationAsked(Asked):
    """An application package."""

    id: Id
    case_id: Id
    item_code: Text
    item_version: Text
    jurisdiction: Text
    subject: Text
    form: dict[str, Any]
    materials: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    promised_by: str
    documents: tuple[DocumentAsked, ...] = ()


class TargetAsked(Asked):
    """Who is to be called back."""

    url: Url
    secrets: dict[Vendor, Annotated[str, Field(min_length=16)]] = {}


class DownAsked(Asked):
    """A vendor that is to be down for so many seconds of real time; 0 brings it back."""

    vendor: VendorName
    seconds: Annotated[float, Field(ge=0, le=7 * 86400)]
