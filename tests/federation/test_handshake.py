"""J-09.1 on two live nodes: nothing is let in before council of both has decided; a trust group brings what was published before.

Everything goes over sockets: the descriptor, the token, the feed, and the notice that makes a node a member.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from comity.domain.errors import Conflict
from comity.domain.notice import What
from comity.domain.peer import PeerState
from comity.domain.peering import in_groups
from comity.domain.tlp import TLP
from comity.services import (
    admit_peer,
    deliver,
    keep_group,
    look_at_node,
    pause_peer,
    propose_peer,
    pull,
    reweigh,
)
from comity.storage import feed, notices, peers, people
from tests import allies
from tests.federation.live import LiveNode, live_node

WHY = "Its institutes work with ours, and both ask for it."


@pytest.fixture
def strangers(tmp_path: Path) -> Iterator[tuple[LiveNode, LiveNode]]:
    """Two nodes that know nothing of each other, each under a law of its own."""
    with (
        live_node("nordmark", tmp_path / "north") as north,
        live_node("sudland", tmp_path / "south") as south,
    ):
        for node in (north, south):
            with node.unit() as unit:
                own = replace(unit.node, legal_profile=allies.legal_profile(unit.node.country))
                people.save_node(unit.db, own, now=unit.now)
        yield north, south


def proposed(here: LiveNode, there: LiveNode) -> None:
    found = look_at_node.look(here.runtime.settings, there.url, now=here.now)
    with here.unit("federation_officer") as unit:
        propose_peer.propose(unit, found=found, agreement=allies.AGREEMENT, text=WHY)
    with here.unit("council_uni") as unit:
        read_out = in_groups(found.fingerprint)
        how = "By telephone with their officer."
        propose_peer.confirm(unit, node_id=there.name, fingerprint=read_out, how=how)


def decided(here: LiveNode, there: LiveNode) -> None:
    with here.unit("federation_officer") as unit:
        admit_peer.review_profiles(unit, node_id=there.name, text="Both keep AMBER from disclosure.")
    with here.unit("data_protection_officer") as unit:
        admit_peer.acknowledge(unit, node_id=there.name)
    for who in ("council_gov", "council_uni", "council_ngo"):
        with here.unit(who) as unit:
            admit_peer.vote(unit, node_id=there.name, agrees=True)
    with here.unit("node_admin") as unit:
        admit_peer.apply(unit, node_id=there.name)
    weighed(here)


def weighed(here: LiveNode) -> None:
    with here.unit() as unit:
        while reweigh.reweigh(unit):
            pass


def read_again(here: LiveNode, there: LiveNode) -> str:
    """Read now, whatever the pause after an error says."""
    return here.pull(there).error


def test_a_peer_connects_when_both_councils_have_decided_and_not_before(
    strangers: tuple[LiveNode, LiveNode],
) -> None:
    north, south = strangers
    record = north.published(tlp=TLP.CLEAR)
    proposed(south, north)
    decided(south, north)
    assert read_again(south, north) == "turned-away"  # a stranger there
    proposed(north, south)
    with north.unit("node_admin") as unit, pytest.raises(Conflict):
        admit_peer.apply(unit, node_id="sudland")
    assert read_again(south, north) == "turned-away"  # its key is known there, and council has not decided
    with north.unit() as unit:
        waiting = peers.get(unit.db, unit.viewer, "sudland")
        assert waiting is not None
        assert waiting.state is PeerState.PROPOSED
        assert waiting.heard_at is not None  # so the page says that the other side waits for us
    assert south.hits("public") == []
    decided(north, south)
    assert read_again(south, north) == ""
    assert south.hits("public") == [record.ref]
    with south.unit() as unit:
        ally = peers.get(unit.db, unit.viewer, "nordmark")
        assert ally is not None
        assert ally.let_in_at is not None
    with north.unit("federation_officer") as unit:
        pause_peer.pause(unit, node_id="sudland", reason="They asked us to wait.")
    assert read_again(south, north) == "turned-away"


def test_whoever_joins_a_group_gets_what_was_published_before(strangers: tuple[LiveNode, LiveNode]) -> None:
    north, south = strangers
    green = north.published()
    for here, there in (strangers, strangers[::-1]):
        proposed(here, there)
        decided(here, there)
    assert read_again(south, north) == ""
    assert south.hits("researcher") == []
    with north.unit("federation_officer") as unit:
        keep_group.begin(unit, group_id="fjord")
        keep_group.replace_members(unit, group_id="fjord", members=["sudland"])
    assert read_again(south, north) == "status-503"  # records are weighed for it
    weighed(north)
    assert read_again(south, north) == ""  # the notice comes, and by it the other rights
    weighed(south)
    assert pull.due(south.runtime) == ["nordmark"]  # at once, not when its turn comes
    assert read_again(south, north) == ""
    assert south.hits("researcher") == [green.ref]
    with south.unit() as unit:
        ally = peers.get(unit.db, unit.viewer, "nordmark")
        assert ally is not None
        assert ally.groups == {"fjord"}
    with north.unit() as unit:  # what the door writes down when a page was served
        deliver.note_fetched(
            unit,
            node="sudland",
            page=[(one.stix_id, one.version) for one in feed.of_record(unit.db, green.id)],
        )
    north.ahead = south.ahead = timedelta(minutes=1)
    with north.unit("federation_officer") as unit:
        keep_group.replace_members(unit, group_id="fjord", members=[])
    weighed(north)
    with north.unit() as unit:
        (recall,) = notices.of_record(unit.db, green.uid, What.RECALL)
    assert (tuple(recall.to), recall.body["reason_code"]) == (("sudland",), "audience_narrowed")
    assert read_again(south, north) == ""
    assert south.hits("researcher") == []
