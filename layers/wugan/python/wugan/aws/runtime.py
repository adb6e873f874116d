"""What every Lambda handler has in common: structured logs without payloads, and errors that carry codes and nothing else.

Step Functions keeps what a handler raises in its history, so a message must never carry a person's data: errors leave here with
their class and a code.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from wugan.errors import WuganError

Handler = Callable[[dict[str, Any], LambdaContext], Any]
logger = Logger(service="wugan")
metrics = Metrics(namespace="Wugan", service="wugan")


def count(counts: Mapping[str, float], **dimensions: str) -> None:
    """Emit counts under dimensions of their own, apart from what the handler counts in `metrics`."""
    record = EphemeralMetrics(namespace="Wugan", service="wugan")
    for dimension, place in dimensions.items():
        record.add_dimension(dimension, place)
    for name, value in counts.items():
        record.add_metric(name, MetricUnit.Count, value)
    record.flush_metrics()


class StageFailed(Exception):
    """An unexpected failure; its message is the class of the cause."""


def handler(function: Handler) -> Handler:
    """Wrap a handler: bind the request id and the case id to the log, clean the errors."""

    @wraps(function)
    def wrapped(event: dict[str, Any], context: LambdaContext) -> Any:
        logger.clear_state()
        logger.append_keys(function=context.function_name, request=context.aws_request_id, case_id=event.get("case_id"))
        try:
            answer = function(event, context)
        except WuganError as error:
            logger.warning("refused", extra={"code": error.code, "field": error.field})
            raise type(error)(error.field or error.code) from None
        except Exception as error:
            logger.error("failed", extra={"error": describe(error), "where": where(error)})
            raise StageFailed(describe(error)) from None
        logger.info("done")
        return answer

    return wrapped


def describe(error: BaseException) -> str:
    """An error's class, and for one of AWS its code and operation; never its message, which may carry values."""
    if isinstance(error, ClientError):
        return f"{error.response['Error']['Code']}:{error.operation_name}"
    return type(error).__name__


def where(error: BaseException) -> str:
    """The innermost line of ours or of a library in which an error arose: `file:line`, never a value."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno}" if trace else ""


def answering(app: Callable[[dict[str, Any], Any], dict[str, Any]]) -> Handler:
    """A handler for an API's requests. Route, method, status and time are logged; event and path never: links and data stay out."""

    @logger.inject_lambda_context(clear_state=True)
    def answer(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        started = time.perf_counter()
        response = app(event, context)
        milliseconds = round((time.perf_counter() - started) * 1000)
        facts = {"route": event["resource"], "method": event["httpMethod"], "status": response["statusCode"], "milliseconds": milliseconds}
        logger.info("answered", extra=facts)
        return response

    return answer
