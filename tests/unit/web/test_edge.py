"""The parts of the edge by themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wugan.errors import InvalidInput
from wugan.links import Keyring
from wugan.web.edge import Call, Cookie, ForgedForm, Site, TooLarge, _cookies, _form, csrf

KEYS = Keyring(lambda: "secret")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://wugan.example", "/c/x"),
        ("https://wugan.example/", "/c/x"),
        ("https://abc.execute-api.cn-north-1.amazonaws.com.cn/prod", "/prod/c/x"),
        ("http://127.0.0.1:4566/restapis/a/rehearsal/_user_request_", "/restapis/a/rehearsal/_user_request_/c/x"),
    ],
)
def test_links_are_built_from_the_path_of_the_public_url(url: str, path: str) -> None:
    assert Site.of(url).path("c", "x") == path


def test_a_deleted_cookie_is_past_at_once() -> None:
    assert "Max-Age=0" in Cookie("a", "", "/", 0).header(Site("", True))


@given(st.binary(max_size=400))
def test_any_body_is_a_form_or_a_domain_error(body: bytes) -> None:
    try:
        fields = _form(body)
    except (InvalidInput, TooLarge):
        return
    assert all(c in "\n\t" or ord(c) >= 32 for value in fields.values() for c in value)


@given(st.text(max_size=200))
def test_any_cookie_header_is_read_or_ignored(header: str) -> None:
    assert isinstance(_cookies(header), dict)


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_token_is_bound_to_its_link(mine: str, other: str) -> None:
    call = Call(Site("", True), form={"csrf": csrf(KEYS, mine)})
    call.check(KEYS, mine)
    if mine != other:
        with pytest.raises(ForgedForm):
            call.check(KEYS, other)
