"""boto3 clients, one of each for a process."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

_CONFIG = Config(connect_timeout=3, read_timeout=20, retries={"mode": "standard", "max_attempts": 4})


@cache
def client(service: str) -> Any:
    """A client of a service, with timeouts and standard retries."""
    return boto3.client(service, config=_CONFIG)
