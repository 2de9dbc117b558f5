"""Allied nodes, their keys, and the steps by which each of them was admitted, paused or ended.

Gives frozen values, never rows. What a reader may know of begins every select: a node that is only proposed is known to those who
take part in its admission, and a peer's own machine knows itself alone.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.peer import Agreement, KnownPeer, PeerState
from comity.domain.peering import PeerStep
from comity.domain.signing import PublicKey
from comity.domain.trust_group import TrustGroup
from comity.domain.viewer import Viewer
from comity.storage import people, trust_groups
from comity.storage.tables.base import table_of
from comity.storage.tables.federation import PeerKeyRow, PeerRow, PeerStepRow

__all__ = [
    "KnownPeer", "PeerStep", "add", "add_step", "admitted", "get", "heard", "key", "keys", "let_in", "listed", "lock", "put_key",
    "raise_epoch", "save", "steps", "weighed", "weighing",
]  # fmt: skip

_peer = table_of(PeerRow)
_key = table_of(PeerKeyRow)
_step = table_of(PeerStepRow)
_COLUMNS: Final = tuple(one.name for one in fields(KnownPeer) if one.name != "groups")
OPEN: Final = (PeerState.ADMITTED, PeerState.PAUSED, PeerState.ENDED)
"""Whoever was admitted once is shown to everybody: with whom a node shares is no secret."""


def _readable(viewer: Viewer) -> sa.Select[Any]:
    chosen = sa.select(_peer)
    if viewer.is_system:
        return chosen
    if viewer.peer is not None:
        return chosen.where(_peer.c.node_id == viewer.peer.node)
    if viewer.may("change_policy"):
        return chosen
    return chosen.where(_peer.c.state.in_([state.value for state in OPEN]), _peer.c.admitted_at.is_not(None))


def _from_row(row: sa.Row[Any], shared: list[TrustGroup]) -> KnownPeer:
    values = {name: getattr(row, name) for name in _COLUMNS}
    agreement = Agreement.model_validate(row.agreement) if row.agreement else None
    agreed = set(agreement.groups) if agreement else set()
    return KnownPeer(
        **{
            **values,
            "state": PeerState(row.state),
            "agreement": agreement,
            "organizations": tuple(row.organizations),
            "groups": frozenset(one.id for one in shared if one.id in agreed and one.holds(row.node_id)),
        }
    )


def _found(db: Session, query: sa.Select[Any]) -> list[KnownPeer]:
    rows = db.execute(query).all()
    if not rows:
        return []
    shared = trust_groups.shared(db, here=people.node(db).node_id)
    return [_from_row(row, shared) for row in rows]


def get(db: Session, viewer: Viewer, node_id: str) -> KnownPeer | None:
    """One allied node, whatever its state."""
    found = _found(db, _readable(viewer).where(_peer.c.node_id == node_id))
    return found[0] if found else None


def lock(db: Session, viewer: Viewer, node_id: str) -> KnownPeer | None:
    """As `get`, holding the row until the transaction ends, so that two decisions about it are taken one after the other."""
    found = _found(db, _readable(viewer).where(_peer.c.node_id == node_id).with_for_update())
    return found[0] if found else None


def listed(db: Session, viewer: Viewer, *states: PeerState) -> list[KnownPeer]:
    """Those in one of `states` (none: in any), by name."""
    query = _readable(viewer).order_by(_peer.c.name, _peer.c.node_id)
    if states:
        query = query.where(_peer.c.state.in_([state.value for state in states]))
    return _found(db, query)


def admitted(db: Session, viewer: Viewer, *, now: datetime | None = None) -> list[KnownPeer]:
    """Those that are admitted; with `now` only those whose agreement holds at that moment."""
    found = listed(db, viewer, PeerState.ADMITTED)
    return found if now is None else [one for one in found if one.connected(now)]


def _values(peer: KnownPeer) -> dict[str, Any]:
    return {name: getattr(peer, name) for name in _COLUMNS} | {
        "state": peer.state.value,
        "agreement": peer.agreement.model_dump(mode="json") if peer.agreement else {},
        "descriptor": dict(peer.descriptor),
        "legal_profile": dict(peer.legal_profile),
        "organizations": [dict(one) for one in peer.organizations],
    }


def add(db: Session, peer: KnownPeer) -> None:
    """A new one. Raises `IntegrityError` for a node that is known."""
    db.execute(sa.insert(_peer).values(**_values(peer), weighing=0))


def save(db: Session, peer: KnownPeer) -> None:
    """Write every field of one that is known, except when it was heard. Raises `LookupError` otherwise."""
    kept = {"node_id", "heard_at", "let_in_at"}
    values = {name: value for name, value in _values(peer).items() if name not in kept} | {"weighing": 0}
    change = sa.update(_peer).where(_peer.c.node_id == peer.node_id).values(**values)
    if db.scalar(change.returning(_peer.c.node_id)) is None:
        raise LookupError(peer.node_id)


def raise_epoch(db: Session, *node_ids: str) -> None:
    """The rights of these nodes changed (none named: of all): each waits until every record was weighed for it anew."""
    change = sa.update(_peer).values(epoch=_peer.c.epoch + 1, weighing=0)
    db.execute(change.where(_peer.c.node_id.in_(node_ids)) if node_ids else change)


def weighing(db: Session, node_id: str) -> int:
    """The id of the record up to which the records were weighed for a node; 0 at the beginning."""
    return int(db.scalar(sa.select(_peer.c.weighing).where(_peer.c.node_id == node_id)) or 0)


def weighed(db: Session, node_id: str, *, up_to: int | None) -> None:
    """Records were weighed for a node up to this one; None: all of them, for its epoch of now."""
    values = {"weighing": up_to} if up_to is not None else {"weighing": 0, "weighed": _peer.c.epoch}
    db.execute(sa.update(_peer).where(_peer.c.node_id == node_id).values(**values))


def heard(db: Session, node_id: str, now: datetime) -> None:
    """Its machine proved itself here."""
    db.execute(sa.update(_peer).where(_peer.c.node_id == node_id).values(heard_at=now))


def let_in(db: Session, node_id: str, now: datetime | None) -> None:
    """Our machine was let in there; None when it was turned away."""
    db.execute(sa.update(_peer).where(_peer.c.node_id == node_id).values(let_in_at=now))


def keys(db: Session, viewer: Viewer, node_id: str) -> list[PublicKey]:
    """The keys of a node that the viewer may know of, newest first: also those that have ended, for what they signed before."""
    known = _readable(viewer).with_only_columns(_peer.c.node_id)
    chosen = sa.select(_key).where(_key.c.node_id == node_id, _key.c.node_id.in_(known))
    return [_key_of(row) for row in db.execute(chosen.order_by(_key.c.valid_from.desc(), _key.c.kid))]


def key(db: Session, viewer: Viewer, node_id: str, kid: str) -> PublicKey | None:
    """One key of a node."""
    return next((one for one in keys(db, viewer, node_id) if one.kid == kid), None)


def _key_of(row: sa.Row[Any]) -> PublicKey:
    return PublicKey(row.node_id, row.kid, row.jwk, row.valid_from, row.valid_until, row.revoked_at)


def put_key(db: Session, one: PublicKey) -> None:
    """A new key, or a new end of one that is known. Its value, its beginning and a revocation stay as they are."""
    revoked = sa.func.coalesce(_key.c.revoked_at, sa.literal(one.revoked_at, _key.c.revoked_at.type))
    known = sa.update(_key).where(_key.c.node_id == one.node, _key.c.kid == one.kid)
    ended = known.values(valid_until=one.valid_until, revoked_at=revoked)
    if db.scalar(ended.returning(_key.c.kid)) is None:
        values = {name: getattr(one, name) for name in ("kid", "valid_from", "valid_until", "revoked_at")}
        db.execute(sa.insert(_key).values(node_id=one.node, jwk=dict(one.jwk), **values))


def add_step(db: Session, node_id: str, step: PeerStep) -> None:
    """Append one step."""
    values = {one.name: getattr(step, one.name) for one in fields(PeerStep) if one.name != "id"}
    db.execute(sa.insert(_step).values(node_id=node_id, **values | {"details": dict(step.details)}))


def steps(db: Session, viewer: Viewer, node_id: str) -> list[PeerStep]:
    """Every step of a node that the viewer may know of, oldest first."""
    known = _readable(viewer).with_only_columns(_peer.c.node_id)
    chosen = sa.select(_step).where(_step.c.node_id == node_id, _step.c.node_id.in_(known))
    return [
        PeerStep(**{one.name: getattr(row, one.name) for one in fields(PeerStep)})
        for row in db.execute(chosen.order_by(_step.c.id))
    ]
