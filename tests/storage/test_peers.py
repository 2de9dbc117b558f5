"""Allied nodes, their keys, steps and groups, as readers find them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.peer import PeerState
from comity.domain.trust_group import TrustGroup
from comity.domain.viewer import Viewer
from comity.storage import peer_tokens, peers, trust_groups
from comity.storage.peer_tokens import PeerToken
from comity.storage.peers import PeerStep
from tests import allies
from tests.factories import NOW
from tests.storage.rows import SYSTEM, WORLD

PUBLIC = WORLD.viewer("public")


def test_a_peer_comes_back_as_it_was_put(db: Session) -> None:
    ally = allies.put(db, allies.known(groups=frozenset({"fjord"})))
    assert peers.get(db, SYSTEM, "sudland") == ally == allies.known(groups=frozenset({"fjord"}))
    changed = replace(ally, state=PeerState.PAUSED, state_reason="Silent", epoch=3, agreement=None)
    peers.save(db, changed)
    assert peers.get(db, SYSTEM, "sudland") == replace(changed, groups=frozenset())
    with pytest.raises(LookupError):
        peers.save(db, allies.known("nobody"))


def test_only_one_row_a_node(db: Session) -> None:
    allies.put(db)
    with pytest.raises(sa.exc.IntegrityError), db.begin_nested():
        peers.add(db, allies.known())


def test_when_a_machine_was_heard_is_written_beside_everything_else(db: Session) -> None:
    ally = allies.put(db)
    peers.heard(db, "sudland", NOW)
    peers.let_in(db, "sudland", NOW + timedelta(minutes=1))
    peers.save(db, ally)  # read before: it does not take the moments back
    found = peers.get(db, SYSTEM, "sudland")
    assert found is not None
    assert (found.heard_at, found.let_in_at) == (NOW, NOW + timedelta(minutes=1))


def test_a_proposal_is_known_to_those_who_take_part_in_it_alone(db: Session) -> None:
    allies.put(db, allies.known("open"))
    allies.put(db, allies.known("wanted", state=PeerState.PROPOSED), key=allies.new_key("wanted"))
    peers.add_step(db, "wanted", PeerStep("proposed", "somebody", NOW))
    for who in ("public", "researcher", "editor", "auditor"):
        viewer = WORLD.viewer(who)
        assert [one.node_id for one in peers.listed(db, viewer)] == ["open"]
        assert peers.get(db, viewer, "wanted") is None
        assert peers.lock(db, viewer, "wanted") is None
        assert peers.keys(db, viewer, "wanted") == []
        assert peers.steps(db, viewer, "wanted") == []
    for who in ("council_uni", "federation_officer", "data_protection_officer", "node_admin", "system"):
        viewer = WORLD.viewer(who)
        assert [one.node_id for one in peers.listed(db, viewer)] == ["open", "wanted"]
        assert len(peers.keys(db, viewer, "wanted")) == len(peers.steps(db, viewer, "wanted")) == 1


def test_a_peers_machine_knows_of_no_other_peer(db: Session) -> None:
    one, other = allies.put(db, allies.known("one")), allies.put(db, allies.known("other"))
    viewer = Viewer.allied("nordmark", one.as_policy())
    assert [found.node_id for found in peers.listed(db, viewer)] == ["one"]
    assert peers.get(db, viewer, other.node_id) is None


def test_admitted_with_a_moment_leaves_out_whose_agreement_is_over(db: Session) -> None:
    over = allies.AGREEMENT.model_copy(update={"ends_on": NOW.date() - timedelta(days=1)})
    last = allies.AGREEMENT.model_copy(update={"ends_on": NOW.date()})
    allies.put(db, allies.known("over", agreement=over))
    allies.put(db, allies.known("last", agreement=last))
    for state in (PeerState.PROPOSED, PeerState.PAUSED, PeerState.ENDED):
        allies.put(db, allies.known(state.value, state=state))
    assert [one.node_id for one in peers.admitted(db, SYSTEM)] == ["last", "over"]
    assert [one.node_id for one in peers.admitted(db, SYSTEM, now=NOW)] == ["last"]


def test_a_group_counts_where_council_agreed_to_it_and_both_are_in_it(db: Session) -> None:
    def groups_of(node: str) -> frozenset[str]:
        found = peers.get(db, SYSTEM, node)
        assert found is not None
        return found.groups

    agreed = allies.AGREEMENT.model_copy(update={"groups": ("fjord", "north")})
    allies.put(db, allies.known("kestria", agreement=agreed), in_groups=False)
    assert groups_of("kestria") == frozenset()
    group = TrustGroup("fjord", "nordmark", 1, ("kestria",), hidden=False, document="", at=NOW)
    trust_groups.put(db, group)
    trust_groups.put(db, replace(group, id="unagreed"))
    trust_groups.put(db, replace(group, id="north", owner="aurora"))  # kestria is in it, this node is not
    assert groups_of("kestria") == {"fjord"}
    trust_groups.put(
        db, replace(group, id="north", owner="aurora", version=2, members=("kestria", "nordmark"))
    )
    assert groups_of("kestria") == {"fjord", "north"}
    trust_groups.put(db, replace(group, version=2, members=()))
    assert groups_of("kestria") == {"north"}


def test_the_version_of_a_list_only_rises_and_its_owner_stays(db: Session) -> None:
    group = TrustGroup("fjord", "nordmark", 4, ("kestria",), hidden=True, document="{}", at=NOW)
    trust_groups.put(db, group)
    for wrong in (group, replace(group, version=3), replace(group, version=5, owner="kestria")):
        with pytest.raises(ValueError, match="only rises"):
            trust_groups.put(db, wrong)
    assert trust_groups.get(db, "fjord") == group
    trust_groups.put(db, replace(group, version=6, members=()))
    assert trust_groups.get(db, "fjord", lock=True) == replace(group, version=6, members=())


def test_the_members_of_a_peer_are_never_ours(db: Session) -> None:
    """A node that calls one of its members as we call ours gets nothing by it."""
    ally = allies.put(db, allies.known(organizations=({"id": "uni-north", "name": "University"},)))
    assert ally.as_policy().organizations == {"sudland.uni-north"}


def test_a_key_ends_and_is_never_taken_back(db: Session) -> None:
    key = allies.new_key("sudland")
    allies.put(db, key=key)
    first = allies.public(key)
    peers.put_key(db, replace(first, revoked_at=NOW))
    peers.put_key(db, replace(first, jwk={}, valid_from=NOW, valid_until=NOW, revoked_at=None))
    assert peers.key(db, SYSTEM, "sudland", key.kid) == replace(first, valid_until=NOW, revoked_at=NOW)
    assert peers.key(db, SYSTEM, "sudland", "another") is None
    assert peers.key(db, SYSTEM, "other", key.kid) is None


def test_steps_are_appended_in_order(db: Session) -> None:
    allies.put(db)
    for what in ("proposed", "confirmed"):
        peers.add_step(db, "sudland", PeerStep(what, "person-x", NOW, "academia", "Because.", {"a": 1}))
    found = peers.steps(db, PUBLIC, "sudland")
    assert [one.what for one in found] == ["proposed", "confirmed"]
    assert found[1].details == {"a": 1}


def test_a_token_is_found_by_its_hash_and_gone_with_its_node_or_its_time(db: Session) -> None:
    for node, hash_, minutes in (
        ("sudland", "a" * 64, 5),
        ("sudland", "b" * 64, -1),
        ("kestria", "c" * 64, 5),
    ):
        peer_tokens.add(db, PeerToken(node, NOW + timedelta(minutes=minutes), epoch=3), hash_)
    assert peer_tokens.by_hash(db, "a" * 64) == PeerToken("sudland", NOW + timedelta(minutes=5), epoch=3)
    assert peer_tokens.by_hash(db, "") is None
    peer_tokens.forget(db, NOW)
    assert peer_tokens.by_hash(db, "b" * 64) is None
    peer_tokens.revoke(db, "sudland")
    assert peer_tokens.by_hash(db, "a" * 64) is None
    assert peer_tokens.by_hash(db, "c" * 64) is not None


def test_an_assertion_is_used_once_a_node(db: Session) -> None:
    until = NOW + timedelta(minutes=5)
    assert peer_tokens.use_assertion(db, "sudland", "one", until)
    assert not peer_tokens.use_assertion(db, "sudland", "one", until)
    assert peer_tokens.use_assertion(db, "kestria", "one", until)
    peer_tokens.forget(db, until)
    assert not peer_tokens.use_assertion(db, "sudland", "one", until)
    peer_tokens.forget(db, until + timedelta(seconds=1))
    assert peer_tokens.use_assertion(db, "sudland", "one", until)


def test_a_rise_of_the_epoch_waits_until_it_is_weighed(db: Session) -> None:
    def ready() -> list[bool]:
        return [one.ready for one in peers.listed(db, SYSTEM)]

    allies.put(db, allies.known("one"))
    allies.put(db, allies.known("other"))
    peers.raise_epoch(db, "one")
    assert ready() == [False, True]
    peers.weighed(db, "one", up_to=7)
    assert (peers.weighing(db, "one"), ready()) == (7, [False, True])
    peers.raise_epoch(db)
    assert (peers.weighing(db, "one"), ready()) == (0, [False, False])
    for node in ("one", "other"):
        peers.weighed(db, node, up_to=None)
    assert ready() == [True, True]
