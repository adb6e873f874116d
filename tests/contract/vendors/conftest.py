"""Fixtures of the vendor contracts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from infra.sandbox.server import SandboxServer
from tests.contract.vendors.harness import QUICK, Target, config
from wugan.clock import Clock, SystemClock


@pytest.fixture
def clock() -> Clock:
    return SystemClock()


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    """Vendors whose parcels and applications stand still."""
    with SandboxServer(config()) as running:
        yield running


@pytest.fixture
def quick() -> Iterator[SandboxServer]:
    """Vendors whose parcels and applications move at once."""
    with SandboxServer(config(QUICK)) as running:
        yield running


@pytest.fixture
def target() -> Iterator[Target]:
    with Target() as running:
        yield running


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)
