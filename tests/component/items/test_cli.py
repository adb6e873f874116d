"""`wugan items …` as people and scripts meet it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support.deliveries import DAY, Holder, deliver
from tests.support.item_files import GOOD, ITEMS, Spoil, line_of
from wugan import bootstrap
from wugan.cli import snapshots
from wugan.cli.items import app
from wugan.errors import VendorUnavailable
from wugan.items.schema import schema
from wugan.memory.registry_files import FolderRegistryFiles
from wugan.memory.stores import MemoryItemStore
from wugan.registry import intake

run = CliRunner().invoke


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryItemStore:
    made = MemoryItemStore()
    monkeypatch.setattr(bootstrap, "item_store", lambda: made)
    return made


@pytest.fixture
def registries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FolderRegistryFiles:
    """The stack's registries, of which none was taken in yet. What is taken in from folders is kept in a place of its own."""
    made = FolderRegistryFiles(tmp_path / "stack")
    monkeypatch.setattr(bootstrap, "registry_files", lambda: made)
    monkeypatch.setattr(snapshots, "REGISTRY_CACHE", tmp_path / "cache")
    return made


def scanned(registries: FolderRegistryFiles, drops: Path, run: str, day: date = DAY) -> None:
    """A scan took these files in."""
    intake.take_in(drops, registries.root / "clean" / run, day, buckets=2)
    registries.make_current(run)


def renewal(tmp_path: Path, days: int) -> Path:
    """The renewal of social groups' certificates with another window, and personas at its edges."""
    text = (ITEMS / "social-group-certificate-renewal.yaml").read_text(encoding="utf-8")
    edges = {"2027-02-21": DAY + timedelta(days=days), "2027-02-22": DAY + timedelta(days=days + 1)}
    for old, new in edges.items():
        text = text.replace(old, new.isoformat())
    path = tmp_path / f"renewal-{days}.yaml"
    path.write_text(text.replace("expires_within_days: 90", f"expires_within_days: {days}"), encoding="utf-8")
    return path


def test_validate_the_catalogue() -> None:
    result = run(app, ["validate", str(ITEMS)])
    assert (result.exit_code, result.stderr) == (0, "")
    assert "hr-service-filing" in result.stdout


def test_validate_tells_file_line_and_field(spoil: Spoil) -> None:
    path = spoil("promised: 2", "promised: 25")
    result = run(app, ["validate", str(path)])
    assert result.exit_code == 1
    assert result.stderr == f"{path}:{line_of(path, 'promised')}: limits.promised: is too large; at most 20\n"


def test_validate_runs_the_personas(spoil: Spoil) -> None:
    path = spoil("    hit: true\n    fields: [legal_representative]\n", "    hit: false\n")
    result = run(app, ["validate", str(path), "--json"])
    body = json.loads(result.stdout)
    assert result.exit_code == 1
    assert body["items"] == []
    assert [(p["file"], p["line"], p["field"]) for p in body["problems"]] == [
        (str(path), line_of(path, "name: 法定代表人已变更"), "personas[0]")
    ]


def test_a_path_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    assert run(app, ["validate", str(tmp_path / "none")]).exit_code == 2


@pytest.mark.usefixtures("registries")
def test_publish_and_list(store: MemoryItemStore, spoil: Spoil) -> None:
    bad = spoil("kind: change", "kind: x", "bad.yaml")
    result = run(app, ["publish", str(ITEMS), str(bad), "--json"])
    body = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [p["field"] for p in body["problems"]] == ["kind"]
    assert [i["number"] for i in body["items"]] == list(range(1, 21))
    listed = run(app, ["list", "--json"])
    assert listed.exit_code == 0
    assert json.loads(listed.stdout)["items"] == body["items"]
    assert {i["version"] for i in body["items"]} == {name for name, _ in store.current(bootstrap.clock().now())}
    assert "water-supply-name" in run(app, ["list"]).stdout
    assert body["simulated"] == {}
    assert "no registry has been taken in yet" in result.stderr


def test_validate_tells_what_the_personas_leave_unshown(spoil: Spoil) -> None:
    path = spoil("      business: {legal_representative: 顾南乔, status: cancelled}\n", "      business: {legal_representative: 梁晚舟}\n")
    result = run(app, ["validate", str(path)])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{path}:{line_of(path, 'personas:')}: personas: no near miss for active; ")


def test_validate_for_programs_tells_what_is_shown() -> None:
    (covered,) = json.loads(run(app, ["validate", str(GOOD), "--json"]).stdout)["coverage"].values()
    assert covered["near_misses"]["active"] == ["书店已注销"]
    assert covered["unmissable"] == []


def test_publish_refuses_when_many_hits_move_unless_they_are_accepted(
    store: MemoryItemStore, registries: FolderRegistryFiles, tmp_path: Path
) -> None:
    assert run(app, ["publish", str(renewal(tmp_path, 90))]).exit_code == 0
    scanned(registries, deliver(tmp_path / "drops", [Holder(n, 80 if n < 50 else 100) for n in range(71)]), "nightly-1")
    wider = renewal(tmp_path, 120)
    refused = run(app, ["publish", str(wider)])
    assert refused.exit_code == 1
    numbers = "71 hits (run nightly-1), 50 before: 21 newly, 0 no longer"
    assert refused.stderr.startswith(f"{wider}:{line_of(wider, 'trigger:')}: trigger: {numbers}; more than 20 hits and 20 % move: ")
    assert "--accept" in refused.stderr
    assert f"social-group-certificate-renewal: {numbers}\n" in refused.stdout
    (before,) = store.current(bootstrap.clock().now())
    assert run(app, ["publish", str(wider), "--bound", "50"]).exit_code == 0
    store.publish(before[1], bootstrap.clock().now())
    accepted = json.loads(run(app, ["publish", str(wider), "--accept", "--json"]).stdout)
    ((code, simulated),) = accepted["simulated"].items()
    assert simulated == {"run": "nightly-1", "as_of": "2026-11-23", "hits": 71, "before": 50, "newly": 21, "no_longer": 0}
    ((_, item),) = store.current(bootstrap.clock().now())
    assert item.trigger.model_dump()["expires_within_days"] == 120
    assert json.loads(run(app, ["list", "--json"]).stdout)["simulated"] == {code: simulated | {"accepted": True}}


def test_publish_simulates_on_files_that_are_named(store: MemoryItemStore, registries: FolderRegistryFiles, tmp_path: Path) -> None:
    drops = deliver(tmp_path / "drops", [Holder(1, 40)])
    arguments = ["publish", str(renewal(tmp_path, 90)), "--registry", str(drops), "--day", "2026-11-23"]
    result = run(app, arguments)
    assert (result.exit_code, result.stderr.count("not simulated")) == (0, 0)
    assert "1 hits (run drops), first version" in result.stdout
    assert len(store.versions) == 1
    assert registries.published() is None


def test_publishing_the_same_again_simulates_nothing(
    store: MemoryItemStore, registries: FolderRegistryFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(renewal(tmp_path, 90))
    run(app, ["publish", path])
    scanned(registries, deliver(tmp_path / "drops", [Holder(1, 40)]), "nightly-1")
    monkeypatch.setattr(snapshots, "current", lambda _: pytest.fail("simulated"))
    again = run(app, ["publish", path])
    assert (again.exit_code, again.stderr) == (0, "")
    assert len(store.versions) == 1


@pytest.mark.usefixtures("registries")
def test_simulate_offline(tmp_path: Path) -> None:
    drops = deliver(tmp_path / "drops", [Holder(1, 40), Holder(2, 100, jurisdiction="LX")])
    arguments = [
        *("simulate", str(renewal(tmp_path, 120)), "--against", str(ITEMS / "social-group-certificate-renewal.yaml")),
        *("--registry", str(drops), "--day", "2026-11-23", "--samples", "2"),
    ]
    body = json.loads(run(app, [*arguments, "--json"]).stdout)
    (simulated,) = body["items"]
    assert (simulated["hits"], simulated["by_jurisdiction"]) == (2, {"LX": 1, "QD": 1})
    assert {k: simulated["against"][k] for k in ("hits", "newly", "no_longer")} == {"hits": 1, "newly": 1, "no_longer": 0}
    assert [(s["kind"], s["subject"]) for s in simulated["samples"]] == [("newly", Holder(2).code)]
    assert (body["registry"]["as_of"], body["problems"]) == ("2026-11-23", [])
    shown = run(app, arguments)
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert "newly hit" in shown.stdout
    assert len(list((tmp_path / "cache").glob("*"))) == 1


@pytest.mark.usefixtures("registries")
def test_simulate_all_of_a_folder_goes_on_without_the_bad_ones(tmp_path: Path, spoil: Spoil) -> None:
    folder, drops = tmp_path / "items", deliver(tmp_path / "drops", [Holder(1, 40)])
    folder.mkdir()
    good, bad = renewal(folder, 90), spoil("requires:", "when: nonsense = 1\nrequires:", "bad.yaml").rename(folder / "bad.yaml")
    result = run(app, ["simulate", str(good), "--all", "--registry", str(drops), "--day", "2026-11-23", "--json"])
    body = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [i["hits"] for i in body["items"]] == [1]
    assert [(p["file"], p["field"]) for p in body["problems"]] == [(str(bad), "when")]


@pytest.mark.usefixtures("registries")
def test_replay_of_day_folders(tmp_path: Path) -> None:
    for n in range(3):
        deliver(tmp_path / "days" / (DAY + timedelta(days=n)).isoformat(), [Holder(1, 40), Holder(2, 91)])
    replay = ["simulate", str(renewal(tmp_path, 90)), "--registry", str(tmp_path / "days"), "--replay"]
    body = json.loads(run(app, [*replay, "2026-11-23..2026-11-24", "--json"]).stdout)
    assert [(d["day"], d["hits"], d["newly"], d["opened"]) for d in body["days"]] == [("2026-11-23", 1, 1, 1), ("2026-11-24", 2, 1, 1)]
    assert body["cases"] == {"social-group-certificate-renewal": 2}
    shown = run(app, [*replay, "2026-11-23..2026-12-31"])
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert "2026-11-25" in shown.stdout


def test_replay_of_kept_runs_takes_the_last_of_each_day(registries: FolderRegistryFiles, tmp_path: Path) -> None:
    scanned(registries, deliver(tmp_path / "drops", [Holder(1, 40)]), "manual-2")
    scanned(registries, deliver(tmp_path / "drops", [Holder(1, 40), Holder(2, 40)]), "manual-1")
    scanned(registries, tmp_path / "drops", "nightly", DAY + timedelta(days=1))
    result = run(app, ["simulate", str(renewal(tmp_path, 90)), "--replay", "2026-11-01..2026-11-30", "--json"])
    assert [r["name"] for r in json.loads(result.stdout)["registries"]] == ["manual-1", "nightly"]


@pytest.mark.usefixtures("store", "registries")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "registry: the stack has taken in no registries yet: scan first, or name files with --registry DIR"),
        (["--replay", "yesterday"], "replay: 'yesterday' is not FROM..TO, such as 2026-11-01..2026-11-23"),
        (["--replay", "2026-11-02..2026-11-01"], "replay: '2026-11-02..2026-11-01' is not FROM..TO, such as 2026-11-01..2026-11-23"),
        (["--replay", "2026-11-01..2026-11-02"], "replay: no run of 2026-11-01, …, 2026-11-02 is kept: there are none"),
        (["--replay", "2026-11-01..2026-11-02", "--against", "current"], "against: cannot be combined with --replay"),
        (["--against", "current"], "against: 'current' has none of these items: publication-retail-change"),
        (["--against", "sha256:0"], "item: no such item version"),
    ],
)
def test_simulate_tells_what_is_wrong_in_one_line(arguments: list[str], message: str) -> None:
    result = run(app, ["simulate", str(GOOD), *arguments])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"wugan: {message}")
    assert result.stderr.count("\n") == 1


@pytest.mark.usefixtures("registries")
def test_simulate_tells_what_is_wrong_in_the_other_version_and_each_thing_once(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("code: [", encoding="utf-8")
    compared = run(app, ["simulate", str(GOOD), "--against", str(bad), "--registry", str(tmp_path)])
    assert (compared.exit_code, compared.stderr.startswith(f"wugan: {bad}:1: ")) == (1, True)
    drops = deliver(tmp_path / "drops", [Holder(1, 40)])
    twice = run(app, ["simulate", str(bad), str(bad), "--registry", str(drops), "--day", "2026-11-23"])
    assert twice.stderr.count(f"{bad}:1: ") == 1


def test_a_cache_that_is_a_file_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.write_text("")
    monkeypatch.setattr(snapshots, "REGISTRY_CACHE", cache / "registry")
    drops = deliver(tmp_path / "drops", [Holder(1, 40)])
    result = run(app, ["simulate", str(GOOD), "--registry", str(drops), "--day", "2026-11-23"])
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert result.stderr.startswith(f"wugan: {cache}")


def test_a_store_that_is_down_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def down() -> MemoryItemStore:
        raise VendorUnavailable("the table does not answer")

    monkeypatch.setattr(bootstrap, "item_store", down)
    result = run(app, ["list"])
    assert (result.exit_code, result.stderr) == (1, "wugan items: the table does not answer\n")


def test_schema() -> None:
    assert run(app, ["schema"]).stdout == schema()
