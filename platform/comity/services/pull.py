"""Read the feeds of allied nodes, page by page, so that each page is dealt with whole and the reading goes on where it stopped.

No unit is open while the network is waited for. A page's effects and the place behind it are one transaction: a worker that is
killed repeats at most one page, which changes nothing. A place that the node does not know any more begins anew, and a full reading
finds every tombstone. What goes wrong is tried again, ever more slowly and never at the same moment as everybody else.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from comity.domain.errors import Busy
from comity.domain.peer import KnownPeer
from comity.domain.taxii import BadTime, read_time
from comity.domain.taxii_envelope import BadEnvelope, Page, read_envelope
from comity.log import logger
from comity.services.apply_page import Unreconciled, apply_page, try_again
from comity.services.call_node import Line, TurnedAway
from comity.services.outbound import Answer, Limits, Unreachable
from comity.services.runtime import Runtime
from comity.services.unit import Unit
from comity.storage import peers, pulls
from comity.storage.pulls import Counts, Pull

PAGE: Final = 1000
EVERY: Final = timedelta(seconds=60)
"""How long until a feed is looked at that nobody poked about; half a minute more or less by chance."""

LEASE: Final = timedelta(minutes=3)
LIMITS: Final = Limits(most_bytes=64_000_000, seconds=90, wait=20)
MOST_SECONDS: Final = 120.0
"""After so long the other feeds have their turn."""

NOTHING: Final = Counts()
_LONGEST: Final = timedelta(minutes=15)
_LAST: Final = "x-taxii-date-added-last"


class Stopped(Exception):
    """The reading cannot go on now. `code` says why; it is one of a few words and quotes nothing."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True)
class Pulled:
    """What one reading did. `error` is empty when it came to the end of the feed."""

    node_id: str
    counts: Counts = NOTHING
    pages: int = 0
    error: str = ""


def due(runtime: Runtime) -> list[str]:
    """Nodes whose feed is to be read now."""
    with runtime.system_unit("pull", writes=False) as unit:
        known = {one.node_id: one for one in pulls.listed(unit.db)}
        connected = [one.node_id for one in peers.admitted(unit.db, unit.viewer, now=unit.now)]
        missing = [node for node in connected if node not in known]
        waiting = pulls.due(unit.db, now=unit.now)
    if missing:
        with runtime.system_unit("pull") as unit:
            for node in missing:
                pulls.ensure(unit.db, node, now=unit.now)
    return [node for node in [*waiting, *missing] if node in connected]


def pull_due(runtime: Runtime, worker: str) -> list[Pulled]:
    """Read every feed that is due, one after the other."""
    return [pull(runtime, node, worker) for node in due(runtime)]


def pull(runtime: Runtime, node_id: str, worker: str) -> Pulled:
    """Read the feed of one node to its end, or as far as it goes."""
    with runtime.system_unit("pull") as unit:
        peer = peers.get(unit.db, unit.viewer, node_id)
        if peer is None or not peer.connected(unit.now):
            return Pulled(node_id, error="not-connected")
        pulls.ensure(unit.db, node_id, now=unit.now)
        state = pulls.claim(unit.db, node_id, worker=worker, now=unit.now, until=unit.now + LEASE)
        if state is None:
            return Pulled(node_id, error="leased")
        try_again(unit, peer)
    reading = _Reading(runtime, peer, worker, state)
    try:
        with Line(runtime, peer, LIMITS) as line:
            reading.to_the_end(line)
        error = ""
    except TurnedAway:
        error = "turned-away"
    except (Stopped, Unreachable) as stopped:
        error = stopped.code
    except Unreconciled as lost:
        logger().error("a page was not accounted for", words=str(lost))
        error = "unreconciled"
    except Busy:
        error = "busy"
    except Exception as failed:  # noqa: BLE001  the pause must grow; not the words of the error, which may quote content
        logger().error("a page could not be dealt with", error=type(failed).__name__)
        error = "failed"
    with runtime.system_unit("pull") as unit:
        try_again(unit, peer)  # what a later page spoke for
        _finish(unit, peer, reading, error=error, began=state)
    return Pulled(node_id, reading.counts, reading.pages, error)


def _finish(unit: Unit, peer: KnownPeer, reading: _Reading, *, error: str, began: Pull) -> None:
    failures = began.failures + 1 if error and not reading.pages else 1 if error else 0
    pause = timedelta(0) if reading.unfinished else EVERY
    if error:
        pause = min(timedelta(seconds=2) * 2 ** min(failures, 12), _LONGEST)
    chance = 0.5 + random.random()  # nosec B311  not a secret
    pulls.finish(
        unit.db,
        peer.node_id,
        worker=reading.worker,
        claimed=began.due_at,
        due_at=unit.now + pause * chance,
        failures=failures,
        error=error,
    )
    if error == "turned-away":
        peers.let_in(unit.db, peer.node_id, None)
    elif reading.pages:
        peers.let_in(unit.db, peer.node_id, unit.now)


class _Reading:
    """One reading of one feed: where it stands and what it did."""

    def __init__(self, runtime: Runtime, peer: KnownPeer, worker: str, state: Pull) -> None:
        self.runtime, self.peer, self.worker = runtime, peer, worker
        self.feed = self.name = _feed(peer)
        self.state, self.cursor = state, ""
        self.counts = Counts()
        self.pages = 0
        self.unfinished = False

    def to_the_end(self, line: Line) -> None:
        """Page by page, until the node says that there is no more."""
        # What one may read is part of what is read: with other rights, on either side, the place in the old order means nothing.
        self.name = f"{self.feed}#{self.peer.epoch}.{line.epoch}"
        self.cursor = self.state.cursor if self.state.feed == self.name else ""
        stop_at = time.monotonic() + MOST_SECONDS
        restarted = False
        while True:
            answer = line.get(self._address())
            if answer.status in (400, 410) and self.cursor and not restarted:
                restarted, self.cursor = True, ""  # the place is not known there any more
                continue
            page = _page(answer)
            after = _after(answer, page, self.cursor)
            if page.more and after == self.cursor:
                raise Stopped("no-progress")
            self._keep(page, after)
            if not page.more:
                return
            if time.monotonic() > stop_at:
                self.unfinished = True
                return

    def _address(self) -> str:
        asked: dict[str, str | int] = {"limit": PAGE}
        kind, _, place = self.cursor.partition(":")
        if kind == "next":
            asked["next"] = place
        elif kind == "after":
            asked["added_after"] = place
        return f"{self.feed}?{urlencode(asked)}"

    def _keep(self, page: Page, after: str) -> None:
        """The page, and the place behind it, in one transaction."""
        if page.pieces or after != self.cursor or not self.pages:
            with self.runtime.system_unit("pull") as unit:
                peer = peers.get(unit.db, unit.viewer, self.peer.node_id)
                if peer is None or not peer.connected(unit.now):
                    raise Stopped("not-connected")
                counts = apply_page(unit, peer, page.pieces)
                kept = pulls.advance(
                    unit.db,
                    peer.node_id,
                    worker=self.worker,
                    cursor=after,
                    feed=self.name,
                    counts=counts,
                    now=unit.now,
                    until=unit.now + LEASE,
                )
                if not kept:
                    self.runtime.undo(unit)
                    raise Stopped("lease-lost")
            self.counts = self.counts + counts
        self.cursor = after
        self.pages += 1


def _feed(peer: KnownPeer) -> str:
    """Where its records stand, by its descriptor. The client refuses an address at any other node."""
    taxii = peer.descriptor.get("taxii")
    if not isinstance(taxii, dict) or not taxii.get("api_root") or not taxii.get("records"):
        return f"{peer.base_url}/taxii2/exchange/collections/records/objects/"
    return f"{taxii['api_root']}collections/{taxii['records']}/objects/"


def _page(answer: Answer) -> Page:
    if answer.status in (401, 403, 404):
        raise TurnedAway
    if not answer.well:
        raise Stopped(f"status-{answer.status}")
    try:
        return read_envelope(answer.body)
    except BadEnvelope as bad:
        raise Stopped("bad-page") from bad


def _after(answer: Answer, page: Page, before: str) -> str:
    """The place behind a page (TAXII 2.1 §5.4): its next while there is more, else the moment its last object was added."""
    if page.more and page.next:
        return f"next:{page.next}"
    if not page.pieces:
        if page.more:
            raise Stopped("no-progress")
        return before
    last = answer.headers.get(_LAST, "")
    try:
        read_time(last)
    except BadTime as bad:
        raise Stopped("bad-page") from bad
    return f"after:{last}"
