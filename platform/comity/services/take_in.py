"""Take in what an allied node signed: make, renew or take down the copy of its record here, page by page or one by one.

The only module that writes copies. A copy has the uid and the reference of the origin, belongs to no organization here, and moves
when its origin says so, never otherwise (F-01). Idempotent by (uid, `modified`): delivered twice, late or by another way changes
nothing, and never does an older version stand over a newer one. What was restricted here stays restricted. Refuses to know how an
object arrived and whether its signature holds: it asks for `Verified`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from comity.domain.canonical import canonical_json
from comity.domain.notice import Outcome, Release
from comity.domain.signing import Verified
from comity.log import logger
from comity.services import apply_beside, recall
from comity.services.accept import REASONS, NotTaken, Terms, accept, check_origin
from comity.services.copy import Copy, Stone, make, renew, take_down
from comity.services.unit import Unit
from comity.stix.facts import StixRefused
from comity.stix.record import from_stix
from comity.stix.tombstone import is_tombstone, tombstone_from_stix
from comity.stix.vocabulary import stamp
from comity.storage import copies, organizations, peers
from comity.storage.copies import Seen

Object = dict[str, Any]
UNCHANGED = Outcome("applied", changed=False)


@dataclass(frozen=True)
class Incoming:
    """A verified object with the text it came as."""

    verified: Verified[Object]
    text: str


def take_in(
    unit: Unit, verified: Verified[Object], *, sender: str, release: Release | None = None, text: str = ""
) -> Outcome:
    """What became of one record that `sender` sent, alone or inside a `release`. Never raises for anything that it says."""
    text = text or canonical_json(verified.value).decode("utf-8")
    return take_in_page(unit, [Incoming(verified, text)], sender=sender, release=release)[0]


def take_in_page(
    unit: Unit, page: Sequence[Incoming], *, sender: str, release: Release | None = None
) -> list[Outcome]:
    """The same for many in this order: one outcome each. New ones are stored in few statements; one that fails stops no other."""
    try:
        terms = terms_with(unit, sender, release)
    except NotTaken as refused:
        return [_refusal(refused) for _ in page]
    read = [_read(unit, terms, one) for one in page]
    read = _without_recalled(unit, sender, read)
    before = copies.seen(unit.db, [one.stix_id for one in read if not isinstance(one, Outcome)])
    first = _first_places(read)
    outcomes: list[Outcome | None] = [one if isinstance(one, Outcome) else None for one in read]
    new = [
        (place, one)
        for place, one in enumerate(read)
        if isinstance(one, Copy) and one.stix_id not in before and first[one.stix_id] == place
    ]
    made = _make_together(unit, [one for _, one in new])
    for (place, _), outcome in zip(new, made, strict=False):
        outcomes[place] = outcome
    for place, one in enumerate(read):
        if outcomes[place] is None and not isinstance(one, Outcome):
            outcomes[place] = _alone(unit, one)
    taken = [
        str(one.facts.uid)
        for one, outcome in zip(read, outcomes, strict=True)
        if isinstance(one, Copy) and outcome is not None and outcome.changed
    ]
    apply_beside.catch_up(unit, origin=sender, uids=taken)
    return [one if one is not None else Outcome.refusal("failed") for one in outcomes]


def _without_recalled(
    unit: Unit, sender: str, read: Sequence[Copy | Stone | Outcome]
) -> list[Copy | Stone | Outcome]:
    """What its origin took back before it came is refused as recalled, in one question for the page."""
    places = [(place, one) for place, one in enumerate(read) if isinstance(one, Copy)]
    arriving = [(str(one.facts.uid), one.facts.version, one.version) for _, one in places]
    found: list[Copy | Stone | Outcome] = list(read)
    for (place, _), late in zip(places, recall.refuses(unit, origin=sender, arriving=arriving), strict=True):
        if late:
            found[place] = recall.RECALLED
    return found


def terms_with(unit: Unit, sender: str, release: Release | None = None) -> Terms:
    """Under which objects of `sender` are looked at now. Raises `NotTaken`."""
    peer = peers.get(unit.db, unit.viewer, sender)
    if peer is None or not peer.connected(unit.now):
        raise NotTaken("not-admitted")
    here = unit.node.node_id
    if release is None:
        return Terms(here, peer)
    named = [name.removeprefix(f"{here}.") for name in release.organizations]
    found = [organizations.get(unit.db, name) for name in dict.fromkeys(named)]
    members = tuple(one.id for one in found if one is not None and one.verified)
    if not members:
        raise NotTaken("unknown-organization")
    return Terms(here, peer, members)


def _first_places(read: Sequence[Copy | Stone | Outcome]) -> dict[str, int]:
    """Where each object stands first on the page: versions of one object are taken one after the other."""
    places: dict[str, int] = {}
    for place, one in enumerate(read):
        if not isinstance(one, Outcome):
            places.setdefault(one.stix_id, place)
    return places


def _read(unit: Unit, terms: Terms, one: Incoming) -> Copy | Stone | Outcome:
    obj = one.verified.value
    if one.verified.node != terms.peer.node_id:
        return _refusal(NotTaken("foreign-origin", one.verified.node[:60]))
    try:
        if is_tombstone(obj):
            parsed = tombstone_from_stix(obj)
            check_origin(terms, parsed.facts, parsed.kind)
            return Stone(str(obj["id"]), stamp(parsed.facts.modified), parsed, one.text)
        found = from_stix([obj])
        handling = accept(terms, found.facts, found.content, one.text, now=unit.now)
        dumped = found.content.model_dump(mode="json", exclude_none=True)
        version = stamp(found.facts.modified)
        return Copy(str(obj["id"]), version, found.facts, found.content, handling, one.text, dumped)
    except StixRefused as bad:
        return Outcome.refusal(bad.reason, str(bad)[:200])
    except NotTaken as refused:
        return _refusal(refused)


def _refusal(refused: NotTaken) -> Outcome:
    return Outcome.refusal(refused.reason, REASONS[refused.reason])


def _make_together(unit: Unit, new: Sequence[Copy]) -> list[Outcome]:
    """All new copies in one go; nothing when it cannot be done, and then each is tried alone."""
    if len(new) < 2:
        return []
    try:
        with unit.db.begin_nested():
            return make(unit, new)
    except sa.exc.OperationalError:
        raise
    except Exception:  # noqa: BLE001  each is tried alone next, and then it shows which one it was
        return []


def _alone(unit: Unit, one: Copy | Stone) -> Outcome:
    try:
        with unit.db.begin_nested():
            before = copies.seen(unit.db, [one.stix_id]).get(one.stix_id)
            if before is not None and (known := _known(one, before)) is not None:
                return known
            if isinstance(one, Stone):
                return take_down(unit, one)
            return renew(unit, one)
    except NotTaken as refused:
        return _refusal(refused)
    except sa.exc.OperationalError:
        raise
    except Exception as error:  # noqa: BLE001  one that nobody foresaw must not stop the feed; its words may quote content
        logger().error("an object could not be stored", error=type(error).__name__)
        return Outcome.refusal("failed", REASONS["failed"])


def _known(one: Copy | Stone, before: Seen) -> Outcome | None:
    """What to say of a version that came before, or that is older than what came; None for a newer one."""
    digest = before.digests.get(one.version)
    if digest is not None:
        if digest != copies.digest(one.text):
            raise NotTaken("changed-in-place", one.version)
        return UNCHANGED
    return UNCHANGED if one.version < before.newest else None
