"""A 21st item: one YAML file with its personas is all that it takes, from the publishing gate to the delivered certificate."""

from __future__ import annotations

import time
from pathlib import Path

from infra.demo.cast import Part, Role
from tests.rehearsal.test_command_line import as_json
from tests.rehearsal.town import LOOK_AGAIN, PATIENCE, RUN, Play, Town
from wugan import bootstrap

NEW = Path(__file__).with_name("new_item") / "water-supply-name-pingdu.yaml"
CODE = NEW.stem


def test_a_new_item_goes_through_to_delivery(town: Town) -> None:
    """Published through the gate, found by the next scan by its own `when`, and carried to the person."""
    published = as_json(town, "items", "publish", str(NEW))
    simulated = published["simulated"][CODE]
    assert (simulated["run"], simulated["before"]) == (RUN, None)
    assert simulated["hits"] > 0

    report = as_json(town, "scan", "--run", "with-a-new-item")
    assert sum(area["opened"] for area in report["items"][CODE].values()) == simulated["hits"]

    play = prompted(town).run(Role(Part.ACCEPT), "delivered")
    opened = play.events[0].facts
    assert opened["item_version"] == published["items"][0]["version"]
    assert [c["name"] for c in opened["conditions"] if c["name"].startswith("when.")] == ["when.1", "when.2"]


def prompted(town: Town) -> Play:
    """A case of the new item whose prompt has arrived."""
    end = time.monotonic() + PATIENCE
    while not any(town.prompt(head.case_id) for head in bootstrap.case_store().by_item(CODE)):
        assert time.monotonic() < end, "no prompt arrived"
        time.sleep(LOOK_AGAIN)
    return town.take(lambda item: item.code == CODE)
