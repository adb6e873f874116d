"""Which addresses of vendors are admitted: a well-formed URL anywhere, a public host over https in production."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from wugan.errors import InvalidInput

_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
# RFC 6761, 6762, 8375, 9476 and what sites call their own machines: never a vendor's.
NEVER_PUBLIC = frozenset({"localhost", "local", "internal", "intranet", "lan", "home", "corp", "private"})
NEVER_PUBLIC |= {"test", "invalid", "example", "onion", "alt", "arpa"}

UNICAST = IPv6Network("2000::/3")  # all that is given out; outside lie mapped addresses, NAT64 and what is private
TUNNELS = (IPv6Network("2001::/23"), IPv6Network("2002::/16"))  # Teredo and 6to4 have IPv4 addresses inside


def check(url: str) -> None:
    """Raise InvalidInput unless this is an http or https URL with a host and perhaps a path, and nothing else."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidInput("this is no URL") from None
    if parts.scheme not in ("http", "https") or not host or url != url.strip() or re.search(r"[\s\\]", url):
        raise InvalidInput("a URL with http or https and a host is expected")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise InvalidInput("no user, no query and no fragment")


def check_public(url: str) -> None:
    """Raise InvalidInput unless production may speak to it. A name is not looked up: where it leads is the network's to decide."""
    check(url)
    parts = urlsplit(url)
    if parts.scheme != "https":
        raise InvalidInput("production speaks to vendors over https")
    if not public(parts.hostname or ""):
        raise InvalidInput("production speaks to public hosts only, not to this machine or a private network")


def public(host: str) -> bool:
    """Whether a host is a public address, or a name that is not reserved for private use."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return _public_name(host)
    if isinstance(address, IPv6Address):
        return address.is_global and address in UNICAST and not any(address in network for network in TUNNELS)
    return address.is_global and not address.is_multicast


def _public_name(host: str) -> bool:
    """A name of at least two labels. One that ends in a number is an address in disguise (127.1, 0x7f000001), as URL parsers read it."""
    labels = host.lower().removesuffix(".").split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        return False
    return not _NUMBER.fullmatch(labels[-1]) and labels[-1] not in NEVER_PUBLIC
