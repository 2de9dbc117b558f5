"""What every act on an allied node shares: find and hold it, write the step beside it, and say what is before council."""

from __future__ import annotations

from typing import Any

from comity import policies
from comity.domain.errors import NotFound
from comity.domain.peer import KnownPeer
from comity.domain.peering import Council, PeerStep, Profiles, Standing, What, standing
from comity.domain.roles import Role
from comity.services.unit import Unit
from comity.storage import organizations, peers, people, role_grants


def hand(unit: Unit) -> str:
    """Who acts: an account, or the node itself."""
    return unit.viewer.person or "system"


def held(unit: Unit, node_id: str) -> KnownPeer:
    """The node, locked until the end of the unit. `NotFound` where the viewer may not know of it."""
    found = peers.lock(unit.db, unit.viewer, node_id)
    if found is None:
        raise NotFound
    return found


def take(unit: Unit, peer: KnownPeer, what: What, text: str = "", **details: Any) -> PeerStep:
    """Append a step and its audit entry. The audit keeps no text."""
    sector = unit.viewer.sector.value if unit.viewer.sector else ""
    step = PeerStep(what.value, hand(unit), unit.now, sector, text.strip(), details)
    peers.add_step(unit.db, peer.node_id, step)
    unit.audit(f"peer.{what.value}", f"peer:{peer.node_id}")
    return step


def council(unit: Unit) -> Council:
    """Who holds a seat now: active members of council whose organization has a sector."""
    holders = role_grants.holders(unit.db, Role.COUNCIL_MEMBER)
    active = [one for one in people.accounts(unit.db, ids=holders) if one.active]
    homes = {one.id: one for one in organizations.listed(unit.db)}
    sectors = {
        one.id: homes[one.organization].sector for one in active if one.organization in homes
    }  # a home that is not verified has no seat
    return Council({person: sector for person, sector in sectors.items() if sector is not None})


def profiles(unit: Unit, peer: KnownPeer) -> Profiles:
    """Our legal profile and theirs."""
    return Profiles(unit.node.legal_profile, peer.legal_profile)


def standing_of(unit: Unit, peer: KnownPeer) -> Standing:
    """What is before council about this node."""
    return standing(
        peers.steps(unit.db, unit.viewer, peer.node_id),
        fingerprint=peer.fingerprint,
        profiles=profiles(unit, peer),
        council=council(unit),
        rule=policies.quorum().actions.admit_peer_node,
        now=unit.now,
    )
