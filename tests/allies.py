"""An allied node in a test's database, admitted or not, with its key: what takes a council weeks is one line here."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final

from joserfc.jwk import OKPKey
from sqlalchemy.orm import Session

from comity.domain.peer import Agreement, KnownPeer, PeerState, Purpose
from comity.domain.signing import PublicKey, SigningKey
from comity.domain.tlp import TLP
from comity.domain.trust_group import TrustGroup
from comity.domain.viewer import Viewer
from comity.storage import peers, people, trust_groups

SINCE: Final = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
"""When an ally's key began and council admitted it, unless a test says otherwise."""

AGREEMENT: Final = Agreement(
    kinds=("advisory", "best_practice", "due_diligence_note"),
    highest_marking=TLP.AMBER_STRICT,
    purposes=tuple(purpose.value for purpose in Purpose),
    ends_on=date(2030, 1, 31),
    groups=("fjord",),
)


def legal_profile(country: str = "SE", **changes: Any) -> dict[str, Any]:
    """A profile under which everything but exceptional personal data may be received."""
    return {
        "schema": "rsi.legal_profile/1",
        "jurisdiction": country,
        "data_protection": {"regime": "GDPR", "authority": "The authority"},
        "disclosure_law": {
            "applies_to_operator": True,
            "exemptions_relied_on": ["confidence"],
            "accepts_amber_from_peers": True,
        },
        "defamation": {"standard": "A statement of fact must be true.", "prior_notice_advised": True},
        "retention_months": {"records": 120, "assessments": 60, "submissions": 24, "audit": 84},
        "reviewed_on": "2026-01-05",
        "review_due": "2029-01-05",
    } | changes


def new_key(node: str) -> SigningKey:
    """A signing key for a node that a test plays."""
    return SigningKey(node, OKPKey.generate_key("Ed25519"))


def public(key: SigningKey, *, valid_from: datetime = SINCE) -> PublicKey:
    """Its public half, as a peer keeps it."""
    return PublicKey(key.node, key.kid, key.key.as_dict(private=False), valid_from)


def known(node_id: str = "sudland", **changes: Any) -> KnownPeer:
    """An admitted ally with everything agreed. `changes` are fields of `KnownPeer`."""
    ally = KnownPeer(
        node_id=node_id,
        name=f"{node_id.title()} Exchange",
        base_url=f"https://{node_id}.example",
        state=PeerState.ADMITTED,
        proposed_at=SINCE,
        state_since=SINCE,
        country="SE",
        agreement=AGREEMENT,
        legal_profile=legal_profile(),
        organizations=({"id": "uni-far", "name": "Faraway University"},),
        admitted_at=SINCE,
    )
    return replace(ally, **changes)


def put(
    db: Session, ally: KnownPeer | None = None, *, key: SigningKey | None = None, in_groups: bool = True
) -> KnownPeer:
    """Write an ally, with its key, and as a member of the groups of its agreement, which this node owns. As a reader finds it."""
    ally = ally or known()
    peers.add(db, ally)
    if key is not None:
        peers.put_key(db, public(key))
    here = people.node(db).node_id
    for group_id in ally.agreement.groups if ally.agreement and in_groups else ():
        old = trust_groups.get(db, group_id)
        members = (*old.members, ally.node_id) if old else (ally.node_id,)
        version = old.version + 1 if old else 1
        trust_groups.put(
            db, TrustGroup(group_id, here, version, members, hidden=False, document="{}", at=SINCE)
        )
    found = peers.get(db, Viewer.system(here, "test"), ally.node_id)
    assert found is not None
    return found
