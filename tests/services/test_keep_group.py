"""Trust groups in the life of two nodes: who is told what, what stops at once, and what is called back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from comity.domain.errors import Busy, Conflict, Invalid, NotAllowed, NotFound, SignInNeeded
from comity.domain.notice import Membership, Notice, Recall, What
from comity.domain.peer import KnownPeer
from comity.domain.signing import verify
from comity.domain.tlp import TLP
from comity.domain.trust_group import TrustGroup
from comity.services import keep_group, recognize, reweigh, sign
from comity.services.mint import digest
from comity.services.obey import HANDLERS
from comity.stix.notices import notice_id
from comity.storage import peer_tokens, peers, trust_groups
from comity.storage.peer_tokens import PeerToken
from tests import allies
from tests.factories import make_world
from tests.feed import EVERY, fetch, notices_served, open_exchange, records_served
from tests.story import Story

A, B = "lorvania", "kestria"


@pytest.fixture
def exchange(story: Story) -> Story:
    """A node that owns the group `fjord`, with two allies in it."""
    open_exchange(story, A, B)
    return story


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Story]:
    """The same on SQLite alone."""
    engine, world = make_world(tmp_path / "node.db")
    story = Story(engine, world)
    open_exchange(story, A, B)
    yield story
    engine.dispose()


def replaced(story: Story, *members: str, group: str = "fjord") -> TrustGroup:
    with story.unit("federation_officer") as unit:
        return keep_group.replace_members(unit, group_id=group, members=members)


def weighed(story: Story) -> list[str]:
    """The clock of the node, until nobody waits."""
    done: list[str] = []
    for _ in range(10):
        with story.unit("system") as unit:
            done += reweigh.reweigh(unit)
    return done


def peer(story: Story, name: str) -> KnownPeer:
    with story.unit("system") as unit:
        found = peers.get(unit.db, unit.viewer, name)
        assert found is not None
        return found


def test_whoever_is_out_gets_no_more_and_is_asked_to_give_back_what_it_took(exchange: Story) -> None:
    """The group is how TLP:GREEN went there, so leaving it is a narrowing for one."""
    green, clear = exchange.published(), exchange.published(tlp=TLP.CLEAR, title="Open to everybody")
    for name in (A, B):
        assert len(records_served(exchange, name)) == 2
        fetch(exchange, name)
    exchange.now += timedelta(hours=1)
    replaced(exchange, B)
    refs = [one["external_references"][0]["external_id"] for one in records_served(exchange, A)]
    assert refs == [clear.ref]
    assert not peer(exchange, A).ready
    assert peer(exchange, B).ready
    assert weighed(exchange) == [A]
    assert peer(exchange, A).ready
    recalls = [one for one in notices_served(exchange, A, What.RECALL) if isinstance(one.body, Recall)]
    assert [(one.body.uid, one.body.reason_code) for one in recalls if isinstance(one.body, Recall)] == [
        (green.uid, "audience_narrowed")
    ]
    assert notices_served(exchange, B, What.RECALL) == []
    assert len(records_served(exchange, B)) == 2


def test_weighing_again_recalls_nothing_twice(quick: Story) -> None:
    quick.published()
    fetch(quick, A)
    replaced(quick, B)
    assert weighed(quick) == [A]
    with quick.unit("system") as unit:
        peers.raise_epoch(unit.db)
    assert sorted(weighed(quick)) == [B, A]
    assert len(notices_served(quick, A, What.RECALL)) == 1


def test_nothing_is_called_back_that_was_never_taken(quick: Story) -> None:
    quick.published()
    replaced(quick, B)
    weighed(quick)
    assert notices_served(quick, A, What.RECALL) == []


def test_a_node_waits_until_everything_was_weighed_for_it(quick: Story) -> None:
    def token(secret: str, epoch: int) -> None:
        with quick.unit("system") as unit:
            peer_tokens.add(unit.db, PeerToken(A, unit.now + timedelta(minutes=5), epoch), digest(secret))

    token("cmp_old", 0)
    replaced(quick, B)
    token("cmp_new", 1)
    with quick.unit("public") as unit:
        with pytest.raises(SignInNeeded):  # whatever it could do before, it does no more
            recognize.by_peer_token(unit, "cmp_old")
        with pytest.raises(Busy):
            recognize.by_peer_token(unit, "cmp_new")
    weighed(quick)
    policy = peer(quick, A).as_policy()
    with quick.unit("public") as unit:
        assert recognize.by_peer_token(unit, "cmp_new").viewer.peer == policy
        with pytest.raises(SignInNeeded):
            recognize.by_peer_token(unit, "cmp_old")


def test_weighing_goes_on_where_it_stopped(quick: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reweigh, "PORTION", 1)
    for title in ("One", "Two", "Three"):
        quick.published(title=title)
    fetch(quick, A)
    replaced(quick, B)
    with quick.unit("system") as unit:
        assert reweigh.reweigh(unit) == []
    assert len(notices_served(quick, A, What.RECALL)) == 1
    assert weighed(quick) == [A]
    assert len(notices_served(quick, A, What.RECALL)) == 3


def test_a_new_ally_gets_nothing_that_its_agreement_leaves_out(quick: Story) -> None:
    """What was published before it came is weighed for it before it is served anything."""
    quick.published()
    agreed = allies.AGREEMENT.model_copy(update={"kinds": ("best_practice",)})
    with quick.unit("system") as unit:
        allies.put(unit.db, allies.known("sudland", agreement=agreed, epoch=1))
    assert not peer(quick, "sudland").ready
    assert weighed(quick) == ["sudland"]
    assert records_served(quick, "sudland") == []
    assert len(records_served(quick, A, EVERY)) == 1  # and nobody else hears of it


def test_each_member_is_told_and_a_hidden_group_tells_nobody_of_the_others(quick: Story) -> None:
    agreed = allies.AGREEMENT.model_copy(update={"groups": ("fjord", "quiet")})
    with quick.unit("system") as unit:
        for name in (A, B):
            found = peers.get(unit.db, unit.viewer, name)
            assert found is not None
            peers.save(unit.db, replace(found, agreement=agreed))
    with quick.unit("federation_officer") as unit:
        keep_group.begin(unit, group_id="quiet", hidden=True)
    group = replaced(quick, A, B, group="quiet")
    replaced(quick, A, B, group="fjord")  # nothing changes: nobody is told
    for name in (A, B):
        told = [one.body for one in notices_served(quick, name, What.MEMBERSHIP)]
        assert told == [Membership(group="quiet", version=2, members=(name,))]
        assert (B if name == A else A) not in json.dumps([one.model_dump() for one in told])
    replaced(quick, B, group="quiet")
    last = notices_served(quick, A, What.MEMBERSHIP)[-1].body
    assert last == Membership(group="quiet", version=3, members=())
    with quick.unit("system") as unit:
        said = verify(group.document.encode(), sign.key_of(unit), now=unit.now).value
    assert (said["group"], said["version"], said["members"], said["hidden"]) == ("quiet", 2, [B, A], True)


def test_only_those_council_agreed_to_are_members(quick: Story) -> None:
    with quick.unit("system") as unit:
        allies.put(
            unit.db, allies.known("sudland", agreement=allies.AGREEMENT.model_copy(update={"groups": ()}))
        )
    for strange in ("sudland", "nowhere"):
        with pytest.raises(Invalid, match="attention"):
            replaced(quick, A, strange)
    with pytest.raises(NotFound):
        replaced(quick, A, group="unknown")
    with quick.unit("federation_officer") as unit, pytest.raises(Conflict):
        keep_group.begin(unit, group_id="fjord")
    for who in ("council_uni", "node_admin", "editor"):
        with quick.unit(who) as unit, pytest.raises(NotAllowed):
            keep_group.replace_members(unit, group_id="fjord", members=())


def sent(story: Story, sender: str, group: str, version: int, *members: str) -> tuple[str, str]:
    """A notice of `sender` about a group, taken by its handler."""
    body = Membership(group=group, version=version, members=members)
    notice = Notice(
        id=notice_id(uuid4()), what=What.MEMBERSHIP, origin=sender, to="nordmark", tlp=TLP.GREEN, at=story.now, body=body
    )  # fmt: skip
    with story.unit("system") as unit:
        outcome = HANDLERS[What.MEMBERSHIP](unit, notice, sender)
        return outcome.result, outcome.reason


def groups(story: Story, name: str) -> frozenset[str]:
    return peer(story, name).groups


def test_the_list_of_another_node_is_taken_from_its_owner_alone(exchange: Story) -> None:
    agreed = allies.AGREEMENT.model_copy(update={"groups": ("north",)})
    with exchange.unit("system") as unit:
        for name in ("aurora", "sudland"):
            allies.put(unit.db, allies.known(name, agreement=agreed), in_groups=False)
    assert sent(exchange, A, "north", 1, A, "nordmark") == ("refused", "group-not-agreed")
    assert sent(exchange, "aurora", "north", 1, "nordmark", "sudland") == ("done", "")
    assert sent(exchange, "aurora", "north", 1, "nordmark", "sudland") == ("done", "")  # delivered twice
    assert groups(exchange, "aurora") == groups(exchange, "sudland") == {"north"}
    assert not peer(exchange, "sudland").ready
    assert sent(exchange, "sudland", "north", 2, "nordmark") == ("refused", "not-the-owner")
    assert sent(exchange, "aurora", "north", 1, "nordmark") == ("refused", "old-version")
    assert sent(exchange, "aurora", "fjord", 9, "nordmark") == ("refused", "not-the-owner")
    assert sent(exchange, "aurora", "north", 2, "nordmark") == ("done", "")
    assert groups(exchange, "aurora") == {"north"}
    assert groups(exchange, "sudland") == frozenset()
    assert sent(exchange, "aurora", "north", 3) == ("done", "")  # this node is out
    assert groups(exchange, "aurora") == frozenset()
    with exchange.unit("system") as unit:
        kept = trust_groups.get(unit.db, "north")
        assert kept is not None
        assert (kept.version, kept.members) == (3, ())
