"""What a proof shows to whom, and what is left after an erasure."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest

from tests.browser.town import Town
from tests.support.ledger import SIGNER
from wugan.cases.audit import Reader, table_event
from wugan.cases.model import Actor, Event
from wugan.errors import NotFound, NotYet
from wugan.ledger import casefile, leaf, monitor


@pytest.fixture
def case_id(town: Town) -> str:
    link = town.open_case(persona=1)
    town.to_approval(link)
    town.sequence()
    return town.head(link).case_id


@pytest.mark.parametrize("reader", Reader)
def test_every_reader_s_proof_holds(town: Town, case_id: str, reader: Reader) -> None:
    bundle = town.audit.proof(case_id, reader)
    found = casefile.verify(bundle.text, SIGNER.verifier)
    assert (len(found.events), found.told, found.checkpoint.size) == (bundle.events, bundle.told, bundle.size)
    assert bundle.told == (0 if reader is Reader.PUBLIC else bundle.events)
    assert bundle.waiting == 0


def test_events_that_are_not_published_yet_are_left_out_and_counted(town: Town, case_id: str) -> None:
    before = town.audit.proof(case_id, Reader.AUDITOR)
    town.applicant.withdraw(town.link(town.store.head(case_id)), town.session(town.link(town.store.head(case_id))))
    bundle = town.audit.proof(case_id, Reader.AUDITOR)
    assert (bundle.events, bundle.waiting > 0) == (before.events, True)
    casefile.verify(bundle.text, SIGNER.verifier)


def test_a_case_that_is_none_and_one_that_is_too_new(town: Town) -> None:
    with pytest.raises(NotFound):
        town.audit.proof("nobody", Reader.AUDITOR)
    link = town.open_case()
    with pytest.raises(NotYet):
        town.audit.proof(town.head(link).case_id, Reader.AUDITOR)


def test_after_an_erasure_proofs_hold_and_say_that_the_bodies_are_erased(town: Town, case_id: str) -> None:
    before = town.audit.proof(case_id, Reader.AUDITOR)
    town.store.erase(case_id)
    bundle = town.audit.proof(case_id, Reader.AUDITOR)
    found = casefile.verify(bundle.text, SIGNER.verifier)
    assert (len(found.events), found.told, bundle.told) == (before.events, 0, 0)
    assert {(e["event"], e["salt"]) for e in json.loads(bundle.text)["events"]} == {(None, None)}
    kept = json.loads(before.text)
    casefile.verify(json.dumps(kept), SIGNER.verifier)  # who has an older proof still can show what it says
    table = [table_event(e) for e in town.store.events(case_id)]
    entries = [town.ledger.reader().entry(i) for i in range(town.ledger.size)]
    assert monitor.compare(entries, table) == []


def plausible(event: Event) -> list[Event]:
    """Everything that an insider who knows the case's other events could guess of a small event: who, what, when to the minute."""
    return [
        replace(event, at=event.at.replace(minute=minute), type=kind, actor=actor, facts=facts)
        for minute, kind, actor, facts in itertools.product(
            range(60), ("declined", event.type), (Actor.PERSON, event.actor), ({}, {"forever": True}, {"forever": False}, event.facts)
        )
    ]


def test_a_body_cannot_be_guessed_without_its_salt(town: Town) -> None:
    """A refusal says one of two things. With the salt the dictionary finds it at once; without, no guess can be told from another."""
    link = town.open_case()
    town.applicant.decline(link, forever=True)
    town.sequence()
    case_id = town.head(link).case_id
    event = next(e for e in town.store.events(case_id) if e.type == "declined")
    guesses = [g.canonical() for g in plausible(event)]
    committed, salt = bytes.fromhex(event.commitment), bytes.fromhex(event.salt)
    assert [g for g in set(guesses) if leaf.commitment(salt, g) == committed] == [event.canonical()]

    town.store.erase(case_id)
    (erased,) = (e for e in town.store.events(case_id) if e.seq == event.seq)
    assert erased.salt == ""
    known = [bytes.fromhex(e.commitment) for e in town.store.events(case_id)] + [bytes.fromhex(e.chain) for e in town.store.events(case_id)]
    tried = [b"", bytes(32), case_id.encode(), *known, bytes.fromhex(SIGNER.verifier.public.hex())]
    assert not [g for g in guesses for s in tried if leaf.commitment(s, g) == committed]
    assert len(salt) == 16  # 128 bits, so that the salt cannot be tried out either


def test_every_salt_is_its_own(town: Town, case_id: str) -> None:
    salts = [e.salt for e in town.store.events(case_id)]
    assert len(set(salts)) == len(salts)
    assert {len(s) for s in salts} == {32}
