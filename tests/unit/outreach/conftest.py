"""Messages and a clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from wugan.clock import FixedClock
from wugan.items.model import Channel
from wugan.outreach.carrier import Field, Source, Template
from wugan.outreach.port import Message


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 24, 4, 0, tzinfo=UTC))


@pytest.fixture
def message() -> Message:
    return Message("case-push-1", Channel.SMS, "19900000001", "【某局】请换证。", "https://portal.example/c/token")


@pytest.fixture
def template() -> Template:
    return Template("T1", (Field("thing1", Source.TEXT, 4), Field("path", Source.PATH)))
