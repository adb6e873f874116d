from __future__ import annotations

from dataclasses import replace

from tests.unit.courier.conftest import NOW
from wugan.courier.port import Detail, ParcelState
from wugan.courier.reading import signed
from wugan.courier.waybills import Entry, MemoryWaybills, Step

ENTRY = Entry("a", "sf", NOW)


def test_only_one_claims(waybills: MemoryWaybills) -> None:
    assert waybills.claim(ENTRY)
    assert not waybills.claim(Entry("a", "ems", NOW))
    assert waybills.find("a") == ENTRY


def test_what_is_learnt_does_not_hide_another_try(waybills: MemoryWaybills) -> None:
    waybills.claim(ENTRY)
    waybills.touch("a")
    waybills.keep(replace(ENTRY, waybill="1"))
    assert waybills.find("a") == replace(ENTRY, waybill="1", tries=2)
    assert waybills.order_of("1") == "a"
    assert waybills.order_of("") is None


def test_only_what_nobody_touched_is_released(waybills: MemoryWaybills) -> None:
    waybills.claim(ENTRY)
    assert not waybills.release(replace(ENTRY, step=Step.PLACED))
    waybills.touch("a")
    assert not waybills.release(ENTRY)
    assert waybills.release(replace(ENTRY, tries=2))
    assert waybills.touch("a") is waybills.find("a") is None


def test_who_signed_is_read_with_doubt() -> None:
    assert signed("非本人签收") == (ParcelState.COLLECTED, Detail.OTHER_SIGNED)
    assert signed("本人签收") == (ParcelState.ARRIVED, "")


def test_a_cancellation_is_not_undone_by_a_push_that_was_read_before(waybills: MemoryWaybills) -> None:
    waybills.claim(ENTRY)
    waybills.keep(replace(ENTRY, step=Step.CANCELLED))
    waybills.keep(replace(ENTRY, step=Step.PLACED, waybill="1"))
    assert waybills.find("a") == replace(ENTRY, step=Step.CANCELLED, waybill="1")
