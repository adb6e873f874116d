"""The shapes of what is asked of the sandbox itself and of the department, whose protocol is ours."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.wrappers import Request

from infra.sandbox.box import Refusal
from infra.sandbox.vendors.settings import VendorName

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$")]
Text = Annotated[str, Field(min_length=1, max_length=500)]
Url = Annotated[str, Field(pattern=r"^https?://[^\s<>\"']+$", max_length=2000)]
A = TypeVar("A", bound=BaseModel)


class Asked(BaseModel):
    """A request body: every field is named in the protocol."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


class DownAsked(Asked):
    """A vendor that is to be down for so many seconds of the sandbox's clock; 0 brings it back."""

    vendor: VendorName
    seconds: Annotated[float, Field(ge=0, le=7 * 86400)]


def parse(request: Request, shape: type[A]) -> A:
    """A JSON body. Raises Refusal, which never quotes it."""
    # A web page cannot send this content type to us without asking first, and is never allowed to.
    if request.mimetype != "application/json":
        raise Refusal(415, "invalid_request", "the content type must be application/json")
    try:
        return shape.model_validate_json(request.get_data())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Refusal(400, "invalid_request", f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
