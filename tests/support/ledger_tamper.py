"""The tamper matrix: everything a forger may do to an exported log or to the proof of a case."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.ledger import SIGNER, STRANGER, Log, event_of, leaf_of, small_log
from wugan.ledger import export, tiles
from wugan.ledger.checkpoint import Checkpoint, unverified
from wugan.ledger.merkle import Edge, leaf_hash, root_of
from wugan.ledger.note import Signer
from wugan.ledger.tiles import TileReader

EDITED_INDEX = 130  # in the first half of the log, so that the older checkpoint covers it


@dataclass
class Exported:
    """An exported log, an older checkpoint of it, and the proof of one case."""

    directory: Path
    older: Path
    case: dict[str, Any]
    other_case: dict[str, Any]

    @property
    def key(self) -> Path:
        return self.directory / export.KEY

    def entries(self) -> list[bytes]:
        size = unverified((self.directory / "checkpoint").read_bytes()).size
        read = TileReader(export.reader(self.directory), size)
        return [read.entry(i) for i in range(size)]

    def rewrite(self, path: str, change: Callable[[bytearray], Any]) -> None:
        data = bytearray((self.directory / path).read_bytes())
        change(data)
        (self.directory / path).write_bytes(bytes(data))

    def rewrite_bundle(self, change: Callable[[list[bytes]], Any]) -> None:
        path = self.directory / "tile/entries/000"
        entries = tiles.unbundle(path.read_bytes())
        change(entries)
        path.write_bytes(tiles.bundle(entries))

    def rebuild(self, entries: list[bytes], signer: Signer = SIGNER) -> None:
        """A whole new log, every tile right, signed."""
        for old in sorted((self.directory / "tile").rglob("*"), reverse=True):
            old.unlink() if old.is_file() else old.rmdir()
        files = tiles.growth(TileReader(_nothing, 0), entries, Edge().grow(map(leaf_hash, entries))[1])
        for path, data in files.items():
            (self.directory / path).parent.mkdir(parents=True, exist_ok=True)
            (self.directory / path).write_bytes(data)
        signed = Checkpoint(SIGNER.verifier.name, len(entries), root_of(entries)).signed([signer])
        (self.directory / "checkpoint").write_bytes(signed)


def exported(directory: Path, cases: int = 60, events: int = 7) -> tuple[Log, Exported]:
    """A log of `cases` × `events` entries as files, with the checkpoint of its first half kept aside."""
    log = small_log(cases, events // 2)
    older = directory / "older-checkpoint"
    directory.mkdir(parents=True, exist_ok=True)
    older.write_bytes(log.signed)
    for _ in range(events - events // 2):
        for case in list(log.cases):
            log.happen(case)
        log.sequence()
    export.export(log.objects, SIGNER.verifier, directory / "log")
    first, second = list(log.cases)[:2]
    return log, Exported(directory / "log", older, json.loads(log.proof_of(first, {2: True})), json.loads(log.proof_of(second)))


def _nothing(path: str) -> bytes:
    raise AssertionError(path)


def _flip(at: int) -> Callable[[bytearray], None]:
    def change(data: bytearray) -> None:
        data[at] ^= 1

    return change


def _swap(items: list[Any], a: int, b: int) -> None:
    items[a], items[b] = items[b], items[a]


def _in_checkpoint(old: bytes, new: bytes) -> Callable[[Exported], None]:
    def tamper(e: Exported) -> None:
        path = e.directory / "checkpoint"
        data = path.read_bytes()
        assert old in data
        path.write_bytes(data.replace(old, new, 1))

    return tamper


def _forged(change: Callable[[list[bytes]], Any]) -> Callable[[Exported], None]:
    def tamper(e: Exported) -> None:
        entries = e.entries()
        change(entries)
        e.rebuild(entries)

    return tamper


FOREIGN = leaf_of(event_of("case" + "9" * 22, 1)).entry()

LOG_TAMPERS: dict[str, Callable[[Exported], Any]] = {
    "edited event": lambda e: e.rewrite_bundle(lambda x: x.__setitem__(EDITED_INDEX, FOREIGN)),
    "dropped event": lambda e: e.rewrite_bundle(lambda x: x.pop(EDITED_INDEX)),
    "reordered events": lambda e: e.rewrite_bundle(lambda x: _swap(x, EDITED_INDEX, EDITED_INDEX + 1)),
    "inserted event": lambda e: e.rewrite_bundle(lambda x: x.insert(EDITED_INDEX, FOREIGN)),
    "duplicated event": lambda e: e.rewrite_bundle(lambda x: x.__setitem__(EDITED_INDEX, x[EDITED_INDEX - 1])),
    "edited tile": lambda e: e.rewrite("tile/0/000", _flip(4000)),
    "edited upper tile": lambda e: e.rewrite("tile/1/000.p/1", _flip(5)),
    "shortened tile": lambda e: e.rewrite("tile/0/000", lambda d: d.__delitem__(slice(-32, None))),
    "missing tile": lambda e: (e.directory / "tile/0/000").unlink(),
    "edited bundle": lambda e: e.rewrite("tile/entries/000", _flip(5000)),
    "bundle cut short": lambda e: e.rewrite("tile/entries/000", lambda d: d.__delitem__(slice(-1, None))),
    "missing bundle": lambda e: (e.directory / "tile/entries/000").unlink(),
    "checkpoint: other size": _in_checkpoint(b"\n420\n", b"\n419\n"),
    "checkpoint: other root": lambda e: e.rewrite("checkpoint", _flip(len(SIGNER.verifier.name) + 8)),
    "checkpoint: other signature": lambda e: e.rewrite("checkpoint", _flip(-20)),
    "checkpoint: no signature": lambda e: e.rewrite("checkpoint", lambda d: d.__delitem__(slice(d.rindex("—".encode()), None))),
    "signed by another key": lambda e: e.rebuild(e.entries(), STRANGER),
}

RESIGNED_TAMPERS: dict[str, Callable[[Exported], Any]] = {
    "rolled back, signed again": lambda e: e.rebuild(e.entries()[:100]),
    "forked (edited), signed again": _forged(lambda x: x.__setitem__(EDITED_INDEX, FOREIGN)),
    "forked (dropped), signed again": _forged(lambda x: x.pop(EDITED_INDEX)),
    "forked (reordered), signed again": _forged(lambda x: _swap(x, EDITED_INDEX, EDITED_INDEX + 1)),
    "forked (inserted), signed again": _forged(lambda x: x.insert(EDITED_INDEX, FOREIGN)),
    "forked (duplicated), signed again": _forged(lambda x: x.insert(EDITED_INDEX, x[EDITED_INDEX])),
}
"""What only an older checkpoint (or a witness) shows."""


def _event(number: int, **change: Any) -> Callable[[Exported], None]:
    return lambda e: e.case["events"][number].update(change)


def _edit_and_commit_anew(e: Exported) -> None:
    """The forger who knows the format: a new body, commitment and chain for the third event."""
    case_id, before, third = e.case["case_id"], e.case["events"][1], e.case["events"][2]
    event = event_of(case_id, 3, before["chain"], 备注="改")
    third.update(event=event.canonical().decode(), salt=event.salt, commitment=event.commitment, chain=event.chain)


def _in_proof(number: int, old: str, new: str) -> Callable[[Exported], None]:
    def tamper(e: Exported) -> None:
        event = e.case["events"][number]
        assert old in event["proof"]
        event["proof"] = event["proof"].replace(old, new, 1)

    return tamper


CASE_TAMPERS: dict[str, Callable[[Exported], Any]] = {
    "edited event": lambda e: _event(0, event=e.case["events"][0]["event"].replace("测试", "改"))(e),
    "edited salt": _event(0, salt="00" * 32),
    "edited commitment": _event(1, commitment="11" * 32),
    "edited and committed anew": _edit_and_commit_anew,
    "dropped event": lambda e: e.case["events"].pop(2),
    "dropped event, numbers closed up": lambda e: [e.case["events"].pop(1), [x.update(seq=i) for i, x in enumerate(e.case["events"], 1)]],
    "first event dropped": lambda e: e.case["events"].pop(0),
    "reordered events": lambda e: _swap(e.case["events"], 2, 3),
    "inserted event": lambda e: e.case["events"].insert(2, e.other_case["events"][2]),
    "duplicated event": lambda e: e.case["events"].insert(2, e.case["events"][2]),
    "event of another case": lambda e: e.case["events"].__setitem__(0, e.other_case["events"][0]),
    "case called otherwise": lambda e: e.case.update(case_id=e.other_case["case_id"]),
    "case called otherwise, no bodies": lambda e: (
        [x.update(event=None, salt=None) for x in e.case["events"]] and e.case.update(case_id=e.other_case["case_id"])
    ),
    "case not named": lambda e: e.case.update(case_id=None),
    "case called what nobody sees": lambda e: e.case.update(case_id=f"{e.case['case_id']}\u001b[2J\nproved: all"),
    "edited proof": lambda e: _event(3, proof=e.case["events"][2]["proof"])(e),
    "edited index": _in_proof(0, "index 0\n", "index 1\n"),
    "edited checkpoint": _in_proof(0, "\n420\n", "\n421\n"),
}
