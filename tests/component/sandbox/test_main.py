"""The command: says where it is, keeps its place in the state directory, stops when told."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import pytest
import urllib3

COMMAND = [sys.executable, "-m", "infra.sandbox"]
ROOT = Path(__file__).parents[3]


def read_json(stream: IO[bytes] | None) -> dict[str, Any]:
    assert stream
    value: dict[str, Any] = json.loads(stream.readline())
    return value


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_until_it_is_told_to_stop_and_leaves_its_records(tmp_path: Path, number: signal.Signals) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"seed": 3, "vendors": {"department": {"secrets": {"QD": "0123456789abcdef"}}}}), "utf-8")
    state = tmp_path / "state"
    with subprocess.Popen([*COMMAND, "--config", str(config), "--state-dir", str(state)], stdout=subprocess.PIPE, cwd=ROOT) as process:
        place = read_json(process.stdout)
        assert place["url"].startswith("http://127.0.0.1:")
        assert json.loads((state / "sandbox.json").read_text("utf-8")) == place | {"pid": process.pid}
        assert urllib3.request("GET", f"{place['url']}/_sandbox/duplicates").json()["total"] == 0
        process.send_signal(number)
        assert process.wait(10) == 0
    records = json.loads((state / "records.json").read_text("utf-8"))
    assert records["duplicates"]["total"] == 0
    assert records["messages"] == []
    assert not (state / "sandbox.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config", "missing.json"], "missing.json: No such file"),
        (["--config", "{bad}"], "chances.slow: Input should be less than or equal to 1"),
        (["--target", "http://example.com"], "on this machine"),
        (["--port", "x"], "invalid int value"),
    ],
)
def test_wrong_usage_is_one_clear_line_and_code_2(tmp_path: Path, arguments: list[str], message: str) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"chances": {"slow": 2}}', "utf-8")
    done = subprocess.run(
        [*COMMAND, *(a.replace("{bad}", str(bad)) for a in arguments)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 2
    assert message in done.stderr.splitlines()[-1]
