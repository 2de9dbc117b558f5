"""What a node says of itself at its well-known address, and which of its keys count for those who knew it before.

A descriptor lists every key the node ever had, in order. A new key counts only when the key before it signed a statement that names
it, and when nothing that was known is missing: a list that leaves out a known key, or changes or un-revokes one, is refused as a
whole. Revocation is said in a descriptor that a key still in force signs. Decides just that; at a first meeting people decide, who
compare the fingerprint. Refuses to know the network, and what else the node says (addresses, law, contact).
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal, Self

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from comity.domain.audit_chain import stamp
from comity.domain.signing import Object, PublicKey, Refused, SigningKey, sign, verify_object

TYPE: Final = "comity-node"
STATEMENT: Final = "comity-key-statement"
PROTOCOL: Final = 1
"""The version of what nodes say to each other. A node understands its own and the one before it."""

FRESH: Final = timedelta(days=7)
"""An older descriptor is not taken: somebody may have kept it from the time before a revocation."""

Kid = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
Url = Annotated[str, Field(pattern=r"^https?://[^\s?#@]+$", max_length=300)]
NodeId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,58}$")]


def spoken() -> tuple[int, ...]:
    """The versions of the protocol that this node understands, the current one first."""
    return tuple(version for version in (PROTOCOL, PROTOCOL - 1) if version > 0)


class Said(BaseModel):
    """A part of a descriptor. Members that a newer version adds are signed with the rest and ignored here."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Jwk(Said):
    """An Ed25519 public key (RFC 8037)."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]


class SaidKey(Said):
    """One key with its time. `statement` is what the key before it signed; the first key has none."""

    kid: Kid
    jwk: Jwk
    valid_from: AwareDatetime
    valid_until: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None
    statement: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _is_its_own_name(self) -> Self:
        """The id of a key follows from the key, so that nobody gives a known id to another key."""
        try:
            named = OKPKey.import_key(self.jwk.model_dump()).thumbprint()
        except (JoseError, ValueError) as error:
            raise ValueError("not a key") from error
        if named != self.kid:
            raise ValueError("kid is not the thumbprint of the key")
        return self

    def public(self, node: str) -> PublicKey:
        """As a verifier takes it."""
        jwk = self.jwk.model_dump()
        return PublicKey(node, self.kid, jwk, self.valid_from, self.valid_until, self.revoked_at)


class Taxii(Said):
    """Where the node's feed is, and where its inbox is. Ids are those of the collections."""

    discovery: Url
    api_root: Url
    records: Annotated[str, Field(max_length=36)]
    inbox: Annotated[str, Field(max_length=36)]


class Ledger(Said):
    """The node's transparency log: `origin` is the first line of its checkpoints, `key` the verifier key (C2SP signed-note)."""

    origin: Annotated[str, Field(pattern=r"^[^\s+]{1,120}$")]
    key: Annotated[str, Field(max_length=200)]
    checkpoint: Url


class Protocol(Said):
    """The capability document: the version the node speaks, and every version it understands."""

    current: int = Field(ge=1, le=10_000)
    understood: tuple[int, ...] = Field(min_length=1, max_length=10)


class Descriptor(Said):
    """The whole of it. `modified` is when it was signed."""

    type: Literal["comity-node"]
    id: NodeId
    name: Annotated[str, Field(min_length=1, max_length=200)]
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    languages: tuple[Annotated[str, Field(max_length=35)], ...] = Field(min_length=1, max_length=50)
    modified: AwareDatetime
    base_url: Url
    token_endpoint: Url
    taxii: Taxii
    ledger: Ledger
    protocol: Protocol
    keys: tuple[SaidKey, ...] = Field(min_length=1, max_length=500)
    legal_profile: dict[str, Any] = Field(default_factory=dict)
    contact: Annotated[str, Field(max_length=200)] = ""

    @property
    def active(self) -> SaidKey:
        """The key that signs now: the last of the list."""
        return self.keys[-1]


@dataclass(frozen=True)
class Accepted:
    """A descriptor whose keys count. `new` are those that were not known before, `revoked` those that ended by it."""

    descriptor: Descriptor
    keys: tuple[PublicKey, ...]
    new: tuple[str, ...]
    revoked: tuple[str, ...]


def fingerprint(kid: str) -> str:
    """The SHA-256 thumbprint of a key in 64 hex digits: what two people read to each other."""
    return urlsafe_b64decode(f"{kid}=").hex()


def statement(key: SigningKey, *, following: Mapping[str, Any], at: datetime) -> Object:
    """What a key says when it gives way: which key comes after it. Signed by the key itself."""
    named = OKPKey.import_key({name: str(following[name]) for name in ("kty", "crv", "x")})
    said = {
        "type": STATEMENT,
        "node": key.node,
        "previous": key.kid,
        "next": named.thumbprint(),
        "modified": stamp(at),
    }
    return sign(said, key)


def accept(obj: Object, known: Sequence[PublicKey], *, now: datetime) -> Accepted:
    """The descriptor in `obj`, when its keys follow from those that are `known` (none: a first meeting).

    Raises `Refused`: malformed, another-node, stale, key-order, broken-succession, history-rewritten, revocation-undone, or what
    `signing` refuses for.
    """
    try:
        said = Descriptor.model_validate(obj)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise Refused("malformed", f"descriptor {where}"[:120]) from error
    if said.modified < now - FRESH:
        raise Refused("stale", "descriptor")
    _in_order(said)
    _nothing_missing(said, known)
    counted = _chain(said, known, now)
    verified = verify_object(obj, _among(said.id, counted), now=now)
    if verified.kid != said.active.kid:
        raise Refused("broken-succession", "not signed by the key in force")
    before = {key.kid: key for key in known}
    return Accepted(
        descriptor=said,
        keys=tuple(counted.values()),
        new=tuple(kid for kid in counted if kid not in before),
        revoked=tuple(
            kid for kid, key in counted.items() if key.revoked_at and kid in before and not before[kid].revoked_at
        ),
    )  # fmt: skip


def _in_order(said: Descriptor) -> None:
    """One after the other, each ending when the next begins, the last one in force; no key twice."""
    if len({key.kid for key in said.keys}) != len(said.keys):
        raise Refused("key-order", "a key twice")
    for key, following in zip(said.keys, said.keys[1:], strict=False):
        ended = key.valid_until or key.revoked_at
        if ended is None or key.valid_from > following.valid_from:
            raise Refused("key-order", key.kid)
    if said.active.valid_until is not None or said.active.revoked_at is not None:
        raise Refused("key-order", "no key is in force")


def _nothing_missing(said: Descriptor, known: Sequence[PublicKey]) -> None:
    told = {key.kid: key for key in said.keys}
    for key in known:
        if key.node != said.id:
            raise Refused("another-node", said.id)
        if key.kid not in told:
            raise Refused("history-rewritten", key.kid)
        if key.revoked_at is not None and told[key.kid].revoked_at is None:
            raise Refused("revocation-undone", key.kid)


def _chain(said: Descriptor, known: Sequence[PublicKey], now: datetime) -> dict[str, PublicKey]:
    """Every key of the list that counts. At a first meeting all do, since the one in force, which people confirm, lists them."""
    before = {key.kid: key for key in known}
    counted: dict[str, PublicKey] = {}
    previous: SaidKey | None = None
    for key in said.keys:
        if previous is not None:
            _follows(said.id, previous, key, before.get(previous.kid), now)
        elif before and key.kid not in before:
            raise Refused("history-rewritten", "the first key is another one")
        counted[key.kid] = _as_counted(key.public(said.id), before.get(key.kid))
        previous = key
    return counted


def _as_counted(told: PublicKey, known: PublicKey | None) -> PublicKey:
    """What was known of a key stays: when it began, and when it was revoked."""
    if known is None:
        return told
    return PublicKey(
        told.node, told.kid, told.jwk, known.valid_from, told.valid_until, known.revoked_at or told.revoked_at
    )


def _follows(node: str, previous: SaidKey, key: SaidKey, as_known: PublicKey | None, now: datetime) -> None:
    """`previous` named `key` as the one after it, while it counted.

    Its revocation is told by the same list and does not undo the statement: it was made before. But a key that was known to be
    revoked when it made the statement names nobody.
    """
    if key.statement is None:
        raise Refused("broken-succession", key.kid)
    then = PublicKey(node, previous.kid, previous.jwk.model_dump(), previous.valid_from)
    found = verify_object(key.statement, _among(node, {previous.kid: then}), now=now).value
    named = (found.get("type"), found.get("node"), found.get("previous"), found.get("next"))
    if named != (STATEMENT, node, previous.kid, key.kid):
        raise Refused("broken-succession", key.kid)
    made = datetime.fromisoformat(str(found.get("modified")))
    ended = as_known.revoked_at if as_known else None
    if ended is not None and ended < made:
        raise Refused("broken-succession", "the key before it was revoked")


def _among(node: str, keys: Mapping[str, PublicKey]) -> Any:
    return lambda claimed, kid: keys.get(kid) if claimed == node else None
