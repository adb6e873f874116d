"""The monitor: every hour what is new in the log, and a share of what is old, against the tables and against what was seen before."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wugan import bootstrap, config
from wugan.aws.runtime import count, logger
from wugan.aws.runtime import handler as lambda_handler
from wugan.ledger.watch import Seen


@lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """The schedule's event in, counts out. Findings are named in the log and in the metrics; they hold no personal data."""
    state, settings = bootstrap.monitor_state(), bootstrap.settings()
    kept = state.read()
    rounds = 24 * settings.number(config.MONITOR_DAYS, 7)  # one each hour
    watched = bootstrap.watch().run(Seen.from_json(kept) if kept else Seen(), share=max(2, int(rounds)))
    state.write(watched.seen.to_json())
    for finding in watched.findings:
        logger.error("the ledger does not agree", extra={"finding": {k: v for k, v in asdict(finding).items() if v is not None}})
    counts = {"LedgerFindings": len(watched.findings), "LedgerCompared": watched.entries + watched.events, "LedgerBehind": watched.behind}
    stage = settings.need(config.STAGE)
    count(counts, stage=stage)
    for kind, found in Counter(f.kind.value for f in watched.findings).items():
        count({"LedgerFindings": found}, stage=stage, finding=kind)
    return {"size": watched.size, **counts}
