"""Propose an ally: its address and descriptor, the agreement that is offered, and the fingerprint that a second person confirms.

Nothing is served to a node or read from it here. Its keys count from the confirmation on, so that a descriptor which somebody on
the way has changed never becomes a key of ours (S29). Refuses to know how a descriptor is fetched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from comity.domain.errors import Conflict, Invalid, NotAllowed, Problem
from comity.domain.kinds.registry import KINDS
from comity.domain.peer import Agreement, KnownPeer, PeerState
from comity.domain.peering import What, may_confirm, same_fingerprint
from comity.domain.roles import Role
from comity.domain.signing import PublicKey
from comity.services import peer_steps
from comity.services.look_at_node import Found, keys_in
from comity.services.unit import Unit
from comity.storage import peers, role_grants

CONFIRMERS = (Role.FEDERATION_OFFICER, Role.DATA_PROTECTION_OFFICER, Role.COUNCIL_MEMBER, Role.NODE_ADMIN)
"""Whoever takes part in the admission can compare a fingerprint (`change_policy` in the matrix)."""


def propose(unit: Unit, *, found: Found, agreement: Agreement, text: str) -> KnownPeer:
    """Put a node before council. `Conflict` when it is known and not ended, `Invalid` for an agreement nobody could decide on."""
    unit.need("change_policy", "propose")
    if found.node_id == unit.node.node_id:
        raise Invalid([Problem("address", "self", "That is the address of this node.")])
    _check(unit, agreement, text)
    known = peers.lock(unit.db, unit.viewer, found.node_id)
    if known is not None and known.state is not PeerState.ENDED:
        raise Conflict("This node is known already. Open its page to offer another agreement.")
    fresh = KnownPeer(
        **found.said,
        node_id=found.node_id,
        state=PeerState.PROPOSED,
        proposed_at=unit.now,
        state_since=unit.now,
        epoch=known.epoch + 1 if known else 0,
    )
    if known is None:
        peers.add(unit.db, fresh)
    else:
        peers.save(unit.db, fresh)
    peer_steps.take(
        unit, fresh, What.PROPOSED, text, agreement=agreement.model_dump(mode="json"), address=found.base_url,
        fingerprint=found.fingerprint,
    )  # fmt: skip
    return fresh


def offer(unit: Unit, *, node_id: str, agreement: Agreement, text: str) -> KnownPeer:
    """Put another agreement before council: it replaces the offer before it, and every voice is asked again."""
    unit.need("change_policy", "propose")
    peer = peer_steps.held(unit, node_id)
    if peer.state is PeerState.ENDED:
        raise Conflict("The exchange with this node has ended. Propose it anew.")
    _check(unit, agreement, text)
    peer_steps.take(unit, peer, What.OFFERED, text, agreement=agreement.model_dump(mode="json"))
    return peer


def refresh(unit: Unit, *, node_id: str, found: Found) -> KnownPeer:
    """Keep what the node says of itself now. `found` was looked at beside the keys that are known, so a new key follows from them.

    Before anybody confirmed a key there is nothing to follow from, and a key that changed is confirmed like the first.
    """
    unit.need("change_policy", "propose")
    peer = peer_steps.held(unit, node_id)
    if found.node_id != peer.node_id:
        raise Invalid([Problem("address", "another-node", "Another node answers at this address now.")])
    known = {key.kid for key in peers.keys(unit.db, unit.viewer, node_id)}
    if not known <= {key.kid for key in found.keys}:
        raise Conflict("The keys of this node changed while it was looked at. Look again.")
    for key in found.keys if known else ():
        peers.put_key(unit.db, key)
    raised = int(found.legal_profile != peer.legal_profile)
    peers.save(unit.db, replace(peer, **found.said, epoch=peer.epoch + raised))
    follows = {"follows": peer.fingerprint} if known and found.fingerprint != peer.fingerprint else {}
    peer_steps.take(unit, peer, What.REFRESHED, fingerprint=found.fingerprint, **follows)
    return peer


def known_keys(unit: Unit, *, node_id: str) -> Sequence[PublicKey]:
    """The keys that a look at the node is compared with."""
    unit.need("change_policy")
    return peers.keys(unit.db, unit.viewer, node_id)


def confirm(unit: Unit, *, node_id: str, fingerprint: str, how: str) -> KnownPeer:
    """The fingerprint that the other side read out is that of the key which was found: its keys count from now on.

    `Invalid` when it differs; `NotAllowed` for whoever typed the address while somebody else can confirm.
    """
    unit.need("change_policy")
    peer = peer_steps.held(unit, node_id)
    others = {one for role in CONFIRMERS for one in role_grants.holders(unit.db, role)}
    if not may_confirm(peers.steps(unit.db, unit.viewer, node_id), peer_steps.hand(unit), others):
        raise NotAllowed("You entered the address. Somebody else compares the fingerprint.")
    problems = []
    if not same_fingerprint(fingerprint, peer.fingerprint):
        said = "This is not the fingerprint of the key at that address. Do not go on: ask the other side by another way."
        problems.append(Problem("fingerprint", "differs", said))
    if len(how.strip()) < 10:
        said = "Say with whom you compared it, and how: by telephone, or face to face."
        problems.append(Problem("how", "short", said))
    if problems:
        raise Invalid(problems)
    for key in keys_in(peer):
        peers.put_key(unit.db, key)
    peer_steps.take(unit, peer, What.CONFIRMED, how, fingerprint=peer.fingerprint)
    return peer


def _check(unit: Unit, agreement: Agreement, text: str) -> None:
    problems = list(agreement.problems(KINDS, unit.now))
    if len(text.strip()) < 10:
        said = "Say in a sentence why: council reads it."
        problems.append(Problem("text", "short", said))
    if problems:
        raise Invalid(problems)
