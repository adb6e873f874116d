"""Scan, second step (分析研判): every item for every subject of a chunk."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wugan import bootstrap
from wugan.aws.runtime import handler as lambda_handler


@lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """{run, chunk: {buckets}} in, {run, batches} out."""
    return bootstrap.scan().detect(event["run"], event["chunk"]["buckets"])
