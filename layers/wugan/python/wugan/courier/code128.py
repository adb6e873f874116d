"""Code 128 (ISO/IEC 15417), the bar code of waybills: code sets B and C, the shorter of them for digits."""

from __future__ import annotations

import re

from wugan.errors import InvalidInput

# Widths of bar, space, bar, … in modules, by value; the last is the stop.
_TABLE = """
212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 123122 123221
223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 232121 111323 131123 131321
112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 213311 213131
311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114
122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141
214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112
"""
PATTERNS = tuple(_TABLE.split())
CODE_B, CODE_C, START_B, START_C, STOP = 100, 99, 104, 105, 106
QUIET = 10  # modules that stay white before and after


def widths(text: str) -> str:
    """The symbol's bars and spaces in turn, beginning with a bar, as digits of modules. Raises InvalidInput."""
    return "".join(PATTERNS[value] for value in values(text))


def values(text: str) -> list[int]:
    """Start, characters, check and stop of a text of printable ASCII. Raises InvalidInput."""
    if not text or not all(" " <= character <= "~" for character in text):
        raise InvalidInput("only printable ASCII fits into Code 128", field="waybill")
    found: list[int] = []
    for run in re.findall(r"(?:\d\d){2,}|(?:(?!\d{4})[ -~])+", text):
        pairs = run.isdigit() and len(run) >= 4
        found.append((CODE_C if pairs else CODE_B) if found else (START_C if pairs else START_B))
        found += [int(run[i : i + 2]) for i in range(0, len(run), 2)] if pairs else [ord(c) - 32 for c in run]
    return [*found, check(found), STOP]


def check(found: list[int]) -> int:
    """The check value: the start, and every other value by its place, modulo 103."""
    return (found[0] + sum(place * value for place, value in enumerate(found))) % 103
