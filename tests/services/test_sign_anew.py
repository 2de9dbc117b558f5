"""After a revocation everything that is served is believed again, by the same readers, in the same order, and nothing by others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from joserfc.jwk import OKPKey

from comity.config import Settings
from comity.domain.audit_chain import stamp
from comity.domain.descriptor import accept, statement
from comity.domain.handling import Handling
from comity.domain.notice import Keys, Membership, Notice, What
from comity.domain.signing import SIGNATURE, Refused, SigningKey, verify
from comity.domain.tlp import TLP
from comity.services import (
    describe,
    follow_keys,
    prove,
    rotate_key,
    set_up,
    sign,
    sign_anew,
    tell,
    verify_ledger,
)
from comity.services.obey import HANDLERS
from comity.services.read import find_record
from comity.services.runtime import Runtime
from comity.services.verify_ledger import Whole
from comity.storage import peers
from tests import allies
from tests.domain.test_descriptor import descriptor, jwk
from tests.factories import make_world
from tests.feed import EVERY, notices_served, open_exchange, records_served, served
from tests.services.test_carry import corrected
from tests.story import Story

A, B = "lorvania", "kestria"
WHY = "A laptop with the backup is gone."


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Story]:
    engine, world = make_world(tmp_path / "node.db")
    story = Story(engine, world)
    open_exchange(story, A, B)
    with story.unit("system") as unit:
        set_up.open_to_others(unit)
    yield story
    engine.dispose()


def runtime(story: Story) -> Runtime:
    return Runtime(Settings(), engine=story.engine, clock=lambda: story.now)


def revoked(story: Story) -> str:
    """The key in force is revoked, an hour later. Its id."""
    story.now += timedelta(hours=1)
    with story.unit("system") as unit:
        key = sign.signing_key(unit)
        assert key is not None
        rotate_key.revoke(unit, kid=key.kid, reason=WHY)
        return key.kid


def signer(one: dict[str, Any]) -> str:
    return str(one["extensions"][SIGNATURE]["kid"])


def plain(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is said, without when it was signed and by which key."""
    kept = []
    for one in found:
        extensions = {name: part for name, part in one["extensions"].items() if name != SIGNATURE}
        kept.append({**one, "modified": "", "extensions": extensions})
    return kept


def test_everything_that_is_served_is_signed_anew_for_the_same_readers(exchange: Story) -> None:
    exchange.published(tlp=TLP.CLEAR, title="For anyone")
    exchange.published(tlp=TLP.GREEN, title="For the community")
    only = Handling(tlp=TLP.GREEN, releasable_to=(f"node:{A}",))
    exchange.published(handling=only, title="For one node alone")
    with exchange.unit("system") as unit:
        body = Membership(group="fjord", version=7, members=("nordmark", A))
        tell.in_feed(unit, to=A, what=What.MEMBERSHIP, body=body, tlp=TLP.GREEN)
    before = {name: served(exchange, name) for name in (A, B)}
    assert len(before[A]) == len(before[B]) + 2
    kid = revoked(exchange)
    with pytest.raises(Refused, match="revoked-key"):
        served(exchange, A)
    count = sign_anew.sign_anew(runtime(exchange), worker="test")
    assert count == 4
    for name in (A, B):
        now = [one for one in served(exchange, name) if one.get("what") != "keys"]
        key = by_id(plain(now))
        assert key == by_id(plain(before[name]))
        assert kid not in {signer(one) for one in now}
        times = {one["id"]: one["modified"] for one in before[name]}
        assert all(one["modified"] > times[one["id"]] for one in now), (
            "so that nobody takes it for what they have"
        )
    assert sign_anew.sign_anew(runtime(exchange), worker="test") == 0


def by_id(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in found}


def test_no_body_under_the_revoked_signature_is_served_any_more(exchange: Story) -> None:
    exchange.published(tlp=TLP.CLEAR)
    kid = revoked(exchange)
    sign_anew.sign_anew(runtime(exchange), worker="test")
    for one in served(exchange, A, EVERY):
        assert kid not in json.dumps(one) or one.get("what") == "keys", (
            "the list of keys alone still names it"
        )


def test_a_batch_that_was_cut_short_goes_on_where_it_stopped(
    exchange: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        exchange.published(tlp=TLP.CLEAR, title=f"Matter {number}")
    revoked(exchange)
    monkeypatch.setattr(sign_anew, "BATCH", 1)
    with exchange.unit("system") as unit:
        after, signed = "", 0
        while not signed:
            after, signed = sign_anew.batch(unit, after=after)
            assert after, "there is one"
    assert sign_anew.sign_anew(runtime(exchange), worker="test") == 2
    assert len(records_served(exchange, A)) == 3


def test_a_tombstone_for_those_who_lost_it_stays_before_what_others_keep(exchange: Story) -> None:
    """Signed anew out of order, the tombstone would be the newest word, and the keepers would lose the record."""
    record = exchange.published(tlp=TLP.GREEN, title="Soon for fewer")
    narrow = Handling(tlp=TLP.GREEN, releasable_to=(f"node:{A}",))
    corrected(exchange, record, handling=narrow, title="Only for one ally")
    before = {name: [one.get("revoked", False) for one in records_served(exchange, name)] for name in (A, B)}
    assert before == {A: [False], B: [True]}
    revoked(exchange)
    sign_anew.sign_anew(runtime(exchange), worker="test")
    after = {name: [one.get("revoked", False) for one in records_served(exchange, name)] for name in (A, B)}
    assert after == before


def test_notices_that_wait_to_be_sent_are_signed_anew_too(exchange: Story) -> None:
    with exchange.unit("system") as unit:
        body = Membership(group="fjord", version=7, members=())
        tell.to_inbox(unit, to=A, what=What.MEMBERSHIP, body=body, tlp=TLP.GREEN)
    kid = revoked(exchange)
    exchange.published(tlp=TLP.CLEAR)
    sign_anew.sign_anew(runtime(exchange), worker="test")
    with exchange.unit("system") as unit:
        bodies = list(unit.db.scalars(sa.text("SELECT body FROM outgoing")))
        assert len(bodies) == 1
        assert kid not in bodies[0]
        assert verify(bodies[0].encode(), sign.key_of(unit), now=unit.now).node == "nordmark"


def test_each_is_a_leaf_and_the_log_stays_whole(exchange: Story) -> None:
    record = exchange.published(tlp=TLP.CLEAR)
    revoked(exchange)
    sign_anew.sign_anew(runtime(exchange), worker="test")
    with exchange.unit("system") as unit:
        assert isinstance(verify_ledger.verify_log(unit), Whole)
    with exchange.unit("public") as unit:
        told = [one.leaf.what for one in prove.about_record(unit, find_record(unit, record.ref))]
    assert told == ["release", "signed_anew"]


def test_a_rotation_signs_nothing_anew(exchange: Story) -> None:
    exchange.published(tlp=TLP.CLEAR)
    before = records_served(exchange, A)
    with exchange.unit("system") as unit:
        rotate_key.rotate(unit, reason="The yearly change.")
    assert sign_anew.sign_anew(runtime(exchange), worker="test") == 0
    assert records_served(exchange, A) == before


def test_a_rotation_is_told_to_each_ally_by_the_key_that_they_know(exchange: Story) -> None:
    with exchange.unit("system") as unit:
        old = sign.signing_key(unit)
        known = accept(describe.descriptor(unit), (), now=unit.now).keys
        new = rotate_key.rotate(unit, reason="The yearly change.")
    assert old is not None
    for name in (A, B):
        (notice,) = notices_served(exchange, name, What.KEYS)
        assert (notice.to, notice.origin) == (name, "nordmark")
        assert isinstance(notice.body, Keys)
        assert accept(notice.body.descriptor, known, now=exchange.now).new == (new.kid,)
    (sent,) = [one for one in served(exchange, A) if one.get("what") == "keys"]
    assert signer(sent) == old.kid


class Ally:
    """An ally whose keys change."""

    def __init__(self, story: Story, node: str) -> None:
        self.story, self.keys = story, [allies.new_key(node)]
        self.node = node
        with story.unit("system") as unit:
            peers.put_key(unit.db, allies.public(self.keys[0]))

    def descriptor(self, *keys: SigningKey, honest: bool = True) -> dict[str, Any]:
        told: list[dict[str, Any]] = []
        for number, key in enumerate(keys):
            at = allies.SINCE + timedelta(days=number)
            before = keys[number - 1] if number else None
            speaker = before if honest or before is None else key
            told.append(
                {
                    "kid": key.kid,
                    "jwk": jwk(key),
                    "valid_from": stamp(at),
                    "valid_until": stamp(at + timedelta(days=1)) if number < len(keys) - 1 else None,
                    "statement": statement(speaker, following=jwk(key), at=at)
                    if speaker and before
                    else None,
                }
            )
        return descriptor(told, keys[-1], id=self.node, modified=stamp(self.story.now))


def test_the_keys_of_an_ally_are_followed_by_succession_and_by_nothing_else(exchange: Story) -> None:
    ally = Ally(exchange, A)
    new, thief = (SigningKey(A, OKPKey.generate_key("Ed25519")) for _ in range(2))
    with exchange.unit("system") as unit:
        with pytest.raises(Refused, match="unknown-key"):
            follow_keys.follow(unit, node_id=A, said=ally.descriptor(ally.keys[0], thief, honest=False))
        with pytest.raises(Refused, match="history-rewritten"):
            follow_keys.follow(unit, node_id=A, said=ally.descriptor(thief))
        with pytest.raises(Refused, match="another-node"):
            follow_keys.follow(unit, node_id=A, said={**ally.descriptor(ally.keys[0]), "id": B})
        with pytest.raises(Refused, match="unknown-key"):
            follow_keys.follow(unit, node_id=B, said=ally.descriptor(ally.keys[0]))
        assert {key.kid for key in peers.keys(unit.db, unit.viewer, A)} == {ally.keys[0].kid}
        said = ally.descriptor(ally.keys[0], new)
        assert follow_keys.follow(unit, node_id=A, said=said).new == (new.kid,)
        assert follow_keys.follow(unit, node_id=A, said=said).new == ()
        known = {key.kid: key for key in peers.keys(unit.db, unit.viewer, A)}
        assert known.keys() == {ally.keys[0].kid, new.kid}
        assert known[ally.keys[0].kid].valid_until is not None
        steps = [step.what for step in peers.steps(unit.db, unit.viewer, A)]
    assert steps.count("refreshed") == 1, "said once"


def test_a_notice_of_keys_is_obeyed_through_the_registry(exchange: Story) -> None:
    ally = Ally(exchange, A)
    new = SigningKey(A, OKPKey.generate_key("Ed25519"))
    body = Keys(descriptor=ally.descriptor(ally.keys[0], new))
    bent = Keys(descriptor=ally.descriptor(new))
    with exchange.unit("system") as unit:
        for given, result in ((bent, "refused"), (body, "done"), (body, "done")):
            notice = Notice(
                id="comity-notice--1", what=What.KEYS, origin=A, to="nordmark", tlp=TLP.CLEAR, at=unit.now, body=given
            )  # fmt: skip
            assert HANDLERS[What.KEYS](unit, notice, A).result == result
