"""Scan, last step: what became of every row and every hit, stored and counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wugan import bootstrap, config
from wugan.aws.runtime import count
from wugan.aws.runtime import handler as lambda_handler

FATES = {"hits": "Hits", "opened": "CasesOpened", "already_open": "AlreadyOpen", "opted_out": "OptedOut", "unreachable": "HitsUnreachable"}


@lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """{run} in, {run, stopped} and the headline counts out; the whole report lies in the registry bucket."""
    report = bootstrap.scan().report(event["run"])
    stage, counts = bootstrap.settings().need(config.STAGE), headline(report)
    count(counts, stage=stage)
    for item, jurisdictions in report["items"].items():  # a combination without a hit costs nothing
        for jurisdiction, fates in jurisdictions.items():
            count({FATES[f]: n for f, n in fates.items() if f in FATES}, stage=stage, item=item, jurisdiction=jurisdiction)
    return {"run": report["run"], "stopped": report["status"] == "stopped", **counts}


def headline(report: Mapping[str, Any]) -> dict[str, int]:
    """The figures of the whole run; a zero is told too, so that an alarm ends."""
    return {
        "ScannedRows": sum(report["rows"].values()),
        "ScannedSubjects": report["subjects"],
        **{metric: report["fates"].get(fate, 0) for fate, metric in FATES.items()},
        "Hits": report["hits"],
        "HitsUnreachable": report["unreachable"],
        "HitsLeft": report["unopened"],
        "QuarantinedRows": sum(report["quarantined"].values()),
        "RefusedFiles": len(report["refused"]),
        "HeldItems": len(report["held"]),
        "FailedChunks": report["failed_chunks"],
        "ScanStopped": int(report["status"] == "stopped"),
        "EnginesDisagree": report["disagreements"],
    }
