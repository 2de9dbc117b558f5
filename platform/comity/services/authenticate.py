"""Prove this node to an allied one: the signed assertion with which it asks for a token there (RFC 7523 §2.2)."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final

from joserfc import jwt

from comity.domain.peer import KnownPeer
from comity.services import sign
from comity.services.unit import Unit

LIFE: Final = timedelta(minutes=5)
TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def client_assertion(unit: Unit, peer: KnownPeer, audience: str) -> str:
    """An assertion for the token endpoint `audience` of `peer`, good for five minutes and for one use.

    Raises `LookupError` on a node without a signing key. `peer` says for whom it is made; nothing of it is in the assertion but its
    endpoint, which the peer compares with its own, so that an assertion cannot be carried to another node.
    """
    key = sign.signing_key(unit)
    if key is None:
        raise LookupError("this node has no signing key yet")
    if not audience.startswith(f"{peer.base_url}/"):
        raise ValueError(f"{audience[:80]} is no address of {peer.node_id}")
    now = int(unit.now.timestamp())
    claims = {
        "iss": key.node,
        "sub": key.node,
        "aud": audience,
        "iat": now,
        "exp": now + int(LIFE.total_seconds()),
        "jti": secrets.token_urlsafe(24),
    }
    header = {"alg": "Ed25519", "kid": key.kid, "typ": "JWT"}
    return jwt.encode(header, claims, key.key, algorithms=["Ed25519"])
