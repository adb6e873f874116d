"""Secrets and parameters, read once for a process and again after a while, so that a rotation is taken up."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools.utilities import parameters

KEEP_SECONDS = 300


def secret_text(name: str) -> str:
    """A secret's text."""
    return str(parameters.get_secret(name, max_age=KEEP_SECONDS))


def secret_json(name: str) -> dict[str, Any]:
    """A secret that holds a JSON object."""
    value: dict[str, Any] = json.loads(secret_text(name))
    return value


def parameter(name: str) -> str:
    """A parameter of Systems Manager."""
    return str(parameters.get_parameter(name, max_age=KEEP_SECONDS))
