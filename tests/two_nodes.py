"""Two allied nodes without sockets: each a database of its own, and what one says carried to the other as it would travel."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from comity.domain.notice import Outcome
from comity.domain.signing import SIGNATURE, verify_object
from comity.domain.taxii_envelope import read_envelope
from comity.services import sign, tell
from comity.services.apply_page import apply_page
from comity.services.obey import obey
from comity.storage import object_pages, outgoing, peers, people
from tests import allies
from tests.factories import NODE, World, make_database
from tests.feed import EVERY, ally, fetch
from tests.story import NOW, Story

HOME, ABROAD = "nordmark", "kestria"
COUNTRIES: Final = {HOME: "NO", ABROAD: "SE"}
ORGANIZATIONS: Final = (
    {"id": "uni-north", "name": "University of the North"},
    {"id": "uni-south", "name": "University of the South"},
)


@dataclass
class Two:
    """`home` makes records, `abroad` holds copies. They have the same people and organizations, who are not the same."""

    home: Story
    abroad: Story

    def name(self, story: Story) -> str:
        return story.world.node.node_id

    def later(self, **span: float) -> None:
        """Time passes at both."""
        self.home.now += timedelta(**span)
        self.abroad.now = self.home.now

    def read_feed(self, source: Story, reader: Story) -> None:
        """`reader` reads the whole feed of `source`, and both write down what they do then."""
        with source.unit("system") as unit:
            page = object_pages.objects(
                unit.db, ally(unit, self.name(reader)), tell.feed_id(unit), EVERY, after=-1, limit=1000
            )
        fetch(source, self.name(reader))
        pieces = read_envelope(b'{"objects":[' + page.body + b"]}").pieces
        with reader.unit("system") as unit:
            peer = peers.get(unit.db, unit.viewer, self.name(source))
            assert peer is not None
            apply_page(unit, peer, pieces)
        self.post(reader, source)  # what became of it there

    def post(self, sender: Story, receiver: Story) -> list[Outcome]:
        """What `sender` has queued for the inbox of `receiver` is posted there, once."""
        with sender.unit("system") as unit:
            until = unit.now + timedelta(minutes=3)
            letters = outgoing.take(unit.db, self.name(receiver), now=unit.now, until=until, limit=200)
            outgoing.sent(unit.db, [one.id for one in letters], at=unit.now)
        return [self.deliver(json.loads(one.body), sender, receiver) for one in letters]

    def letter(self, sender: Story, receiver: Story) -> dict[str, Any]:
        """The one letter that waits for the other node, taken off the queue."""
        with sender.unit("system") as unit:
            (one,) = outgoing.take(unit.db, self.name(receiver), now=unit.now, until=unit.now, limit=9)
            outgoing.sent(unit.db, [one.id], at=unit.now)
        found: dict[str, Any] = json.loads(one.body)
        return found

    def deliver(self, obj: dict[str, Any], sender: Story, receiver: Story) -> Outcome:
        """One signed object reaches the other node's inbox."""
        with receiver.unit("system") as unit:
            verified = verify_object(obj, sign.key_of(unit), now=unit.now)
            return obey(unit, verified, sender=self.name(sender))


def _node(name: str, folder: Path) -> Story:
    world = World(
        node=replace(
            NODE, node_id=name, country=COUNTRIES[name], legal_profile=allies.legal_profile(COUNTRIES[name])
        )
    )
    engine = make_database(folder / f"{name}.db")
    story = Story(engine, world.put(engine, now=NOW - timedelta(days=60)))
    with story.world.unit(engine, "system", now=NOW - timedelta(days=60)) as unit:
        people.save_node(unit.db, world.node, now=unit.now)
        sign.ensure_key(unit)
    return story


def know(here: Story, there: Story, **changes: Any) -> None:
    """`there` is an admitted ally of `here`, with its keys."""
    name = there.world.node.node_id
    with there.unit("system", writes=False) as unit:
        keys = sign.keys_of(unit, name)
    known = allies.known(name, country=COUNTRIES[name], organizations=ORGANIZATIONS, **changes)
    with here.unit("system") as unit:
        allies.put(unit.db, known)
        for key in keys:
            peers.put_key(unit.db, key)


@contextmanager
def two_nodes(folder: Path, **changes: Any) -> Iterator[Two]:
    """Both, allied. `changes` are fields of what each keeps of the other."""
    home, abroad = _node(HOME, folder), _node(ABROAD, folder)
    know(home, abroad, **changes)
    know(abroad, home, **changes)
    yield Two(home, abroad)
    home.engine.dispose()
    abroad.engine.dispose()


def resigned(story: Story, obj: dict[str, Any], **body: Any) -> dict[str, Any]:
    """An object of a node with other words in its body, signed by the same node anew: what a node that lies sends."""
    plain = {name: one for name, one in obj["extensions"].items() if name != SIGNATURE}
    changed = {**obj, "extensions": plain, "body": {**obj["body"], **body}}
    with story.unit("system") as unit:
        found: dict[str, Any] = json.loads(sign.signed_text(unit, changed))
        return found
