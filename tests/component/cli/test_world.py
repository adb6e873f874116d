"""`wugan world make` where nothing can be written."""

from __future__ import annotations

from typer.testing import CliRunner

from wugan.cli.world import app


def test_a_place_where_nothing_can_be_written_is_one_line() -> None:
    result = CliRunner().invoke(app, ["make", "--subjects", "500", "--out", "/proc/nothing", "--json"])
    assert result.exit_code == 1
    assert result.stderr.startswith("wugan: /proc/nothing")
    assert result.stderr.count("\n") == 1
