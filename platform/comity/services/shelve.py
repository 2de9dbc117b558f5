"""Put plain objects of members' machines onto a shelf, and take them away again (TAXII 2.1 §5.5, §5.7).

What was put there stays as it is: the same version again changes nothing, another content under it is refused, and only the
organization that put an object there adds versions to it or takes it away. Cyber-observables have no versions and no owner: whoever
saw the same address says the same thing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from comity.domain.audience import Audience, Stage
from comity.domain.canonical import canonical_json
from comity.domain.collection import Collection, Kind
from comity.domain.errors import NotAllowed, NotFound
from comity.domain.shelf import Examined, NotForShelf, examine
from comity.domain.taxii import EVERY, Versions, micros, read_time, stamp
from comity.domain.taxii_status import Status
from comity.domain.tlp import TLP
from comity.domain.tokens import ANY, token
from comity.domain.viewer import Viewer
from comity.services import collect
from comity.services.unit import Unit
from comity.stix.notices import NOTICE_EXTENSION
from comity.stix.notices import TYPE as NOTICE
from comity.stix.vocabulary import EXTENSION_ID
from comity.storage import audiences, objects
from comity.storage.objects import NewObject, Stored

EXCHANGED: Final = frozenset({NOTICE, NOTICE_EXTENSION, EXTENSION_ID})
KNOWN: Final = "It was here already."
_ANYONE: Final = frozenset({ANY})
_There = dict[str, list[Stored | NewObject]]


def shelve(unit: Unit, shelf: Collection, posted: Sequence[dict[str, Any]], status: Status) -> None:
    """Put up what may stand there, and say of each object what became of it."""
    there, owner, new = _there(unit, shelf, posted), _owner(unit.viewer), list[NewObject]()
    marked: dict[TLP, int] = {}
    for obj in posted:
        try:
            read = examine(obj, usual=TLP(shelf.tlp), exchanged=EXCHANGED)
            before = there.setdefault(read.stix_id, [])
            said = _said_of(before, read, obj, owner)
        except NotForShelf as refused:
            status.refused(obj, f"{refused.reason}: {refused}")
            continue
        if not said:
            if read.tlp not in marked:
                marked[read.tlp] = audiences.ensure(unit.db, _audience(unit, read.tlp))
            new.append(_new(read, obj, marked[read.tlp], owner))
            before.append(new[-1])
        status.took(read.stix_id, read.version or stamp(micros(unit.now)), said)
    objects.put(unit.db, shelf.id, new, unit.now)
    unit.audit("shelf.posted", f"collection:{shelf.alias}", taken=len(new), refused=len(status.failures))


def take_away(unit: Unit, *, collection_id: str, object_id: str, versions: Versions | None) -> None:
    """Delete versions of an object from a shelf: all of them, where `versions` is None. `NotFound` where there is none."""
    opened = collect.open_collection(unit, collection_id)
    if not opened.can_write or opened.collection.kind is not Kind.SHELF:
        raise NotAllowed("You may not delete from this collection.")
    chosen = _chosen(objects.of_ids(unit.db, unit.viewer, collection_id, [object_id]), versions or EVERY)
    if not chosen:
        raise NotFound
    if any(one.posted_by != _owner(unit.viewer) for one in chosen):
        raise NotAllowed("Another organization put this object here.")
    objects.delete(unit.db, collection_id, [one.seq for one in chosen])
    about = f"collection:{opened.collection.alias}"
    unit.audit("shelf.deleted", about, object=object_id, versions=len(chosen))


def _there(unit: Unit, shelf: Collection, posted: Sequence[dict[str, Any]]) -> _There:
    system = Viewer.system(unit.viewer.node, "compare what is posted with what is there")
    named = [one["id"] for one in posted if isinstance(one.get("id"), str)]
    there: _There = {}
    for stored in objects.of_ids(unit.db, system, shelf.id, named):
        there.setdefault(stored.stix_id, []).append(stored)
    return there


def _said_of(before: Iterable[Stored | NewObject], read: Examined, obj: dict[str, Any], owner: str) -> str:
    """Empty for a version that is new; what to say of one that is there already. Raises `NotForShelf`."""
    for one in before:
        if read.version and read_time(one.version or read.version) == read_time(read.version):
            if _same(one.body, obj):
                return KNOWN
            raise NotForShelf(
                "differs", "This version is here with another content. A version never changes."
            )
        if not read.version and _same(one.body, obj):
            return KNOWN
    if read.version and any(one.posted_by != owner for one in before):
        raise NotForShelf(
            "another-organization", "Another organization put this object here, and adds its versions."
        )
    return ""


def _same(body: str, obj: dict[str, Any]) -> bool:
    """The same JSON, however it is written: 1.0 is 1, and true is not."""
    return canonical_json(json.loads(body)) == canonical_json(obj)


def _new(read: Examined, obj: dict[str, Any], audience_id: int, owner: str) -> NewObject:
    body = json.dumps(obj, ensure_ascii=False, separators=(",", ":"))
    return NewObject(read.stix_id, read.version, read.type, body, audience_id, posted_by=owner)


def _owner(viewer: Viewer) -> str:
    return f"org:{viewer.organization}"


def _audience(unit: Unit, tlp: TLP) -> Audience:
    """Everybody to whom a record with this marking would go that nobody narrowed."""
    beyond = ANY if tlp is TLP.CLEAR else token(f"group:{unit.node.trust_group}")
    return Audience(
        stage=Stage.LIVE,
        tlp=tlp,
        owner=token(_owner(unit.viewer)),
        organizations=_ANYONE,
        sectors=_ANYONE,
        roles=_ANYONE,
        persons=_ANYONE,
        workers=frozenset(),
        releasable=frozenset({token(f"node:{unit.node.node_id}"), beyond}),
        caveats=frozenset(),
    )


def _chosen(found: Sequence[Stored], versions: Versions) -> list[Stored]:
    """Those that `match[version]` means."""
    if versions.every or not found:
        return list(found)
    ordered = sorted(found, key=lambda one: (one.version_us, one.seq))
    chosen = [one for one in ordered if one.version_us in versions.exact]
    chosen += ordered[:1] if versions.first else []
    chosen += ordered[-1:] if versions.last else []
    return list({one.seq: one for one in chosen}.values())
