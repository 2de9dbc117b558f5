"""A peer that is stale, replaying, forging, over-sharing, truncating, slow, skewed or poisonous: each ends in a named refusal,
nothing is lost, nothing leaks, and the rest is applied (S23, S24, S29; architecture, exchange).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from comity.config import Settings
from comity.domain.errors import NotFound
from comity.domain.lifecycle_facts import State
from comity.domain.peer import PeerState
from comity.domain.signing import sign
from comity.domain.tlp import TLP
from comity.services import find, pull, push, read
from comity.services import sign as signing
from comity.services.outbound import Limits
from comity.services.pull import Pulled
from comity.services.runtime import Runtime
from comity.services.take_in import take_in_page
from comity.storage import collections, outgoing, peers, pulls, quarantine
from comity.storage.pulls import Counts
from tests import allies
from tests.factories import World, make_database
from tests.federation.node_simulator import FEED, INBOX, Answer, NodeSimulator, simulated
from tests.foreign import REF, SUDLAND, fallen, said, text_of
from tests.story import NOW


@dataclass
class Victim:
    """A node that reads the simulator's feed."""

    runtime: Runtime
    world: World
    peer: NodeSimulator
    moment: list[datetime] = field(default_factory=lambda: [NOW])

    def pull(self, worker: str = "worker") -> Pulled:
        return pull.pull(self.runtime, "sudland", worker)

    def unit(self, who: str = "system") -> Any:
        return self.runtime.unit(self.world.viewer(who), writes=True)

    def later(self, **time: float) -> None:
        self.moment[0] += timedelta(**time)

    def hits(self, who: str = "researcher", text: str = "conference") -> list[str]:
        with self.unit(who) as unit:
            query = find.asked(text=text, filters={}, sort="relevance", page=1, include_ended=False)
            return sorted(one.record.ref[-6:].lstrip("0") for one in find.find(unit, query).items)

    def held(self) -> dict[str, str]:
        """STIX id -> reason, of what is in quarantine."""
        with self.unit() as unit:
            return {one.stix_id: one.reason for one in quarantine.waiting(unit.db)}

    def reasons(self) -> list[str]:
        return sorted(self.held().values())

    def state(self) -> pulls.Pull:
        with self.unit() as unit:
            found = pulls.get(unit.db, "sudland")
        assert found is not None
        return found

    def reading(self, who: str = "researcher", ref: str = REF) -> read.Reading | None:
        with self.unit(who) as unit:
            try:
                return read.read(unit, ref=ref)
            except NotFound:
                return None


@pytest.fixture
def peer() -> Iterator[NodeSimulator]:
    with simulated() as made:
        yield made


@pytest.fixture
def victim(tmp_path: Path, peer: NodeSimulator) -> Iterator[Victim]:
    engine = make_database(tmp_path / "node.db")
    world = World().put(engine)
    settings = Settings(
        database_url=str(engine.url), data_dir=tmp_path, outbound_allow="127.0.0.0/8", threads=4
    )
    moment = [NOW]
    runtime = Runtime(settings, engine=engine, clock=lambda: moment[0])
    made = Victim(runtime, world, peer, moment)
    with made.unit() as unit:
        collections.ensure(unit.db, "nordmark", NOW)
        signing.ensure_key(unit)
        allies.put(unit.db, allies.known(base_url=peer.url), key=SUDLAND)
    yield made
    runtime.close()


def test_an_honest_feed_is_read_in_pages_once_and_answered(victim: Victim, peer: NodeSimulator) -> None:
    peer.page_size = 3
    peer.says(*(said(n) for n in range(1, 8)))
    done = victim.pull()
    assert (done.error, done.pages, done.counts) == ("", 3, Counts(received=7, applied=7))
    assert victim.hits() == [str(n) for n in range(1, 8)]
    assert victim.pull().counts == Counts()
    peer.says(said(8))
    assert victim.pull().counts == Counts(received=1, applied=1)
    assert push.push(victim.runtime, "sudland").taken == 4
    assert set(peer.answered().values()) == {("applied", "")}
    assert len(peer.answered()) == 8


# ---------------------------------------------------------------- what it says


def altered(obj: dict[str, Any], **changes: Any) -> str:
    """Signed, and changed afterwards."""
    return text_of({**sign(obj, SUDLAND), **changes})


def test_forged(victim: Victim, peer: NodeSimulator) -> None:
    """S23: for a new record and for one that is here already."""
    stranger = allies.new_key("sudland")
    peer.says(
        said(1),
        altered(said(2), name="Another name"),
        text_of(sign(said(3), stranger)),
        text_of(said(4)),
        said(5),
    )
    peer.says(altered(said(1, version="1.1", modified=NOW), name="Another name"))
    done = victim.pull()
    assert done.error == ""
    assert done.counts == Counts(received=6, applied=2, quarantined=4)
    assert victim.reasons() == ["bad-signature", "bad-signature", "unknown-key", "unsigned"]
    assert victim.hits() == ["1", "5"]
    found = victim.reading()
    assert found is not None
    assert found.revision is not None
    assert (found.revision.version, found.content["title"]) == ("1.0", said(1)["name"])


def test_a_changed_byte_is_noticed_and_told(victim: Victim, peer: NodeSimulator) -> None:
    """J-09.3."""
    text = text_of(sign(said(1), SUDLAND))
    at = text.index('"name":"') + 9
    peer.says(text[:at] + ("x" if text[at] != "x" else "y") + text[at + 1 :])
    assert victim.pull().counts == Counts(received=1, quarantined=1)
    push.push(victim.runtime, "sudland")
    assert peer.answered() == {said(1)["id"]: ("refused", "bad-signature")}


def test_lowered_on_the_way(victim: Victim, peer: NodeSimulator) -> None:
    peer.says(said(1), altered(said(2), object_marking_refs=[TLP.CLEAR.stix_marking_id]))
    victim.pull()
    assert victim.reasons() == ["bad-signature"]
    assert victim.hits("public") == []


def test_foreign_origin(victim: Victim, peer: NodeSimulator) -> None:
    """A trusted peer speaks for another node: signed by itself, or relayed as that node signed it."""
    aurora = allies.new_key("aurora")
    with victim.unit() as unit:
        allies.put(unit.db, allies.known("aurora"), key=aurora)
    theirs = said(2, node="aurora", node_name="Aurora", ref="RSI-aurora-ADV-2026-000002")
    peer.says(
        said(1),
        theirs,
        text_of(sign({**theirs, "id": theirs["id"]}, aurora)),
        said(3, ref="RSI-nordmark-ADV-2026-000003"),
    )
    done = victim.pull()
    assert done.counts == Counts(received=4, applied=1, quarantined=3)
    assert set(victim.reasons()) == {"foreign-origin"}
    assert victim.hits() == ["1"]


def test_over_sharing(victim: Victim, peer: NodeSimulator) -> None:
    peer.says(
        said(1), said(2, tlp=TLP.RED), said(3, tlp=TLP.AMBER), said(4, tlp=TLP.AMBER_STRICT),
        said(5, handling={"releasable_to": ["node:aurora"]}), said(6, handling={"audience": {"organizations": ["uni-far"]}}),
    )  # fmt: skip
    victim.pull()
    assert victim.reasons() == ["no-release", "no-release", "over-shared", "over-shared", "red-never-travels"]
    for who in ("researcher", "security_officer", "editor", "liaison"):
        assert victim.hits(who) == ["1"]
    assert victim.hits("node_admin") == []


def test_stale_and_replaying(victim: Victim, peer: NodeSimulator) -> None:
    """Older versions and tombstoned ones come again and again: what is here stands."""
    peer.says(
        said(1, version="1.1", modified=NOW - timedelta(minutes=5)),
        said(2),
        fallen(2, modified=NOW - timedelta(minutes=4)),
    )
    assert victim.pull().counts.applied == 3
    peer.says(said(1), said(2), said(1), fallen(2, modified=NOW - timedelta(minutes=4)))
    assert victim.pull().counts == Counts(received=4, unchanged=4)
    found = victim.reading()
    assert found is not None
    assert found.revision is not None
    assert found.revision.version == "1.1"
    gone = victim.reading(ref="RSI-sudland-ADV-2026-000002")
    assert gone is not None
    assert (gone.record.state, gone.content) == (State.WITHDRAWN, {})
    assert victim.reasons() == []


def test_the_same_version_with_other_words(victim: Victim, peer: NodeSimulator) -> None:
    peer.says(
        said(1), said(1, words={"title": "Other words under the same version of a conference"}), said(2)
    )
    assert victim.pull().counts == Counts(received=3, applied=2, quarantined=1)
    assert victim.reasons() == ["changed-in-place"]


def test_a_clock_that_is_ahead_waits_until_its_time_has_come(victim: Victim, peer: NodeSimulator) -> None:
    peer.says(said(1, modified=NOW + timedelta(hours=2)), said(2, modified=NOW + timedelta(minutes=5)))
    victim.pull()
    assert victim.reasons() == ["from-the-future"]
    assert victim.hits() == ["2"]
    victim.later(hours=3)
    victim.pull()
    assert victim.reasons() == []
    assert victim.hits() == ["1", "2"]


POISON: list[str | bytes] = [
    '{"id":"report--1","id":"report--2","type":"report"}',
    '{"id":"report--3","n":123456789012345678901234567890}',
    '{"id":"report--4","n":1e999}',
    b'{"id":"report--5","t":"\xff\xfe"}',
    '{"id":"report--6","t":"\\ud800"}',
    '{"id":"report--7","deep":' + "[" * 100 + "]" * 100 + "}",
    "[]",
    '{"id" 8}',
]


def test_poison(victim: Victim, peer: NodeSimulator) -> None:
    """Duplicate keys, huge numbers, broken texts: each alone is refused, and what stands around it is applied."""
    for number, bad in enumerate(POISON, start=1):
        peer.says(said(number), bad)
    done = victim.pull()
    assert done.error == ""
    assert done.counts == Counts(received=16, applied=8, quarantined=8)
    assert victim.reasons() == ["malformed"] * 8
    assert victim.hits() == [str(n) for n in range(1, 9)]


ODD: list[dict[str, Any]] = [
    {**said(1), "id": 5}, {**said(2), "id": "x" * 500}, {**said(3), "modified": 7}, {**said(4), "modified": "yesterday"},
    {**said(5), "extensions": {**said(5)["extensions"], "extension-definition--0b7a3f7e-2a39-4d0c-8a3d-5b1f6f3f5a21": []}},
    {**said(6), "object_marking_refs": {}}, {**said(7), "name": "\u0000 null"}, {**said(8), "created": None},
]  # fmt: skip


def test_well_signed_nonsense(victim: Victim, peer: NodeSimulator) -> None:
    """The key is real and the objects are not: types that are none, texts without end, a null byte."""
    peer.says(*ODD, said(9))
    done = victim.pull()
    assert done.error == ""
    assert done.counts.received == 9
    assert done.counts.reconciled
    assert "9" in victim.hits()
    assert len(victim.held()) == done.counts.quarantined
    assert done.counts.quarantined >= 6


def test_what_nodes_do_not_exchange_is_passed_over_and_counted(victim: Victim, peer: NodeSimulator) -> None:
    indicator = {"type": "indicator", "spec_version": "2.1", "id": "indicator--1", "created": "x"}
    peer.says(json.dumps(indicator), said(1), {"type": "identity", "id": "identity--1"})
    assert victim.pull().counts == Counts(received=3, applied=1, ignored=2)
    assert victim.reasons() == []


# ---------------------------------------------------------------- how it says it


def broken(answer: Answer, *, times: int = 1) -> Any:
    """The first page requests get `answer`."""
    left = [times]

    def act(method: str, path: str, query: dict[str, str]) -> Answer | None:
        if path != FEED or left[0] == 0:
            return None
        left[0] -= 1
        return answer

    return act


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(200, b'{"more":true,"objects":[{"id":"a"'), "bad-page"),
        (Answer(200, b'{"objects":[{"id":"a"}]}'), "bad-page"),
        (Answer(200, b'{"more":true}'), "no-progress"),
        (Answer(200, b'{"objects":[', cut=900), "protocol"),
        (Answer(200, b"<html>", media="text/html"), "content-type"),
        (Answer(500, b"{}"), "status-500"),
        (Answer(429, b"{}"), "status-429"),
        (Answer(404, b"{}"), "turned-away"),
        (Answer(302, b"", headers={"Location": "http://127.0.0.1:1/"}), "redirect"),
    ],
)
def test_a_broken_answer_changes_nothing_and_the_next_one_gets_everything(
    victim: Victim, peer: NodeSimulator, answer: Answer, error: str
) -> None:
    peer.says(said(1), said(2))
    peer.mischief = broken(answer)
    done = victim.pull()
    assert (done.error, done.counts) == (error, Counts())
    state = victim.state()
    assert (state.error, state.failures, state.cursor, state.lease_by) == (error, 1, "", "")
    assert state.due_at > victim.moment[0]
    assert victim.hits() == []
    assert victim.pull().counts == Counts(received=2, applied=2)
    assert (victim.state().error, victim.state().failures) == ("", 0)


def test_pauses_grow_while_it_stays_broken(victim: Victim, peer: NodeSimulator) -> None:
    peer.mischief = broken(Answer(500, b"{}"), times=20)
    pauses = []
    for _ in range(9):
        victim.pull()
        pauses.append((victim.state().due_at - victim.moment[0]).total_seconds())
    assert pauses[8] > 16 * pauses[0]
    assert max(pauses) <= 15 * 60 * 1.5
    assert victim.state().failures == 9


def test_slow(victim: Victim, peer: NodeSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "LIMITS", Limits(seconds=0.3, wait=0.2))
    peer.says(said(1))

    def dawdles(method: str, path: str, query: dict[str, str]) -> Answer | None:
        if path == FEED:
            peer.released.wait(3)
        return None

    peer.mischief = dawdles
    assert victim.pull().error == "timeout"
    assert victim.state().lease_by == ""


def test_too_large(victim: Victim, peer: NodeSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "LIMITS", Limits(most_bytes=5_000))
    peer.says(*(said(n) for n in range(1, 9)))
    assert victim.pull().error == "too-large"


def test_a_feed_without_end_gives_way_to_the_others(
    victim: Victim, peer: NodeSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every page says there is more, with a new next each time: the reading stops after its time and goes on later."""
    monkeypatch.setattr(pull, "MOST_SECONDS", 0.0)
    number = [0]

    def endless(method: str, path: str, query: dict[str, str]) -> Answer | None:
        if path != FEED:
            return None
        number[0] += 1
        text = text_of(sign(said(number[0]), SUDLAND))
        return Answer(200, f'{{"more":true,"next":"n{number[0]}","objects":[{text}]}}'.encode())

    peer.mischief = endless
    assert victim.pull().pages == 1
    assert victim.state().due_at <= victim.moment[0]
    assert victim.pull().counts.applied == 1


def test_the_same_next_again_is_no_progress(victim: Victim, peer: NodeSimulator) -> None:
    page = Answer(200, f'{{"more":true,"next":"n","objects":[{text_of(sign(said(1), SUDLAND))}]}}'.encode())
    peer.mischief = broken(page, times=50)
    done = victim.pull()
    assert (done.error, done.pages) == ("no-progress", 1)
    assert victim.hits() == ["1"]


@pytest.mark.parametrize("status", [400, 410])
def test_a_place_that_is_not_known_any_more_begins_anew(
    victim: Victim, peer: NodeSimulator, status: int
) -> None:
    """The full reading finds what fell meanwhile."""
    peer.page_size = 2
    peer.says(said(1), said(2), said(3))
    victim.pull()
    peer.feed = []
    peer.says(said(1), said(3), fallen(2))
    peer.mischief = lambda method, path, query: (
        Answer(status, b"{}") if path == FEED and "added_after" in query else None
    )
    done = victim.pull()
    assert (done.error, done.counts) == ("", Counts(received=3, applied=1, unchanged=2))
    assert victim.hits() == ["1", "3"]


def test_turned_away(victim: Victim, peer: NodeSimulator) -> None:
    refuse = Answer(401, b'{"error":"invalid_client"}', "application/json")
    peer.mischief = lambda method, path, query: refuse if path == "/federation/v1/token" else None
    assert victim.pull().error == "turned-away"
    with victim.unit() as unit:
        known = peers.get(unit.db, unit.viewer, "sudland")
    assert known is not None
    assert known.let_in_at is None


def test_a_token_that_ended_early_is_renewed_once(victim: Victim, peer: NodeSimulator) -> None:
    victim.pull()
    peer.says(said(1))
    peer.mischief = broken(Answer(401, b"{}"))
    assert victim.pull().counts.applied == 1
    assert sum(path == "/federation/v1/token" for path in peer.asked) == 2


def test_an_address_elsewhere_in_its_descriptor_is_not_followed(victim: Victim, peer: NodeSimulator) -> None:
    """S15: the descriptor is the peer's word."""
    with victim.unit() as unit:
        known = peers.get(unit.db, unit.viewer, "sudland")
        assert known is not None
        taxii = {"api_root": "http://127.0.0.1:1/taxii2/exchange/", "records": "records"}
        from dataclasses import replace

        peers.save(unit.db, replace(known, descriptor={"taxii": taxii}))
    assert victim.pull().error == "address"
    assert not [path for path in peer.asked if "objects" in path]


# ---------------------------------------------------------------- quarantine, leases, pauses


def test_a_key_that_becomes_known_lets_in_what_waited(victim: Victim, peer: NodeSimulator) -> None:
    newer = allies.new_key("sudland")
    peer.says(said(1), text_of(sign(said(2), newer)))
    victim.pull()
    assert victim.reasons() == ["unknown-key"]
    with victim.unit() as unit:
        peers.put_key(unit.db, allies.public(newer))
    victim.pull()
    assert victim.reasons() == ["unknown-key"]
    victim.later(minutes=2)
    victim.pull()
    assert victim.reasons() == []
    assert victim.hits() == ["1", "2"]
    push.push(victim.runtime, "sudland")
    assert peer.answered()[said(2)["id"]] == ("applied", "")


def test_pauses_of_a_poison_object_grow_and_it_is_never_dropped(victim: Victim, peer: NodeSimulator) -> None:
    peer.says(text_of(sign(said(1), allies.new_key("sudland"))))
    victim.pull()
    seen: list[quarantine.Held] = []
    for _ in range(20):
        victim.later(days=2)
        victim.pull()
        with victim.unit() as unit:
            seen += quarantine.waiting(unit.db)
    held = seen[-1]
    assert len(seen) == 20
    assert seen[0].tries == 2
    assert held.tries == seen[-2].tries == 14
    assert held.next_try is None
    assert held.body == peer.feed[0].decode()


def test_a_newer_version_settles_what_was_held_of_an_older_one(victim: Victim, peer: NodeSimulator) -> None:
    peer.says(text_of(sign(said(1), allies.new_key("sudland"))), said(1, version="1.1", modified=NOW))
    victim.pull()
    assert victim.reasons() == []
    assert victim.hits() == ["1"]


def test_one_worker_at_a_time_reads_a_feed(victim: Victim, peer: NodeSimulator) -> None:
    peer.says(said(1))
    with victim.unit() as unit:
        pulls.ensure(unit.db, "sudland", now=NOW)
        pulls.claim(unit.db, "sudland", worker="other", now=NOW, until=NOW + timedelta(minutes=1))
    assert victim.pull().error == "leased"
    assert pull.due(victim.runtime) == []
    victim.later(minutes=2)
    assert pull.due(victim.runtime) == ["sudland"]
    assert victim.pull().counts.applied == 1


def test_a_lease_that_was_lost_in_between_leaves_nothing(victim: Victim, peer: NodeSimulator) -> None:
    peer.says(said(1))

    def steals(method: str, path: str, query: dict[str, str]) -> Answer | None:
        if path == FEED:
            with victim.unit() as unit:
                unit.db.execute(sa.text("UPDATE pull SET lease_by = 'other'"))
        return None

    peer.mischief = steals
    done = victim.pull()
    assert (done.error, done.counts) == ("lease-lost", Counts())
    assert victim.hits() == []


def test_a_pause_in_the_middle_of_a_reading_ends_it(victim: Victim, peer: NodeSimulator) -> None:
    peer.page_size = 1
    peer.says(said(1), said(2), said(3))

    def pauses(method: str, path: str, query: dict[str, str]) -> Answer | None:
        if path == FEED and "next" in query:
            with victim.unit() as unit:
                unit.db.execute(sa.text("UPDATE peer SET state = :state"), {"state": PeerState.PAUSED.value})
        return None

    peer.mischief = pauses
    done = victim.pull()
    assert (done.error, done.counts.applied) == ("not-connected", 1)
    assert victim.pull().error == "not-connected"
    assert victim.hits() == ["1"]


def test_what_is_not_accounted_for_is_an_error_and_leaves_nothing(
    victim: Victim, peer: NodeSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S24: an object that silently vanishes stops the page."""
    from comity.services import apply_page

    def loses(*given: Any, **named: Any) -> Any:
        return take_in_page(*given, **named)[:-1]

    monkeypatch.setattr(apply_page, "take_in_page", loses)
    peer.says(said(1), said(2))
    assert victim.pull().error in ("unreconciled", "failed")
    assert victim.hits() == []
    monkeypatch.undo()
    assert victim.pull().counts.applied == 2


def test_one_that_cannot_be_stored_stops_no_other(
    victim: Victim, peer: NodeSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    from comity.services import copy, take_in

    def fails(unit: Any, new: Any) -> Any:
        if any(one.facts.ref.endswith("2") for one in new):
            raise RuntimeError
        return copy.make(unit, new)

    monkeypatch.setattr(take_in, "make", fails)
    original = copy.renew
    monkeypatch.setattr(
        take_in,
        "renew",
        lambda unit, one: fails(unit, [one])[0] if one.facts.version == "1.0" else original(unit, one),
    )
    peer.says(said(1), said(2), said(3))
    assert victim.pull().counts == Counts(received=3, applied=2, quarantined=1)
    assert victim.reasons() == ["failed"]


# ---------------------------------------------------------------- its inbox


def test_letters_wait_until_they_are_taken(victim: Victim, peer: NodeSimulator) -> None:
    peer.says(said(1))
    victim.pull()
    peer.mischief = lambda method, path, query: Answer(503, b"{}") if path == INBOX else None
    assert push.push(victim.runtime, "sudland").error == "protocol"
    assert push.push(victim.runtime, "sudland").taken == 0
    peer.mischief = lambda method, path, query: None
    victim.later(minutes=1)
    assert push.push(victim.runtime, "sudland").taken == 1
    assert len(peer.posted) == 1


def test_a_letter_that_is_refused_again_and_again_is_a_dead_letter(
    victim: Victim, peer: NodeSimulator
) -> None:
    peer.says(said(1))
    victim.pull()
    with victim.unit() as unit:
        (waiting,) = outgoing.take(unit.db, "sudland", now=NOW, until=NOW, limit=9)
    refusal = {"status": "complete", "failures": [{"id": waiting.notice_id, "message": "not-asked"}]}
    peer.mischief = lambda method, path, query: (
        Answer(202, json.dumps(refusal).encode()) if path == INBOX else None
    )
    for _ in range(14):
        assert push.push(victim.runtime, "sudland").refused == 1
        victim.later(hours=9)
    assert push.push(victim.runtime, "sudland").refused == 0
    with victim.unit() as unit:
        (dead,) = outgoing.dead(unit.db)
        assert (dead.error, dead.tries) == ("not-asked", 14)
        assert outgoing.revive(unit.db, dead.id, now=victim.moment[0])
    peer.mischief = lambda method, path, query: None
    assert push.push(victim.runtime, "sudland").taken == 1


def test_an_answer_that_says_nothing_of_a_letter_leaves_it_waiting(
    victim: Victim, peer: NodeSimulator
) -> None:
    """S25: silence is not success."""
    peer.says(said(1))
    victim.pull()
    peer.mischief = lambda method, path, query: (
        Answer(202, b'{"status":"complete"}') if path == INBOX else None
    )
    done = push.push(victim.runtime, "sudland")
    assert (done.taken, done.refused) == (0, 1)
    with victim.unit() as unit:
        assert outgoing.waiting(unit.db) == {"sudland": 1}
