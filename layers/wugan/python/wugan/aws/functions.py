"""Calling a deployed function by hand, as its schedule would."""

from __future__ import annotations

import json
from typing import Any

from wugan.aws.clients import client
from wugan.errors import WuganError


class FunctionFailed(WuganError):
    """The function raised; the detail names the class of the error."""

    code = "function_failed"
    status = 500


def invoke(name: str, payload: dict[str, Any]) -> Any:
    """Call and wait; returns what the function returns. Raises FunctionFailed."""
    answer = client("lambda").invoke(FunctionName=name, Payload=json.dumps(payload).encode())
    value = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise FunctionFailed(str(value.get("errorType", answer["FunctionError"])), field=name)
    return value
