"""A rule that cannot be used: what is wrong, where, and what to write instead."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from wugan.errors import WuganError
from wugan.items.said import Said

SHOWN = 120  # characters of a line
_ONE_SPACE = str.maketrans("\t\r", "  ")


@dataclass(frozen=True, order=True)
class RuleProblem:
    """One thing to mend. `offset` counts characters of the rule from 0, `line` and `column` from 1."""

    offset: int
    line: int
    column: int
    message: Said

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


class RuleInvalid(WuganError):
    """A rule outside the language of docs/rules.md; `problems` are all that could be found, in the order of the text."""

    code = "rule_invalid"

    def __init__(self, text: str, problems: Iterable[RuleProblem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        self._lines = text.split("\n")
        super().__init__("; ".join(map(str, self.problems)), field="when")

    @property
    def caret(self) -> str:
        """The lines that are wrong, each with a sign under the place and the message."""
        return "\n".join(self._shown(problem) for problem in self.problems)

    def _shown(self, problem: RuleProblem) -> str:
        start = max(0, problem.column - 1 - SHOWN // 2)
        line = self._lines[problem.line - 1][start : start + SHOWN].translate(_ONE_SPACE)
        # A Chinese character is as wide as two others, and so is the ideographic space.
        before = (" \u3000"[unicodedata.east_asian_width(c) in "WF"] for c in line[: problem.column - 1 - start])
        return f"{line}\n{''.join(before)}^ {problem.message}"


def at(text: str, offset: int, message: Said) -> RuleProblem:
    """A problem at a character of the rule."""
    return RuleProblem(offset, text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset), message)
