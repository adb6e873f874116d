"""Secrets and parameters, read once for a process and again after a while, so that a rotation is taken up."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.parameters import SecretsProvider, SSMProvider

from wugan.aws.clients import client

KEEP_SECONDS = 300


@cache
def secrets_kept() -> SecretsProvider:
    """What was read of Secrets Manager."""
    return SecretsProvider(boto3_client=client("secretsmanager"))


@cache
def parameters_kept() -> SSMProvider:
    """What was read of Systems Manager."""
    return SSMProvider(boto3_client=client("ssm"))


def secret_text(name: str) -> str:
    """A secret's text."""
    return str(secrets_kept().get(name, max_age=KEEP_SECONDS))


def secret_json(name: str) -> dict[str, Any]:
    """A secret that holds a JSON object."""
    value: dict[str, Any] = json.loads(secret_text(name))
    return value


def parameter(name: str) -> str:
    """A parameter of Systems Manager."""
    return str(parameters_kept().get(name, max_age=KEEP_SECONDS))
