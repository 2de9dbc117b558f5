"""A verified object of an ally becomes a copy here, or is refused by name; late, twice or forged it changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from comity.domain.audience import Stage
from comity.domain.canonical import canonical_json
from comity.domain.errors import Conflict, NotAllowed, NotFound
from comity.domain.lifecycle_facts import State
from comity.domain.notice import Outcome, Release
from comity.domain.record import Record
from comity.domain.signing import Object, sign, verify_object
from comity.domain.tlp import TLP
from comity.services import alerts, correct, draft, find, read, restrict, take_in, withdraw
from comity.services.take_in import Incoming
from comity.storage import audiences, copies, peers
from tests import allies
from tests.foreign import REF, SUDLAND, fallen, said, uid, verified
from tests.place import Place
from tests.story import NOW, example


@pytest.fixture
def here(place: Place) -> Place:
    """This node, with sudland as an admitted ally."""
    with place.unit("system", now=NOW) as unit:
        allies.put(unit.db, key=SUDLAND)
    return place


def take(
    here: Place, obj: Object, *, sender: str = "sudland", release: Release | None = None, now: datetime = NOW
) -> Outcome:
    with here.unit("system", now=now) as unit:
        return take_in.take_in(unit, verified(obj), sender=sender, release=release)


def seen(here: Place, who: str, ref: str) -> read.Reading | None:
    with here.unit(who, now=NOW) as unit:
        try:
            return read.read(unit, ref=ref)
        except NotFound:
            return None


def hits(here: Place, who: str, text: str = "conference") -> list[str]:
    with here.unit(who, now=NOW) as unit:
        query = find.asked(text=text, filters={}, sort="relevance", page=1, include_ended=False)
        return [one.record.ref for one in find.find(unit, query).items]


def test_a_record_becomes_a_copy_that_members_find_and_others_do_not(here: Place) -> None:
    assert take(here, said()) == Outcome("applied")
    found = seen(here, "researcher", REF)
    assert found is not None
    record = found.record
    assert (record.uid, record.origin_node, record.sector, record.state) == (
        str(uid(1)),
        "sudland",
        "academia",
        State.PUBLISHED,
    )
    assert record.facts["origin"] == {"node_name": "Sudland Exchange", "organization": "Faraway University"}
    assert found.revision is not None
    assert found.revision.version == "1.0"
    assert found.content["claims"] == [] or found.content["claims"]
    assert hits(here, "researcher") == [REF]
    assert seen(here, "public", REF) is None
    assert hits(here, "public") == []
    assert take(here, said(2, tlp=TLP.CLEAR)).result == "applied"
    assert hits(here, "public") == ["RSI-sudland-ADV-2026-000002"]


def test_a_copy_is_for_this_node_alone(here: Place) -> None:
    """F-06: what A gave B is invisible to C unless A says so."""
    take(here, said(tlp=TLP.CLEAR))
    with here.unit("system", now=NOW) as unit:
        record = copies.by_uids(unit.db, unit.viewer, [str(uid(1))])[str(uid(1))]
        audience = audiences.load(unit.db, record.audience_id)
    assert (audience.owner, audience.releasable, audience.stage) == (
        "node:sudland",
        frozenset({"node:nordmark"}),
        Stage.LIVE,
    )
    assert not audience.workers


def test_the_same_again_and_an_older_one_change_nothing(here: Place) -> None:
    newer = said(
        version="1.1", modified=NOW - timedelta(minutes=5), words={"title": "Newer title of the conference"}
    )
    take(here, said())
    assert take(here, newer).changed
    before = state_of(here)
    for again in (newer, said(), newer):
        assert take(here, again) == Outcome("applied", changed=False)
    assert state_of(here) == before
    found = seen(here, "researcher", REF)
    assert found is not None
    assert found.content["title"] == "Newer title of the conference"
    assert [one.version for one in found.versions] == ["1.1", "1.0"]


def state_of(here: Place) -> str:
    with here.engine.connect() as connection:
        import sqlalchemy as sa

        names = ("record", "revision", "claim", "foreign_object", "audit_entry", "outbox")
        known = set(sa.inspect(connection).get_table_names())
        return "".join(
            repr(connection.execute(sa.text(f'SELECT * FROM "{name}" ORDER BY 1, 2')).all())
            for name in names
            if name in known
        )


def test_versions_in_the_wrong_order_end_at_the_newest(here: Place) -> None:
    newer = said(version="2.0", modified=NOW - timedelta(minutes=5))
    assert take(here, newer).changed
    assert not take(here, said()).changed
    found = seen(here, "researcher", REF)
    assert found is not None
    assert found.revision is not None
    assert found.revision.version == "2.0"


def test_a_tombstone_before_its_record_keeps_it_away(here: Place) -> None:
    assert take(here, fallen()).result == "applied"
    assert take(here, said()) == Outcome("applied", changed=False)
    assert seen(here, "researcher", REF) is None


def test_a_tombstone_seals_the_body_and_leaves_the_place(here: Place) -> None:
    take(here, said())
    assert take(here, fallen()).result == "recalled"
    found = seen(here, "researcher", REF)
    assert found is not None
    assert (found.record.state, found.revision, found.content) == (State.WITHDRAWN, None, {})
    assert hits(here, "researcher") == []
    with here.unit("system", now=NOW) as unit:
        assert "conference" not in copies.body(
            unit.db, unit.viewer, found.record.id, "2026-11-02T08:00:00.000Z"
        )
        assert set(copies.seen(unit.db, [said()["id"]])[said()["id"]].digests) == {
            "2026-11-02T08:00:00.000Z",
            "2026-11-02T09:00:00.000Z",
        }
    assert take(here, fallen()) == Outcome("applied", changed=False)


def test_what_was_held_at_its_origin_comes_back(here: Place) -> None:
    take(here, said())
    take(
        here,
        fallen(reason="factual_doubt", until=NOW + timedelta(days=3), modified=NOW - timedelta(minutes=30)),
    )
    held = seen(here, "researcher", REF)
    assert held is not None
    assert (held.record.state, held.content) == (State.HELD, {})
    take(here, said(modified=NOW - timedelta(minutes=10)))
    back = seen(here, "researcher", REF)
    assert back is not None
    assert (back.record.state, back.record.tombstone) == (State.PUBLISHED, None)
    assert hits(here, "researcher") == [REF]


def test_the_origin_narrows_and_earlier_versions_follow(here: Place) -> None:
    take(here, said(tlp=TLP.CLEAR))
    assert hits(here, "public") == [REF]
    take(here, said(version="1.1", modified=NOW, tlp=TLP.GREEN))
    assert hits(here, "public") == []
    assert seen(here, "public", REF) is None
    with here.unit("public", now=NOW) as unit, pytest.raises(NotFound):
        read.read(unit, ref=REF, version="1.0")


def test_the_same_version_may_be_handled_anew_but_not_say_something_else(here: Place) -> None:
    take(here, said(tlp=TLP.CLEAR))
    assert take(here, said(tlp=TLP.GREEN, modified=NOW - timedelta(minutes=9))).changed
    assert seen(here, "public", REF) is None
    other = said(
        tlp=TLP.CLEAR,
        modified=NOW - timedelta(minutes=8),
        words={"title": "Something else under the same number"},
    )
    assert take(here, other).reason == "changed-in-place"
    same_moment = said(tlp=TLP.CLEAR, modified=NOW - timedelta(minutes=9))
    assert take(here, same_moment).reason == "changed-in-place"
    assert seen(here, "public", REF) is None


REFUSED = [
    (said(node="aurora"), "foreign-origin"),
    (said(ref="RSI-aurora-ADV-2026-000001"), "foreign-origin"),
    (said(ref="RSI-sudland-BP-2026-000001"), "foreign-origin"),
    (said(ref="RSI-sudland-ADV-2026-000001x"), "foreign-origin"),
    (said(node="nordmark", ref="RSI-nordmark-ADV-2026-000001"), "foreign-origin"),
    (said(tlp=TLP.RED), "red-never-travels"),
    (said(tlp=TLP.AMBER), "no-release"),
    (said(tlp=TLP.AMBER_STRICT), "no-release"),
    (said(handling={"audience": {"organizations": ["uni-north"]}}), "over-shared"),
    (said(handling={"audience": {"persons": ["person-reader"]}}), "over-shared"),
    (said(handling={"releasable_to": ["node:aurora"]}), "over-shared"),
    (said(handling={"caveats": ["REL"], "releasable_to": ["group:other"]}), "over-shared"),
    (said(handling={"caveats": ["EMBARGO"], "embargo_until": "2026-12-01T00:00:00Z"}), "under-embargo"),
    (said(handling={"surprise": 1}), "malformed"),
    (said(version="0.3"), "malformed"),
    (said(version="1.0.0"), "malformed"),
    (said(sector="military"), "malformed"),
    (said(created=NOW), "malformed"),
    (said(words={"summary": "TOP SECRET//NOFORN text"}), "national-marking"),
    ({**said(), "object_marking_refs": []}, "red-never-travels"),
    ({**said(), "object_marking_refs": ["marking-definition--00000000-0000-4000-8000-000000000000"]}, "red-never-travels"),
    ({**said(), "extensions": {"x-other": {}}}, "not-one-record"),
]  # fmt: skip


def test_what_is_refused_and_its_name(here: Place) -> None:
    for obj, reason in REFUSED:
        outcome = take(here, obj)
        assert (outcome.result, outcome.reason, outcome.changed) == ("refused", reason, False), obj
    with here.unit("system", now=NOW) as unit:
        assert copies.count(unit.db, "sudland") == 0
        assert copies.seen(unit.db, [obj["id"] for obj, _ in REFUSED]) == {}


def test_a_marking_lowered_on_the_way_breaks_the_signature(here: Place) -> None:
    signed = sign(said(), SUDLAND)
    from comity.domain.signing import Refused

    with pytest.raises(Refused, match="bad-signature"):
        verify_object(
            {**signed, "object_marking_refs": [TLP.CLEAR.stix_marking_id]},
            lambda *_: allies.public(SUDLAND),
            now=NOW,
        )


def test_only_the_origins_own_node_speaks_for_its_records(here: Place) -> None:
    """Even a trusted ally that relays another's record, or signs in its name, is refused."""
    aurora = allies.new_key("aurora")
    with here.unit("system", now=NOW) as unit:
        allies.put(unit.db, allies.known("aurora"), key=aurora)
        assert take_in.take_in(unit, verified(said(), aurora), sender="aurora").reason == "foreign-origin"
        assert take_in.take_in(unit, verified(said(), aurora), sender="sudland").reason == "foreign-origin"
        assert take_in.take_in(unit, verified(said()), sender="aurora").reason == "foreign-origin"


def test_a_number_that_stands_for_another_record_is_not_taken(here: Place) -> None:
    aurora = allies.new_key("aurora")
    take(here, said())
    mine = draft_of(here)
    theirs = said(node="aurora", node_name="Aurora", ref="RSI-aurora-ADV-2026-000001")
    with here.unit("system", now=NOW) as unit:
        allies.put(unit.db, allies.known("aurora"), key=aurora)
        assert take_in.take_in(unit, verified(theirs, aurora), sender="aurora").reason in (
            "foreign-origin",
            "changed-in-place",
        )
        stolen = said(3, uid=UUID(mine.uid))
        assert take_in.take_in(unit, verified(stolen), sender="sudland").reason == "foreign-origin"
        again = said(4, ref=REF)
        assert take_in.take_in(unit, verified(again), sender="sudland").reason == "foreign-origin"


def draft_of(here: Place) -> Record:
    from comity.domain.handling import Handling

    with here.unit("liaison", now=NOW) as unit:
        return draft.start(
            unit, kind_name="advisory", content=example(now=NOW), handling=Handling(tlp=TLP.GREEN)
        )


def test_nothing_comes_from_a_node_that_is_not_connected(here: Place) -> None:
    from comity.domain.peer import PeerState

    assert take(here, said(), sender="stranger").reason == "not-admitted"
    with here.unit("system", now=NOW) as unit:
        peer = peers.get(unit.db, unit.viewer, "sudland")
        assert peer is not None
        peers.save(unit.db, replace(peer, state=PeerState.PAUSED))
    assert take(here, said()).reason == "not-admitted"


def test_nothing_beyond_the_agreement(here: Place) -> None:
    narrow = allies.AGREEMENT.model_copy(update={"kinds": ("best_practice",), "highest_marking": TLP.CLEAR})
    with here.unit("system", now=NOW) as unit:
        peer = peers.get(unit.db, unit.viewer, "sudland")
        assert peer is not None
        peers.save(unit.db, replace(peer, agreement=narrow))
    assert take(here, said(tlp=TLP.CLEAR)).reason == "beyond-agreement"
    with here.unit("system", now=NOW) as unit:
        peer = peers.get(unit.db, unit.viewer, "sudland")
        assert peer is not None
        peers.save(unit.db, replace(peer, agreement=narrow.model_copy(update={"kinds": ("advisory",)})))
    assert take(here, said()).reason == "beyond-agreement"
    assert take(here, said(tlp=TLP.CLEAR)).result == "applied"


RELEASE = Release(
    uid=str(uid(1)),
    version="1.0",
    organizations=("nordmark.uni-north",),
    purpose="protect_organization",
    record={},
)


def test_a_release_is_read_by_the_named_organizations_alone(here: Place) -> None:
    outcome = take(here, said(tlp=TLP.AMBER), release=RELEASE)
    assert outcome.result == "applied"
    assert hits(here, "security_officer") == [REF]
    for other in ("researcher_south", "reader", "contributor", "public"):
        assert hits(here, other) == []
        assert seen(here, other, REF) is None


def test_a_release_for_nobody_here_is_refused(here: Place) -> None:
    nobody = RELEASE.model_copy(update={"organizations": ("sudland.uni-far", "no-such-house")})
    assert take(here, said(tlp=TLP.AMBER), release=nobody).reason == "unknown-organization"


def test_a_page_is_taken_in_whole_and_a_bad_one_stops_no_other(here: Place) -> None:
    page = [said(n) for n in range(1, 9)] + [said(3, tlp=TLP.RED), said(9, node="aurora"), fallen(2), said(1)]
    incoming = [Incoming(found := verified(obj), canonical_json(found.value).decode()) for obj in page]
    with here.unit("system", now=NOW) as unit:
        outcomes = take_in.take_in_page(unit, incoming, sender="sudland")
    assert [one.result for one in outcomes] == ["applied"] * 8 + ["refused", "refused", "recalled", "applied"]
    assert [one.changed for one in outcomes] == [True] * 8 + [False, False, True, False]
    assert len(hits(here, "researcher")) == 7
    with here.unit("system", now=NOW) as unit:
        again = take_in.take_in_page(unit, incoming, sender="sudland")
    assert not any(one.changed for one in again)
    assert [one.result for one in again] == ["applied"] * 8 + ["refused", "refused", "applied", "applied"]


def test_together_and_one_by_one_store_the_same(here: Place) -> None:
    page = [said(n, words={"title": f"Conference number {n}"}) for n in (1, 2)]
    incoming = [Incoming(found := verified(obj), canonical_json(found.value).decode()) for obj in page]
    with here.unit("system", now=NOW) as unit:
        take_in.take_in_page(unit, incoming, sender="sudland")
    take(here, said(3, words={"title": "Conference number 3"}))
    first, third = (seen(here, "researcher", f"RSI-sudland-ADV-2026-{n:06d}") for n in (1, 3))
    assert first is not None
    assert third is not None
    assert plain(first) == plain(third)


def plain(found: read.Reading) -> tuple[Any, ...]:
    record = replace(found.record, id=0, uid="", ref="", working_revision_id=0, published_revision_id=0)
    assert found.revision is not None
    return record, found.revision.handling, {**found.content, "title": ""}


def test_people_here_cannot_change_a_copy_and_are_told_whose_it_is(here: Place) -> None:
    take(here, said())
    content = example(now=NOW, title="Edited here")
    with here.unit("editor", now=NOW) as unit, pytest.raises(Conflict, match="sudland"):
        correct.minor(unit, ref=REF, content=content, note="typo")
    with here.unit("liaison", now=NOW) as unit, pytest.raises((Conflict, NotAllowed)):
        draft.save(unit, ref=REF, content=content)
    with here.unit("liaison", now=NOW) as unit, pytest.raises((Conflict, NotAllowed)):
        correct.begin(unit, ref=REF)
    with here.unit("council_uni", now=NOW) as unit, pytest.raises(Conflict, match="sudland"):
        withdraw.council_vote(unit, ref=REF, reason_code="error", text="It is wrong.", agrees=True)


def restricted(here: Place, *, forbidden: bool = False) -> None:
    with here.unit("editor", now=NOW) as unit:
        restrict.restrict(
            unit,
            ref=REF,
            reason_code="court_order",
            text="By order.",
            order="K 12/26",
            tombstone_forbidden=forbidden,
        )


def test_a_legal_order_here_stays_in_force_whatever_the_origin_sends(here: Place) -> None:
    take(here, said())
    restricted(here)
    take(here, said(version="1.1", modified=NOW, words={"title": "A new version of the conference"}))
    found = seen(here, "researcher", REF)
    assert found is not None
    assert (found.record.state, found.content) == (State.LEGALLY_RESTRICTED, {})
    assert hits(here, "researcher") == []
    with here.unit("editor", now=NOW) as unit:
        restrict.lift_restriction(unit, ref=REF, text="The order ended.")
    back = seen(here, "researcher", REF)
    assert back is not None
    assert back.content["title"] == "A new version of the conference"


def test_what_fell_at_its_origin_while_an_order_held_here_stays_down(here: Place) -> None:
    take(here, said())
    restricted(here)
    take(here, fallen())
    with here.unit("editor", now=NOW) as unit:
        restrict.lift_restriction(unit, ref=REF, text="The order ended.")
    found = seen(here, "researcher", REF)
    assert found is not None
    assert (found.record.state, found.content) == (State.WITHDRAWN, {})
    assert found.record.tombstone is not None


def test_a_copy_expires_by_the_clock_here(here: Place) -> None:
    from comity.services import clock

    take(here, said())
    with here.unit("system", now=NOW + timedelta(days=200)) as unit:
        assert clock.tick(unit).expired == [REF]
    found = seen(here, "researcher", REF)
    assert found is not None
    assert found.record.state is State.EXPIRED


def test_subscribers_hear_of_a_copy_and_of_its_end(here: Place) -> None:
    from comity.services import subscribe

    take(here, said())
    with here.unit("researcher", now=NOW) as unit:
        subscribe.follow_record(unit, ref=REF)
    take(here, fallen())
    with here.unit("system", now=NOW) as unit:
        while alerts.follow(unit, worker="test"):
            pass
    with here.unit("researcher", now=NOW) as unit:
        assert any(one.ref == REF for one in alerts.listed(unit))


def test_the_text_is_kept_as_it_came(here: Place) -> None:
    """Unknown properties survive, because the object itself is kept."""
    obj = {**said(), "x_from_the_future": {"kept": True}}
    take(here, obj)
    found = seen(here, "researcher", REF)
    assert found is not None
    with here.unit("system", now=NOW) as unit:
        text = copies.body(unit.db, unit.viewer, found.record.id)
    assert text == canonical_json(sign(obj, SUDLAND)).decode()
