"""Look at another node: fetch its descriptor and check that it hangs together. Held by no transaction, since the network is slow.

Decides nothing about whom to trust: a first descriptor is what a stranger says of itself, until people compare the fingerprint.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from comity.config import Settings
from comity.domain import strict_json
from comity.domain.descriptor import Accepted, Descriptor, accept, fingerprint
from comity.domain.errors import Invalid, Problem
from comity.domain.peer import KnownPeer
from comity.domain.signing import PublicKey, Refused
from comity.services.outbound import Client, Limits, Unreachable, to_node

WELL_KNOWN: Final = "/.well-known/comity.json"
ORGANIZATIONS: Final = "/api/v1/organizations"
LIMITS: Final = Limits(most_bytes=2_000_000, seconds=15, wait=5)
MOST_ORGANIZATIONS: Final = 5_000

_WORDS: Final[Mapping[str, str]] = {
    "address": "Enter the address as https://node.example, without anything after the name.",
    "name": "There is no node under this name.",
    "network": "This address lies in a network that this node does not call. The operator can allow it.",
    "tls": "The certificate at this address is not valid.",
}


@dataclass(frozen=True)
class Found:
    """What a node says of itself in its signed descriptor. `organizations` have `id` and `name`, as it lists them for everybody."""

    node_id: str
    fingerprint: str
    keys: tuple[PublicKey, ...]
    descriptor: Mapping[str, Any]
    base_url: str
    name: str
    country: str
    legal_profile: Mapping[str, Any]
    organizations: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of(
        cls, said: Mapping[str, Any], accepted: Accepted, organizations: Sequence[Mapping[str, Any]] = ()
    ) -> Found:
        """From a descriptor that was accepted."""
        read = accepted.descriptor
        return cls(
            node_id=read.id,
            fingerprint=fingerprint(read.active.kid),
            keys=accepted.keys,
            descriptor=said,
            base_url=read.base_url.rstrip("/"),
            name=read.name,
            country=read.country,
            legal_profile=read.legal_profile,
            organizations=tuple(organizations),
        )

    @property
    def said(self) -> dict[str, Any]:
        """The fields of a known peer that follow from it."""
        names = (
            "name", "country", "base_url", "descriptor", "fingerprint", "legal_profile", "organizations",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}


def keys_in(peer: KnownPeer) -> tuple[PublicKey, ...]:
    """The keys in the descriptor that is kept of a node, which was accepted when it was looked at."""
    return tuple(key.public(peer.node_id) for key in Descriptor.model_validate(peer.descriptor).keys)


def look(settings: Settings, address: str, *, known: Sequence[PublicKey] = (), now: datetime) -> Found:
    """The node at `address`, whose keys follow from those that are `known`. `Invalid` names what is wrong with the address."""
    try:
        with to_node(settings, address.strip().rstrip("/"), LIMITS) as client:
            answer = client.get(WELL_KNOWN)
            if not answer.well:
                raise _wrong("no-node", "Nothing at this address says that it is such a node.")
            said = strict_json.parse(answer.body)
            found = Found.of(said, accept(said, known, now=now), _organizations(client))
    except Unreachable as unreachable:
        said_so = _WORDS.get(unreachable.code, "The node does not answer as it should. Try again later.")
        raise _wrong(unreachable.code, said_so) from None
    except strict_json.BadJson as bad:
        raise _wrong(bad.code, "What the node says of itself cannot be read.") from None
    except Refused as refused:
        raise _wrong(refused.reason, "What the node says of itself does not hang together.") from None
    if _origin(found.base_url) != _origin(address):
        raise _wrong("another-address", f"The node there says that its address is {found.base_url}.")
    return found


def _wrong(code: str, sentence: str) -> Invalid:
    return Invalid([Problem("address", code, sentence)], sentence)


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address.strip().rstrip("/"))
    return parts.scheme, parts.netloc.lower()


def _organizations(client: Client) -> list[Mapping[str, Any]]:
    """Its members as it lists them for everybody; none where it does not. They only fill a list to choose from."""
    try:
        answer = client.get(ORGANIZATIONS)
        items = strict_json.parse(answer.body)["items"] if answer.well else []
        return [
            {"id": str(one["id"])[:100], "name": str(one["name"])[:300]} for one in items[:MOST_ORGANIZATIONS]
        ]
    except (Unreachable, strict_json.BadJson, KeyError, TypeError):
        return []
