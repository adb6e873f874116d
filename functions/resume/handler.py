"""Token and answer have met: bring the answer to the state machine."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wugan import bootstrap
from wugan.aws.runtime import describe, logger
from wugan.aws.runtime import handler as lambda_handler


@lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Stream records of the waits table in; the records to repeat out. The stream only wakes: the row is read again, consistently."""
    failures = []
    for record in event["Records"]:
        wait_id = record["dynamodb"]["Keys"]["wait_id"]["S"]
        try:
            bootstrap.resume().resume(wait_id)
        except Exception as error:
            logger.warning("not resumed", extra={"wait": wait_id, "error": describe(error)})
            failures.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})
    return {"batchItemFailures": failures}
