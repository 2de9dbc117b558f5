"""Read collections as a machine does: which there are, and pages of what is in them, under the caller's own rule.

A collection that the caller may neither read nor write is not there for them. Nobody without a name is told whether a protected
one exists: they are asked who they are, whatever they name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from comity.domain.collection import Collection, Kind
from comity.domain.errors import NotAllowed, NotFound, SignInNeeded, Unreadable
from comity.domain.taxii import EVERY, MOST_AT_ONCE, USUAL, BadQuery, Match, Query, envelope
from comity.domain.taxii_cursor import Place, seal, unseal
from comity.domain.viewer import Viewer
from comity.services.unit import Unit
from comity.storage import collections, object_pages, statuses
from comity.storage.object_pages import Entry


@dataclass(frozen=True)
class Offered:
    """A collection as the caller may use it."""

    collection: Collection
    can_read: bool
    can_write: bool


@dataclass(frozen=True)
class Answer:
    """An envelope, and the moments at which its first and last object were added; None where it is empty."""

    body: bytes
    first: int | None
    last: int | None


@dataclass(frozen=True)
class Listing:
    """Versions without their content. `cursor` leads to the next page; empty where there is none."""

    entries: Sequence[Entry]
    cursor: str


def offered(unit: Unit) -> list[Offered]:
    """The collections that the caller may use. `SignInNeeded` where only those with a name may use any."""
    found = [_as_used_by(unit.viewer, one) for one in collections.listed(unit.db)]
    usable = [one for one in found if one.can_read or one.can_write]
    if not usable and not _named(unit.viewer):
        raise SignInNeeded
    return usable


def open_collection(unit: Unit, collection_id: str) -> Offered:
    """One of them. Absent and forbidden are one answer."""
    found = collections.get(unit.db, collection_id)
    used = _as_used_by(unit.viewer, found) if found is not None else None
    if used is not None and (used.can_read or used.can_write):
        return used
    raise NotFound if _named(unit.viewer) else SignInNeeded


def page(unit: Unit, *, collection_id: str, query: Query) -> Answer:
    """Objects of a collection (§5.4)."""
    _readable(unit, collection_id)
    return _page(unit, collection_id, query, query.match, f"objects {collection_id}")


def one(unit: Unit, *, collection_id: str, object_id: str, query: Query) -> Answer:
    """Versions of one object (§5.6). `NotFound` where the caller may fetch none at all, whatever the filters."""
    _readable(unit, collection_id)
    match = only(object_id, query.match)
    answer = _page(unit, collection_id, query, match, f"object {collection_id}")
    if answer.first is None and not object_pages.exists(unit.db, unit.viewer, collection_id, object_id):
        raise NotFound
    return answer


def served(unit: Unit, *, collection_id: str, match: Match, answer: Answer) -> Sequence[Entry]:
    """Which versions an answer of `page` or `one` held: what an allied node took from the feed. None of another collection."""
    opened = open_collection(unit, collection_id)
    if answer.first is None or answer.last is None or opened.collection.kind is not Kind.RECORDS:
        return ()
    after, most = answer.first - 1, MOST_AT_ONCE
    found, _ = object_pages.entries(unit.db, unit.viewer, collection_id, match, after=after, limit=most)
    return [one for one in found if one.added_us <= answer.last]


def manifest(unit: Unit, *, collection_id: str, query: Query) -> Listing:
    """What is in a collection, without content (§5.3)."""
    _readable(unit, collection_id)
    return _listing(unit, collection_id, query, query.match, f"manifest {collection_id}")


def versions(unit: Unit, *, collection_id: str, object_id: str, query: Query) -> Listing:
    """Every version of one object (§5.8). `NotFound` as in `one`."""
    _readable(unit, collection_id)
    match = only(object_id, query.match, every=True)
    listing = _listing(unit, collection_id, query, match, f"versions {collection_id}")
    if not listing.entries and not object_pages.exists(unit.db, unit.viewer, collection_id, object_id):
        raise NotFound
    return listing


def status(unit: Unit, *, status_id: str) -> str:
    """What became of a POST of the caller's own (§4.3), as JSON."""
    if not _named(unit.viewer):
        raise SignInNeeded
    found = statuses.get(unit.db, status_id, owner=caller(unit.viewer))
    if found is None:
        raise NotFound
    return found


def caller(viewer: Viewer) -> str:
    """A name for the caller that outlives their token: `person:…`, `node:…`, or nothing for nobody."""
    if viewer.peer is not None:
        return f"node:{viewer.peer.node}"
    return f"person:{viewer.person}" if viewer.person else ""


def _named(viewer: Viewer) -> bool:
    return viewer.signed_in or viewer.peer is not None or viewer.is_system


def _as_used_by(viewer: Viewer, found: Collection) -> Offered:
    return Offered(found, found.can_read(viewer), found.can_write(viewer))


def _readable(unit: Unit, collection_id: str) -> None:
    if not open_collection(unit, collection_id).can_read:
        raise NotAllowed("This collection is written to and not read.")


def only(object_id: str, match: Match, *, every: bool = False) -> Match:
    """The filters, narrowed to one object."""
    return Match((object_id,), (), match.spec_versions, EVERY if every else match.versions)


def _page(unit: Unit, collection_id: str, query: Query, match: Match, about: str) -> Answer:
    place = _place(unit, query, match, about)
    found = object_pages.objects(
        unit.db, unit.viewer, collection_id, match, after=place.after, limit=place.limit
    )
    if not found.count:
        return Answer(envelope(b"", more=False, cursor=""), None, None)
    cursor = _cursor(unit, found.last_us, place, match, about) if found.more else ""
    return Answer(envelope(found.body, more=found.more, cursor=cursor), found.first_us, found.last_us)


def _listing(unit: Unit, collection_id: str, query: Query, match: Match, about: str) -> Listing:
    place = _place(unit, query, match, about)
    found, more = object_pages.entries(
        unit.db, unit.viewer, collection_id, match, after=place.after, limit=place.limit
    )
    return Listing(found, _cursor(unit, found[-1].added_us, place, match, about) if more else "")


def _place(unit: Unit, query: Query, match: Match, about: str) -> Place:
    """Where the page begins. A cursor says it all: a limit beside it counts, and a time beside it adds nothing (opencti#5681)."""
    if not query.next:
        return Place(query.added_after, query.limit or USUAL)
    about = f"{about} {caller(unit.viewer)}"
    try:
        place = unseal(query.next, match, about=about, secret=collections.cursor_secret(unit.db))
    except BadQuery as bad:
        raise Unreadable(str(bad)) from bad
    return Place(place.after, query.limit or place.limit)


def _cursor(unit: Unit, last: int, place: Place, match: Match, about: str) -> str:
    secret = collections.cursor_secret(unit.db)
    return seal(Place(last, place.limit), match, about=f"{about} {caller(unit.viewer)}", secret=secret)
