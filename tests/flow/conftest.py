"""The system on moto for the flow tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.aws import Stack, running


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with running(monkeypatch) as made:
        yield made
