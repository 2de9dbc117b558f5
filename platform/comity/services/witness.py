"""Watch the logs of allied nodes, and let them watch ours: fetch heads, check that they only grow, keep them, cosign them.

A head that cannot belong to what was seen before (another root for a size, or a proof that does not lead there) is an equivocation:
the node showed different logs to different people, or rewrote its own. It is kept as evidence, audited, and shown on the node's
page, and nothing of that log is cosigned any more. It pauses nothing by itself: people decide that. What could not be fetched
proves nothing. The network is called while no transaction is open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from comity.domain import ledger as tree
from comity.domain.canonical import canonical_json
from comity.domain.checkpoint import Head, cosigned, lines_of, node_of, read_cosignature, read_head
from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from comity.domain.peer import PeerState
from comity.domain.proof import from_base64
from comity.domain.signing import PublicKey, Refused
from comity.domain.strict_json import BadJson, parse
from comity.domain.viewer import Viewer
from comity.services import follow_keys, lease
from comity.services.outbound import Answer, Client, Limits, Unreachable, to_node
from comity.services.runtime import Runtime
from comity.services.sign import keys_of, signing_key
from comity.services.unit import Unit
from comity.storage import ledger, peers, witnessed
from comity.storage.ledger import Cosignature
from comity.storage.witnessed import CONSISTENT, EQUIVOCATION, EXPLAINED, Seen

WELL_KNOWN: Final = "/.well-known/comity.json"
LEDGER: Final = "/federation/v1/ledger"
LEASE: Final = timedelta(minutes=10)
"""Longer than a round over many nodes takes; a worker that was killed in one blocks the next no longer than this."""

LIMITS: Final = Limits(most_bytes=64_000, seconds=20.0, wait=5.0)
Open = Callable[[str], Client]
"""A client for the node at an address."""


@dataclass(frozen=True)
class Standing:
    """How the log of an allied node stands here. `loud` are the heads that contradict what was seen before; each is evidence."""

    newest: Seen | None
    loud: Sequence[Seen]

    @property
    def equivocated(self) -> bool:
        """It showed two logs. The page of the node says so at its top."""
        return bool(self.loud)


@dataclass(frozen=True)
class Watched:
    """What one round came to: how many logs were looked at, and which of them are not one log. `failed` are node and reason."""

    looked_at: int = 0
    cosigned: int = 0
    equivocated: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Log:
    """One allied node, as it is known before the network is called."""

    node: str
    base_url: str
    keys: tuple[PublicKey, ...]
    newest: Seen | None
    loud: bool


def standing(unit: Unit, node: str) -> Standing:
    """How the log of one node stands: for its page."""
    return Standing(witnessed.newest(unit.db, node), witnessed.equivocations(unit.db, node))


def explain(unit: Unit, *, node: str, reason: str) -> None:
    """People looked into an equivocation, such as a database that was restored from a backup, and take the log up anew.

    The heads that were seen stay as evidence. Only the operator does it. `Conflict` where there is nothing to explain.
    """
    if not unit.viewer.is_system:
        raise NotAllowed
    if not 10 <= len(reason.strip()) <= 200:
        raise Invalid([Problem("reason", "length", "Give a reason of 10 to 200 characters.")])
    if not witnessed.equivocations(unit.db, node):
        raise Conflict("Nothing is held against the log of this node.")
    witnessed.explain(unit.db, node)
    unit.audit("ledger.explained", f"node:{node}", reason=reason)


def watched_logs(unit: Unit) -> list[tuple[str, str, Standing]]:
    """Node, name and standing of every log that this node watches or has watched: with whom a node shares is public."""
    known = peers.listed(unit.db, unit.viewer, PeerState.ADMITTED, PeerState.PAUSED, PeerState.ENDED)
    return [(one.node_id, one.name, standing(unit, one.node_id)) for one in known]


def watch(runtime: Runtime, *, worker: str = "", open_client: Open | None = None) -> Watched:
    """One round over all allied nodes, by one worker at a time. Nothing that one of them answers disturbs the others."""
    client_for = open_client or (lambda address: to_node(runtime.settings, address, LIMITS))
    with runtime.system_unit("watch logs") as unit:
        if not lease.take(unit, job="witness", worker=worker, lasts=LEASE):
            return Watched()
        logs = _logs(unit)
    round_ = _Round(runtime, client_for, logs)
    for log in logs:
        round_.look(log)
    return round_.found


def _logs(unit: Unit) -> list[_Log]:
    """Those that are connected."""
    return [
        _Log(
            one.node_id,
            one.base_url,
            tuple(keys_of(unit, one.node_id)),
            witnessed.newest(unit.db, one.node_id),
            bool(witnessed.equivocations(unit.db, one.node_id)),
        )
        for one in peers.admitted(unit.db, unit.viewer, now=unit.now)
    ]


class _Round:
    """One round: what was fetched, judged and kept."""

    def __init__(self, runtime: Runtime, client_for: Open, logs: Sequence[_Log]) -> None:
        self._runtime = runtime
        self._client_for = client_for
        self._logs = logs
        self._counts = {"looked_at": 0, "cosigned": 0}
        self._equivocated: list[str] = []
        self._failed: dict[str, str] = {}

    @property
    def found(self) -> Watched:
        return Watched(**self._counts, equivocated=tuple(self._equivocated), failed=dict(self._failed))

    def look(self, log: _Log) -> None:
        """The node's own head, and then the heads of it that the others saw. A key that is not known may be the next one: its
        descriptor is read then, and the round begins anew for it.
        """
        try:
            with self._client_for(log.base_url) as client:
                try:
                    self._look(client, log)
                except Refused as refused:
                    if refused.reason != "unknown-key":
                        raise
                    self._look(client, self._follow(client, log))
        except Unreachable as unreachable:
            self._failed[log.node] = unreachable.code
        except Refused as refused:
            self._failed[log.node] = refused.reason

    def _look(self, client: Client, log: _Log) -> None:
        note = _text(client.get(f"{LEDGER}/checkpoint", accept=("text/plain",)))
        if note is None:  # its log is empty, or it is a node of before
            return
        head = self._judge(client, log, note)
        self._counts["looked_at"] += 1
        if head is None:
            return
        for other in self._elsewhere(log):
            if self._judge(client, log, other) is None:
                return
        self._cosign(client, log, head, note)

    def _follow(self, client: Client, log: _Log) -> _Log:
        """The log with the keys that follow from those that were known. Raises `Refused` when none does."""
        answer = client.get(WELL_KNOWN)
        if not answer.well:
            raise Refused("unknown-key", log.node)
        try:
            said = parse(answer.body)
        except BadJson as bad:
            raise Refused("malformed", bad.code) from bad
        with self._runtime.system_unit("watch logs") as unit:
            follow_keys.follow(unit, node_id=log.node, said=said)
            return replace(log, keys=tuple(keys_of(unit, log.node)))

    def _elsewhere(self, log: _Log) -> list[str]:
        """The heads of this log that the other allied nodes saw. What they have not got, or bend, is left aside."""
        found = []
        for other in self._logs:
            if other.node == log.node:
                continue
            try:
                with self._client_for(other.base_url) as client:
                    note = _text(client.get(f"{LEDGER}/seen/{log.node}", accept=("text/plain",)))
                    if note is not None:
                        read_head(note, log.node, log.keys, now=self._runtime.clock())
                        found.append(note)
            except (Unreachable, Refused):
                continue
        return found

    def _judge(self, client: Client, log: _Log, note: str) -> Head | None:
        """The head when it fits to what was seen before; None for an equivocation, which is kept."""
        head = read_head(note, log.node, log.keys, now=self._runtime.clock())
        with self._runtime.system_unit("watch logs", writes=False) as unit:
            newest = witnessed.newest(unit.db, log.node)
            same_size = [
                one for one in witnessed.of_size(unit.db, log.node, head.size) if one.state != EXPLAINED
            ]
        if any(one.root == head.root.hex() for one in same_size):
            fits = all(one.state == CONSISTENT for one in same_size)
        elif same_size:
            fits = False
        else:
            fits = newest is None or _leads(client, newest, head)
        self._keep(log, head, note, fits)
        return head if fits and not log.loud else None

    def _keep(self, log: _Log, head: Head, note: str, fits: bool) -> None:
        with self._runtime.system_unit("watch logs") as unit:
            state = CONSISTENT if fits else EQUIVOCATION
            new = witnessed.add(unit.db, Seen(log.node, head.size, head.root.hex(), note, state, unit.now))
            if not fits and new:
                unit.audit("ledger.equivocation", f"node:{log.node}", size=head.size, root=head.root.hex())
                unit.emit("peer.equivocation", node=log.node)
        if not fits:
            self._equivocated.append(log.node)

    def _cosign(self, client: Client, log: _Log, head: Head, note: str) -> None:
        """Put our line under the head, unless it stands there already."""
        with self._runtime.system_unit("watch logs", writes=False) as unit:
            key = signing_key(unit)
            if key is None or any(node_of(line) == key.node for line in lines_of(note)):
                return
            line = cosigned(key, head, at=unit.now)
        sent = canonical_json({"size": head.size, "line": line})
        answer = client.post(f"{LEDGER}/cosignature", sent, content_type="application/json")
        if answer.well:
            self._counts["cosigned"] += 1
        else:
            self._failed[log.node] = f"cosignature-{answer.status}"


def _leads(client: Client, newest: Seen, head: Head) -> bool:
    """Does the node's own proof lead from the smaller of the two heads to the larger one? `Unreachable` when it gives none."""
    known = (newest.size, bytes.fromhex(newest.root))
    (first, first_root), (second, second_root) = sorted(
        (known, (head.size, head.root)), key=lambda one: one[0]
    )
    answer = client.get(f"{LEDGER}/consistency?first={first}&second={second}")
    if not answer.well:
        raise Unreachable("no-proof")
    return tree.verify_consistency(
        first=first, second=second, proof=_hashes(answer), first_root=first_root, second_root=second_root
    )


def _hashes(answer: Answer) -> list[bytes]:
    """The proof in an answer. One that is no proof at all is refused, and proves nothing against anybody."""
    try:
        said: Any = parse(answer.body).get("proof")
    except BadJson as bad:
        raise Refused("malformed", bad.code) from bad
    if not isinstance(said, list) or not all(isinstance(one, str) for one in said):
        raise Refused("malformed", "proof")
    return from_base64(said)


def _text(answer: Answer) -> str | None:
    """The note; None where there is none yet."""
    if not answer.well:
        return None
    try:
        return answer.body.decode("utf-8")
    except UnicodeDecodeError as bad:
        raise Refused("malformed", "note") from bad


def take_cosignature(unit: Unit, *, size: int, line: str) -> datetime:
    """A witness brings its line for our head of `size`: the line proves who it is, and only a node that is connected may bring one.

    `NotFound` for everybody and everything else, in the same words.
    """
    head = ledger.checkpoint_of(unit.db, size)
    own = unit.node.node_id
    system = Viewer.system(own, "take a cosignature")
    try:
        node = node_of(line)
        peer = peers.get(unit.db, system, node)
        if head is None or peer is None or not peer.connected(unit.now):
            raise NotFound
        read = read_head(head.note, own, keys_of(unit, own), now=unit.now)
        at = read_cosignature(read, line, node, keys_of(unit, node), now=unit.now)
    except Refused:
        raise NotFound from None
    ledger.put_cosignature(unit.db, Cosignature(size, node, line, unit.now))
    return at


def seen_of(unit: Unit, node: str) -> str:
    """The newest head of a node's log that was consistent here: for others who watch the same log. `NotFound` where there is none.

    With whom a node shares is public (`storage.peers`), so this tells nobody of a peer they could not know.
    """
    known = peers.get(unit.db, Viewer.system(unit.node.node_id, "show a head"), node)
    newest = witnessed.newest(unit.db, node)
    if known is None or newest is None or not known.connected(unit.now):
        raise NotFound
    return newest.note
