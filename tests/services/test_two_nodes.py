"""What one node carries another takes in: the wire between them is the real one, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from comity.domain.canonical import canonical_json
from comity.domain.errors import NotFound
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.lifecycle_facts import State
from comity.domain.notice import Outcome
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.domain.signing import PublicKey, verify
from comity.domain.tlp import TLP
from comity.services import find, obey, read, sign, take_in
from comity.services.take_in import Incoming
from comity.stix.notices import is_notice
from comity.storage import peers
from tests import allies
from tests.factories import NODE, World, make_database, make_world
from tests.feed import EVERY, fetch, open_exchange, served
from tests.services.test_carry import held, withdrawn
from tests.story import Story, noted, ticked

THERE = replace(NODE, node_id="lorvania", name="Lorvania Exchange", country="SE")


@dataclass
class Pair:
    """`origin` publishes; `ally` reads its feed."""

    origin: Story
    ally: Story

    def sync(self) -> list[Outcome]:
        """One cycle: everything in the feed, oldest first, as often as it likes."""
        page = served(self.origin, "lorvania", EVERY)
        fetch(self.origin, "lorvania")
        outcomes = []
        self.ally.now = self.origin.now + timedelta(minutes=1)
        with self.origin.unit("system") as unit:
            key_of = sign.key_of(unit)
            for one in page:
                text = canonical_json(one)
                verified = verify(text, key_of, now=self.ally.now)
                with self.ally.unit("system") as there:
                    if is_notice(one):
                        outcomes.append(obey.obey(there, verified, sender="nordmark"))
                    else:
                        incoming = Incoming(verified, text.decode())
                        outcomes += take_in.take_in_page(there, [incoming], sender="nordmark")
        return outcomes

    def seen(self, record: Record, who: str = "researcher") -> read.Reading | None:
        """The copy as somebody there reads it."""
        with self.ally.unit(who, writes=False) as unit:
            try:
                return read.read(unit, ref=record.ref)
            except NotFound:
                return None

    def hits(self, who: str = "researcher") -> list[str]:
        """What a search there finds."""
        with self.ally.unit(who, writes=False) as unit:
            query = find.asked(text="", filters={}, sort="newest", page=1, include_ended=False)
            return [one.record.ref for one in find.find(unit, query).items]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    engine, world = make_world(tmp_path / "nordmark.db")
    origin = Story(engine, world)
    open_exchange(origin, "lorvania")
    there = make_database(tmp_path / "lorvania.db")
    ally = Story(there, World(node=THERE).put(there))
    with origin.unit("system") as unit:
        key = sign.signing_key(unit)
        assert key is not None
    public = PublicKey("nordmark", key.kid, key.key.as_dict(private=False), allies.SINCE)
    with ally.unit("system") as unit:
        allies.put(unit.db, allies.known("nordmark", country="NO"))
        peers.put_key(unit.db, public)
    yield Pair(origin, ally)
    engine.dispose()
    there.dispose()


HANDLINGS = [
    Handling(tlp=TLP.CLEAR),
    Handling(tlp=TLP.GREEN),
    Handling(tlp=TLP.GREEN, releasable_to=("node:lorvania", "node:kestria")),
    Handling(tlp=TLP.GREEN, releasable_to=("group:fjord",)),
    Handling(tlp=TLP.GREEN, audience=AudienceChoice(roles=(Role.RESEARCHER,))),
    Handling(tlp=TLP.GREEN, attribution_mode="anonymous_via_secretariat"),
]


@pytest.mark.parametrize("handling", HANDLINGS, ids=range(len(HANDLINGS)))
def test_what_is_carried_is_taken_in(pair: Pair, handling: Handling) -> None:
    record = pair.origin.published(handling=handling)
    assert [one.result for one in pair.sync()] == ["applied"]
    found = pair.seen(record)
    assert found is not None
    assert (found.record.uid, found.record.origin_node, found.record.state) == (
        record.uid,
        "nordmark",
        State.PUBLISHED,
    )
    assert pair.hits() == [record.ref]
    assert [one.changed for one in pair.sync()] == [False]


def test_every_kind_is_taken_in(pair: Pair) -> None:
    one = pair.origin.published("contributor", kind_name="best_practice")
    two = noted(pair.origin)
    ticked(pair.origin, days=20)
    assert {outcome.result for outcome in pair.sync()} == {"applied"}
    assert sorted(pair.hits()) == sorted([one.ref, two.ref])


def test_a_withdrawal_arrives_and_is_obeyed(pair: Pair) -> None:
    """J-11 from end to end, but for the network."""
    record = pair.origin.published(tlp=TLP.GREEN)
    pair.sync()
    withdrawn(pair.origin, record)
    assert [one.result for one in pair.sync()] == ["recalled", "done"]
    found = pair.seen(record)
    assert found is not None
    assert found.record.state is State.WITHDRAWN
    assert found.revision is None
    assert pair.hits() == []
    with pair.ally.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT DISTINCT content FROM revision")).scalars().all() == ["{}"]


def test_a_hold_arrives_and_its_end_brings_the_record_back(pair: Pair) -> None:
    record = pair.origin.published(tlp=TLP.GREEN)
    pair.sync()
    held(pair.origin, record)
    pair.sync()
    assert pair.hits() == []
    ticked(pair.origin, days=8)
    pair.sync()
    assert pair.hits() == [record.ref]
    found = pair.seen(record)
    assert found is not None
    assert found.record.state is State.PUBLISHED


def test_the_end_that_arrives_late_is_the_same_in_any_order(pair: Pair) -> None:
    """The whole feed again and again, from the first page: nothing that was recalled comes back."""
    record = pair.origin.published(tlp=TLP.GREEN)
    pair.sync()
    withdrawn(pair.origin, record)
    for _ in range(3):
        pair.sync()
        assert pair.hits() == []
