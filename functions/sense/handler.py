"""Subjects that changed: evaluate all items for them and open what hits."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from wugan import bootstrap
from wugan.aws.runtime import handler as lambda_handler
from wugan.aws.runtime import logger, metrics


@metrics.log_metrics
@lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Messages of the queue in, each an event of the bus; the messages to repeat out."""
    sensed = bootstrap.sense().sense({r["messageId"]: r["body"] for r in event["Records"]})
    for message, error in sensed.failed.items():
        logger.warning("not sensed", extra={"message_id": message, "error": error})
    for fate, count in {**sensed.fates, "failed": len(sensed.failed)}.items():
        metrics.add_metric(name=f"Sensed_{fate}", unit=MetricUnit.Count, value=count)
    return {"batchItemFailures": [{"itemIdentifier": message} for message in sensed.failed]}
