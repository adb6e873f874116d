"""Scan, last step: what became of every row and every hit, stored and counted."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from wugan import bootstrap
from wugan.aws.runtime import handler as lambda_handler
from wugan.aws.runtime import metrics


@metrics.log_metrics
@lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """{run} in, the headline counts out; the whole report lies in the registry bucket."""
    report = bootstrap.scan().report(event["run"])
    counts = {
        "ScannedSubjects": report["subjects"],
        "Hits": report["hits"],
        "CasesOpened": report["fates"].get("opened", 0),
        "QuarantinedRows": sum(report["quarantined"].values()),
        "RefusedFiles": len(report["refused"]),
        "FailedChunks": report["failed_chunks"],
    }
    for name, value in counts.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
    return {"run": report["run"], **counts}
