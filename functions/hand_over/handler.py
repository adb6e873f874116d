"""The system cannot go on: an official takes the case (转人工)."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wugan import bootstrap
from wugan.aws.runtime import handler as lambda_handler


@lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """{case_id, error: {Error, Cause}} in, the case's flags out."""
    return bootstrap.ending().hand_over(event["case_id"], reason(event["error"]))


def reason(error: dict[str, str]) -> str:
    """The code of what went wrong: the message of our own errors is one (`wugan.aws.runtime`), others are told by their class."""
    if error["Error"] not in ("StageFailed", "Runtime.HandlerError"):
        return error["Error"]
    cause: dict[str, str] = json.loads(error["Cause"])
    return cause["errorMessage"]
