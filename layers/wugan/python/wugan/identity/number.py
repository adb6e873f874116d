"""Citizen identity numbers (GB 11643-1999): 17 digits and a check by ISO 7064 MOD 11-2."""

from __future__ import annotations

import re
from datetime import date

_SHAPE = re.compile(r"[1-9][0-9]{16}[0-9X]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def valid(number: str) -> bool:
    """Whether its shape, its day of birth and its check fit; says nothing about whether anybody has it."""
    if not _SHAPE.fullmatch(number):
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return _CHECKS[sum(w * int(d) for w, d in zip(_WEIGHTS, number[:17], strict=True)) % 11] == number[17]
