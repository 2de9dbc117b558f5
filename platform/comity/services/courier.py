"""Carry the exchange by hand: write a signed file with what an ally would read of the feed and find in its inbox, and take one in.

The same rule says what is in it, the same verifier and the same handlers deal with each object, and nodes answer by a courier of
their own. What went into a file counts as fetched, so that a later recall is sent after it. Refuses to know how files travel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from comity.domain.courier import Header, Opened, inspect, objects_in, pack
from comity.domain.errors import Busy, Conflict, Invalid, NotFound, Problem
from comity.domain.peer import KnownPeer
from comity.domain.signing import Refused
from comity.domain.taxii import Match
from comity.domain.taxii_envelope import BadEnvelope, Piece, read_envelope
from comity.domain.viewer import Viewer
from comity.services import deliver, sign, tell
from comity.services.apply_page import apply_page
from comity.services.runtime import Runtime
from comity.services.unit import Unit
from comity.storage import object_pages, outgoing, peers
from comity.storage.pulls import Counts

PAGE: Final = 500
_EVERYTHING: Final = Match()


@dataclass(frozen=True)
class Packed:
    """What a file holds. `until` is where the next one may begin, when the ally has taken this one."""

    objects: int
    until: int


def write(unit: Unit, *, node_id: str, since: int, path: Path) -> Packed:
    """Write a file for `node_id` with its feed after `since` and every notice it is not known to have. `unit` is a job of the node.

    `NotFound` for a node that is no ally, `Conflict` while it is paused, `Busy` while records are weighed for it.
    """
    peer = _ally(unit, node_id)
    if not peer.ready:
        raise Busy
    key = sign.ensure_key(unit)
    gathered = _Gathered(unit, peer, since)
    until = gathered.end()
    header = Header(origin=key.node, to=node_id, since=max(0, since), until=until, made_at=unit.now)
    with path.open("xb") as file:
        for line in pack(header, gathered.objects(), key):
            file.write(line)
    unit.audit("courier.pack", f"node:{node_id}", objects=gathered.count, until=until)
    return Packed(gathered.count, until)


def read(runtime: Runtime, *, path: Path) -> tuple[Header, Counts]:
    """Take a file in, part by part: each is there whole or not at all, and taking it again changes nothing.

    `Invalid` names what is wrong with the file as a whole, before anything in it was believed.
    """
    opened = _opened(runtime, path)
    origin, counts = opened.header.origin, Counts()
    with path.open("rb") as file:
        objects = objects_in(file, opened)
        while batch := list(islice(objects, PAGE)):
            with runtime.system_unit("courier") as unit:
                counts += apply_page(unit, _ally(unit, origin), _pieces(batch))
    with runtime.system_unit("courier") as unit:
        unit.audit("courier.take", f"node:{origin}", objects=opened.count, applied=counts.applied)
    return opened.header, counts


def _opened(runtime: Runtime, path: Path) -> Opened:
    with runtime.system_unit("courier", writes=False) as unit, path.open("rb") as file:
        try:
            opened = inspect(file, sign.key_of(unit), here=unit.node.node_id, now=unit.now)
        except Refused as bad:
            said = f"The file is not taken: {bad.reason}. Nothing in it was believed."
            raise Invalid([Problem("file", bad.reason, said)], said) from bad
        _ally(unit, opened.header.origin)
        return opened


def _ally(unit: Unit, node_id: str) -> KnownPeer:
    peer = peers.get(unit.db, unit.viewer, node_id)
    if peer is None:
        raise NotFound
    if not peer.connected(unit.now):
        raise Conflict("The exchange with this node is not open now.")
    return peer


def _pieces(batch: Iterable[bytes]) -> tuple[Piece, ...]:
    try:
        return read_envelope(b'{"objects":[' + b",".join(batch) + b"]}").pieces
    except BadEnvelope as bad:
        raise Invalid([Problem("file", "malformed", "A line of the file holds no object.")]) from bad


class _Gathered:
    """What goes into a file: the feed as the ally may read it, then the notices for its inbox."""

    def __init__(self, unit: Unit, peer: KnownPeer, since: int) -> None:
        self.unit, self.peer, self.since = unit, peer, since
        self.viewer = Viewer.allied(unit.node.node_id, peer.as_policy())
        self.feed = tell.feed_id(unit)
        self.count = 0

    def end(self) -> int:
        """When the last object of the feed was added that the ally may read; `since` when there is none after that."""
        last = object_pages.last_moment(self.unit.db, self.viewer, self.feed)
        return max(self.since, last, 0)

    def objects(self) -> Iterator[bytes]:
        """Canonical bytes of each."""
        for page in self._pages():
            taken = [(str(one.value["id"]), str(one.value.get("modified", ""))) for one in page if one.value]
            deliver.note_fetched(self.unit, node=self.peer.node_id, page=taken)
            for one in page:
                self.count += 1
                yield one.text.encode()
        for letter in outgoing.unsent(self.unit.db, self.peer.node_id):
            self.count += 1
            yield letter.body.encode()

    def _pages(self) -> Iterator[tuple[Piece, ...]]:
        after = self.since or -1
        while True:
            page = object_pages.objects(
                self.unit.db, self.viewer, self.feed, _EVERYTHING, after=after, limit=PAGE
            )
            if page.count:
                yield read_envelope(b'{"objects":[' + page.body + b"]}").pieces
            if not page.more:
                return
            after = page.last_us
