"""Every night, what became of the hits of the last weeks, by item."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wugan import bootstrap
from wugan.aws.runtime import handler as lambda_handler


@lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001
    """The schedule's event in, how many rows there are out."""
    return {"rows": len(bootstrap.statistics().run().weeks)}
