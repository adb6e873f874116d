"""Step 6 (回收旧证): order the courier who fetches the old certificate."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wugan import bootstrap
from wugan.aws.runtime import handler as lambda_handler


@lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """{case_id} in, the case's flags out. Raises VendorUnavailable."""
    return bootstrap.carry().pickup(event["case_id"])
