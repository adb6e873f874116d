"""The daily archive: closed cases as packages, each manifest of them a leaf of the log."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wugan import bootstrap, config
from wugan.aws.runtime import count
from wugan.aws.runtime import handler as lambda_handler

MOST_ROUNDS = 20  # of 200 cases each; what is left then is archived the next day


@lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """The schedule's event in, counts out."""
    packages = waiting = rounds = 0
    more = True
    while more and rounds < MOST_ROUNDS:
        archived = bootstrap.archive().run()
        packages, waiting, more = packages + archived.packages, archived.waiting, archived.more
        rounds += 1
    counts = {"CasesArchived": packages, "ArchiveWaiting": waiting, "ArchiveLeft": int(more)}
    count(counts, stage=bootstrap.settings().need(config.STAGE))
    return counts
