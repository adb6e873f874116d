"""The case state machine in Step Functions. An execution is named after its case: it can be started once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from wugan.aws.clients import client

GONE = {"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}


@dataclass(frozen=True)
class StepFunctionsExecutions:
    """Starts and resumes executions of one state machine."""

    machine_arn: str

    def start(self, case_id: str, flags: Mapping[str, Any]) -> bool:
        try:
            client("stepfunctions").start_execution(stateMachineArn=self.machine_arn, name=case_id, input=json.dumps(dict(flags)))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise
            return False
        return True

    def succeed(self, task_token: str, output: Mapping[str, Any]) -> bool:
        return self._send("send_task_success", taskToken=task_token, output=json.dumps(dict(output)))

    def fail(self, task_token: str, error: str, cause: str) -> bool:
        return self._send("send_task_failure", taskToken=task_token, error=error, cause=cause)

    def _send(self, action: str, **arguments: str) -> bool:
        try:
            getattr(client("stepfunctions"), action)(**arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] not in GONE:
                raise
            return False
        return True

    def status(self, case_id: str) -> str:
        arn = self.machine_arn.replace(":stateMachine:", ":execution:") + f":{case_id}"
        try:
            return str(client("stepfunctions").describe_execution(executionArn=arn)["status"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
                raise
            return "MISSING"
