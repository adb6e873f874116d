"""boto3 clients, one of each for a process, all of one session: another would read AWS's list of endpoints anew, a tenth of a second."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore import session
from botocore.config import Config

_CONFIG = Config(connect_timeout=3, read_timeout=20, retries={"mode": "standard", "max_attempts": 4})


@cache
def shared_session() -> session.Session:
    """The process's session, as botocore and PynamoDB have it."""
    return session.get_session()


@cache
def _shared_by_boto3() -> boto3.Session:
    return boto3.Session(botocore_session=shared_session())


@cache
def client(service: str) -> Any:
    """A client of a service, with timeouts and standard retries."""
    return _shared_by_boto3().client(service, config=_CONFIG)


def client_at(endpoint: str, service: str, region: str, key: str, secret: str) -> Any:
    """A client of an emulator's service, whatever this process's own settings."""
    session_there = boto3.Session(region_name=region, aws_access_key_id=key, aws_secret_access_key=secret)
    return session_there.client(service, endpoint_url=endpoint)
