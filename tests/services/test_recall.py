"""J-11: a recall stops use at once where it arrives, is answered honestly, and its sender sees who did what and who is silent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from comity.domain.dispute import Outcome as DisputeOutcome
from comity.domain.errors import NotFound
from comity.domain.handling import Handling
from comity.domain.lifecycle_facts import Actor, State
from comity.domain.notice import Answer, Dispute, Notice, Outcome, Recall, Reply, What
from comity.domain.record import Record
from comity.domain.signing import Object
from comity.domain.tlp import TLP
from comity.services import apply_beside, deliver, dispute, find, read, recall, restrict, take_in
from comity.services.step import held_record
from comity.stix.notices import notice_id
from comity.storage import deliveries, notices, quarantine, records
from tests import allies
from tests.feed import fetch, notices_served, open_exchange, records_served
from tests.foreign import REF, SUDLAND, fallen, said, uid, verified
from tests.place import Place
from tests.services.test_carry import A, B, by_council, corrected, held, withdrawn
from tests.story import NOW, Story

LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def here(place: Place) -> Place:
    """This node, with sudland as an admitted ally and a copy of one of its records."""
    with place.unit("system", now=NOW) as unit:
        allies.put(unit.db, key=SUDLAND)
    take(place, said())
    return place


def take(here: Place, obj: Object, *, now: datetime = NOW) -> Outcome:
    with here.unit("system", now=now) as unit:
        return take_in.take_in(unit, verified(obj), sender="sudland")


def notice(what: What, body: Any, *, at: datetime = NOW, sender: str = "sudland") -> Notice:
    return Notice(
        id=notice_id(uuid4()), what=what, origin=sender, to="nordmark", tlp=TLP.GREEN, at=at, body=body
    )


def asking(
    action: Any = "delete", number: int = 1, *, at: datetime = NOW, sender: str = "sudland", **more: Any
) -> Notice:
    body = Recall(
        uid=str(uid(number)),
        reason_code="error",
        action=action,
        due_at=at + timedelta(hours=24),
        text="A number in it is wrong.",
        **more,
    )
    return notice(What.RECALL, body, at=at, sender=sender)


def obey(here: Place, asked: Notice, *, sender: str = "") -> Outcome:
    with here.unit("system", now=LATER) as unit:
        return recall.obey_recall(unit, asked, sender or asked.origin)


def hits(here: Place, who: str) -> list[str]:
    with here.unit(who, now=LATER) as unit:
        query = find.asked(text="conference", filters={}, sort="relevance", page=1, include_ended=False)
        return [one.record.ref for one in find.find(unit, query).items]


def seen(here: Place, who: str, *, version: str | None = None) -> read.Reading | None:
    with here.unit(who, now=LATER) as unit:
        try:
            return read.read(unit, ref=REF, version=version)
        except NotFound:
            return None


def stored_words(here: Place) -> str:
    """Everything that lies in the tables in which the copy's words were."""
    with here.engine.connect() as connection:
        names = ("record", "revision", "claim", "foreign_object", "notice", "quarantine")
        return "".join(repr(connection.execute(sa.text(f'SELECT * FROM "{name}"')).all()) for name in names)


# ---------------------------------------------------------------- where it arrives


@pytest.mark.parametrize("action", ["annotate", "restrict", "replace", "delete"])
def test_search_stops_at_once_and_a_tombstone_says_why(here: Place, action: str) -> None:
    """J-11.1."""
    assert hits(here, "researcher") == [REF]
    assert obey(here, asking(action)) == Outcome("done")
    assert hits(here, "researcher") == []
    found = seen(here, "researcher")
    assert found is not None
    assert found.record.state is State.WITHDRAWN
    assert found.record.tombstone is not None
    assert found.record.tombstone["reason"] == "A number in it is wrong."


def test_annotate_leaves_the_earlier_text_for_the_record(here: Place) -> None:
    obey(here, asking("annotate"))
    found = seen(here, "researcher", version="1.0")
    assert found is not None
    assert found.revision is not None


def test_restrict_leaves_it_to_the_officers_alone(here: Place) -> None:
    obey(here, asking("restrict"))
    assert seen(here, "researcher", version="1.0") is None
    assert seen(here, "security_officer", version="1.0") is None
    for who in ("federation_officer", "editor"):
        found = seen(here, who, version="1.0")
        assert found is not None
        assert found.revision is not None


def test_replace_points_to_what_takes_its_place(here: Place) -> None:
    take(here, said(2))
    obey(here, asking("replace", replaced_by="RSI-sudland-ADV-2026-000002"))
    found = seen(here, "researcher")
    assert found is not None
    assert found.record.tombstone is not None
    assert found.record.tombstone["replacement"] == "RSI-sudland-ADV-2026-000002"
    assert seen(here, "editor", version="1.0") is None


def test_delete_keeps_the_number_the_hashes_the_notice_and_nothing_else(here: Place) -> None:
    """J-11.4."""
    with here.unit("system", now=NOW) as unit:
        title = said()["name"]
        before = unit.db.execute(sa.text("SELECT digest FROM foreign_object")).scalars().all()
        hashes = unit.db.execute(sa.text("SELECT content_hash FROM revision")).scalars().all()
        stix_id = str(said()["id"])
        quarantine.add(
            unit.db, node_id="sudland", stix_id=stix_id, version="x", reason="malformed", detail="",
            body=f"{title} in a version that waits", next_try=NOW, at=NOW,
        )  # fmt: skip
    assert title in stored_words(here)
    asked = asking("delete")
    obey(here, asked)
    left = stored_words(here)
    assert title not in left
    assert str(said()["description"])[:40] not in left
    for kept in (*before, *hashes, str(uid(1)), asked.id):
        assert kept in left


def test_readers_who_opened_it_are_told(here: Place) -> None:
    with here.unit("system", now=LATER) as unit:
        recall.obey_recall(unit, asking(), "sudland")
        events = unit.db.execute(sa.text("SELECT what FROM outbox ORDER BY seq")).scalars().all()
    assert events[-1] == "record.withdraw"


def test_twice_gives_the_same_answer_and_changes_nothing(here: Place) -> None:
    asked = asking()
    first = obey(here, asked)
    before = stored_words(here)
    again = obey(here, asked)
    assert (again.result, again.reason, again.changed) == (first.result, first.reason, False)
    assert stored_words(here) == before


def test_only_the_origin_recalls_and_others_learn_nothing(here: Place) -> None:
    """S36: the answer about a record of somebody else is the answer about a record that is not here."""
    with here.unit("system", now=NOW) as unit:
        allies.put(unit.db, allies.known("kestria"))
    about_theirs = obey(here, asking(sender="kestria"))
    about_nothing = obey(here, asking(number=99, sender="kestria"))
    assert about_theirs == about_nothing == recall.NOT_HELD
    assert hits(here, "researcher") == [REF]
    assert obey(here, asking(sender="kestria"), sender="sudland").refused


def test_our_own_record_is_not_recalled_by_another(story: Story) -> None:
    record = story.published(tlp=TLP.GREEN)
    body = Recall(uid=record.uid, reason_code="error", action="delete", due_at=story.now)
    with story.unit("system") as unit:
        assert recall.obey_recall(unit, notice(What.RECALL, body), "sudland") == recall.NOT_HELD
        kept = records.get(unit.db, unit.viewer, record.ref)
    assert kept is not None
    assert kept.state is State.PUBLISHED


def test_a_recall_before_its_record_refuses_the_record_when_it_comes(here: Place) -> None:
    assert obey(here, asking(number=2, at=NOW)) == recall.NOT_HELD
    late = said(2, modified=NOW - timedelta(minutes=30))
    assert take(here, late) == recall.RECALLED
    again = said(2, modified=NOW + timedelta(seconds=30), version="2.0")
    assert take(here, again, now=LATER).result == "applied"


def test_a_recall_of_one_version_spares_the_others(here: Place) -> None:
    assert obey(here, asking(versions=("0.9",))) == recall.OTHER_VERSION
    assert hits(here, "researcher") == [REF]


def test_a_late_recall_does_not_take_down_what_came_after(here: Place) -> None:
    late = asking(at=NOW)
    take(here, said(version="2.0", modified=NOW + timedelta(seconds=30)), now=LATER)
    assert obey(here, late) == recall.OVERTAKEN
    assert hits(here, "researcher") == [REF]


@pytest.mark.parametrize("action", ["annotate", "restrict", "delete"])
def test_the_order_of_tombstone_and_recall_does_not_matter(here: Place, action: str) -> None:
    take(here, said(2))
    obey(here, asking(action))
    take(here, fallen(modified=NOW), now=LATER)
    take(here, fallen(2, modified=NOW), now=LATER)
    obey(here, asking(action, 2))
    with here.unit("system", now=LATER) as unit:
        one, two = (records.get(unit.db, unit.viewer, str(uid(number))) for number in (1, 2))
    assert one is not None
    assert two is not None
    assert one.state is two.state is State.WITHDRAWN
    assert one.facts["body_sealed"] == two.facts["body_sealed"] == recall.sealing(action)


def test_it_comes_back_when_the_origin_sends_it_again(here: Place) -> None:
    obey(here, asking("delete"))
    assert take(here, said(modified=NOW + timedelta(seconds=30)), now=LATER).result == "applied"
    assert hits(here, "researcher") == [REF]
    found = seen(here, "researcher")
    assert found is not None
    assert found.content["title"] == said()["name"]


def test_an_order_in_force_here_keeps_it_and_the_answer_says_so(here: Place) -> None:
    with here.unit("editor", now=NOW) as unit:
        restrict.restrict(
            unit, ref=REF, reason_code="court_order", text="Kept.", order="7", tombstone_forbidden=False
        )
    answer = obey(here, asking("delete"))
    assert (answer.result, answer.reason) == ("partly", "legal-hold")
    assert said()["name"] in stored_words(here)
    with here.unit("editor", now=LATER) as unit:
        restrict.lift_restriction(unit, ref=REF, text="Over.")
    found = seen(here, "researcher")
    assert found is not None
    assert found.record.state is State.WITHDRAWN
    assert found.revision is None


# ---------------------------------------------------------------- beside the copy


def test_a_dispute_shows_on_the_copy_and_ends_with_it(here: Place) -> None:
    """J-12.5."""
    opened = notice(What.DISPUTE, Dispute(uid=str(uid(1)), open=True, claim_ids=("c1",)), at=NOW)
    ended = notice(
        What.DISPUTE, Dispute(uid=str(uid(1)), open=False, outcome="dismissed"), at=NOW + timedelta(hours=1)
    )
    with here.unit("system", now=LATER) as unit:
        assert apply_beside.obey_dispute(unit, opened, "sudland").changed
        assert not apply_beside.obey_dispute(unit, opened, "sudland").changed
    found = seen(here, "researcher")
    assert found is not None
    assert found.record.under_dispute
    assert [tuple(one.claim_ids) for one in found.disputes] == [("c1",)]
    with here.unit("system", now=LATER) as unit:
        apply_beside.obey_dispute(unit, ended, "sudland")
        assert not apply_beside.obey_dispute(
            unit, notice(What.DISPUTE, opened.body, at=NOW + timedelta(minutes=5)), "sudland"
        ).changed
    found = seen(here, "researcher")
    assert found is not None
    assert not found.record.under_dispute
    assert [one.outcome for one in found.disputes] == ["dismissed"]


def words(text: str = "We dispute <b>all</b> of it.", number: int = 1) -> Reply:
    return Reply(
        uid=str(uid(number)), entity_id="inst-1", entity_name="Meridian Institute", text=text, received_at=NOW
    )


def test_a_reply_is_shown_unedited_beside_the_copy(here: Place) -> None:
    """J-12.4."""
    with here.unit("system", now=LATER) as unit:
        apply_beside.obey_reply(unit, notice(What.REPLY, words()), "sudland")
    found = seen(here, "researcher")
    assert found is not None
    assert [one.text for one in found.replies] == ["We dispute <b>all</b> of it."]
    with here.unit("system", now=LATER) as unit:
        later = notice(What.REPLY, words("Corrected words."), at=LATER)
        apply_beside.obey_reply(unit, later, "sudland")
    found = seen(here, "researcher")
    assert found is not None
    assert [one.text for one in found.replies] == ["Corrected words."]


def test_what_was_said_before_the_record_came_is_shown_when_it_comes(here: Place) -> None:
    with here.unit("system", now=NOW) as unit:
        apply_beside.obey_reply(unit, notice(What.REPLY, words(number=2)), "sudland")
        body = Dispute(uid=str(uid(2)), open=True)
        apply_beside.obey_dispute(unit, notice(What.DISPUTE, body), "sudland")
    take(here, said(2))
    with here.unit("researcher", now=LATER) as unit:
        found = read.read(unit, ref="RSI-sudland-ADV-2026-000002")
    assert found.record.under_dispute
    assert [one.text for one in found.replies] == [words().text]


def test_nobody_but_the_origin_disputes_or_replies_beside_a_copy(here: Place) -> None:
    theirs = notice(What.REPLY, words(), sender="kestria")
    with here.unit("system", now=LATER) as unit:
        answer = apply_beside.obey_reply(unit, theirs, "kestria")
        nothing = apply_beside.obey_reply(
            unit, notice(What.REPLY, words(number=99), sender="kestria"), "kestria"
        )
    assert answer == nothing
    found = seen(here, "researcher")
    assert found is not None
    assert not found.replies


# ---------------------------------------------------------------- where it was sent from


@pytest.fixture
def exchange(story: Story) -> Story:
    open_exchange(story, A, B)
    return story


def answers(story: Story, name: str, result: Any, reason: str = "", text: str = "") -> Outcome:
    (asked,) = notices_served(story, name, What.RECALL)[-1:]
    return answer_about(story, name, asked.id, result, reason, text)


def answer_about(
    story: Story, name: str, about: str, result: Any, reason: str = "", text: str = "", version: str = ""
) -> Outcome:
    body = Answer(about=about, version=version, result=result, reason=reason, text=text)
    said = Notice(
        id=notice_id(uuid4()),
        what=What.ANSWER,
        origin=name,
        to="nordmark",
        tlp=TLP.GREEN,
        at=story.now,
        body=body,
    )
    with story.unit("system") as unit:
        return deliver.take_answer(unit, said, name)


def standings(story: Story, record: Record) -> dict[str, str]:
    with story.unit("federation_officer", writes=False) as unit:
        return {one.node: one.state for one in recall.progress(unit, record)}


def test_the_sender_sees_each_node_and_who_is_silent(exchange: Story) -> None:
    """J-11.2 and J-11.5."""
    record = exchange.published(tlp=TLP.GREEN)
    for name in (A, B):
        fetch(exchange, name)
    withdrawn(exchange, record)
    assert standings(exchange, record) == {A: "waiting", B: "waiting"}
    assert answers(exchange, A, "done").changed
    exchange.now += timedelta(hours=25)
    assert standings(exchange, record) == {A: "done", B: "silent"}
    with exchange.unit("reader", writes=False) as unit:
        (silent,) = recall.silent_peers(unit)
        assert (silent.node, silent.recalls, silent.since) == (B, 1, exchange.now - timedelta(hours=1))
        assert recall.answered_in_time(unit) == {"in_time": 1, "late": 0, "waiting": 0, "silent": 1}
    answers(exchange, B, "partly", "legal-hold", "An order in force here.")
    assert standings(exchange, record) == {A: "done", B: "partly"}
    with exchange.unit("reader", writes=False) as unit:
        assert recall.silent_peers(unit) == []
        assert recall.answered_in_time(unit)["late"] == 1


def test_a_node_answers_for_itself_alone(exchange: Story) -> None:
    record = exchange.published(tlp=TLP.GREEN)
    fetch(exchange, A)
    withdrawn(exchange, record)
    (asked,) = notices_served(exchange, A, What.RECALL)
    assert answer_about(exchange, B, asked.id, "done").refused
    assert standings(exchange, record) == {A: "waiting"}
    assert answer_about(exchange, A, asked.id, "refused", "not-agreed", "We do not agree.").changed
    assert not answer_about(exchange, A, asked.id, "done").changed
    assert standings(exchange, record) == {A: "refused"}


def test_answers_about_versions_are_kept_and_only_about_what_was_taken(exchange: Story) -> None:
    record = exchange.published(tlp=TLP.GREEN)
    (found,) = records_served(exchange, A)
    assert answer_about(exchange, A, found["id"], "applied", version=found["modified"]).refused
    fetch(exchange, A)
    assert answer_about(exchange, A, found["id"], "applied", version=found["modified"]).changed
    with exchange.unit("system", writes=False) as unit:
        (row,) = deliveries.of_record(unit.db, record.id)
    assert (row.state, row.answer[:15]) == ("applied", "comity-notice--")


def test_a_node_that_refused_or_only_restricted_is_asked_again(exchange: Story) -> None:
    record = exchange.published(tlp=TLP.GREEN)
    fetch(exchange, A)
    record = held(exchange, record)
    fetch(exchange, A)
    answers(exchange, A, "done")
    by_council(exchange, record, "harm")
    asked = [one.body for one in notices_served(exchange, A, What.RECALL)]
    assert [one.action for one in asked if isinstance(one, Recall)] == ["restrict", "delete"]
    answers(exchange, A, "done")
    with exchange.unit("system", writes=False) as unit:
        body = [one for one in deliveries.of_record(unit.db, record.id) if one.stix_id[:7] == "report-"]
    assert {one.state for one in body} == {"done"}


def test_a_late_word_about_a_version_does_not_hide_its_recall(exchange: Story) -> None:
    record = exchange.published(tlp=TLP.GREEN)
    (found,) = records_served(exchange, A)
    fetch(exchange, A)
    withdrawn(exchange, record)
    answer_about(exchange, A, found["id"], "applied", version=found["modified"])
    with exchange.unit("system", writes=False) as unit:
        states = [one.state for one in deliveries.of_record(unit.db, record.id)]
    assert states == ["recalled"]


def test_disputes_and_replies_travel_to_those_who_have_the_record(exchange: Story) -> None:
    record = exchange.published(tlp=TLP.GREEN)
    fetch(exchange, A)
    with exchange.unit("reader") as unit:
        raised = dispute.raise_appeal(unit, ref=record.ref, grounds="It is wrong.", claim_ids=["c1"])
    with exchange.unit("ombudsperson") as unit:
        dispute.first_look(unit, ref=record.ref, dispute_id=raised.id, passes=True, text="It may be.")
    (told,) = notices_served(exchange, A, What.DISPUTE)
    assert told.body == Dispute(uid=record.uid, open=True, claim_ids=("c1",))
    assert notices_served(exchange, B) == []
    with exchange.unit("ombudsperson") as unit:
        (still,) = [one for one in dispute.appeals(unit, ref=record.ref) if one.id == raised.id]
        outcome, by = DisputeOutcome.DISMISSED, Actor.APPEAL_PANEL
        kept = held_record(unit, record.ref)
        dispute.conclude(unit, kept, still, outcome=outcome, text="It stands.", by=by)
    bodies = [one.body for one in notices_served(exchange, A, What.DISPUTE)]
    assert bodies[1:] == [Dispute(uid=record.uid, open=False, outcome="dismissed")]


def test_whoever_takes_a_disputed_record_later_is_told_then(exchange: Story) -> None:
    record = exchange.published(tlp=TLP.GREEN)
    with exchange.unit("reader") as unit:
        raised = dispute.raise_appeal(unit, ref=record.ref, grounds="It is wrong.")
    with exchange.unit("ombudsperson") as unit:
        dispute.first_look(unit, ref=record.ref, dispute_id=raised.id, passes=True, text="It may be.")
    assert notices_served(exchange, A) == []
    page = [(one["id"], one["modified"]) for one in records_served(exchange, A)]
    for _ in range(2):
        with exchange.unit("system") as unit:
            deliver.note_fetched(unit, node=A, page=page)
    assert [one.what for one in notices_served(exchange, A)] == [What.DISPUTE]


def test_corrected_for_some_is_recalled_from_the_others_with_its_own_reason(exchange: Story) -> None:
    record = exchange.published(tlp=TLP.GREEN)
    for name in (A, B):
        fetch(exchange, name)
    corrected(exchange, record, handling=Handling(tlp=TLP.GREEN, releasable_to=(f"node:{A}",)))
    assert standings(exchange, record) == {B: "waiting"}
    with exchange.unit("system", writes=False) as unit:
        assert [one.to for one in notices.of_record(unit.db, record.uid)] == [(B,)]
