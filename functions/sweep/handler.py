"""The sweeper: every minute, and when an execution falls down."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from wugan import bootstrap, config
from wugan.aws.runtime import handler as lambda_handler
from wugan.aws.runtime import logger, metrics
from wugan.cases.model import Lapse


@metrics.log_metrics
@lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """The schedule's event, or an execution's status change (its name is the case id). Counts of what was swept out."""
    metrics.add_dimension(name="stage", value=bootstrap.settings().need(config.STAGE))
    if event.get("source") == "aws.states":
        case_id = event["detail"]["name"]
        bootstrap.sweep().fell_down(case_id)
        metrics.add_metric(name="ExecutionsBroken", unit=MetricUnit.Count, value=1)
        logger.error("execution fell down", extra={"case_id": case_id, "status": event["detail"]["status"]})
        return {"handed_over": 1}
    swept = bootstrap.sweep().sweep()
    for error in swept["failed"]:
        logger.error("not swept", extra={"error": error})
    for lapse in Lapse:
        for case_id in swept[lapse]:
            logger.warning("certificate ended undecided", extra={"case_id": case_id, "lapse": lapse.value})
    for name, value in swept.items():
        metrics.add_metric(name=f"Swept_{name}", unit=MetricUnit.Count, value=len(value) if isinstance(value, list) else value)
    return swept
