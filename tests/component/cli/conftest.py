"""A folder of feeds with one subject, as the bureaus deliver it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from wugan.cli import offline
from wugan.registry.feeds import BLACKLIST, BUSINESS, CONTACT, LICENCE, PROPERTY, Feed
from wugan.registry.model import Subject

Deliver = Callable[[Subject], Path]


@pytest.fixture
def deliver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deliver:
    """Writes a subject into feeds; what is taken in is kept beside them."""
    monkeypatch.setattr(offline, "REGISTRY_CACHE", tmp_path / "kept")

    def write(subject: Subject) -> Path:
        folder = tmp_path / "registry"
        rows: dict[Feed, Sequence[Any]] = {
            BUSINESS: [subject.business] if subject.business else [],
            LICENCE: subject.certificates,
            PROPERTY: subject.properties,
            CONTACT: subject.contacts,
            BLACKLIST: subject.blacklistings,
        }
        for feed, records in rows.items():
            _write(folder / feed.name / "city.csv", feed, [tuple(asdict(r).values()) for r in records])
        return folder

    return write


def _write(path: Path, feed: Feed, rows: list[tuple[object, ...]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([feed.names, *rows])
