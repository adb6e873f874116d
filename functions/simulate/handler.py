"""What a draft of an item would hit in the registries of today: longer than a page may take."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wugan import bootstrap
from wugan.aws.runtime import handler as lambda_handler


@lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """{simulation} in and out; the result is written down where the bench reads it."""
    bootstrap.simulate().run(event["simulation"])
    return {"simulation": event["simulation"]}
