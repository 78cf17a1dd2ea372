"""Which addresses of the world the platform asks for a caller: rules against being sent where the caller cannot go himself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)
from typing import TypeAlias

import attrs

from cloudcore.model.errors import InvalidInputError

LONGEST_URL = 2048
PORTS = {"http": 80, "https": 443}

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_URL = re.compile(
    r"(?P<scheme>https?)://(?:\[(?P<six>[0-9A-Fa-f:.]{2,45})\]|(?P<host>[0-9A-Za-z](?:[0-9A-Za-z._-]{0,251}[0-9A-Za-z])?\.?))"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<rest>(?:[/?][!$-;=?-\[\]_a-z~]*)?)",
    re.ASCII,
)
_SPECIAL: tuple[Network, ...] = (
    IPv4Network("168.63.129.16/32"),  # a cloud's agent and metadata, for all that it looks public
    IPv4Network("192.0.0.0/24"),  # protocol assignments, some of which Python takes for public
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv6Network("2001::/32"),  # Teredo, which holds another address
    IPv6Network("2002::/16"),  # 6to4, likewise
    IPv6Network("64:ff9b::/96"),  # NAT64, likewise
    IPv6Network("64:ff9b:1::/48"),
    IPv6Network("fec0::/10"),  # site-local, deprecated and still routed in places
    IPv6Network("::/96"),  # IPv4-compatible
)


@attrs.frozen(kw_only=True)
class RemoteUrl:
    """A URL taken apart. target: path and query as they are asked for."""

    scheme: str
    host: str
    port: int
    target: str


def parse_url(text: object, field: str = "copy_from") -> RemoteUrl:
    """An http or https URL without credentials and without a fragment.

    Raises:
        InvalidInputError: it is anything else.
    """
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_URL:
        raise InvalidInputError(f"{field} must be a URL of at most {LONGEST_URL} characters", field=field)
    found = _URL.fullmatch(text)
    if found is None:
        raise InvalidInputError(
            f"{field} must be http(s)://HOST[:PORT]/PATH, percent-encoded, without user, password and fragment",
            field=field,
        )
    port = int(found["port"] or PORTS[found["scheme"]])
    if not 1 <= port <= 65535:
        raise InvalidInputError(f"{field}: the port must be 1 to 65535", field=field)
    rest = found["rest"]
    return RemoteUrl(
        scheme=found["scheme"],
        host=found["six"] or found["host"],
        port=port,
        target=rest if rest.startswith("/") else f"/{rest}",
    )


def may_be_asked(text: str, allowed: Sequence[Network]) -> bool:
    """Whether an address, as a resolver gave it, is one of the public ones or in a network that the deployment allows."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address.version == network.version and address in network for network in allowed):
        return True
    if any(address.version == network.version and address in network for network in _SPECIAL):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
