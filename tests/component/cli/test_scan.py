"""`wugan scan`: a stop is told with its reasons, one line each, and the exit code tells it too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from wugan import bootstrap
from wugan.cli.main import app
from wugan.memory.registry_files import FolderRegistryFiles
from wugan.memory.stores import MemoryExecutions

FINDINGS = [
    {"code": "shrink", "feed": "licence", "detail": f"899 rows, 1000 at the last good run: {'a long remedy ' * 12}"},
    {"code": "stale", "feed": "contact", "detail": "1 of 2 files are older than 3 days"},
]
REPORT: dict[str, Any] = {
    "run": "r", "mode": "full", "status": "done", "findings": [], "accepted": [], "rows": {"business": 7, "licence": 5}, "subjects": 6,
    "hits": 3, "fates": {"opened": 2, "already_open": 1}, "unreachable": 1, "disagreements": 0, "failed_chunks": 0, "unopened": 0,
    "items": {
        "item-a": {"QD": {"hits": 2, "opened": 1, "already_open": 1}, "LX": {"hits": 1, "opened": 1, "unreachable": 1}}, "item-b": {},
    },
    "quarantined": {}, "refused": [], "held": {}, "incomplete": [],
}  # fmt: skip


class Runs(MemoryExecutions):
    """Executions that ended before anybody asked."""

    def __init__(self, files: FolderRegistryFiles, ends: str, report: Mapping[str, Any] | None) -> None:
        super().__init__()
        self.files, self.ends, self.report = files, ends, report

    def start(self, case_id: str, flags: Mapping[str, Any]) -> bool:
        if self.report:
            self.files.put(case_id, "report.json", self.report)
        return super().start(case_id, flags)

    def status(self, case_id: str) -> str:  # noqa: ARG002 – the port's signature
        return self.ends


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, ends: str, report: Mapping[str, Any] | None, *words: str) -> tuple[Any, Runs]:
    files = FolderRegistryFiles(folder)
    runs = Runs(files, ends, report)
    monkeypatch.setattr(bootstrap, "registry_files", lambda: files)
    monkeypatch.setattr(bootstrap, "scan_runs", lambda: runs)
    return CliRunner().invoke(app, ["scan", "--run", "r", *words]), runs


def test_a_scan_shows_its_items_and_whom_it_could_not_reach(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result, runs = run(monkeypatch, tmp_path, "SUCCEEDED", REPORT)
    assert result.exit_code == 0
    (row,) = [line.split("│")[1:-1] for line in result.output.splitlines() if "item-a" in line]
    assert [cell.strip() for cell in row] == ["item-a", "3", "2", "1", "0", "1"]
    assert "unreachable: 1 cases" in result.output
    assert runs.started["r"] == {"accept": [], "mode": "full"}


def test_a_stop_is_told_with_one_line_for_each_finding_and_exit_code_1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result, _ = run(monkeypatch, tmp_path, "FAILED", REPORT | {"status": "stopped", "findings": FINDINGS})
    assert result.exit_code == 1
    told = [line for line in result.output.splitlines() if line.startswith("stopped: ")]
    assert told == [f"stopped: {f['code']}: {f['feed']}: {f['detail']}" for f in FINDINGS]


def test_a_stop_is_json_for_programs_and_exit_code_1_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    report = REPORT | {"status": "stopped", "findings": FINDINGS}
    result, _ = run(monkeypatch, tmp_path, "FAILED", report, "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (1, report)


def test_what_an_operator_accepts_goes_with_the_execution(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result, runs = run(monkeypatch, tmp_path, "SUCCEEDED", REPORT | {"accepted": FINDINGS[1:]}, "--accept", "stale,shrink")
    assert result.exit_code == 0
    assert runs.started["r"] == {"accept": ["shrink", "stale"], "mode": "full"}
    assert "accepted: stale: contact: 1 of 2 files are older than 3 days" in result.output


def test_an_unknown_word_is_refused_before_anything_starts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result, runs = run(monkeypatch, tmp_path, "SUCCEEDED", REPORT, "--accept", "anything")
    assert result.exit_code == 1
    assert "accept: anything: there are shrink, stale, empty" in result.output
    assert runs.started == {}


@pytest.mark.parametrize("report", [None, REPORT])
def test_any_other_failure_names_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, report: dict[str, Any] | None) -> None:
    result, _ = run(monkeypatch, tmp_path, "FAILED", report)
    assert result.exit_code == 1
    assert "run r ended FAILED" in result.output
