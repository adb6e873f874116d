"""Where the registries' files are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from wugan.registry.changes import Change, Refused
from wugan.registry.lookup import Fetch


class RegistryFiles(Protocol):
    """Drops from the bureaus, clean files of each run, and what a scan wrote down."""

    def fetch_drops(self, into: Path) -> None:
        """Copy all dropped files to `into/<feed>/<file>`; a copy's time of modification is when the file was delivered."""

    def deliver(self, folder: Path) -> None:
        """Put the feeds in `folder/<feed>/<file>` where the bureaus drop them, in place of what lay there."""

    def publish_clean(self, run: str, folder: Path) -> None:
        """Keep the clean files of a run."""

    def make_current(self, run: str) -> None:
        """Let lookups read this run's clean files from now on."""

    def published(self) -> str | None:
        """The run whose clean files are current; None before the first."""

    def clean(self, run: str) -> Fetch:
        """Brings clean files of a run to local paths."""

    def kept(self) -> list[str]:
        """The runs whose clean files are kept, oldest first."""

    def current_run(self) -> str:
        """The run whose clean files are current. Raises VendorUnavailable before the first."""

    def put(self, run: str, name: str, value: Any) -> None:
        """Write down a JSON value of a run."""

    def get(self, run: str, name: str) -> Any:
        """Read it again. Raises NotFound."""

    def names(self, run: str, prefix: str) -> Iterator[str]:
        """Names under which values of a run were written, in order."""


class ChangeStore(Protocol):
    """The rows that were told between the deliveries. `until` is the real time after which a row may be forgotten."""

    def put(self, change: Change, at: datetime, until: datetime) -> bool:
        """Keep a change, unless a newer version of its record is kept: then False. Repeating does no harm."""

    def of(self, credit_code: str) -> list[Change]:
        """The changes of one subject, read consistently."""

    def holders(self, producer_code: str) -> set[str]:
        """The credit codes of those whose changed licences named this producer."""

    def all(self) -> Iterator[Change]:
        """Every change that is kept."""

    def refuse(self, batch: str, refused: Sequence[Refused], at: datetime, until: datetime) -> None:
        """Write down which rows of a batch were refused and why; nothing of the rows."""

    def refused(self, batch: str) -> list[Refused]:
        """What was written down."""


class ChangeBus(Protocol):
    """Tells that subjects changed."""

    def tell(self, credit_codes: Iterable[str], batch: str, producer: str = "") -> None:
        """One event for each subject; `producer` is the one whose change concerns them. Raises VendorUnavailable."""
