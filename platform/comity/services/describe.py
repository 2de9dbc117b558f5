"""What the node says of itself to others, signed now: the document at the well-known address.

Decides which addresses and settings are told: only what others need to connect, to verify, and to know under which law they share.
Refuses to know who asks: it is public.
"""

from __future__ import annotations

from typing import Any

from comity.domain.audit_chain import stamp
from comity.domain.checkpoint import origin_of, verifier_key
from comity.domain.descriptor import PROTOCOL, TYPE, spoken
from comity.domain.signing import Object, PublicKey, sign
from comity.domain.strict_json import parse
from comity.services.sign import signing_key
from comity.services.unit import Unit
from comity.storage import collections, node_keys

TOKEN_ENDPOINT = "/federation/v1/token"  # nosec B105  an address
CHECKPOINT = "/federation/v1/ledger/checkpoint"


def descriptor(unit: Unit) -> Object:
    """The signed descriptor. `LookupError` on a node that has no key or no collections yet."""
    key = signing_key(unit)
    records, inbox = (collections.by_alias(unit.db, alias) for alias in ("records", "inbox"))
    if key is None or records is None or inbox is None:
        raise LookupError("this node is not open to others yet")
    node, base = unit.node, unit.settings.public_url.rstrip("/")
    return sign(
        {
            "type": TYPE,
            "id": node.node_id,
            "name": node.name,
            "country": node.country,
            "languages": list(node.languages),
            "modified": stamp(unit.now),
            "base_url": base,
            "token_endpoint": base + TOKEN_ENDPOINT,
            "taxii": {
                "discovery": f"{base}/taxii2/",
                "api_root": f"{base}/taxii2/exchange/",
                "records": records.id,
                "inbox": inbox.id,
            },
            "ledger": {
                "origin": origin_of(node.node_id),
                "key": verifier_key(node.node_id, key.key.as_dict(private=False)),
                "checkpoint": base + CHECKPOINT,
            },
            "protocol": {"current": PROTOCOL, "understood": list(spoken())},
            "keys": _keys(unit),
            "legal_profile": dict(node.legal_profile),
            "contact": node.contact,
        },
        key,
    )


def _keys(unit: Unit) -> list[dict[str, Any]]:
    """Every key, the oldest first, each with the word of the one before it. After a key was lost the list begins anew."""
    node = unit.node.node_id
    keys = node_keys.history(unit.db)
    first = max(number for number, key in enumerate(keys) if not key.statement)
    return [
        {
            **_times(key.public(node)),
            "jwk": dict(key.jwk),
            "statement": parse(key.statement.encode()) if key.statement else None,
        }
        for key in keys[first:]
    ]


def _times(key: PublicKey) -> dict[str, Any]:
    ends = {"valid_until": key.valid_until, "revoked_at": key.revoked_at}
    return {
        "kid": key.kid,
        "valid_from": stamp(key.valid_from),
        **{name: stamp(at) if at else None for name, at in ends.items()},
    }
