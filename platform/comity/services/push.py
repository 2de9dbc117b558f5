"""Bring signed notices to the inboxes of allied nodes, several in one POST, until each was taken or is given up with its reason.

The letters are taken in one unit, posted outside any, and settled in another. A crash in between posts a letter again; the other
side knows it by its id. One that is given up is a dead letter: it stays, with what the node said. Refuses to know what is told.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from comity.domain import strict_json
from comity.domain.peer import KnownPeer
from comity.services.call_node import Line, TurnedAway
from comity.services.outbound import Answer, Limits, Unreachable
from comity.services.runtime import Runtime
from comity.storage import outgoing, peers
from comity.storage.outgoing import Letter

AT_ONCE: Final = 200
MOST_BYTES: Final = 1_000_000
"""Of one envelope: below what a node takes unless it says otherwise."""

LEASE: Final = timedelta(minutes=3)
MOST_TRIES: Final = 14
LIMITS: Final = Limits(most_bytes=4_000_000, seconds=60, wait=20)
_FIRST_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(hours=6)


@dataclass(frozen=True)
class Pushed:
    """What became of one POST. `error` is empty when the node answered."""

    node_id: str
    taken: int = 0
    refused: int = 0
    error: str = ""


def due(runtime: Runtime) -> list[str]:
    """Connected nodes for which something waits."""
    with runtime.system_unit("push", writes=False) as unit:
        waiting = outgoing.due_nodes(unit.db, now=unit.now)
        connected = {one.node_id for one in peers.admitted(unit.db, unit.viewer, now=unit.now)}
    return [node for node in waiting if node in connected]


def push_due(runtime: Runtime) -> list[Pushed]:
    """One POST to every node for which something is due."""
    return [push(runtime, node) for node in due(runtime)]


def push(runtime: Runtime, node_id: str) -> Pushed:
    """Post what is due for one node: as much as goes into one envelope."""
    with runtime.system_unit("push") as unit:
        peer = peers.get(unit.db, unit.viewer, node_id)
        if peer is None or not peer.connected(unit.now):
            return Pushed(node_id, error="not-connected")
        taken = outgoing.take(unit.db, node_id, now=unit.now, until=unit.now + LEASE, limit=AT_ONCE)
        letters = _fitting(taken)
        rest = [one.id for one in taken[len(letters) :]]
        outgoing.put_back(unit.db, rest, at=unit.now)
    if not letters:
        return Pushed(node_id)
    envelope = ('{"objects":[' + ",".join(one.body for one in letters) + "]}").encode("utf-8")
    try:
        with Line(runtime, peer, LIMITS) as line:
            verdicts = _verdicts(line.post(_inbox(peer), envelope), letters)
        error = ""
    except TurnedAway:
        verdicts, error = {}, "turned-away"
    except Unreachable as failed:
        verdicts, error = {}, failed.code
    return _settle(runtime, node_id, letters, verdicts, error)


def _fitting(taken: Sequence[Letter]) -> Sequence[Letter]:
    """As many as fit into one envelope; one always does."""
    size = 0
    for place, letter in enumerate(taken):
        size += len(letter.body.encode("utf-8")) + 1
        if place and size > MOST_BYTES:
            return taken[:place]
    return taken


def _inbox(peer: KnownPeer) -> str:
    taxii = peer.descriptor.get("taxii")
    said = taxii if isinstance(taxii, Mapping) else {}
    root = said.get("api_root") or f"{peer.base_url}/taxii2/exchange/"
    return f"{root}collections/{said.get('inbox') or 'inbox'}/objects/"


def _verdicts(answer: Answer, letters: Sequence[Letter]) -> dict[str, str]:
    """Notice id -> empty when it was taken, else what the node said. Raises for an answer that says nothing of them."""
    if answer.status in (403, 404):
        raise TurnedAway
    if answer.status == 413:
        return {one.notice_id: "too-large" for one in letters}
    if not answer.well:
        raise Unreachable("protocol")
    try:
        status = strict_json.parse(answer.body)
    except strict_json.BadJson as bad:
        raise Unreachable("protocol") from bad
    taken = {str(one.get("id")): "" for one in _listed(status, "successes")}
    refused = {
        str(one.get("id")): str(one.get("message") or "refused")[:60] for one in _listed(status, "failures")
    }
    return refused | taken


def _listed(status: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = status.get(name, [])
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _settle(
    runtime: Runtime, node_id: str, letters: Sequence[Letter], verdicts: Mapping[str, str], error: str
) -> Pushed:
    """Write down what became of each. One of which the node said nothing is posted again."""
    taken = [one.id for one in letters if verdicts.get(one.notice_id) == ""]
    refused = 0
    with runtime.system_unit("push") as unit:
        outgoing.sent(unit.db, taken, at=unit.now)
        for letter in letters:
            if letter.id in taken:
                continue
            said = error or verdicts.get(letter.notice_id, "no-word")
            refused += not error
            again = _next_try(unit.now, letter, reachable=not error)
            outgoing.failed(unit.db, [letter.id], error=said, next_try=again)
            if again is None:
                unit.audit("exchange.dead_letter", f"node:{node_id}", notice=letter.notice_id)
    return Pushed(node_id, len(taken), refused, error)


def _next_try(now: datetime, letter: Letter, *, reachable: bool) -> datetime | None:
    """Twice as long each time. A node that cannot be reached is waited for; one that says no is asked a limited number of times."""
    if reachable and letter.tries + 1 >= MOST_TRIES:
        return None
    pause = min(_FIRST_PAUSE * int(2 ** min(letter.tries, 16)), _LONGEST_PAUSE)
    return now + pause * (0.75 + random.random() / 2)  # nosec B311  not a secret
