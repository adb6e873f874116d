"""Scan, third step: open the cases of a batch of hits."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wugan import bootstrap
from wugan.aws.runtime import handler as lambda_handler


@lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """{run, batch} in, {run, fates} out. Raises BatchFailed."""
    return bootstrap.scan().open(event["run"], event["batch"], bootstrap.opening())
