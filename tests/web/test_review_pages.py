"""Triage, review and the work lists as an editor and reviewers meet them: J-05.2, J-05.6, S1, S2, S13, and nothing for others."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from comity.domain.handling import Handling
from comity.domain.lifecycle_facts import State
from comity.domain.quorum import Decision
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.domain.tlp import TLP
from comity.services import correct, draft, read, triage
from comity.storage import role_grants
from comity.web.review import DECISIONS
from tests.factories import person_id
from tests.story import NOW, Story
from tests.web.conftest import Browser, Portal
from tests.web.forms_of_a_page import changed, form_of, send


@pytest.fixture
def tale(portal: Portal) -> Story:
    portal.moment = NOW
    return Story(portal.engine, portal.world)


def at(record: Record, page: str) -> str:
    return f"/records/{record.ref}/{page}"


def state_of(tale: Story, record: Record) -> State:
    with tale.unit("system") as unit:
        return read.find_record(unit, record.ref).state


def vote(browser: Browser, who: str, record: Record, **new: Any) -> Any:
    return send(browser(who), at(record, "review"), at(record, "review"), **new)


def test_the_whole_way_through_the_pages(tale: Story, browser: Browser) -> None:
    """Grade, ask, begin, vote: published by itself by the vote that meets the quorum, and not before."""
    record = tale.submitted(tale.drafted())
    editor = browser("editor")
    assert record.ref in editor.get("/work").text
    page = editor.get(at(record, "triage"))
    assert "Not ready:" in page.text
    fields = form_of(page.text, at(record, "triage/grades"))
    graded = dict.fromkeys(re.findall(r'name="(credibility[^"]+)"', page.text), "2")
    answer = editor.post(at(record, "triage/grades"), data=changed(fields) | graded)
    assert answer.status_code == 303, answer.text
    who = [person_id(one) for one in ("reviewer_gov", "reviewer_uni", "reviewer_ngo")]
    assert editor.post(at(record, "triage/reviewers"), data={"reviewers": who}).status_code == 303
    assert "could meet the quorum together" in editor.get(at(record, "triage")).text
    assert editor.post(at(record, "triage/begin")).headers["location"] == "/work"
    assert record.ref in browser("reviewer_gov").get("/work").text
    assert vote(browser, "reviewer_gov", record, decision="approve").status_code == 303
    assert state_of(tale, record) is State.IN_REVIEW
    done = vote(browser, "reviewer_uni", record, decision="approve")
    assert done.headers["location"] == f"/records/{record.ref}"
    assert state_of(tale, record) is State.PUBLISHED


def test_government_votes_alone_do_not_publish(tale: Story, browser: Browser) -> None:
    """J-05.2."""
    record = tale.in_review(
        tale.submitted(tale.drafted("contributor"), "contributor"), ("reviewer_gov", "reviewer_uni")
    )
    vote(browser, "reviewer_gov", record, decision="approve")
    assert state_of(tale, record) is State.IN_REVIEW
    page = unescape(browser("reviewer_gov").get(at(record, "review")).text)
    assert "1 of 2 agreements" in page
    assert "non-government" in page


def test_what_is_not_ready_is_said_and_the_review_stays_shut(tale: Story, browser: Browser) -> None:
    record = tale.submitted(tale.drafted())
    answer = browser("editor").post(at(record, "triage/begin"))
    assert answer.status_code == 409
    assert "have not been graded by a second person" in answer.text
    assert state_of(tale, record) is State.TRIAGE


def test_a_reviewer_with_a_conflict_is_shown_and_cannot_be_asked(tale: Story, browser: Browser) -> None:
    record = tale.submitted(tale.drafted("contributor_ngo"), "contributor_ngo")
    with tale.unit("system") as unit:
        role_grants.add(unit.db, person_id("reader"), Role.REVIEWER, by="system", now=unit.now)
    page = browser("editor").get(at(record, "triage"))
    assert "Conflict of interest:" in page.text
    answer = browser("editor").post(at(record, "triage/reviewers"), data={"reviewers": person_id("reader")})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("step", "code", "state"),
    [("return", "missing_source", State.CHANGES_REQUESTED), ("reject", "out_of_scope", State.REJECTED)],
)
def test_sending_back_needs_a_reason_and_the_author_reads_it(
    tale: Story, browser: Browser, step: str, code: str, state: State
) -> None:
    """G-09."""
    record = tale.submitted(tale.drafted())
    editor, action = browser("editor"), at(record, f"triage/{step}")
    empty = editor.post(action, data={f"{step}.reason_code": code, f"{step}.text": ""})
    assert empty.status_code == 422
    assert f'href="#f-{step}-text"' in empty.text
    assert f'value="{code}" selected' in empty.text or f'value="{code}" checked' in empty.text
    assert state_of(tale, record) is State.TRIAGE
    done = editor.post(
        action, data={f"{step}.reason_code": code, f"{step}.text": "See the second statement."}
    )
    assert done.status_code == 303
    assert state_of(tale, record) is state
    assert "See the second statement." in browser("liaison").get(at(record, "work")).text


def test_a_vote_without_a_fitting_reason_keeps_everything_typed(tale: Story, browser: Browser) -> None:
    record = tale.in_review(tale.submitted(tale.drafted()))
    answer = vote(
        browser,
        "reviewer_uni",
        record,
        decision="request_changes",
        reason_code="reject.out_of_scope",
        comment="Half an hour of thought",
    )
    assert answer.status_code == 422
    assert "goes with your vote" in answer.text
    assert "Half an hour of thought" in answer.text
    long = vote(browser, "reviewer_uni", record, decision="approve", dissent="word " * 301)
    assert long.status_code == 422
    assert 'href="#f-dissent"' in long.text


def test_other_votes_stay_hidden_while_the_review_is_open(tale: Story, browser: Browser) -> None:
    record = tale.in_review(tale.submitted(tale.drafted()))
    vote(
        browser,
        "reviewer_uni",
        record,
        decision="request_changes",
        reason_code="return.missing_source",
        comment="A secret thought",
    )
    for who, page in (
        ("reviewer_firm", "review"),
        ("liaison", "work"),
        ("editor", "triage"),
        ("editor", "work"),
    ):
        text = browser(who).get(at(record, page)).text
        assert "A secret thought" not in text
        assert "Reviewer Uni" not in text or who == "editor"
    vote(
        browser,
        "reviewer_ngo",
        record,
        decision="request_changes",
        reason_code="return.unclear_scope",
        comment="Which unit?",
    )
    told = browser("liaison").get(at(record, "work")).text
    assert "A secret thought" in told
    assert "Which unit?" in told
    assert "Reviewer Uni" not in told


def test_a_vote_on_a_text_that_has_changed_is_not_taken(tale: Story, browser: Browser) -> None:
    record = tale.in_review(tale.submitted(tale.drafted()))
    client = browser("reviewer_uni")
    opened = form_of(client.get(at(record, "review")).text, at(record, "review"))
    with tale.unit("editor") as unit:
        triage.grade_sources(unit, ref=record.ref, grades=[triage.Grade("sources.0", "C", "3", "New light")])
    answer = client.post(at(record, "review"), data=changed(opened, decision="approve"))
    assert answer.status_code == 409
    assert "has changed since you opened it" in answer.text


def test_a_field_that_the_ballot_does_not_offer_is_refused(tale: Story, browser: Browser) -> None:
    """S13."""
    record = tale.in_review(tale.submitted(tale.drafted()))
    answer = vote(browser, "reviewer_uni", record, decision="approve", conflict="false", sector="industry")
    assert answer.status_code == 422
    assert state_of(tale, record) is State.IN_REVIEW


def test_an_amber_record_opens_only_with_a_purpose_that_is_logged(tale: Story, browser: Browser) -> None:
    """H-08."""
    record = tale.submitted(tale.drafted(tlp=TLP.AMBER, known="The words behind the purpose."))
    editor = browser("editor")
    asked = editor.get(at(record, "triage"))
    assert "Why do you open it?" in asked.text
    assert "The words behind the purpose." not in asked.text
    assert editor.post(at(record, "triage/begin")).status_code == 404
    wrong = editor.post(at(record, "work/open"), data={"purpose": "curiosity", "next": "triage"})
    assert wrong.status_code == 422
    done = editor.post(at(record, "work/open"), data={"purpose": "review_or_edit", "next": "triage"})
    assert done.headers["location"] == at(record, "triage")
    assert "The words behind the purpose." in editor.get(at(record, "triage")).text
    away = editor.post(
        at(record, "work/open"), data={"purpose": "review_or_edit", "next": "//elsewhere.example"}
    )
    assert away.headers["location"] == at(record, "work")


def test_those_not_at_work_on_it_find_nothing(tale: Story, browser: Browser) -> None:
    """S4: every page and step answers as it does for a record that does not exist."""
    record = tale.in_review(
        tale.submitted(tale.drafted(title="Under the table")), ("reviewer_uni", "reviewer_ngo")
    )
    nothing = "/records/RSI-nordmark-ADV-2026-000000"
    for who in (
        "researcher",
        "reviewer_firm",
        "reviewer_gov",
        "auditor",
        "council_uni",
        "ombudsperson",
        "node_admin",
        "contributor",
    ):
        client = browser(who)
        for page in ("work", "triage", "review"):
            there, absent = client.get(at(record, page)), client.get(f"{nothing}/{page}")
            assert there.status_code == absent.status_code
            assert there.status_code in (403, 404)
            assert "Under the table" not in there.text
            assert len(there.text) == len(absent.text)
        for step in ("triage/begin", "triage/return", "review", "work/open"):
            there, absent = client.post(at(record, step)), client.post(f"{nothing}/{step}")
            assert there.status_code == absent.status_code
            assert there.status_code in (403, 404)


def test_a_published_record_shows_no_desk_to_its_readers(tale: Story, browser: Browser) -> None:
    record = tale.published()
    for page in ("work", "edit", "submit", "readers", "preview", "triage", "review"):
        assert browser("researcher").get(at(record, page)).status_code in (403, 404), page


def test_a_correction_is_compared_with_the_version_in_force(tale: Story, browser: Browser) -> None:
    record = tale.published(title="First wording of the title")
    liaison = browser("liaison")
    assert liaison.post(at(record, "correct")).headers["location"] == at(record, "edit")
    send(liaison, at(record, "edit"), at(record, "edit"), title="Second wording of the title")
    assert browser("researcher").get(at(record, "work")).status_code == 404
    done = send(liaison, at(record, "submit"), at(record, "submit"), confirmed="on")
    assert done.status_code == 303, done.text
    page = browser("reviewer_uni").get(at(record, "review"))
    assert "What changed since version 1.0" in page.text
    assert "First" in page.text


def test_what_is_chosen_at_the_handing_in_is_asked_for_there(tale: Story, browser: Browser) -> None:
    """G-09: why a marking is lowered. A slip keeps what was typed, and its message leads to the field on the same page."""
    record, author = tale.published(), browser("liaison")
    with tale.unit("liaison") as unit:
        correct.begin(unit, ref=record.ref)
        content = draft.full_content(unit, draft.working(unit, record.ref)[1])
        draft.save(unit, ref=record.ref, content=content, handling=Handling(tlp=TLP.CLEAR))
    page = author.get(at(record, "submit")).text
    sent = changed(form_of(page, at(record, "submit"))) | {"confirmed": "on"}
    refused = author.post(at(record, "submit"), data=sent | {"lowering.text": "It is in the paper."})
    assert refused.status_code == 422
    assert "It is in the paper." in refused.text
    (target,) = re.findall(r'href="#(f-lowering[^"]*)"', refused.text)
    assert f'id="{target}"' in refused.text
    why = {"lowering.reason_code": "now_public", "lowering.text": "It is in the paper."}
    assert author.post(at(record, "submit"), data=sent | why).status_code == 303
    told = browser("reviewer_uni").get(at(record, "work")).text
    assert "The marking was lowered" in told
    assert "It is in the paper." in told


def test_claims_that_an_editor_may_not_read_survive_the_grading(tale: Story) -> None:
    """A portion marked RED stays in the record although the editor's form never showed it."""
    record = tale.drafted(kind_name="due_diligence_note")
    with tale.unit("liaison") as unit:
        whole = draft.full_content(unit, draft.working(unit, record.ref)[1])
    secret = {**whole["claims"][0], "claim_id": "", "tlp": "RED", "text": "Only for those named."}
    with tale.unit("liaison") as unit:
        draft.save(unit, ref=record.ref, content={**whole, "claims": [*whole["claims"], secret]})
    tale.submitted(record)
    with tale.unit("editor") as unit:
        shown = draft.full_content(unit, draft.working(unit, record.ref)[1])
        assert "Only for those named." not in str(shown)
        triage.grade_sources(
            unit, ref=record.ref, grades=[triage.Grade("claims.0.sources.0", "B", "2", "Known")]
        )
    with tale.unit("system") as unit:
        kept = draft.full_content(unit, draft.working(unit, record.ref)[1])
    assert "Only for those named." in [claim["text"] for claim in kept["claims"]]


def test_the_decisions_offered_are_the_three_of_the_domain() -> None:
    assert {code for code, _ in DECISIONS} == {one.value for one in Decision}


def test_an_editor_takes_a_reviewer_off_on_the_page(tale: Story, browser: Browser) -> None:
    four = ("reviewer_uni", "reviewer_firm", "reviewer_ngo", "reviewer_gov")
    record = tale.in_review(tale.submitted(tale.drafted()), four)
    tale.voted(record, "reviewer_firm")
    editor, action = browser("editor"), at(record, "triage/release")
    gone = person_id("reviewer_gov")
    empty = editor.post(action, data={"release.reviewer": gone, "release.text": ""})
    assert empty.status_code == 422
    assert f'value="{gone}" selected' in empty.text or f'value="{gone}" checked' in empty.text
    voted = {"release.reviewer": person_id("reviewer_firm"), "release.text": "On leave <b>until</b> March."}
    late = editor.post(action, data=voted)
    assert late.status_code == 409
    assert "On leave &lt;b&gt;until&lt;/b&gt; March." in late.text
    answer = editor.post(action, data=voted | {"release.reviewer": gone})
    assert answer.headers["location"] == at(record, "triage")
    assert browser("reviewer_gov").get(at(record, "review")).status_code == 404
    assert browser("liaison").post(action, data=voted).status_code in (403, 404)
