"""Scan, first step: take the registries in, cut them into chunks."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wugan import bootstrap
from wugan.aws.runtime import handler as lambda_handler


@lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """{run, request: {accept, mode}} in, {run, stopped, chunks} out; the request is what the execution was started with."""
    request = event["request"]
    return bootstrap.scan().plan(event["run"], request.get("accept", ()), request.get("mode", "full"))
