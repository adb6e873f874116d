"""schemathesis against the published OpenAPI document: whatever is asked, the answer is a documented one.

What no generator finds by chance is handed in: links, sessions, running checks, the ways that an item knows. So each operation is asked
in cases at every stage, with and without help.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
Json = dict[str, Any]


@dataclass(frozen=True)
class Who:
    """Somebody who asks: what they show, and what they know by operation (laid over a generated body or path)."""

    name: str
    link: str = ""
    session: str = ""
    knows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of their requests."""
        shown = {"Authorization": f"Bearer {self.link}" if self.link else "", "Wugan-Session": self.session}
        return {name: value for name, value in shown.items() if value}


@dataclass(frozen=True)
class Budget:
    """How much is tried: examples for each operation and way of generating, and from which seed."""

    examples: int
    seed: int


def fuzz(
    document: Json, url: str, people: Sequence[Who], budget: Budget, before: Callable[[], object] = lambda: None
) -> Counter[tuple[str, int]]:
    """Ask everything; returns how often each operation answered with each status. Raises what schemathesis finds."""
    answers: Counter[tuple[str, int]] = Counter()
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.POSITIVE or [*operation.iter_parameters(), *operation.body]:
                _fuzz_one(operation, mode, url, people, budget, before, answers)
        insiders = [who for who in people if operation.definition.raw["operationId"] in who.knows]
        if insiders:
            helped = Budget(max(1, budget.examples // 3), budget.seed)
            _fuzz_one(operation, GenerationMode.POSITIVE, url, insiders, helped, before, answers, helped=True)
    return answers


def _fuzz_one(
    operation: Any, mode: GenerationMode, url: str, people: Sequence[Who], budget: Budget, before: Callable[[], object],
    answers: Counter[tuple[str, int]], *, helped: bool = False,
) -> None:  # fmt: skip
    name = operation.definition.raw["operationId"]

    @seed(budget.seed)
    @settings(
        max_examples=budget.examples, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    @given(case=operation.as_strategy(mode), who=st.sampled_from(people))
    def ask(case: Any, who: Who) -> None:
        before()
        case.headers.update(who.headers)
        if helped:
            where = case.body if isinstance(case.body, dict) else case.path_parameters
            where.update(who.knows[name])
            case.headers.pop("If-Match", None)
        response = case.call(base_url=url, timeout=60)
        answers[name, response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    ask()
