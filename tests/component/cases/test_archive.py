"""The daily archive: each closed case once, whoever dies when, each manifest a leaf."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

import pytest

from tests.browser.town import Town
from tests.support.ledger import SIGNER
from wugan.cases import archive
from wugan.cases.archive import CASE, Archive, Archived
from wugan.cases.audit import Reader
from wugan.courier.port import ParcelState
from wugan.ledger import casefile
from wugan.memory.archive_store import MemoryArchiveStore
from wugan.web.record import record


class Died(Exception):
    """The function was stopped here."""


class Mortal:
    """A store whose process dies before or after a call."""

    def __init__(self, store: MemoryArchiveStore, at: int) -> None:
        self.store, self.left, self.calls = store, at, 0

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.store, name)

        def answer(*arguments: Any) -> Any:
            self.calls += 1
            self._tick()
            result = call(*arguments)
            self._tick()
            return result

        return answer

    def _tick(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Died


@pytest.fixture
def store(town: Town) -> MemoryArchiveStore:
    return MemoryArchiveStore(town.store)


def archiving(town: Town, store: Any) -> Archive:
    return Archive(town.context, town.audit, store, record)


def close(town: Town, persona: int = 0) -> str:
    link = town.open_case(persona=persona)
    town.applicant.decline(link, forever=False)
    town.system(link)
    return town.head(link).case_id


def listed(store: MemoryArchiveStore, town: Town) -> list[dict[str, Any]]:
    """Every package of every manifest, the manifests checked against their events."""
    packages = []
    for event in town.store.events(CASE):
        data = store.get(str(event.facts["manifest"]))
        assert hashlib.sha256(data).hexdigest() == event.facts["sha256"]
        body = json.loads(data)
        assert (body["number"], len(body["packages"])) == (event.seq, event.facts["packages"])
        packages += body["packages"]
    return packages


def test_closed_cases_are_archived_once_and_open_ones_are_not(town: Town, store: MemoryArchiveStore) -> None:
    closed = [close(town, persona) for persona in range(2)]
    town.open_case(persona=2)
    town.sequence()
    assert archiving(town, store).run().packages == 2
    assert archiving(town, store).run() == Archived()
    assert [p["case_id"] for p in listed(store, town)] == closed
    town.sequence()
    proved = casefile.verify(town.audit.proof(CASE, Reader.AUDITOR).text, SIGNER.verifier)
    assert (proved.told, len(proved.events)) == (1, 1)


def test_a_package_holds_case_record_and_proof(town: Town, store: MemoryArchiveStore) -> None:
    link = town.open_case(persona=3)
    town.to_delivery(link)
    town.move(link, "delivery", ParcelState.ARRIVED)
    town.system(link)
    town.sequence()
    archiving(town, store).run()
    (package,) = listed(store, town)
    assert package["name"].startswith("archive/2026-11-23/")
    with zipfile.ZipFile(io.BytesIO(store.get(package["name"]))) as zipped:
        assert sorted(zipped.namelist()) == ["case.json", "proof.json", "record.pdf"]
        case = json.loads(zipped.read("case.json"))
        found = casefile.verify(zipped.read("proof.json").decode(), SIGNER.verifier)
        pdf = zipped.read("record.pdf")
    assert hashlib.sha256(store.get(package["name"])).hexdigest() == package["sha256"]
    assert case["sealed"]["subject"]["name"]
    assert len(case["events"]) == found.told == town.head(link).seq
    assert pdf.startswith(b"%PDF-")
    assert "新证照编号：鲁".encode("utf-16-be").hex().encode() in pdf


def test_what_is_not_in_the_log_yet_waits(town: Town, store: MemoryArchiveStore) -> None:
    close(town)
    assert archiving(town, store).run() == Archived(waiting=1)
    town.sequence()
    assert archiving(town, store).run().packages == 1


def test_a_closed_case_that_goes_on_is_archived_again(town: Town, store: MemoryArchiveStore) -> None:
    link = town.open_case()
    town.applicant.decline(link, forever=False)
    town.system(link)
    town.sequence()
    archiving(town, store).run()
    head = town.head(link)
    town.store.heads[head.case_id] = type(head)(**{**head.__dict__, "version": head.version + 1})
    town.sequence()
    archiving(town, store).run()
    assert [p["version"] for p in listed(store, town)] == [head.version, head.version + 1]


def test_more_than_one_manifest_s_worth(town: Town, store: MemoryArchiveStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "AT_ONCE", 2)
    closed = {close(town, persona) for persona in range(3)}
    town.sequence()
    assert [archiving(town, store).run().more for _ in range(2)] == [True, False]
    assert {p["case_id"] for p in listed(store, town)} == closed


@pytest.mark.parametrize("at", range(1, 40))
def test_whoever_dies_when_each_case_is_listed_once(town: Town, store: MemoryArchiveStore, at: int) -> None:
    closed = sorted(close(town, persona) for persona in range(3))
    town.sequence()
    mortal = Mortal(store, at)
    try:
        archiving(town, mortal).run()
    except Died:
        town.sequence()
    archiving(town, store).run()
    assert sorted(p["case_id"] for p in listed(store, town)) == closed
    assert store.closed(10) == []


def test_two_rounds_at_once_list_each_case_once(town: Town, store: MemoryArchiveStore) -> None:
    closed = [close(town, persona) for persona in range(2)]
    town.sequence()

    class Raced(MemoryArchiveStore):
        def append(self, event: Any) -> bool:
            assert archiving(town, store).run().packages == 2  # another round comes in between
            return super().append(event)

    raced = Raced(town.store, store.files, store.done)
    assert archiving(town, raced).run() == Archived(more=True)
    assert [p["case_id"] for p in listed(store, town)] == closed
