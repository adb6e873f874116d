"""What every vendor's adapter is built with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wugan.clock import Clock
from wugan.errors import InvalidInput
from wugan.http import JsonClient


@dataclass(frozen=True)
class Kit:
    """`secret` gives the value under a name in the secret; `random_hex` so many random bytes as hex.

    `pace`: how many times faster than in earnest the vendors' waiting times pass; above 1 in rehearsals only. `stage`: of the deployment;
    in rehearsals there are recipients to rehearse with (`wugan.outreach.channels.Rehearsal`).
    """

    secret: Callable[[str], str]
    clock: Clock
    client: JsonClient
    random_hex: Callable[[int], str]
    pace: float = 1
    stage: str = ""


def needed(section: str) -> InvalidInput:
    """What is said when a bureau's document lacks a section that is used."""
    return InvalidInput("this bureau has no such vendor in the document WUGAN_VENDORS", field=section)
