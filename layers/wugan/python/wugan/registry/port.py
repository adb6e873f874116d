"""Where the registries' files are kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from wugan.registry.lookup import Fetch


class RegistryFiles(Protocol):
    """Drops from the bureaus, clean files of each run, and what a scan wrote down."""

    def fetch_drops(self, into: Path) -> None:
        """Copy all dropped files to `into/<feed>/<file>`."""

    def deliver(self, folder: Path) -> None:
        """Put the feeds in `folder/<feed>/<file>` where the bureaus drop them, in place of what lay there."""

    def publish_clean(self, run: str, folder: Path) -> None:
        """Keep the clean files of a run, and make them the current ones."""

    def clean(self, run: str) -> Fetch:
        """Brings clean files of a run to local paths."""

    def current_run(self) -> str:
        """The run whose clean files are current. Raises VendorUnavailable before the first."""

    def put(self, run: str, name: str, value: Any) -> None:
        """Write down a JSON value of a run."""

    def get(self, run: str, name: str) -> Any:
        """Read it again. Raises NotFound."""

    def names(self, run: str, prefix: str) -> Iterator[str]:
        """Names under which values of a run were written, in order."""
