"""Registry files, in S3 (moto) and in a folder: one contract."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.aws import storage
from wugan.aws import registry_files
from wugan.aws.registry_files import S3RegistryFiles
from wugan.errors import NotFound, VendorUnavailable
from wugan.memory.registry_files import FolderRegistryFiles
from wugan.registry.port import RegistryFiles


@pytest.fixture(params=["s3", "folder"])
def files(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[RegistryFiles]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if request.param == "folder":
        yield FolderRegistryFiles(tmp_path / "kept")
        return
    with storage(monkeypatch):
        yield S3RegistryFiles("registry")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a bureau delivers."""
    for name in ("business/a.csv", "licence/b.csv"):
        path = tmp_path / "drops" / name
        path.parent.mkdir(parents=True)
        path.write_text(name, encoding="utf-8")
    return tmp_path / "drops"


def test_what_is_delivered_is_fetched_with_the_time_of_its_delivery(files: RegistryFiles, folder: Path, tmp_path: Path) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)  # S3 tells whole seconds
    files.deliver(folder)
    files.fetch_drops(tmp_path / "fetched")
    fetched = {p.relative_to(tmp_path / "fetched").as_posix(): p for p in (tmp_path / "fetched").glob("*/*")}
    assert {n: p.read_text(encoding="utf-8") for n, p in fetched.items()} == {n: n for n in ("business/a.csv", "licence/b.csv")}
    for path in fetched.values():
        assert before <= datetime.fromtimestamp(path.stat().st_mtime, UTC) <= datetime.now(UTC)


def test_the_time_of_delivery_is_not_that_of_the_fetching(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with storage(monkeypatch):
        files, delivered_at = S3RegistryFiles("registry"), datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        files.deliver(folder)
        monkeypatch.setattr(S3RegistryFiles, "_objects", lambda *_: iter([("registry/business/a.csv", delivered_at)]))
        files.fetch_drops(tmp_path / "fetched")
    assert (tmp_path / "fetched" / "business" / "a.csv").stat().st_mtime == delivered_at.timestamp()


def test_a_delivery_replaces_the_last_one(files: RegistryFiles, folder: Path, tmp_path: Path) -> None:
    files.deliver(folder)
    (folder / "business" / "a.csv").unlink()
    files.deliver(folder)
    files.fetch_drops(tmp_path / "fetched")
    assert [p.name for p in (tmp_path / "fetched").glob("*/*")] == ["b.csv"]


def test_clean_files_are_current_only_when_they_are_made_so(files: RegistryFiles, folder: Path) -> None:
    assert files.published() is None
    with pytest.raises(VendorUnavailable):
        files.current_run()
    files.publish_clean("first", folder)
    assert files.published() is None
    files.make_current("first")
    files.publish_clean("second", folder)
    assert files.published() == files.current_run() == "first"
    assert files.clean("second")("business/a.csv").read_text(encoding="utf-8") == "business/a.csv"


def test_runs_are_kept_in_the_order_of_their_making(files: RegistryFiles, tmp_path: Path) -> None:
    assert files.kept() == []
    (tmp_path / "clean").mkdir()
    for run in ("nightly-2", "manual-1"):
        (tmp_path / "clean" / "manifest.json").write_text("{}", encoding="utf-8")
        files.publish_clean(run, tmp_path / "clean")
        time.sleep(1.1 if isinstance(files, S3RegistryFiles) else 0.01)  # S3 tells whole seconds
    files.make_current("nightly-2")
    assert files.kept() == ["nightly-2", "manual-1"]


def test_runs_whose_clean_files_are_kept_are_told_the_oldest_first(files: RegistryFiles, folder: Path) -> None:
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    assert files.kept() == []
    for run in ("first", "second"):
        files.publish_clean(run, folder)
    assert files.kept() == ["first", "second"]


def test_papers_are_kept_by_run_and_name(files: RegistryFiles) -> None:
    for name in ("plan.json", "fates/00001.json", "fates/00000.json"):
        files.put("first", name, {"name": name})
    assert files.get("first", "plan.json") == {"name": "plan.json"}
    assert list(files.names("first", "fates/")) == ["fates/00000.json", "fates/00001.json"]
    assert list(files.names("second", "")) == []
    with pytest.raises(NotFound):
        files.get("second", "plan.json")


def test_of_clean_files_a_process_keeps_the_newest_runs_for_itself() -> None:
    folders = [registry_files._folder("a bucket", f"run-{n}") for n in range(registry_files.RUNS_HERE + 1)]
    assert [f.exists() for f in folders] == [False, *[True] * registry_files.RUNS_HERE]
    assert {f.stat().st_mode & 0o777 for f in folders[1:]} == {0o700}
    assert registry_files._folder("a bucket", "run-2") == folders[2]
    assert registry_files._folder("another bucket", "run-2") not in folders
