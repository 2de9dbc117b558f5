"""The log as a whole: heads that are signed when it grew, proofs that hold offline, and damage that is found."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from comity.domain import ledger as tree
from comity.domain.checkpoint import from_verifier_key, verifier_key
from comity.domain.commitment import commitment
from comity.domain.errors import NotFound
from comity.domain.proof import Proof, check, from_base64, read_proof
from comity.domain.signing import Refused
from comity.domain.strict_json import parse
from comity.services import prove, rotate_key, sign, sign_head, verify_ledger
from comity.services.notarize import notarize
from comity.services.verify_ledger import Damaged, Whole
from comity.storage import ledger
from tests.factories import NOW
from tests.place import Place


def written(place: Place, count: int, *, signed: bool = True, days: int = 0) -> None:
    """The key's leaf, and others up to `count`."""
    with place.unit("system", now=NOW + timedelta(days=days)) as unit:
        sign.ensure_key(unit)
        while ledger.size(unit.db) < count:
            notarize(unit, "release", entry={"n": ledger.size(unit.db)})
        if signed:
            sign_head.sign_head(unit)


def verdict(place: Place) -> Whole | Damaged:
    with place.unit("system") as unit:
        return verify_ledger.verify_log(unit)


def damaged(place: Place, statement: str) -> Damaged:
    with place.engine.begin() as connection:
        connection.execute(sa.text(statement))
    found = verdict(place)
    assert isinstance(found, Damaged)
    return found


def test_a_head_is_signed_when_there_are_new_leaves_and_only_then(place: Place) -> None:
    with place.unit("system") as unit:
        assert sign_head.sign_head(unit) is None, "no key and no leaf"
    written(place, 3)
    with place.unit("system") as unit:
        first = sign_head.sign_head(unit)
        assert first is not None
        assert first.size == 3
        assert sign_head.sign_head(unit) == first
        assert len(ledger.checkpoints(unit.db)) == 1
        notarize(unit, "release", entry={})
        assert sign_head.sign_head(unit) != first
        assert [one.size for one in ledger.checkpoints(unit.db)] == [3, 4]


def test_every_leaf_is_proved_under_the_newest_head_and_offline(place: Place) -> None:
    written(place, 5)
    written(place, 11)
    with place.unit("system") as unit:
        key = sign.signing_key(unit)
        assert key is not None
        jwk = key.key.as_dict(private=False)
        proofs = [prove.one(unit, index).proof for index in range(11)]
    read = from_verifier_key(verifier_key("nordmark", jwk))
    assert read.kid == key.kid
    for index, proof in enumerate(proofs):
        assert proof is not None
        kept = read_proof(parse(json.dumps(proof.model_dump(mode="json")).encode()))
        found = check(kept, lambda node: [read] if node == "nordmark" else [], now=NOW)
        assert (found.index, found.node, found.head.size) == (index, "nordmark", 11)


def test_a_proof_that_was_bent_proves_nothing(place: Place) -> None:
    written(place, 6)
    with place.unit("system") as unit:
        good = prove.one(unit, 3).proof
        other = prove.one(unit, 4).proof
        assert good is not None
        assert other is not None

        def reason(**changes: Any) -> str:
            with pytest.raises(Refused) as refused:
                verify_ledger.verify_proof(unit, good.model_copy(update=changes))
            return refused.value.reason

        assert verify_ledger.verify_proof(unit, good).index == 3
        assert reason(entry={**good.entry, "entry": {"n": 4}}) == "not-in-the-log"
        assert reason(salt="00" * 32) == "not-in-the-log"
        assert reason(index=4) == "not-in-the-log"
        assert reason(index=4, entry={**good.entry, "index": 4}) == "not-in-the-log"
        assert reason(inclusion=good.inclusion[1:]) == "not-in-the-log"
        assert reason(inclusion=other.inclusion) == "not-in-the-log"
        assert reason(inclusion=("%",)) == "malformed"
        assert reason(entry={**good.entry, "node": "kestria"}) == "another-log"
        assert reason(checkpoint=good.checkpoint.replace("\n6\n", "\n7\n")) == "bad-signature"
        assert reason(checkpoint="") == "malformed"
    with pytest.raises(Refused, match="malformed"):
        read_proof({**good.model_dump(mode="json"), "extra": 1})


def test_one_log_leads_to_the_next(place: Place) -> None:
    written(place, 4)
    written(place, 9)
    with place.unit("public") as unit:
        heads = {one.size: bytes.fromhex(one.root) for one in ledger.checkpoints(unit.db)}
        path = prove.consistency(unit, first=4, second=9)
        assert tree.verify_consistency(
            first=4, second=9, proof=path.hashes, first_root=heads[4], second_root=heads[9]
        )
        for first, second in ((0, 9), (9, 4), (4, 10), (10, 10)):
            with pytest.raises(NotFound):
                prove.consistency(unit, first=first, second=second)
        _, found = prove.inclusion(unit, size=9, index=2)
        index, same = prove.inclusion(unit, size=9, leaf=ledger.hashes(unit.db, [(0, 2)])[0, 2])
        assert (index, same) == (2, found)
        for wrong in ({"index": 9}, {"index": -1}, {"leaf": b"\0" * 32}, {}):
            with pytest.raises(NotFound):
                prove.inclusion(unit, size=9, **wrong)


def test_what_no_head_covers_is_not_proved_yet(place: Place) -> None:
    written(place, 3)
    written(place, 5, signed=False)
    with place.unit("system") as unit:
        assert prove.one(unit, 2).proof is not None
        assert prove.one(unit, 3).proof is None
        with pytest.raises(NotFound):
            prove.inclusion(unit, size=5, index=3)


def test_a_whole_log_is_whole_also_after_rotations_and_a_revocation(place: Place) -> None:
    assert verdict(place) == Whole(0, tree.EMPTY.hex(), 0)
    written(place, 4)
    with place.unit("system", now=NOW + timedelta(days=1)) as unit:
        rotate_key.rotate(unit, reason="The yearly change.")
        sign_head.sign_head(unit)
    with place.unit("system", now=NOW + timedelta(days=2)) as unit:
        kid = rotate_key.history(unit)[0].kid
        rotate_key.revoke(unit, kid=kid, reason="The old disk was lost.")
        sign_head.sign_head(unit)
    written(place, 9, days=3)
    with place.unit("system", now=NOW + timedelta(days=3)) as unit:
        found = verify_ledger.verify_log(unit)
    assert isinstance(found, Whole), found
    assert (found.size, found.heads) == (9, 4)


@pytest.mark.parametrize(
    ("statement", "at", "why"),
    [
        ("""UPDATE ledger_leaf SET entry = '{"v": 1}' WHERE "index" = 2""", 2, "not what was committed"),
        ("""UPDATE ledger_leaf SET salt = 'x' WHERE "index" = 2""", 2, "no readable leaf"),
        ("""UPDATE ledger_leaf SET record_uid = 'other' WHERE "index" = 2""", 2, "columns"),
        ("""DELETE FROM ledger_leaf WHERE "index" = 2""", 2, "leaf 3 stands where 2 belongs"),
        ("""DELETE FROM ledger_leaf WHERE "index" = 6""", 6, "7 leaves were written and 6 are there"),
        ("""UPDATE ledger_checkpoint SET root = 'x' WHERE size = 4""", 4, "not those of the head"),
        ("""UPDATE ledger_checkpoint SET note = 'x' WHERE size = 4""", 4, "malformed"),
        ("""UPDATE ledger_node SET hash = '00' WHERE level = 2 AND "index" = 0""", 7, "stored hashes"),
        ("""DELETE FROM ledger_node WHERE level = 2""", 7, "stored hashes"),
    ],
)
def test_damage_is_found_and_named(sqlite_place: Place, statement: str, at: int, why: str) -> None:
    written(sqlite_place, 4)
    written(sqlite_place, 7, signed=False)
    found = damaged(sqlite_place, statement)
    assert found.at == at
    assert why in found.why


def test_a_leaf_that_was_written_anew_with_its_commitment_contradicts_the_signed_head(
    sqlite_place: Place,
) -> None:
    """Whoever holds the database can make entry and commitment agree again, but not with what was signed."""
    written(sqlite_place, 4)
    with sqlite_place.unit("system") as unit:
        leaf = prove.one(unit, 2).leaf
        forged = {**leaf.entry, "entry": {"n": "forged"}}
        made = commitment(forged, bytes.fromhex(leaf.salt)).hex()
        unit.db.execute(
            sa.text('UPDATE ledger_leaf SET entry = :entry, commitment = :made WHERE "index" = 2'),
            {"entry": json.dumps(forged), "made": made},
        )
    found = verdict(sqlite_place)
    assert isinstance(found, Damaged)
    assert "head that was signed" in found.why


def test_hashes_travel_in_base64_of_one_spelling() -> None:
    with pytest.raises(Refused, match="malformed"):
        from_base64(["not base64!"])
    assert Proof.model_fields["version"].default == 1
