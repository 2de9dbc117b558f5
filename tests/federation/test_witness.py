"""Logs that watch each other: what only grew is cosigned, what was split or rewritten is found and never cosigned again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from comity.domain.checkpoint import cosigned, lines_of, node_of, read_head, signed_head
from comity.domain.proof import witnesses
from comity.services import rotate_key, sign, sign_head, witness
from comity.services.sign import keys_of
from comity.storage import ledger, peers, witnessed
from tests.federation.logs import LogNode, Net

CHECKPOINT = "/federation/v1/ledger/checkpoint"
COSIGNATURE = "/federation/v1/ledger/cosignature"


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Net]:
    made = Net(tmp_path)
    yield made
    made.close()


@pytest.fixture
def allies(net: Net) -> Net:
    """Two nodes that watch each other."""
    for name in ("nordmark", "kestria"):
        net.add(name)
    net.ally("nordmark", "kestria")
    return net


def standing(node: LogNode, of: str) -> witness.Standing:
    with node.runtime.system_unit("test", writes=False) as unit:
        return witness.standing(unit, of)


def signers(node: LogNode) -> list[str]:
    return [node_of(line) for line in lines_of(node.client.get(CHECKPOINT).text)]


def test_a_log_that_grows_is_kept_and_cosigned_each_time(allies: Net) -> None:
    kestria, nordmark = allies.nodes["kestria"], allies.nodes["nordmark"]
    for leaves in (0, 3, 8):
        kestria.writes(leaves)
        found = allies.watch("nordmark")
        assert (found.looked_at, found.cosigned, found.equivocated, found.failed) == (1, 1, (), {})
        seen = standing(nordmark, "kestria")
        assert seen.newest is not None
        with kestria.runtime.system_unit("test", writes=False) as unit:
            assert seen.newest.size == ledger.size(unit.db)
        assert signers(kestria) == ["kestria", "nordmark"]
        allies.moment.now += timedelta(minutes=1)
    assert allies.watch("nordmark").cosigned == 0, "it stands there already"
    note = kestria.client.get(CHECKPOINT).text
    with nordmark.runtime.system_unit("test", writes=False) as unit:
        head = read_head(note, "kestria", keys_of(unit, "kestria"), now=unit.now)
        seen_by = witnesses(note, head, lambda node: keys_of(unit, node), now=unit.now)
    assert list(seen_by) == ["nordmark"]


def test_a_log_after_a_rotation_goes_on_being_one_log(allies: Net) -> None:
    kestria = allies.nodes["kestria"]
    allies.watch("nordmark")
    allies.moment.now += timedelta(days=1)
    with kestria.runtime.system_unit("test") as unit:
        rotate_key.rotate(unit, reason="The yearly change.")
        sign_head.sign_head(unit)
    found = allies.watch("nordmark")
    assert (found.looked_at, found.cosigned, found.equivocated, found.failed) == (1, 1, (), {})
    assert "kestria/.well-known/comity.json" in allies.nodes["nordmark"].calls, "where the next key is named"


def test_a_revocation_reaches_those_who_watch(allies: Net) -> None:
    kestria, nordmark = allies.nodes["kestria"], allies.nodes["nordmark"]
    allies.watch("nordmark")
    allies.moment.now += timedelta(days=1)
    with kestria.runtime.system_unit("test") as unit:
        leaked = rotate_key.history(unit)[0].kid
        rotate_key.revoke(unit, kid=leaked, reason="A disk was lost.")
        sign_head.sign_head(unit)
    assert allies.watch("nordmark").cosigned == 1
    with nordmark.runtime.system_unit("test", writes=False) as unit:
        known = {key.kid: key.revoked_at for key in peers.keys(unit.db, unit.viewer, "kestria")}
    assert known[leaked] == allies.moment.now
    assert list(known.values()).count(None) == 1
    assert "peer.key_revoked" in nordmark.audited()


def test_a_key_that_nobody_named_is_not_followed(allies: Net) -> None:
    """Whoever takes over the address of a node has its certificate perhaps, and not its key."""
    allies.watch("nordmark")
    other = allies.add("imposter")
    with other.runtime.system_unit("test") as unit:
        unit.db.execute(sa.text("UPDATE node SET node_id = 'kestria'"))
        unit.db.execute(sa.text("DELETE FROM ledger_checkpoint"))
    with other.runtime.system_unit("test") as unit:
        sign_head.sign_head(unit)
    allies.shown["nordmark", "kestria"] = other
    found = allies.watch("nordmark")
    assert (found.failed, found.equivocated) == ({"kestria": "history-rewritten"}, ())
    with allies.nodes["nordmark"].runtime.system_unit("test", writes=False) as unit:
        assert len(peers.keys(unit.db, unit.viewer, "kestria")) == 1


def test_a_node_that_rewrote_its_log_is_caught_marked_and_not_cosigned_any_more(allies: Net) -> None:
    kestria, nordmark = allies.nodes["kestria"], allies.nodes["nordmark"]
    other = allies.fork("kestria")
    kestria.writes(5)
    allies.watch("nordmark")
    other.writes(9)
    allies.shown["nordmark", "kestria"] = other
    found = allies.watch("nordmark")
    assert (found.equivocated, found.cosigned) == (("kestria",), 0)
    assert signers(other) == ["kestria"]
    seen = standing(nordmark, "kestria")
    assert seen.equivocated
    assert [one.size for one in seen.loud] == [10]
    assert seen.newest is not None
    assert seen.newest.size == 6, "what was consistent stays what we hold it to"
    assert nordmark.audited().count("ledger.equivocation") == 1
    del allies.shown["nordmark", "kestria"]
    kestria.writes(1)
    again = allies.watch("nordmark")
    assert again.cosigned == 0, "also not the log of before: which one is the log?"
    assert nordmark.audited().count("ledger.equivocation") == 1, "said once"


def test_two_roots_for_one_size_are_an_equivocation_without_any_proof(allies: Net) -> None:
    kestria = allies.nodes["kestria"]
    other = allies.fork("kestria")
    kestria.writes(4)
    other.writes(4)
    allies.watch("nordmark")
    allies.shown["nordmark", "kestria"] = other
    assert allies.watch("nordmark").equivocated == ("kestria",)
    assert not any("consistency" in call for call in allies.nodes["nordmark"].calls)


def test_a_log_that_was_split_between_two_allies_is_found_because_they_compare(net: Net) -> None:
    """Each ally sees a log that only grows. Only together can they see that there are two."""
    for name in ("nordmark", "sudland", "kestria"):
        net.add(name)
    net.ally("nordmark", "sudland", "kestria")
    other = net.fork("kestria")
    net.nodes["kestria"].writes(4)
    other.writes(6)
    net.shown["sudland", "kestria"] = other
    first = net.watch("sudland")
    assert first.equivocated == ()
    assert standing(net.nodes["sudland"], "kestria").newest is not None
    withheld = net.watch("nordmark")
    assert withheld.failed == {"kestria": "no-proof"}, "it signed a longer log, and gives no proof for it"
    assert signers(net.nodes["kestria"]) == ["kestria"], "nothing is cosigned meanwhile"
    net.nodes["kestria"].writes(4)
    assert net.watch("nordmark").equivocated == ("kestria",)
    assert standing(net.nodes["nordmark"], "kestria").equivocated
    other.writes(4)
    assert net.watch("sudland").equivocated == ("kestria",), "and the other ally finds it in the same way"
    assert not standing(net.nodes["nordmark"], "sudland").equivocated


def test_a_stale_head_that_fits_is_no_equivocation(allies: Net) -> None:
    kestria, nordmark = allies.nodes["kestria"], allies.nodes["nordmark"]
    kestria.writes(2, signed=False)
    with kestria.runtime.system_unit("test") as unit:
        sign_head.sign_head(unit)
        old = sign_head.served(unit, sign_head.sign_head(unit) or pytest.fail("no head"))
    kestria.writes(5)
    allies.watch("nordmark")
    allies.bends["kestria", "checkpoint"] = old.encode()
    found = allies.watch("nordmark")
    assert (found.equivocated, found.failed) == ((), {})
    assert any("consistency?first=3&second=8" in call for call in nordmark.calls)


def test_an_answer_that_is_none_proves_nothing_against_anybody(allies: Net) -> None:
    allies.watch("nordmark")
    allies.nodes["kestria"].writes(2)
    for what, body in (
        ("checkpoint", b""),
        ("checkpoint", b"\xff\xfe"),
        ("checkpoint", b"comity/kestria\n1\nAAAA\n\n\xe2\x80\x94 comity/kestria AAAAAAAA\n"),
        ("consistency", b"[]"),
        ("consistency", b'{"proof": 1}'),
        ("consistency", b'{"proof": ["%"]}'),
        ("consistency", b'{"proof": [], "proof": []}'),
    ):
        allies.bends = {("kestria", what): body}
        found = allies.watch("nordmark")
        assert (found.failed, found.equivocated, found.cosigned) == ({"kestria": "malformed"}, (), 0), body
    allies.bends.clear()
    assert allies.watch("nordmark").cosigned == 1


def test_one_node_that_fails_disturbs_no_other(net: Net) -> None:
    for name in ("nordmark", "sudland", "kestria"):
        net.add(name)
    net.ally("nordmark", "sudland", "kestria")
    away = net.nodes.pop("kestria")
    found = net.watch("nordmark")
    assert (found.looked_at, found.cosigned, found.failed) == (1, 1, {"kestria": "connect"})
    away.client.close()
    away.engine.dispose()


def test_a_head_by_a_key_of_somebody_else_is_refused_and_is_no_equivocation(allies: Net) -> None:
    with allies.nodes["nordmark"].runtime.system_unit("test", writes=False) as unit:
        thief = sign.signing_key(unit)
    assert thief is not None
    forged = signed_head(replace(thief, node="kestria"), size=3, root=b"\1" * 32)
    allies.bends["kestria", "checkpoint"] = forged.encode()
    found = allies.watch("nordmark")
    assert (found.failed, found.equivocated) == ({"kestria": "unknown-key"}, ())
    assert standing(allies.nodes["nordmark"], "kestria").newest is None


def test_nobody_who_is_not_admitted_is_watched_or_brings_a_cosignature(allies: Net) -> None:
    kestria, nordmark = allies.nodes["kestria"], allies.nodes["nordmark"]
    allies.watch("nordmark")
    with kestria.runtime.system_unit("test") as unit:
        unit.db.execute(sa.text("UPDATE peer SET state = 'paused'"))
        unit.db.execute(sa.text("DELETE FROM ledger_cosignature"))
    assert allies.watch("nordmark").failed == {"kestria": "cosignature-404"}
    with nordmark.runtime.system_unit("test") as unit:
        unit.db.execute(sa.text("UPDATE peer SET state = 'paused'"))
    assert allies.watch("nordmark").looked_at == 0
    assert signers(kestria) == ["kestria"]


def test_a_cosignature_is_taken_from_its_witness_for_its_head_and_from_nobody_else(allies: Net) -> None:
    kestria, nordmark = allies.nodes["kestria"], allies.nodes["nordmark"]
    note = kestria.client.get(CHECKPOINT).text
    with nordmark.runtime.system_unit("test", writes=False) as unit:
        key = sign.signing_key(unit)
        assert key is not None
        head = read_head(note, "kestria", keys_of(unit, "kestria"), now=unit.now)
        good = cosigned(key, head, at=unit.now)
        later = cosigned(key, head, at=unit.now + timedelta(days=1))
    stranger = cosigned(replace(key, node="nowhere"), head, at=allies.moment.now)
    wrong: list[dict[str, object]] = [
        {"size": head.size + 1, "line": good},
        {"size": head.size, "line": later},
        {"size": head.size, "line": stranger},
        {"size": head.size, "line": good[:-8] + "AAAAAAA="},
        {"size": head.size, "line": "\u2014 comity/nordmark AAAAAAAA"},
        {"size": head.size, "line": "no line at all"},
    ]
    for given in wrong:
        answer = kestria.client.post(COSIGNATURE, json=given)
        assert answer.status_code == 404, given
    for bad in ({"size": 0, "line": good}, {"size": head.size}, {"size": head.size, "line": good, "x": 1}):
        assert kestria.client.post(COSIGNATURE, json=bad).status_code == 422
    assert signers(kestria) == ["kestria"]
    assert kestria.client.post(COSIGNATURE, json={"size": head.size, "line": good}).status_code == 204
    assert kestria.client.post(COSIGNATURE, json={"size": head.size, "line": good}).status_code == 204
    assert signers(kestria) == ["kestria", "nordmark"]


def test_what_was_seen_of_a_log_is_shown_to_those_who_ask_by_its_name(allies: Net) -> None:
    nordmark = allies.nodes["nordmark"]
    ask = "/federation/v1/ledger/seen/"
    assert nordmark.client.get(f"{ask}kestria").status_code == 404
    allies.watch("nordmark")
    answer = nordmark.client.get(f"{ask}kestria")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith("comity/kestria\n1\n")
    unknown, hidden = nordmark.client.get(f"{ask}nowhere"), f"{ask}kestria"
    with nordmark.runtime.system_unit("test") as unit:
        unit.db.execute(sa.text("UPDATE peer SET state = 'proposed'"))
    proposed = nordmark.client.get(hidden)
    assert (unknown.status_code, proposed.status_code) == (404, 404)
    assert {**unknown.json(), "instance": ""} == {**proposed.json(), "instance": ""}


def test_hashes_are_for_anybody_and_say_only_how_many_leaves_there_are(allies: Net) -> None:
    kestria = allies.nodes["kestria"]
    kestria.writes(6)
    public = kestria.client
    assert public.get("/federation/v1/ledger/inclusion?size=7&index=3").json()["index"] == 3
    assert len(public.get("/federation/v1/ledger/consistency?first=3&second=7").json()["proof"]) == 4
    with kestria.runtime.system_unit("test", writes=False) as unit:
        leaf = ledger.hashes(unit.db, [(0, 3)])[0, 3].hex()
    assert public.get(f"/federation/v1/ledger/inclusion?size=7&leaf={leaf}").json()["index"] == 3
    for wrong in (
        "inclusion?size=8&index=3",
        "inclusion?size=7&index=7",
        "inclusion?size=7",
        f"inclusion?size=7&leaf={'0' * 64}",
        "consistency?first=3&second=8",
        "consistency?first=5&second=3",
    ):
        assert public.get(f"/federation/v1/ledger/{wrong}").status_code == 404, wrong
    for bad in ("inclusion?size=x&index=3", "inclusion?size=7&leaf=xyz", "consistency?first=0&second=3"):
        assert public.get(f"/federation/v1/ledger/{bad}").status_code == 422, bad


def test_a_round_is_made_by_one_worker_at_a_time(allies: Net) -> None:
    assert allies.watch("nordmark").looked_at == 1
    second = witness.watch(allies.nodes["nordmark"].runtime, worker="another", open_client=pytest.fail)
    assert second.looked_at == 0


def test_evidence_is_kept_as_it_was_signed(allies: Net) -> None:
    kestria = allies.nodes["kestria"]
    other = allies.fork("kestria")
    kestria.writes(2)
    other.writes(2)
    allies.watch("nordmark")
    allies.shown["nordmark", "kestria"] = other
    allies.watch("nordmark")
    with allies.nodes["nordmark"].runtime.system_unit("test", writes=False) as unit:
        both = witnessed.of_size(unit.db, "kestria", 3)
        keys = peers.keys(unit.db, unit.viewer, "kestria")
        heads = [read_head(one.note, "kestria", keys, now=unit.now) for one in both]
    assert [one.state for one in both] == ["consistent", "equivocation"]
    assert heads[0].size == heads[1].size
    assert heads[0].root != heads[1].root


def test_a_log_that_people_explained_is_watched_and_cosigned_again(allies: Net) -> None:
    kestria, nordmark = allies.nodes["kestria"], allies.nodes["nordmark"]
    other = allies.fork("kestria")
    kestria.writes(5)
    allies.watch("nordmark")
    other.writes(9)
    allies.shown["nordmark", "kestria"] = other
    assert allies.watch("nordmark").equivocated == ("kestria",)
    with nordmark.runtime.system_unit("test") as unit:
        witness.explain(unit, node="kestria", reason="Its database was restored from a backup.")
    found = allies.watch("nordmark")
    assert (found.cosigned, found.equivocated) == (1, ())
    other.writes(1)
    assert allies.watch("nordmark").cosigned == 1
    del allies.shown["nordmark", "kestria"]
    kestria.writes(9)
    assert allies.watch("nordmark").equivocated == ("kestria",), "and the one of before is no longer the log"
    with nordmark.runtime.system_unit("test") as unit:
        assert len(witnessed.of_size(unit.db, "kestria", 10)) == 1, "the evidence of before stays"
