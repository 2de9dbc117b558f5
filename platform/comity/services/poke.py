"""Tell allied nodes that there is something new for them, and look at once where one of them says so.

A poke carries nothing: whoever gets one reads the feed as always, under its own rights. A node is poked only for what it may be
served, so that a poke about others' matters tells nothing. It is a courtesy: when it is lost, the feed is read a little later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from comity import policies
from comity.domain.errors import NotFound, TooMany
from comity.domain.peer import KnownPeer
from comity.domain.viewer import Viewer
from comity.services.call_node import Line, TurnedAway
from comity.services.mint import digest
from comity.services.outbound import Limits, Unreachable
from comity.services.runtime import Runtime
from comity.services.unit import Unit
from comity.storage import object_pages, peers, pulls, throttles

PATH: Final = "/federation/v1/poke"
LIMITS: Final = Limits(most_bytes=20_000, seconds=10, wait=5)
FREE: Final = 600
"""Pokes of one node in an hour before it has to wait; twice a publication every ten seconds, all day."""

APART: Final = timedelta(milliseconds=500)
"""A feed is not read more often than that, however often its node pokes."""


@dataclass(frozen=True)
class Poked:
    """One poke. `error` is empty when the node took it."""

    node_id: str
    error: str = ""


def heard(unit: Unit) -> None:
    """An allied node's machine says that it has something new: its feed is due. `NotFound` for everybody else."""
    peer = unit.viewer.peer
    if peer is None:
        raise NotFound
    wait = throttles.take(unit.db, digest(f"poke {peer.node}"), free=FREE, now=unit.now)
    if wait:
        raise TooMany(max(1, int(wait.total_seconds())))
    pulls.ensure(unit.db, peer.node, now=unit.now)
    state = pulls.get(unit.db, peer.node)
    last = state.worked_at if state is not None else None
    pulls.wake(unit.db, peer.node, at=unit.now if last is None else max(unit.now, last + APART))


def due(runtime: Runtime) -> list[tuple[str, int]]:
    """Connected nodes for which something new stands in the feed, each with how far it goes."""
    with runtime.system_unit("poke", writes=False) as unit:
        newest = pulls.feed_head(unit.db)
        known = {one.node_id: one for one in pulls.listed(unit.db)}
        if all(one.poked_seq >= newest for one in known.values()):
            return []
        connected = peers.admitted(unit.db, unit.viewer, now=unit.now)
        behind = [one for one in connected if one.node_id in known and known[one.node_id].poked_seq < newest]
        return [
            (one.node_id, newest if _news(unit, one, known[one.node_id].poked_seq) else -newest)
            for one in behind
        ]


def _news(unit: Unit, peer: KnownPeer, since: int) -> bool:
    viewer = Viewer.allied(unit.node.node_id, peer.as_policy(), policies.roles().powers("peer_node"))
    return object_pages.newer(unit.db, viewer, pulls.feed_id(unit.db), since)


def poke_due(runtime: Runtime) -> list[Poked]:
    """Poke every node that is due."""
    return [poke(runtime, node, seq) for node, seq in due(runtime)]


def poke(runtime: Runtime, node_id: str, seq: int) -> Poked:
    """Poke one node once about the feed up to `seq`; when it does not answer it finds out by itself.

    A negative `seq` means that nothing up to there is for this node: it is only written down that this was looked at.
    """
    with runtime.system_unit("poke") as unit:
        peer = peers.get(unit.db, unit.viewer, node_id)
        mine = pulls.poked(unit.db, node_id, abs(seq))
    if peer is None or seq < 0 or not mine:
        return Poked(node_id)
    try:
        with Line(runtime, peer, LIMITS) as line:
            answer = line.post(PATH, b"{}", content_type="application/json", accept=("application/json",))
        return Poked(node_id, "" if answer.well else f"status-{answer.status}")
    except TurnedAway:
        return Poked(node_id, "turned-away")
    except Unreachable as failed:
        return Poked(node_id, failed.code)
