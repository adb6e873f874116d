"""The tools that know AWS better than we do find nothing. Exceptions and their reasons: .checkov.yaml."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.template import ROOT

TEMPLATES = ("template.yaml", "infra/alarms.yaml", "infra/dashboard.yaml")
BIN = Path(sys.executable).parent
CHECKOV = ROOT / ".local" / "venvs" / "checkov" / "bin" / "checkov"


def run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_cfn_lint() -> None:
    run(BIN / "cfn-lint", "--non-zero-exit-code", "informational", *TEMPLATES)


@pytest.mark.parametrize("machine", ["case", "scan"])
def test_statelint(machine: str) -> None:
    run(BIN / "statelint", f"statemachines/{machine}.asl.json")


@pytest.mark.slow
def test_checkov() -> None:
    assert CHECKOV.exists(), "call `make template-test`, which sets checkov up"
    said = run(CHECKOV, "--config-file", ".checkov.yaml", *(part for name in TEMPLATES for part in ("--file", name)))
    assert "Failed checks: 0" in said
