"""The feed follows the record: what stands in it for whom after each step, that it is signed once, and that nothing leaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import stix2validator

from comity.domain.handling import AudienceChoice, Handling
from comity.domain.kinds.registry import kind
from comity.domain.lifecycle_facts import Actor, Facts
from comity.domain.notice import Recall, What
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.domain.tlp import TLP
from comity.services import correct, draft, hold, read, reply, restrict, submit, withdraw
from comity.services.carry import carry
from comity.services.settle import settle
from comity.services.step import held_record
from comity.stix.record import from_stix
from comity.stix.tombstone import is_tombstone, tombstone_from_stix
from comity.storage import deliveries, feed, notices, records
from tests.allies import AGREEMENT, legal_profile
from tests.factories import make_world, person_id
from tests.feed import EVERY, admit, fetch, notices_served, open_exchange, records_served, served
from tests.story import Story, example, noted, reading, ticked

A, B = "lorvania", "kestria"


@pytest.fixture
def exchange(story: Story) -> Story:
    """A node with two allies of its trust group, on each kind of database."""
    open_exchange(story, A, B)
    return story


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Story]:
    """The same on SQLite alone, where the kind of database cannot matter."""
    engine, world = make_world(tmp_path / "node.db")
    story = Story(engine, world)
    open_exchange(story, A, B)
    yield story
    engine.dispose()


def withdrawn(
    story: Story, record: Record, reason: str = "error", *, replacement: str = "", **recall: Any
) -> Record:
    with story.unit("liaison") as unit:
        withdraw.ask(
            unit, ref=record.ref, reason_code=reason, text="It was wrong.", replacement=replacement, **recall
        )
    with story.unit("editor") as unit:
        return withdraw.acknowledge(unit, ref=record.ref)


def corrected(story: Story, record: Record, *, handling: Handling | None = None, **changes: Any) -> Record:
    """A substantive correction through its review."""
    with story.unit("liaison") as unit:
        correct.begin(unit, ref=record.ref)
        _, revision = draft.working(unit, record.ref)
        content = {**draft.full_content(unit, revision), **changes}
        draft.save(unit, ref=record.ref, content=content, handling=handling)
    record = story.submitted(record)
    record = story.in_review(record) if record.state == "triage" else record
    for who in ("reviewer_uni", "reviewer_firm", "reviewer_ngo"):
        record = story.voted(record, who) if record.state == "in_review" else record
    assert record.state == "published"
    return record


def held(story: Story, record: Record) -> Record:
    with story.unit("researcher") as unit:
        hold.ask(
            unit,
            ref=record.ref,
            reason_code="factual_doubt",
            text="A number looks wrong.",
            ends_at=story.now + timedelta(days=7),
        )
    for who in ("reviewer_uni", "reviewer_firm"):
        with story.unit(who) as unit:
            record = hold.agree(unit, ref=record.ref, agrees=True)
    assert record.state == "held"
    return record


def by_council(story: Story, record: Record, reason: str) -> Record:
    facts = Facts(by=Actor.COUNCIL, reason_code=reason, reason_text="It was wrong.", council_agrees=True)
    with story.unit("system") as unit:
        return withdraw._take_down(unit, held_record(unit, record.ref), facts)


def restricted(story: Story, record: Record, *, forbidden: bool) -> Record:
    with story.unit("editor") as unit:
        return restrict.restrict(
            unit,
            ref=record.ref,
            reason_code="court_order",
            text="The court said so.",
            order="42/2026",
            tombstone_forbidden=forbidden,
        )


def versions(objects: list[dict[str, Any]]) -> list[str]:
    return [one["modified"] for one in objects]


@pytest.mark.parametrize("tlp", [TLP.CLEAR, TLP.GREEN])
def test_what_is_published_stands_in_the_feed_signed(exchange: Story, tlp: TLP) -> None:
    record = exchange.published(tlp=tlp)
    (found,) = records_served(exchange, A)
    parsed = from_stix([found])
    assert (parsed.facts.ref, parsed.facts.version, parsed.facts.tlp) == (record.ref, "1.0", tlp)
    assert records_served(exchange, B) == [found]


@pytest.mark.parametrize("tlp", [TLP.AMBER, TLP.AMBER_STRICT])
def test_amber_stands_in_the_feed_for_nobody(exchange: Story, tlp: TLP) -> None:
    named = Handling(tlp=tlp, releasable_to=(f"node:{A}",))
    record = exchange.published(handling=named)
    assert served(exchange, A) == []
    record = withdrawn(exchange, record)
    assert served(exchange, A, EVERY) == []


def test_red_is_never_put_in_the_feed(quick: Story) -> None:
    named = tuple(person_id(who) for who in ("editor", "reviewer_uni", "reviewer_firm", "reviewer_ngo"))
    handling = Handling(tlp=TLP.RED, audience=AudienceChoice(persons=named), releasable_to=(f"node:{A}",))
    record = quick.in_review(quick.submitted(quick.drafted(handling=handling)))
    for who in ("reviewer_uni", "reviewer_ngo"):
        with quick.unit(who) as unit:
            read.open_with_purpose(unit, ref=record.ref, purpose="review_or_edit")
        record = quick.voted(record, who)
    assert record.state == "published"
    assert rows(quick, record) == []
    withdrawn(quick, record)
    assert rows(quick, record) == []


def rows(story: Story, record: Record) -> list[Any]:
    with story.unit("system", writes=False) as unit:
        return list(feed.of_record(unit.db, record.id))


def test_work_in_hand_is_nowhere(quick: Story) -> None:
    quick.in_review(quick.submitted(quick.drafted(tlp=TLP.CLEAR)))
    assert served(quick, A, EVERY) == []


def test_settling_again_makes_nothing_new(exchange: Story) -> None:
    record = exchange.published(tlp=TLP.GREEN)
    before = served(exchange, A, EVERY)
    for _ in range(2):
        with exchange.unit("system") as unit:
            found = records.lock(unit.db, unit.viewer, record.ref)
            assert found is not None
            settle(unit, found)
    assert served(exchange, A, EVERY) == before


def test_a_correction_is_a_later_version_and_the_earlier_stays(exchange: Story) -> None:
    record = corrected(exchange, exchange.published(tlp=TLP.GREEN), title="Another title, after review")
    old, new = records_served(exchange, A, EVERY)
    assert versions([old, new]) == sorted(versions([old, new]))
    assert (old["id"], from_stix([new]).facts.version) == (new["id"], "2.0")
    assert records_served(exchange, A) == [new]
    assert new["name"] == "Another title, after review"
    assert record.published_revision_id == rows(exchange, record)[-1].revision_id


def test_a_withdrawal_leaves_the_tombstone_and_no_body(exchange: Story) -> None:
    record = exchange.published(tlp=TLP.GREEN)
    title = records_served(exchange, A)[0]["name"]
    withdrawn(exchange, record)
    (found,) = records_served(exchange, A, EVERY)
    stone = tombstone_from_stix(found)
    assert (stone.facts.ref, stone.facts.version, stone.stone.reason_code) == (record.ref, "1.0", "error")
    assert title not in json.dumps(served(exchange, A, EVERY))


def test_a_withdrawn_body_is_sealed_even_where_readers_here_keep_it(quick: Story) -> None:
    record = withdrawn(quick, quick.published(tlp=TLP.GREEN), "overtaken")
    assert all(is_tombstone(one) for one in records_served(quick, A, EVERY))
    assert len(rows(quick, record)) == 2


def test_a_hold_takes_it_out_and_its_end_brings_it_back(exchange: Story) -> None:
    record = exchange.published(tlp=TLP.GREEN)
    first = records_served(exchange, A)[0]
    held(exchange, record)
    (stone,) = records_served(exchange, A, EVERY)
    assert tombstone_from_stix(stone).stone.until is not None
    ticked(exchange, days=8)
    (back,) = records_served(exchange, A)
    assert from_stix([back]).content == from_stix([first]).content
    assert first["modified"] < stone["modified"] < back["modified"]
    assert first not in records_served(exchange, A, EVERY)


def test_an_order_that_forbids_the_tombstone_leaves_nothing(exchange: Story) -> None:
    record = exchange.published(tlp=TLP.GREEN)
    restricted(exchange, record, forbidden=True)
    assert served(exchange, A, EVERY) == []
    with exchange.unit("editor") as unit:
        restrict.lift_restriction(unit, ref=record.ref, text="It was quashed.")
    (back,) = records_served(exchange, A)
    assert from_stix([back]).facts.ref == record.ref


def test_an_order_with_a_tombstone_and_its_end(quick: Story) -> None:
    record = quick.published(tlp=TLP.CLEAR)
    restricted(quick, record, forbidden=False)
    assert is_tombstone(*records_served(quick, A))
    with quick.unit("editor") as unit:
        restrict.lift_restriction(unit, ref=record.ref, text="It was quashed.")
    assert not is_tombstone(*records_served(quick, A))


def test_narrowing_takes_it_from_those_who_lose_it_and_not_from_the_others(exchange: Story) -> None:
    record = exchange.published(tlp=TLP.GREEN)
    narrow = Handling(tlp=TLP.GREEN, releasable_to=(f"node:{A}",))
    corrected(exchange, record, handling=narrow, title="Only for one ally")
    (kept,) = records_served(exchange, A)
    (lost,) = records_served(exchange, B, EVERY)
    assert kept["name"] == "Only for one ally"
    assert tombstone_from_stix(lost).stone.reason_code == "audience_narrowed"
    assert lost["modified"] < kept["modified"]
    assert "Only for one ally" not in json.dumps(served(exchange, B, EVERY))


def test_a_tightened_marking_takes_it_from_all(quick: Story) -> None:
    record = quick.published(tlp=TLP.CLEAR)
    corrected(quick, record, handling=Handling(tlp=TLP.AMBER, releasable_to=(f"node:{A}",)))
    for name in (A, B):
        (found,) = records_served(quick, name, EVERY)
        assert tombstone_from_stix(found).facts.tlp is TLP.CLEAR


def test_those_who_lost_it_hear_no_more_of_it(quick: Story) -> None:
    record = quick.published(tlp=TLP.GREEN)
    record = corrected(quick, record, handling=Handling(tlp=TLP.GREEN, releasable_to=(f"node:{A}",)))
    before = served(quick, B, EVERY)
    withdrawn(quick, record)
    assert served(quick, B, EVERY) == before
    assert tombstone_from_stix(*records_served(quick, A)).stone.reason_code == "error"


def test_a_widened_record_comes_as_a_new_version(quick: Story) -> None:
    record = quick.published(handling=Handling(tlp=TLP.GREEN, releasable_to=(f"node:{A}",)))
    assert records_served(quick, B) == []
    corrected(quick, record, handling=Handling(tlp=TLP.GREEN))
    assert len(records_served(quick, B, EVERY)) == 1
    assert len(records_served(quick, A)) == 1


def test_what_the_agreement_does_not_cover_is_not_sent(quick: Story) -> None:
    only_practices = AGREEMENT.model_copy(update={"kinds": ("best_practice",)})
    admit(quick, "thalassa", agreement=only_practices)
    record = quick.published(tlp=TLP.CLEAR)
    assert served(quick, "thalassa", EVERY) == []
    assert [from_stix([one]).facts.ref for one in records_served(quick, A)] == [record.ref]


def test_a_profile_that_may_not_receive_it_is_not_sent_it(quick: Story) -> None:
    admit(quick, "thalassa", legal_profile=legal_profile("TH", may_not_receive=["advisory"]))
    quick.published(tlp=TLP.GREEN)
    assert served(quick, "thalassa", EVERY) == []
    assert len(records_served(quick, A)) == 1


def test_personal_data_by_exception_never_leaves(quick: Story) -> None:
    """S24, SG-02: nothing of it, and not even that it exists."""
    record = quick.published(tlp=TLP.CLEAR)
    assert len(records_served(quick, A)) == 1
    with quick.unit("system") as unit:
        unit.db.execute(
            sa.text("UPDATE revision SET content = json_set(content, '$.personal_data', 'exceptional')")
        )
        carry(unit, records.get(unit.db, unit.viewer, record.ref) or record)
    assert [is_tombstone(one) for one in records_served(quick, A, EVERY)] == [True]


def test_a_copy_of_another_node_is_never_put_in_the_feed(quick: Story) -> None:
    record = quick.published(tlp=TLP.CLEAR)
    with quick.unit("system") as unit:
        carry(unit, replace(record, origin_node=A, id=record.id + 1))
    assert len(records_served(quick, B, EVERY)) == 1


def test_no_names_of_people_votes_or_readers_travel(quick: Story) -> None:
    """J-09.5: the wire is searched for everything that must stay."""
    roles = Handling(tlp=TLP.GREEN, audience=AudienceChoice(roles=(Role.RESEARCH_SECURITY_OFFICER,)))
    quick.published(handling=roles, who="liaison")
    (found,) = records_served(quick, A)
    wire = json.dumps(found)
    for who in ("liaison", "editor", "reviewer_uni"):
        assert person_id(who) not in wire
    assert "fjord" not in wire
    assert "releasable" not in wire
    assert from_stix([found]).facts.handling["audience"] == {"roles": ["research_security_officer"]}


def test_links_to_what_others_may_not_know_of_stay_behind(quick: Story) -> None:
    """S36: a reference tells that a record exists. This one was open when it was named, and is not any more."""
    other = quick.published(tlp=TLP.GREEN)
    links = [{"ref": other.ref, "relation": "see_also"}, {"ref": "RSI-elsewhere-ADV-2026-100001"}]
    record = quick.published("contributor", tlp=TLP.GREEN, related=links)
    assert other.ref in json.dumps([one for one in records_served(quick, A) if record.ref in str(one)])
    corrected(quick, other, handling=Handling(tlp=TLP.AMBER))
    held(quick, record)
    ticked(quick, days=8)
    (again,) = [one for one in records_served(quick, A) if record.ref in str(one)]
    assert other.ref not in json.dumps(again)
    assert "RSI-elsewhere-ADV-2026-100001" in json.dumps(again)


def test_a_claim_that_is_stricter_stays_behind(quick: Story) -> None:
    claims = [dict(one) for one in kind("due_diligence_note").example["claims"]]
    claims.append(
        {**claims[0], "claim_id": "c9", "text": "Moonlight is what nobody may know.", "tlp": "AMBER"}
    )
    record = quick.drafted("contributor", kind_name="due_diligence_note", claims=claims)
    record = quick.in_review(
        quick.submitted(record, "contributor"), ("reviewer_gov", "reviewer_uni", "reviewer_ngo")
    )
    for who in ("reviewer_gov", "reviewer_uni"):
        record = quick.voted(record, who)
    quick.voted(record, "reviewer_ngo", devils_advocate=True, innocent_explanation="A shared building.")
    ticked(quick, days=20)
    (found,) = records_served(quick, A)
    assert "Moonlight" not in json.dumps(found)
    assert len(from_stix([found]).content.claims) == len(claims) - 1


def test_every_object_is_valid_for_others(quick: Story) -> None:
    open_ones = [quick.published(tlp=TLP.GREEN), quick.published("contributor", kind_name="best_practice")]
    noted(quick)
    ticked(quick, days=20)
    for name in (A, B):
        fetch(quick, name)
    held(quick, open_ones[0])
    made = served(quick, A, EVERY)
    assert {one["type"] for one in made} == {"report", "course-of-action", "note", "comity-notice"}
    for one in made:
        result = stix2validator.validate_string(json.dumps(one))
        assert result.is_valid, [str(error) for error in result.errors]


def test_an_urgent_notice_says_its_own_end_until_it_is_confirmed(quick: Story) -> None:
    """G-04: allied nodes stop using it when this node does, and go on when this node does."""
    content = example(now=quick.now, subtype="urgent")
    content["expires_at"] = content["review_due"] = (quick.now + timedelta(days=14)).date().isoformat()
    content["entities"][0]["role"] = "subject"
    content["claims"] = example("due_diligence_note", now=quick.now)["claims"]
    with quick.unit("contributor_ngo") as unit:
        record = draft.start(unit, kind_name="advisory", content=content, handling=Handling(tlp=TLP.GREEN))
    record = quick.submitted(record, "contributor_ngo")
    record = quick.in_review(record, ("reviewer_gov", "reviewer_uni", "reviewer_firm"))
    quick.voted(record, "reviewer_gov")
    record = quick.voted(record, "reviewer_uni")
    with quick.unit("editor") as unit:
        reply.waive(unit, ref=record.ref, reason_code="urgent_path", text="Harm would come before.")
    ticked(quick, minutes=1)
    record = reading(quick, "contributor_ngo", record).record
    assert record.urgent
    (first,) = records_served(quick, A)
    assert from_stix([first]).facts.expires == record.expires_at
    record = quick.voted(record, "reviewer_firm")
    assert not record.urgent
    (second,) = records_served(quick, A)
    assert from_stix([second]).facts.expires is None
    assert second["modified"] > first["modified"]


def test_a_record_that_gave_way_says_to_which(quick: Story) -> None:
    older = quick.published(tlp=TLP.GREEN)
    newer = quick.drafted(tlp=TLP.GREEN)
    with quick.unit("liaison") as unit:
        submit.submit(unit, ref=newer.ref, supersedes=older.ref)
    newer = quick.in_review(newer)
    for who in ("reviewer_uni", "reviewer_firm", "reviewer_ngo"):
        newer = quick.voted(newer, who) if newer.state == "in_review" else newer
    told = {
        from_stix([one]).facts.ref: from_stix([one]).facts.replaced_by for one in records_served(quick, A)
    }
    assert told == {older.ref: newer.ref, newer.ref: ""}


# ---------------------------------------------------------------- recalls


def recalls(story: Story, name: str) -> list[Recall]:
    return [one.body for one in notices_served(story, name, What.RECALL) if isinstance(one.body, Recall)]


def test_a_recall_goes_to_each_node_that_took_it_and_to_no_other(exchange: Story) -> None:
    record = exchange.published(tlp=TLP.GREEN)
    fetch(exchange, A)
    withdrawn(exchange, record)
    (asked,) = recalls(exchange, A)
    assert (asked.uid, asked.reason_code, asked.action) == (record.uid, "error", "delete")
    assert asked.due_at == exchange.now + timedelta(hours=24)
    assert recalls(exchange, B) == []
    assert A not in json.dumps(served(exchange, B, EVERY))


def test_harm_is_urgent(quick: Story) -> None:
    record = quick.published(tlp=TLP.GREEN)
    fetch(quick, A)
    withdrawn(quick, record, "harm")
    (asked,) = recalls(quick, A)
    assert (asked.reason_code, asked.due_at) == ("harm", quick.now + timedelta(hours=4))


def test_what_was_chosen_on_the_form_is_asked(quick: Story) -> None:
    record = quick.published(tlp=TLP.GREEN)
    fetch(quick, A)
    withdrawn(quick, record, action="annotate", hours=72)
    (asked,) = recalls(quick, A)
    assert (asked.action, asked.due_at) == ("annotate", quick.now + timedelta(hours=72))


def test_only_whoever_loses_a_narrowed_record_is_asked(quick: Story) -> None:
    record = quick.published(tlp=TLP.GREEN)
    for name in (A, B):
        fetch(quick, name)
    corrected(quick, record, handling=Handling(tlp=TLP.GREEN, releasable_to=(f"node:{A}",)))
    assert recalls(quick, A) == []
    assert [one.reason_code for one in recalls(quick, B)] == ["audience_narrowed"]


def test_a_forbidden_tombstone_still_calls_back_what_was_taken(quick: Story) -> None:
    record = quick.published(tlp=TLP.GREEN)
    fetch(quick, A)
    restricted(quick, record, forbidden=True)
    assert records_served(quick, A, EVERY) == []
    assert [(one.reason_code, one.action) for one in recalls(quick, A)] == [("legal", "restrict")]


def test_a_node_that_saw_only_the_tombstone_has_nothing_to_give_back(quick: Story) -> None:
    record = held(quick, quick.published(tlp=TLP.GREEN))
    fetch(quick, A)
    by_council(quick, record, "error")
    assert recalls(quick, A) == []


def test_a_hold_and_then_a_withdrawal_ask_twice_and_the_later_counts(quick: Story) -> None:
    record = quick.published(tlp=TLP.GREEN)
    fetch(quick, A)
    record = held(quick, record)
    by_council(quick, record, "harm")
    assert [one.action for one in recalls(quick, A)] == ["restrict", "delete"]
    with quick.unit("system", writes=False) as unit:
        kept = notices.of_record(unit.db, record.uid, What.RECALL)
    assert [one.state for one in kept] == ["superseded", "open"]


def test_a_recall_that_is_lifted_waits_for_no_answer(quick: Story) -> None:
    record = quick.published(tlp=TLP.GREEN)
    fetch(quick, A)
    held(quick, record)
    ticked(quick, days=8)
    with quick.unit("system", writes=False) as unit:
        assert [one.state for one in notices.of_record(unit.db, record.uid)] == ["lifted"]


def test_a_node_that_is_done_is_not_asked_again(quick: Story) -> None:
    record = quick.published(tlp=TLP.GREEN)
    fetch(quick, A)
    with quick.unit("system") as unit:
        for one in deliveries.of_record(unit.db, record.id):
            deliveries.answered(unit.db, A, one.stix_id, state="done", at=unit.now)
    withdrawn(quick, record)
    assert recalls(quick, A) == []


def test_a_replacement_is_named_only_to_those_who_may_know_of_it(quick: Story) -> None:
    """S36: pointing to a record tells that it exists."""
    open_one, hidden = quick.published(tlp=TLP.GREEN), quick.published(tlp=TLP.AMBER)
    first, second = quick.published(tlp=TLP.GREEN), quick.published(tlp=TLP.GREEN)
    fetch(quick, A)
    withdrawn(quick, first, replacement=open_one.ref)
    withdrawn(quick, second, replacement=hidden.ref)
    one, other = recalls(quick, A)
    assert (one.action, one.replaced_by) == ("replace", open_one.ref)
    assert (other.action, other.replaced_by) == ("delete", "")
    assert hidden.ref not in json.dumps(served(quick, A, EVERY))
