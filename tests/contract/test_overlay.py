"""Two ways for a change to count: laid over a lookup now, and taken in by the next scan. Both must come out alike."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.component.registry.test_changes import change, delivered, seen
from tests.component.registry.test_intake import CODE, OTHER, business, licence
from wugan.registry.changes import Change

VERSIONS = ["1", "2", "10", "1.5", "v1", "v2"]
TRICKY = st.sampled_from(["甲,乙", '引"号', "换\n行", "回\r\n车", "'", "=1+1", "无名", "\u2028", " 空 "])


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_lookup_with_changes_is_the_next_intake_without_them(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever the versions: the overlay decides as the ordinary cleaning does."""

    def rows(make: Any, **keys: list[str]) -> st.SearchStrategy[list[dict[str, str]]]:
        columns = {name: st.sampled_from(values) for name, values in keys.items()}
        one = st.fixed_dictionaries({"name": TRICKY, "version": st.sampled_from(VERSIONS), **columns})
        return st.lists(one.map(lambda more: make(**more)), max_size=4)

    businesses = rows(business, credit_code=[CODE, OTHER])
    licences = rows(licence, certificate_no=["证1", "证2"], producer_code=["", OTHER, CODE])
    files = {"business": [business(), *data.draw(businesses)], "licence": [licence(), *data.draw(licences)]}
    told: dict[tuple[str, str], Change] = {}
    for one in [*(change("business", r) for r in data.draw(businesses)), *(change("licence", r) for r in data.draw(licences))]:
        kept = told.get((one.credit_code, one.record))
        if kept is None or kept.rank <= one.rank:  # what the store does
            told[one.credit_code, one.record] = one
    changes = list(told.values())
    before = delivered(tmp_path_factory.mktemp("before"), [], **files)
    after = delivered(tmp_path_factory.mktemp("after"), changes, **files)
    for code in (CODE, OTHER):
        ours, theirs = seen(before, code, *changes), after.subject(code)
        assert ours.business == theirs.business
        assert set(ours.certificates) == set(theirs.certificates)
        assert ours.producers == theirs.producers
