"""Invented numbers whose check digits are right: credit codes (GB 32100), identity numbers (GB 11643), mobile numbers."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from stdnum.cn import ric, uscc

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_BORN_FROM = date(1960, 1, 1)
_BORN_DAYS = 14_000
_REGISTRIES = {"enterprise": "91", "social_group": "51", "non_enterprise_unit": "52", "foundation": "53"}


def credit_code(rng: Random, entity_type: str, area_code: str) -> str:
    """A code that passes its check."""
    head = "MA" if entity_type == "enterprise" else "MJ"
    front = _REGISTRIES[entity_type] + area_code + head + "".join(rng.choices(_ALPHABET, k=7))
    return front + uscc.calc_check_digit(front)


def failing_code(code: str) -> str:
    """The code with a wrong check digit."""
    return code[:-1] + _ALPHABET[(_ALPHABET.index(code[-1]) + 1) % len(_ALPHABET)]


def id_number(rng: Random) -> str:
    """An identity number that passes its check."""
    born = _BORN_FROM + timedelta(days=rng.randrange(_BORN_DAYS))
    area = rng.choice(("370202", "370203")) if born.year > 1983 else "370222"  # as the divisions were when they were born
    front = f"{area}{born:%Y%m%d}{rng.randrange(1000):03d}"
    return front + ric.calc_check_digit(front + "0")


def mobile(rng: Random) -> str:
    """Eleven digits that no carrier hands out: mobile numbers begin with 13 to 19."""
    return f"12{rng.randrange(10**9):09d}"
