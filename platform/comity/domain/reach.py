"""Which network addresses this node may call: public ones over TLS, and those its operator allowed by setting.

Decides on the address that a connection is opened to, never on a name, which may say one thing to a check and another later.
Everything that is not plainly public is refused, so that no allied node can make this one knock at a door inside (class S15).
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_TRANSLATED: Final = tuple(
    IPv6Network(name)
    for name in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2002::/16")
)  # fmt: skip
"""IPv6 in which an IPv4 address is hidden, or that is tunnelled: mapped, translated (RFC 6052, 8215), Teredo, 6to4."""

_NEVER_GLOBAL: Final = tuple(IPv4Network(name) for name in ("192.88.99.0/24", "240.0.0.0/4", "0.0.0.0/8"))


def networks(text: str) -> tuple[Network, ...]:
    """Networks in CIDR, separated by commas or spaces. Raises `ValueError` for what is none, or has bits outside its mask."""
    return tuple(ip_network(name) for name in text.replace(",", " ").split())


def may_call(address: Address, allowed: Iterable[Network], *, tls: bool) -> bool:
    """May a connection be opened to `address`? Without TLS only inside allowed networks that are not public."""
    named = any(address.version == network.version and address in network for network in allowed)
    if _is_public(address):
        return tls
    return named and not address.is_multicast and not address.is_unspecified


def _is_public(address: Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv6Address):
        return not any(address in network for network in _TRANSLATED) and not address.is_site_local
    return not any(address in network for network in _NEVER_GLOBAL)
