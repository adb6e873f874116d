"""The ways through a case that the faults are tried on."""

from __future__ import annotations

from functools import cache

from tests.faults.world import Script, World

SCRIPTS = {
    "delivered": Script(),
    "corrected": Script(decisions=("correction", "approved")),
    "rejected, the old certificate goes back": Script(decisions=("rejected",)),
    "withdrawn at the declaration": Script(withdraw_at="declaration"),
    "withdrawn while the courier comes": Script(withdraw_at="pickup"),
    "withdrawn while it is decided": Script(withdraw_at="approval"),
    "declined": Script(decline=True),
    "never answered": Script(silent=True),
    "first channel undelivered": Script(undelivered=True),
    "the courier did not find the person": Script(failing="pickup"),
    "the delivery came back": Script(failing="delivery"),
    "electronic": Script(delivery_way="electronic"),
    "found at night": Script(night=True),
    "declined at night, before the prompt": Script(night=True, decline=True),
    "withdrawn at night, before the prompt": Script(night=True, withdraw_at="push"),
    "at the hour that the behaviour model likes": Script(modelled=True, delivery_way="electronic"),
}


@cache
def quiet(name: str) -> World:
    """The same case when nothing goes wrong."""
    return World(SCRIPTS[name]).play()
