"""How the demonstration's nodes came to be allies: proposed, compared by telephone, reviewed, voted on and put into effect, by the
people whose task each step is. Safe to repeat; an ally whose address has changed is looked at again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from comity.domain.kinds.registry import KINDS
from comity.domain.peer import Agreement, PeerState, Purpose
from comity.domain.tlp import TLP
from comity.services import admit_peer, keep_group, look_at_node, propose_peer
from comity.services.demo_world import Stage, cast
from comity.services.look_at_node import Found
from comity.services.runtime import Runtime
from comity.services.unit import Unit
from comity.storage import peers

OFFICER: Final = "federation_officer"
PROTECTION: Final = "data_protection_officer"
OPERATOR: Final = "node_admin"
WHY: Final = "We work on the same questions and want to read each other's notes."
LASTS: Final = timedelta(days=700)

Clock = Callable[[], datetime]


def ally(runtime: Runtime, *, address: str, group: str, clock: Clock) -> str:
    """Make the node at `address` an ally of this one. Returns its id. Its server must be running."""
    stage = Stage(runtime)
    found = look_at_node.look(runtime.settings, address, now=clock())
    node = found.node_id
    peer, keys = stage.run(
        OFFICER,
        clock(),
        lambda unit: (peers.get(unit.db, unit.viewer, node), peers.keys(unit.db, unit.viewer, node)),
    )
    if peer is None:
        _propose(stage, found, group, clock)
    elif peer.base_url != found.base_url:
        found = look_at_node.look(runtime.settings, address, known=keys, now=clock())
        stage.run(OFFICER, clock(), lambda unit: propose_peer.refresh(unit, node_id=node, found=found))
    if peer is None or peer.state is PeerState.PROPOSED:
        _admit(stage, found, clock)
    return node


def _propose(stage: Stage, found: Found, group: str, clock: Clock) -> None:
    offered = Agreement(
        kinds=tuple(KINDS),
        highest_marking=TLP.AMBER,
        purposes=tuple(purpose.value for purpose in Purpose),
        ends_on=(clock() + LASTS).date(),
        groups=(group,),
    )
    stage.run(
        OFFICER, clock(), lambda unit: propose_peer.propose(unit, found=found, agreement=offered, text=WHY)
    )


def _admit(stage: Stage, found: Found, clock: Clock) -> None:
    node = found.node_id
    how = "Read out by telephone, group by group, by the federation officer there."
    read = "Both profiles know confidence as a ground; nothing stands in the way."

    def confirm(unit: Unit) -> None:
        propose_peer.confirm(unit, node_id=node, fingerprint=found.fingerprint, how=how)
        admit_peer.review_profiles(unit, node_id=node, text=read)
        admit_peer.acknowledge(unit, node_id=node)

    stage.run(PROTECTION, clock(), confirm)
    for who, one in cast().items():
        if "council_member" in one["roles"]:
            stage.run(who, clock(), lambda unit: admit_peer.vote(unit, node_id=node, agrees=True))
    stage.run(OPERATOR, clock(), lambda unit: admit_peer.apply(unit, node_id=node))


def share(runtime: Runtime, *, group: str, clock: Clock) -> None:
    """The node of this runtime owns the trust group, and every ally that is admitted is in it."""

    def fill(unit: Unit) -> None:
        if group not in {one.id for one in keep_group.listed(unit)}:
            keep_group.begin(unit, group_id=group)
        members = [one.node_id for one in keep_group.candidates(unit, group)]
        keep_group.replace_members(unit, group_id=group, members=members)

    Stage(runtime).run(OFFICER, clock(), fill)
