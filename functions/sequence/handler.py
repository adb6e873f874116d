"""The sequencer: moves events from the outbox into the log, woken by new rows and every minute."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from wugan import bootstrap, config
from wugan.aws.runtime import handler as lambda_handler
from wugan.aws.runtime import logger, metrics
from wugan.ledger.problem import Contradicted, Forked

ROUNDS = 20  # of up to 1,000 events; what is left then waits for the next minute


@metrics.log_metrics
@lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Whatever wakes it, it reads the outbox itself. How many events came into the log, and how many wait for an earlier one."""
    metrics.add_dimension(name="stage", value=bootstrap.settings().need(config.STAGE))
    counts = {"LeavesAdded": 0, "LeavesHeld": 0, "WitnessesSilent": 0, "LedgerForked": 0, "WitnessContradicts": 0}
    try:
        for _ in range(ROUNDS):
            ran = bootstrap.sequencer().run()
            counts |= {"LeavesAdded": counts["LeavesAdded"] + ran.added, "LeavesHeld": ran.held}
            if not ran.more:
                break
        counts["WitnessesSilent"] = bootstrap.witnesses().silent
    except (Forked, Contradicted) as error:
        counts["LedgerForked" if isinstance(error, Forked) else "WitnessContradicts"] = 1
        logger.error("the log must not go on", extra={"field": error.field, "detail": error.detail})
        raise
    finally:
        for name, value in counts.items():
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
    return counts
