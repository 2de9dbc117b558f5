"""The exchange as tests see it: a node with its key and its allies, and what the feed gives to each of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from comity.domain.notice import Notice, What
from comity.domain.signing import verify
from comity.domain.taxii import LAST, Match, Versions
from comity.domain.viewer import Viewer
from comity.services import sign, tell
from comity.services.unit import Unit
from comity.stix.notices import is_notice, notice_from_stix
from comity.storage import deliveries, object_pages, peers, people
from comity.storage.deliveries import Fetched
from tests import allies
from tests.factories import NODE
from tests.story import Story

EVERY = Match(versions=Versions(every=True))
NEWEST = Match(versions=LAST)


def open_exchange(story: Story, *names: str, **changes: Any) -> None:
    """Give the node its profile and its key, and admit allies of these names. `changes` are fields of each ally."""
    with story.world.unit(story.engine, "system", now=story.now - timedelta(days=60)) as unit:
        people.save_node(unit.db, replace(NODE, legal_profile=allies.legal_profile("NO")), now=unit.now)
        sign.ensure_key(unit)
    for name in names:
        admit(story, name, **changes)


def admit(story: Story, name: str, **changes: Any) -> None:
    """One more ally."""
    with story.unit("system") as unit:
        allies.put(unit.db, replace(allies.known(name), **changes))


def ally(unit: Unit, name: str) -> Viewer:
    """The machine of an ally, as it asks."""
    known = peers.get(unit.db, Viewer.system(unit.node.node_id, "test"), name)
    assert known is not None
    return Viewer.allied(unit.node.node_id, known.as_policy())


def served(story: Story, name: str, match: Match = NEWEST) -> list[dict[str, Any]]:
    """What the feed gives to an ally now: verified, in order."""
    with story.unit("system") as unit:
        page = object_pages.objects(
            unit.db, ally(unit, name), tell.feed_id(unit), match, after=-1, limit=1000
        )
        found: list[dict[str, Any]] = json.loads(b"[" + page.body + b"]")
        for one in found:
            text = json.dumps(one).encode()
            verify(text, sign.key_of(unit), now=unit.now + timedelta(days=1))
        return found


def records_served(story: Story, name: str, match: Match = NEWEST) -> list[dict[str, Any]]:
    """The same without the notices."""
    return [one for one in served(story, name, match) if not is_notice(one)]


def notices_served(story: Story, name: str, *what: What) -> list[Notice]:
    """The notices alone."""
    found = [notice_from_stix(_unsigned(one)) for one in served(story, name, EVERY) if is_notice(one)]
    return [one for one in found if not what or one.what in what]


def _unsigned(one: dict[str, Any]) -> dict[str, Any]:
    return one


def fetch(story: Story, name: str) -> None:
    """An ally takes with it what it is given, and the node writes that down."""
    with story.unit("system") as unit:
        rows = [
            Fetched(one["id"], one["modified"], _record_of(unit, one["id"])) for one in served(story, name)
        ]
        deliveries.note(unit.db, name, rows, at=unit.now)


def _record_of(unit: Unit, stix_id: str) -> int | None:
    from comity.storage import objects

    system = Viewer.system(unit.node.node_id, "test")
    found = objects.of_ids(unit.db, system, tell.feed_id(unit), [stix_id])
    return found[0].record_id if found else None
