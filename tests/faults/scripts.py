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
    "left in a locker": Script(story={"delivery": ("collected", "locker", "has it")}),
    "somebody else signed": Script(story={"delivery": ("somebody", "denies it", "arrived", "found")}),
    "the new certificate is lost": Script(story={"delivery": ("collected", "lost", "again")}),
    "it came home and is fetched": Script(story={"delivery": ("refused", "home", "counter")}),
    "it came home and is sent elsewhere": Script(story={"delivery": ("silent", "returned", "home", "elsewhere")}),
    "the old certificate is lost": Script(story={"pickup": ("lost",)}),
    "the old certificate is lost after collection": Script(story={"pickup": ("collected", "lost")}),
    "the old certificate goes back to the person": Script(story={"pickup": ("nobody came", "returned", "home")}),
    "the old certificate is lost on its way back": Script(decisions=("rejected",), story={"give_back": ("lost",)}),
}


@cache
def quiet(name: str) -> World:
    """The same case when nothing goes wrong."""
    return World(SCRIPTS[name]).play()
