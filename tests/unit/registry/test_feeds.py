"""The feed contract: it matches the row types, and a wrong header is refused with its mending."""

from __future__ import annotations

from dataclasses import fields

import pytest

from wugan.registry import feeds, model
from wugan.registry.feeds import Feed, FeedRefused

_ROWS = {
    "business": model.Business,
    "licence": model.Certificate,
    "property": model.Property,
    "contact": model.Contact,
    "blacklist": model.Blacklisting,
}


@pytest.mark.parametrize("feed", feeds.FEEDS.values(), ids=lambda f: f.name)
def test_columns_are_the_row_type_in_its_order(feed: Feed) -> None:
    assert feed.names == tuple(f.name for f in fields(_ROWS[feed.name]))


@pytest.mark.parametrize("feed", feeds.FEEDS.values(), ids=lambda f: f.name)
def test_what_the_row_type_cannot_leave_empty_is_required(feed: Feed) -> None:
    needed = {f.name for f in fields(_ROWS[feed.name]) if "None" not in str(f.type)}
    assert {c.name for c in feed.columns if c.required} == needed
    assert set(feed.key) <= needed


def test_a_missing_column_is_named_with_the_one_that_looks_like_it() -> None:
    header = ["credit_code", "adress", "certificate_no", "version"]
    with pytest.raises(FeedRefused, match=r"p\.csv: column address is missing: rename 'adress'") as e:
        feeds.check_columns(feeds.PROPERTY, "p.csv", header)
    assert (e.value.field, e.value.file, e.value.code) == ("address", "p.csv", "feed_refused")


def test_a_repeated_column_is_refused() -> None:
    with pytest.raises(FeedRefused, match="appears more than once"):
        feeds.check_columns(feeds.PROPERTY, "p.csv", [*feeds.PROPERTY.names, "version"])


def test_an_unknown_column_is_reported_and_ignored() -> None:
    assert feeds.check_columns(feeds.PROPERTY, "p.csv", [*feeds.PROPERTY.names, "remark"]) == ("remark",)
