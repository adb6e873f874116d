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


class FunctionBusy(WuganError):
    """All that may run at once runs already: try again in a moment."""

    code = "function_busy"
    status = 503


def invoke(name: str, payload: dict[str, Any]) -> Any:
    """Call and wait; returns what the function returns. Raises FunctionFailed or FunctionBusy."""
    functions = client("lambda")
    try:
        answer = functions.invoke(FunctionName=name, Payload=json.dumps(payload).encode())
    except functions.exceptions.TooManyRequestsException:
        raise FunctionBusy("too many functions run at once", field=name) from None
    value = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise FunctionFailed(str(value.get("errorType", answer["FunctionError"])), field=name)
    return value
