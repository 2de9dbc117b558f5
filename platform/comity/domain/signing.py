"""Signed objects: what leaves a node carries the origin's signature over its canonical bytes, made once and served as it is.

The signature stands in the object itself, in an extension of its own, so that any STIX reader keeps it: a detached JWS
(RFC 7515 appendix F) with `Ed25519` (RFC 9864) over the RFC 8785 bytes of the object without that extension. Decides whether bytes
are what a known key of the claimed node signed. Refuses to know where keys are kept, what the object says, and any network.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

from comity.domain.canonical import canonical_json
from comity.domain.strict_json import BadJson, parse

T = TypeVar("T")
Object = dict[str, Any]

SIGNATURE: Final = "extension-definition--5c1f2f8e-6f0a-4a8e-9d1c-2d8f4c7b9e63"
"""Id of the extension that holds the signature. It never changes."""

SKEW: Final = timedelta(minutes=10)
"""How far another node's clock may be off."""

TYP: Final = "comity-object+jws"
_ALG: Final = "Ed25519"
_REGISTRY: Final = JWSRegistry(algorithms=[_ALG])
_ALGORITHM: Final = _REGISTRY.get_alg(_ALG)
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{20,400}\.\.[A-Za-z0-9_-]{86}")
_MEMBERS: Final = frozenset({"extension_type", "node", "kid", "signature"})


@dataclass(frozen=True)
class PublicKey:
    """A node's key and the time in which its signatures count. `kid` is its RFC 7638 thumbprint."""

    node: str
    kid: str
    jwk: Mapping[str, Any]
    valid_from: datetime
    valid_until: datetime | None = None
    revoked_at: datetime | None = None

    @cached_property
    def key(self) -> OKPKey:
        """The key as the library takes it."""
        return OKPKey.import_key({"kty": "OKP", "crv": _ALG, "x": str(self.jwk["x"])})

    @cached_property
    def header(self) -> str:
        """The protected header as every node of ours writes it; another one that says the same is read by the library."""
        said = f'{{"alg":"{_ALG}","kid":"{self.kid}","typ":"{TYP}"}}'
        return _encoded(said.encode())


@dataclass(frozen=True)
class SigningKey:
    """The private half. Its `repr` shows nothing of it."""

    node: str
    key: OKPKey

    @property
    def kid(self) -> str:
        """RFC 7638 thumbprint of the public half."""
        return self.key.thumbprint()

    def __repr__(self) -> str:
        return f"SigningKey({self.node!r}, {self.kid!r})"


@dataclass(frozen=True)
class Verified(Generic[T]):
    """Something a known key of `node` signed. Only `verify` makes one; services that act on foreign words ask for this type."""

    value: T
    node: str
    kid: str


class Refused(ValueError):
    """Bytes that are not taken. `reason` is a code of `REASONS`, the same on every node."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}" if detail else reason)


KeyOf = Callable[[str, str], PublicKey | None]
"""`(node, kid)` -> the key as this node knows it; None for a stranger."""


def sign(obj: Mapping[str, Any], key: SigningKey) -> Object:
    """`obj` with the signature of `key`'s node. Raises `ValueError` for what has no canonical form or is signed already."""
    if SIGNATURE in obj.get("extensions", {}):
        raise ValueError("it carries a signature already")
    kid = key.kid
    protected, _, signature = jws.serialize_compact(
        {"alg": _ALG, "kid": kid, "typ": TYP}, canonical_json(dict(obj)), key.key, registry=_REGISTRY
    ).split(".")
    held = {
        "extension_type": "property-extension",
        "node": key.node,
        "kid": kid,
        "signature": f"{protected}..{signature}",
    }
    return {**obj, "extensions": {**obj.get("extensions", {}), SIGNATURE: held}}


def signed_bytes(obj: Mapping[str, Any], key: SigningKey) -> bytes:
    """The canonical bytes of the signed object: what is stored, served and relayed unchanged."""
    return canonical_json(sign(obj, key))


def verify(raw: bytes, key_of: KeyOf, *, now: datetime) -> Verified[Object]:
    """The object in `raw`, its signature kept in it. Raises `Refused` with a named reason; nothing is ever half verified."""
    try:
        return verify_object(parse(raw), key_of, now=now)
    except BadJson as bad:
        raise Refused("malformed", bad.code) from bad


def verify_object(obj: Object, key_of: KeyOf, *, now: datetime) -> Verified[Object]:
    """As `verify`, for an object that `domain.strict_json` has parsed. Any other parser may have hidden a duplicate key."""
    node, kid, signature = _held(obj)
    key = key_of(node, kid)
    if key is None:
        raise Refused("unknown-key", f"{node} {kid}"[:120])
    if key.revoked_at is not None and key.revoked_at <= now:
        raise Refused("revoked-key", kid)
    made = _made(obj, now)
    if made < key.valid_from - SKEW or (key.valid_until is not None and key.valid_until < made):
        raise Refused("key-not-valid-then", kid)
    _check(key, signature, _payload(obj))
    return Verified(obj, node, kid)


def _check(key: PublicKey, signature: str, payload: bytes) -> None:
    """The detached JWS holds for `payload`. The header that our nodes write needs no reading; any other the library reads."""
    protected, _, mark = signature.partition("..")
    try:
        if protected != key.header:
            found = jws.deserialize_compact(signature, key.key, registry=_REGISTRY, payload=payload)
            said = found.headers()
            holds = said.get("typ") == TYP and said.get("kid") == key.kid
        else:
            signed = f"{protected}.{_encoded(payload)}".encode("ascii")
            holds = _ALGORITHM.verify(signed, urlsafe_b64decode(mark + "=="), key.key)
    except (JoseError, ValueError) as error:
        raise Refused("bad-signature", type(error).__name__) from error
    if not holds:
        raise Refused("bad-signature")


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _payload(obj: Object) -> bytes:
    """The canonical bytes that were signed: the object without the signature's extension."""
    rest = {name: one for name, one in obj["extensions"].items() if name != SIGNATURE}
    bare = {name: one for name, one in obj.items() if name != "extensions"}
    try:
        return canonical_json({**bare, "extensions": rest} if rest else bare, parsed=True)
    except ValueError as error:
        raise Refused("malformed", "no canonical form") from error


def _made(obj: Object, now: datetime) -> datetime:
    """When the object says it was made: its `modified`, else `created`, else now. A key that was retired goes on counting for what
    was made before, or nobody who comes later could read it; a key that leaked is revoked, and then nothing of it counts.
    """
    said = obj.get("modified", obj.get("created"))
    if said is None:
        return now
    try:
        made = datetime.fromisoformat(said)
    except (TypeError, ValueError) as error:
        raise Refused("malformed", "time") from error
    if made.tzinfo is None:
        raise Refused("malformed", "time")
    if made > now + SKEW:
        raise Refused("from-the-future", said[:40])
    return made


def _held(obj: Object) -> tuple[str, str, str]:
    extensions = obj.get("extensions")
    held = extensions.get(SIGNATURE) if isinstance(extensions, dict) else None
    if held is None:
        raise Refused("unsigned")
    if not isinstance(held, dict) or held.keys() != _MEMBERS:
        raise Refused("malformed", "signature")
    node, kid, signature = held["node"], held["kid"], held["signature"]
    if not (isinstance(node, str) and isinstance(kid, str) and isinstance(signature, str)):
        raise Refused("malformed", "signature")
    if not _SHAPE.fullmatch(signature):
        raise Refused("malformed", "signature")
    return node, kid, signature
