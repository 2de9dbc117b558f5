"""A proof to take away: that one entry stands in a node's log, checked by whoever has the file and a key of the node.

Nothing else is needed: the entry and its salt give the leaf, the path leads from the leaf to the root, and the root stands in the
checkpoint that the node signed and others cosigned. Decides whether the file holds together. Refuses to know files and nodes.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from comity.domain import ledger
from comity.domain.checkpoint import Head, lines_of, node_of, read_cosignature, read_head
from comity.domain.commitment import SALT, commitment
from comity.domain.signing import PublicKey, Refused

KeysOf = Callable[[str], Sequence[PublicKey]]
"""The keys of a node, as whoever verifies knows them; none for a stranger."""


class Proof(BaseModel):
    """The file. `inclusion` are base64 hashes, the nearest first; `checkpoint` is the signed note with its cosignatures."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["comity-ledger-proof"] = "comity-ledger-proof"
    version: Literal[1] = 1
    entry: dict[str, Any]
    salt: Annotated[str, Field(pattern=rf"^[0-9a-f]{{{2 * SALT}}}$")]
    index: int = Field(ge=0, le=2**53 - 1)
    inclusion: tuple[Annotated[str, Field(max_length=44)], ...] = Field(max_length=64)
    checkpoint: Annotated[str, Field(max_length=32_000)]

    @property
    def leaf(self) -> bytes:
        """The hash of the leaf that the entry and its salt make."""
        return ledger.leaf_hash(commitment(self.entry, bytes.fromhex(self.salt)))


@dataclass(frozen=True)
class Checked:
    """What the file proves: `entry` is leaf `index` of the log of `node`, whose head of then `witnesses` saw."""

    node: str
    index: int
    entry: Mapping[str, Any]
    head: Head
    witnesses: Mapping[str, datetime]


def in_base64(hashes: Sequence[bytes]) -> tuple[str, ...]:
    """Hashes as they travel."""
    return tuple(b64encode(one).decode("ascii") for one in hashes)


def from_base64(texts: Sequence[str]) -> list[bytes]:
    """And back. Raises `Refused("malformed")`."""
    try:
        return [b64decode(one, validate=True) for one in texts]
    except (binascii.Error, ValueError) as error:
        raise Refused("malformed", "base64") from error


def read_proof(obj: Mapping[str, Any]) -> Proof:
    """The file as it was parsed by `domain.strict_json`. Raises `Refused("malformed")`."""
    try:
        return Proof.model_validate(obj)
    except ValidationError as error:
        raise Refused("malformed", ".".join(str(part) for part in error.errors()[0]["loc"])[:120]) from error


def check(proof: Proof, keys_of: KeysOf, *, now: datetime) -> Checked:
    """What the proof proves. Raises `Refused`: malformed, another-log, unknown-key, bad-signature, not-in-the-log."""
    node = str(proof.entry.get("node", ""))
    head = read_head(proof.checkpoint, node, keys_of(node), now=now)
    try:
        leaf = proof.leaf
    except ValueError as error:
        raise Refused("malformed", "entry") from error
    holds = ledger.verify_inclusion(
        index=proof.index, size=head.size, leaf=leaf, proof=from_base64(proof.inclusion), root=head.root
    )
    if not holds or proof.entry.get("index") != proof.index:
        raise Refused("not-in-the-log")
    return Checked(node, proof.index, proof.entry, head, witnesses(proof.checkpoint, head, keys_of, now=now))


def witnesses(note: str, head: Head, keys_of: KeysOf, *, now: datetime) -> dict[str, datetime]:
    """Who cosigned the head, and when. Lines of nodes whose keys are not known here count for nothing and harm nothing."""
    found: dict[str, datetime] = {}
    for line in lines_of(note):
        node = node_of(line)
        try:
            found[node] = read_cosignature(head, line, node, keys_of(node), now=now)
        except Refused:
            continue
    return found
