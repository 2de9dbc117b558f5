"""What nodes ask each other about records: releases for organizations, onward use, corrections, and the answers (J-10, J-12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from comity.domain.errors import Conflict, NotFound
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.notice import Answer, Outcome, What
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import (
    draft,
    follow_inputs,
    onward,
    propose,
    read,
    release,
    sharing,
    stand_by,
    submit,
    tell,
    withdraw,
)
from comity.storage import peers
from tests.feed import served
from tests.services.test_onward import told
from tests.services.test_propose import TEXT, claim
from tests.services.test_release import asked
from tests.story import Story, hits, reading, ticked
from tests.two_nodes import ABROAD, HOME, Two, resigned, two_nodes

AMBER = Handling(
    tlp=TLP.AMBER, audience=AudienceChoice(organizations=("ngo-rights",)), releasable_to=(f"node:{ABROAD}",)
)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    with two_nodes(tmp_path) as both:
        yield both


def released(two: Two, *organizations: str, handling: Handling = AMBER, conditions: str = "") -> Record:
    """A restricted record of home, released to organizations abroad and read there."""
    record = two.home.published(
        "contributor",
        ("reviewer_gov", "reviewer_uni", "reviewer_ngo"),
        handling=handling,
        title="Moonlight questions after talks",
    )
    decided(two, record, *organizations, conditions=conditions)
    two.read_feed(two.home, two.abroad)
    return record


def decided(two: Two, record: Record, *organizations: str, conditions: str = "") -> release.ReleaseDecision:
    made = asked(
        two.home,
        record,
        "contributor",
        ABROAD,
        organizations=list(organizations or ("uni-north",)),
        conditions=conditions,
    )
    with two.home.unit("contributor") as unit:
        release.agree(unit, decision_id=made.id)
    with two.home.unit("federation_officer") as unit:
        return release.execute(unit, decision_id=made.id)


def holds(story: Story, record: Record, who: str) -> bool:
    with story.unit(who, writes=False) as unit:
        try:
            return read.find_record(unit, record.ref).uid == record.uid
        except NotFound:
            return False


def test_exactly_the_named_organization_reads_it_abroad(two: Two) -> None:
    """J-10.1 and J-10.2."""
    record = released(two, "uni-north", conditions="Do not quote it.")
    assert holds(two.abroad, record, "researcher")
    for who in (
        "researcher_south",
        "reader",
        "liaison",
        "contributor",
        "editor",
        "federation_officer",
        "public",
    ):
        assert not holds(two.abroad, record, who), who
        assert record.ref not in hits(two.abroad, who, "moonlight"), who
    found = reading(two.abroad, "researcher", record)
    assert found.needs_purpose, "every opening is logged"
    with two.abroad.unit("researcher") as unit:
        read.open_with_purpose(unit, ref=record.ref, purpose="protect_own_institution")
    found = reading(two.abroad, "researcher", record)
    assert found.content["title"] == "Moonlight questions after talks"
    assert found.record.facts["release"]["conditions"] == "Do not quote it."
    assert found.record.origin_node == HOME
    with two.abroad.engine.connect() as connection:
        purposes = connection.execute(sa.text("SELECT purpose FROM audit_entry WHERE action = 'record.open'"))
        assert list(purposes.scalars()) == ["protect_own_institution"]


def test_one_unknown_organization_and_nothing_is_taken(two: Two) -> None:
    know_more(two, {"id": "uni-nowhere", "name": "Nowhere"})
    record = released(two, "uni-north", "uni-nowhere")
    assert not holds(two.abroad, record, "researcher")
    with two.abroad.engine.connect() as connection:
        kept = [tuple(row) for row in connection.execute(sa.text("SELECT reason, detail FROM quarantine"))]
    assert kept == [("unknown-organization", "Not a member here: uni-nowhere.")]


def know_more(two: Two, organization: dict[str, str]) -> None:
    with two.home.unit("system") as unit:
        known = peers.get(unit.db, unit.viewer, ABROAD)
        assert known is not None
        peers.save(unit.db, replace(known, organizations=(*known.organizations, organization)))


def forged(two: Two, **body: Any) -> Outcome:
    """The release of home with other words in it, signed by home anew."""
    found = next(one for one in served(two.home, ABROAD) if one.get("what") == "release")
    return two.deliver(resigned(two.home, found, **body), two.home, two.abroad)


def test_a_record_inside_that_its_origin_did_not_sign_is_refused(two: Two) -> None:
    record = two.home.published(
        "contributor", ("reviewer_gov", "reviewer_uni", "reviewer_ngo"), handling=AMBER, title="Moonlight"
    )
    decided(two, record)

    inside = next(one for one in served(two.home, ABROAD))["body"]["record"]
    assert forged(two, record={**inside, "name": "Sunlight"}).reason == "bad-signature"
    assert forged(two, version="7.0").reason == "malformed"
    assert forged(two, organizations=["uni-nowhere"]).reason == "unknown-organization"
    assert not holds(two.abroad, record, "researcher")


def test_passing_a_copy_on_is_refused_and_becomes_a_question_to_its_origin(two: Two) -> None:
    """J-10.3."""
    record = released(two)
    with two.abroad.unit("researcher") as unit:
        made = release.ask(
            unit, ref=record.ref, node="sudland", organizations=["uni-far"], purpose="protect_organization"
        )
    assert isinstance(made, onward.OnwardRequest)
    assert (made.recipient, made.outward, made.state) == ("node:sudland", True, "open")
    with two.abroad.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM release_decision")).scalar_one() == 0
    assert [one.result for one in two.post(two.abroad, two.home)] == ["applied"]
    with two.home.unit("contributor", writes=False) as unit:
        (line,) = onward.waiting(unit)
    assert (line.request.recipient, line.who) == ("node:sudland", ABROAD)
    assert line.request.due_at == made.due_at
    assert "Somebody asks whether a record may go on to others." in told(two.home, "contributor")


def ask_abroad(two: Two, record: Record, **more: str) -> onward.OnwardRequest:
    given = {"recipient": "org:uni-south", "purpose": "protect_recipient", "passage": "One line.", **more}
    with two.abroad.unit("researcher") as unit:
        made = onward.ask(unit, ref=record.ref, **given)
    two.post(two.abroad, two.home)
    return made


def state_abroad(two: Two) -> tuple[str, str]:
    with two.abroad.unit("researcher", writes=False) as unit:
        (line,) = onward.asked(unit)
    return line.request.state, line.request.text


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("yes", ""),
        ("no", "It would give the source away."),
        ("yes_with_changes", "A visit was prepared."),
    ],
)
def test_the_answer_comes_back(two: Two, answer: str, text: str) -> None:
    request = ask_abroad(two, released(two))
    with two.home.unit("contributor") as unit:
        (line,) = onward.waiting(unit)
        assert line.request.recipient == f"org:{ABROAD}.uni-south", "never one of our own organizations"
        onward.answer(unit, request_id=request.id, answer=answer, text=text)
    two.post(two.home, two.abroad)
    assert state_abroad(two) == (answer, text)
    assert "What you asked about passing a record on has been answered." in told(two.abroad, "researcher")


def test_silence_is_a_no_by_the_clock_on_both_sides(two: Two) -> None:
    request = ask_abroad(two, released(two))
    two.later(days=15)
    assert ticked(two.home).silent == ticked(two.abroad).silent == [request.id]
    with two.home.unit("contributor") as unit, pytest.raises(Conflict):
        onward.answer(unit, request_id=request.id, answer="yes")
    assert state_abroad(two)[0] == "silent"


def test_a_yes_in_time_counts_though_it_arrives_late(two: Two) -> None:
    request = ask_abroad(two, released(two))
    two.later(days=13)
    with two.home.unit("contributor") as unit:
        onward.answer(unit, request_id=request.id, answer="yes")
    two.later(days=3)
    ticked(two.abroad)
    assert state_abroad(two)[0] == "silent"
    two.post(two.home, two.abroad)
    assert state_abroad(two)[0] == "yes"


def test_who_holds_nothing_learns_nothing(two: Two) -> None:
    """A question about a record that was never released and one about nothing at all get the same answer."""
    hidden = two.home.published(
        "contributor", ("reviewer_gov", "reviewer_uni", "reviewer_ngo"), handling=AMBER, title="Moonlight"
    )
    held = released(two)

    def moved(uid: str) -> Outcome:
        with two.abroad.unit("researcher") as unit:
            onward.ask(unit, ref=held.ref, recipient="any", purpose="cite")
        letter = two.letter(two.abroad, two.home)
        return two.deliver(resigned(two.abroad, letter, uid=uid), two.abroad, two.home)

    absent = "0197a0c0-0000-7000-8000-000000000000"
    assert moved(hidden.uid) == moved(absent)
    assert moved(hidden.uid).reason == "unknown-record"
    assert moved(held.uid).result == "applied"


def test_a_question_delivered_twice_is_asked_once(two: Two) -> None:
    record = released(two)
    with two.abroad.unit("researcher") as unit:
        onward.ask(unit, ref=record.ref, recipient="any", purpose="cite")
    letter = two.letter(two.abroad, two.home)
    for changed in (True, False):
        assert two.deliver(letter, two.abroad, two.home).changed is changed
    with two.home.unit("contributor", writes=False) as unit:
        assert len(onward.waiting(unit)) == 1


def green(two: Two, tlp: TLP = TLP.GREEN, **more: Any) -> Record:
    record = two.home.published(
        "contributor",
        ("reviewer_gov", "reviewer_uni", "reviewer_ngo"),
        handling=Handling(tlp=tlp),
        **more,
    )
    two.read_feed(two.home, two.abroad)
    return record


def propose_abroad(two: Two, record: Record, **more: Any) -> propose.Proposal:
    with two.abroad.unit("researcher") as unit:
        return propose.propose(unit, ref=record.ref, text=TEXT, **more)


def test_a_correction_from_abroad_arrives_is_taken_up_and_travels_to_every_holder(two: Two) -> None:
    """J-12.1 and J-12.2."""
    record = green(two)
    before = reading(two.home, "reader", record).content
    made = propose_abroad(two, record)
    assert made.outward
    assert [one.result for one in two.post(two.abroad, two.home)] == ["applied"]
    assert reading(two.home, "reader", record).content == before, "a proposal, not an edit"
    with two.home.unit("contributor") as unit:
        (line,) = propose.waiting(unit)
        assert (line.who, line.proposal.sector, line.proposal.text) == (ABROAD, "academia", TEXT)
        propose.accept(unit, proposal_id=line.proposal.id, text="Thank you.")
        _, revision = draft.working(unit, record.ref)
        content = {**draft.full_content(unit, revision), "known": "They left that programme in 2024."}
        draft.save(unit, ref=record.ref, content=content, handling=revision.handling)
        submit.submit(unit, ref=record.ref)
    two.post(two.home, two.abroad)
    with two.abroad.unit("researcher", writes=False) as unit:
        (mine,) = propose.mine(unit)
    assert (mine.proposal.state, mine.proposal.reason) == ("accepted", "Thank you.")
    with two.home.unit("system", writes=False) as unit:
        changed = read.find_record(unit, record.ref)
    for who in ("reviewer_gov", "reviewer_uni", "reviewer_ngo"):
        changed = two.home.voted(changed, who) if changed.state == "in_review" else changed
    two.read_feed(two.home, two.abroad)
    assert reading(two.abroad, "reader", record).content["known"] == "They left that programme in 2024."


def test_a_declined_correction_comes_back_with_its_reason(two: Two) -> None:
    record = green(two)
    propose_abroad(two, record)
    two.post(two.abroad, two.home)
    with two.home.unit("contributor") as unit:
        (line,) = propose.waiting(unit)
        propose.decline(unit, proposal_id=line.proposal.id, text="Our source is newer.")
    two.post(two.home, two.abroad)
    with two.abroad.unit("researcher", writes=False) as unit:
        (mine,) = propose.mine(unit)
    assert (mine.proposal.state, mine.proposal.reason) == ("declined", "Our source is newer.")


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Ask Professor Anna Lindqvist about it."},
        {"claim": claim(nationality="x")},
        {"claim": {"text": "No source."}},
        {"text": " "},
    ],
)
def test_a_node_that_sends_what_a_member_could_not_is_refused(two: Two, change: dict[str, Any]) -> None:
    propose_abroad(two, green(two))
    sent = resigned(two.abroad, two.letter(two.abroad, two.home), **change)
    assert two.deliver(sent, two.abroad, two.home).reason == "invalid-content"
    with two.home.unit("contributor", writes=False) as unit:
        assert propose.waiting(unit) == []


def test_nobody_else_answers_for_the_node_that_was_asked(two: Two) -> None:
    record = green(two)
    made = propose_abroad(two, record)
    with two.home.unit("system") as unit:  # home says yes to a question that abroad never put to it
        body = Answer.model_validate({"about": made.id, "result": "accepted"})
        tell.to_inbox(unit, to=ABROAD, what=What.ANSWER, body=body, tlp=TLP.GREEN)
    with two.abroad.engine.begin() as connection:
        connection.execute(sa.text("UPDATE proposal SET node_id = 'sudland'"))
    assert [one.reason for one in two.post(two.home, two.abroad)] == ["foreign-origin"]


def test_nodes_that_disagree_are_shown_side_by_side_to_readers_of_both(two: Two) -> None:
    """4.10.8: both records stand, and each names the other."""
    record = green(two, TLP.CLEAR, title="The seminar is a lure")
    other = two.abroad.published(
        related=[{"ref": record.ref, "relation": "disagrees_with"}], title="The seminar is what it says"
    )

    def beside(story: Story, ref: str, who: str) -> list[str]:
        with story.unit(who, writes=False) as unit:
            found = read.read(unit, ref=ref)
            return [one.ref for one in sharing.sharing(unit, found.record, found.content).disagreeing]

    assert beside(two.abroad, record.ref, "reader") == [other.ref]
    assert beside(two.abroad, other.ref, "reader") == [record.ref]
    two.read_feed(two.abroad, two.home)
    assert beside(two.home, record.ref, "reader") == [other.ref]
    assert beside(two.home, other.ref, "reader") == [record.ref]


def test_a_recalled_input_from_abroad_flags_what_rests_on_it_here(two: Two) -> None:
    record = green(two, title="The seminar asks for raw data")
    derived = two.abroad.published(
        related=[{"ref": record.ref, "relation": "builds_on"}], title="What members can do about it"
    )
    with two.home.unit("contributor") as unit:
        withdraw.ask(unit, ref=record.ref, reason_code="harm", text="It was wrong.")
    with two.home.unit("editor") as unit:
        withdraw.acknowledge(unit, ref=record.ref)
    assert derived.ref in hits(two.abroad, "researcher", "members can do")
    two.read_feed(two.home, two.abroad)
    with two.abroad.unit("liaison", writes=False) as unit:
        doubts = follow_inputs.doubts(unit, read.find_record(unit, derived.ref))
    assert doubts == [(record.ref, "taken_down")]
    assert derived.ref not in hits(two.abroad, "researcher", "members can do")
    with two.abroad.unit("liaison") as unit:
        stand_by.stand_by(unit, ref=derived.ref, text="Its own sources carry it.")
    assert derived.ref in hits(two.abroad, "researcher", "members can do")
