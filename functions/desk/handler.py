"""The officials' pages. Neither the event nor the path is logged: links and personal data stay out of the log."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from wugan import bootstrap
from wugan.web.desk_app import create

logger = Logger(service="desk")
app = create(bootstrap.desk)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one API Gateway request."""
    started = time.perf_counter()
    response: dict[str, Any] = app(event, context)
    milliseconds = round((time.perf_counter() - started) * 1000)
    logger.info("answered", route=event["resource"], method=event["httpMethod"], status=response["statusCode"], milliseconds=milliseconds)
    return response
