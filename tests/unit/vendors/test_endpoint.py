"""Production speaks to public hosts over https, however an address is written."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wugan.errors import InvalidInput
from wugan.vendors import endpoint

PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10", "0.0.0.0/8", "224.0.0.0/4"]
PRIVATE6 = ["::1/128", "fc00::/7", "fe80::/10", "ff00::/8", "::/128"]
LABEL = st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
v4 = st.sampled_from(PRIVATE).flatmap(lambda net: st.ip_addresses(v=4, network=IPv4Network(net)))
v6 = st.sampled_from(PRIVATE6).flatmap(lambda net: st.ip_addresses(v=6, network=IPv6Network(net)))


def disguises(address: IPv4Address | IPv6Address) -> st.SearchStrategy[str]:
    """The ways in which URL parsers and resolvers read one IPv4 address."""
    number, parts = int(address), str(address).split(".")
    short = f"{parts[0]}.{int(parts[1]) * 65536 + int(parts[2]) * 256 + int(parts[3])}"
    octal = ".".join(f"0{int(p):o}" for p in parts)
    mapped = [f"[::ffff:{address}]", f"[64:ff9b::{address}]"]
    mapped += [f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]", f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::1]"]
    hexadecimal = ".".join(hex(int(p)) for p in parts)
    return st.sampled_from([str(address), str(number), hex(number), short, octal, hexadecimal, f"{address}.", *mapped])


def refused(url: str) -> bool:
    try:
        endpoint.check_public(url)
    except InvalidInput:
        return True
    return False


@given(v4.flatmap(disguises), st.sampled_from(["", ":443", ":8443"]), st.sampled_from(["", "/", "/a/b"]))
def test_no_private_address_in_any_notation(host: str, port: str, path: str) -> None:
    assert refused(f"https://{host}{port}{path}")


@given(v6, st.sampled_from(["", "/a"]))
def test_no_private_address_of_ipv6(address: IPv6Address, path: str) -> None:
    assert refused(f"https://[{address}]{path}")
    assert refused(f"https://[{address}%25eth0]{path}")


@given(st.lists(LABEL, max_size=3), st.sampled_from(sorted(endpoint.NEVER_PUBLIC)), st.booleans(), st.booleans())
def test_no_name_for_private_use(labels: list[str], last: str, upper: bool, dot: bool) -> None:
    host = ".".join([*labels, last.upper() if upper else last]) + ("." if dot else "")
    assert refused(f"https://{host}/")


@given(LABEL)
def test_no_name_without_a_dot(label: str) -> None:
    assert refused(f"https://{label}/")


@given(st.lists(LABEL, min_size=1, max_size=3), st.sampled_from(["cn", "com", "gov.cn"]), st.sampled_from(["", ":8443"]))
def test_public_names_over_https_only(labels: list[str], top: str, port: str) -> None:
    host = ".".join([*labels, top]) + port
    assert not refused(f"https://{host}/path")
    assert refused(f"http://{host}/path")


@given(st.ip_addresses(v=4, network=IPv4Network("114.114.0.0/16")))
def test_public_addresses(address: Any) -> None:
    assert not refused(f"https://{address}/")


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost", "https://LOCALHOST:8443/", "https://127.0.0.1@good.cn", "https://good.cn@127.0.0.1", "https://good.cn\\@127.0.0.1",
        "https://good.cn/?a=b", "https://good.cn/#a", "https:///path", "https://", "//good.cn", "good.cn", "", " https://good.cn",
        "https://good.cn ", "https://go od.cn", "https://good.cn:99999", "https://[::1", "https://１２７.0.0.1", "https://good。cn", "https://-good.cn",
        "https://good..cn",
        "https://0x7f.1", "https://127.1", "https://good.0x7f", "https://[fe80::1%25eth0]", "https://[64:ff9b::7f00:1]",
        "https://metadata.internal", "https://[2001:0:7f00:1::]",
    ],
)  # fmt: skip
def test_what_is_no_public_endpoint(url: str) -> None:
    assert refused(url)
