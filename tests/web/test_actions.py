"""Single steps on a record, each as a small page: J-07, corrections, withdrawal, appeal, reply, legal order; nothing for others."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from comity.domain.lifecycle_facts import State
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import clock, dispute, read
from comity.web.actions import OUT_OF_SIGHT
from comity.web.step_words import WORDS
from comity.web.steps import STEPS
from tests.factories import person_id
from tests.story import NOW, Story
from tests.web.conftest import Browser, Portal
from tests.web.forms_of_a_page import changed, form_of, send


@pytest.fixture
def tale(portal: Portal) -> Story:
    portal.moment = NOW
    return Story(portal.engine, portal.world)


def at(record: Record, path: str) -> str:
    return f"/records/{record.ref}/{path}"


def now_is(tale: Story, record: Record) -> Record:
    with tale.unit("system") as unit:
        return read.find_record(unit, record.ref)


def step(browser: Browser, who: str, record: Record, path: str, **new: Any) -> Any:
    """Fill the form of one step and press its button. Names are given without the step's prefix."""
    prefix = path.replace("/", "-")
    return send(
        browser(who),
        at(record, path),
        at(record, path),
        **{f"{prefix}__{name}": value for name, value in new.items()},
    )


def in_days(tale: Story, days: int) -> str:
    return (tale.now + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


def test_every_step_has_its_words() -> None:
    assert {one.path for one in STEPS} == set(WORDS)


def test_a_hold_needs_a_reason_an_end_and_two_sectors_and_the_author_sees_it(
    tale: Story, browser: Browser
) -> None:
    """J-07.1 to .3."""
    record = tale.in_review(tale.submitted(tale.drafted("contributor"), "contributor"))
    wrong = step(browser, "reviewer_uni", record, "hold", reason_code="", text="", ends_at="soon")
    assert wrong.status_code == 422
    far = step(
        browser,
        "reviewer_uni",
        record,
        "hold",
        reason_code="ongoing_operation",
        text="Kept",
        ends_at=in_days(tale, 15),
    )
    assert far.status_code == 422
    assert "within 14 days" in far.text
    assert "Kept" in far.text
    asked = step(
        browser,
        "reviewer_uni",
        record,
        "hold",
        reason_code="ongoing_operation",
        text="An inquiry runs.",
        ends_at=in_days(tale, 10),
    )
    assert asked.status_code == 303, asked.text
    assert now_is(tale, record).state is State.IN_REVIEW
    told = browser("contributor").get(at(record, "work")).text
    assert "A hold was asked for" in told
    assert "Ongoing operation" in told
    step(browser, "reviewer_firm", record, "hold/agree", agrees="yes")
    step(browser, "reviewer_ngo", record, "hold/agree", agrees="yes")
    assert now_is(tale, record).state is State.HELD
    assert "It ends by itself on" in browser("contributor").get(at(record, "work")).text


def test_a_hold_ends_by_itself(tale: Story, browser: Browser) -> None:
    """J-07.4."""
    record = tale.in_review(tale.submitted(tale.drafted()))
    step(
        browser,
        "reviewer_uni",
        record,
        "hold",
        reason_code="factual_doubt",
        text="A doubt.",
        ends_at=in_days(tale, 2),
    )
    step(browser, "reviewer_firm", record, "hold/agree", agrees="yes")
    step(browser, "reviewer_ngo", record, "hold/agree", agrees="yes")
    assert now_is(tale, record).state is State.HELD
    tale.now += timedelta(days=3)
    with tale.unit("system") as unit:
        clock.tick(unit)
    assert now_is(tale, record).state is State.IN_REVIEW


def test_the_author_takes_it_back(tale: Story, browser: Browser) -> None:
    record = tale.submitted(tale.drafted())
    assert step(browser, "liaison", record, "take-back").headers["location"] == at(record, "edit")
    assert now_is(tale, record).state is State.CHANGES_REQUESTED


def test_a_withdrawal_is_asked_acknowledged_and_leaves_a_tombstone(tale: Story, browser: Browser) -> None:
    record = tale.published()
    empty = step(browser, "liaison", record, "withdraw", reason_code="error", text="")
    assert empty.status_code == 422
    step(browser, "liaison", record, "withdraw", reason_code="error", text="The date was wrong.")
    assert now_is(tale, record).tombstone is None
    page = browser("editor").get(at(record, "withdraw"))
    assert "Acknowledge the withdrawal" in page.text
    step(browser, "editor", record, "withdraw/acknowledge")
    assert now_is(tale, record).state is State.WITHDRAWN


def test_council_withdraws_with_three_sectors(tale: Story, browser: Browser) -> None:
    record = tale.published()
    words = {"agrees": "yes", "reason_code": "council_decision", "text": "Council has looked at it."}
    for who in ("council_gov", "council_uni", "council_firm", "council_ngo"):
        if now_is(tale, record).tombstone is None:
            step(browser, who, record, "withdraw/council", **words)
    assert now_is(tale, record).state in (State.PUBLISHED, State.WITHDRAWN)
    assert now_is(tale, record).tombstone is None or words["text"] in str(now_is(tale, record).tombstone)


def test_a_typo_is_mended_at_once_and_more_is_refused_with_the_text_kept(
    tale: Story, browser: Browser
) -> None:
    record = tale.published()
    page = at(record, "correct/minor")
    summary = dict(form_of(browser("liaison").get(page).text, page))["summary"]
    more = send(
        browser("liaison"),
        page,
        page,
        summary="Another text altogether. " * 15,
        _note="All of it",
    )
    assert more.status_code == 422
    assert "Another text altogether." in more.text
    silent = send(browser("liaison"), page, page, summary=f"{summary} Typo.")
    assert silent.status_code == 422
    assert "Say what was mended." in silent.text
    done = send(browser("editor"), page, page, summary=f"{summary} Typo.", _note="A full stop")
    assert done.status_code == 303, done.text
    with tale.unit("researcher") as unit:
        reading = read.read(unit, ref=record.ref)
    assert reading.revision is not None
    assert reading.revision.version == "1.1"
    assert reading.content["summary"] == f"{summary} Typo."


def test_a_minor_correction_cannot_carry_a_field_that_is_not_on_its_page(
    tale: Story, browser: Browser
) -> None:
    """S2, S13: what is claimed and who reads it stay as they are, whatever is sent."""
    record = tale.published()
    page = at(record, "correct/minor")
    before = now_is(tale, record)
    opened = changed(form_of(browser("liaison").get(page).text, page), _note="A sly one")
    sly = {
        "expires_at": "2099-01-01",
        "handling.tlp": "CLEAR",
        "_shown": "handling.caveats",
        "severity": "low",
        "claims.0.text": "New",
    }
    browser("liaison").post(page, data=opened | sly)
    with tale.unit("researcher") as unit:
        after = read.read(unit, ref=record.ref)
    assert after.record.expires_at == before.expires_at
    assert after.audience.tlp is TLP.GREEN
    assert after.content.get("severity") != "low"
    assert not after.content.get("claims")


def test_a_correction_is_begun_and_given_up(tale: Story, browser: Browser) -> None:
    record = tale.published()
    step(browser, "liaison", record, "correct")
    assert step(browser, "liaison", record, "give-up").status_code == 303
    held = now_is(tale, record)
    assert held.working_revision_id == held.published_revision_id


@pytest.mark.parametrize("tlp", [TLP.GREEN, TLP.AMBER])
def test_an_appeal_reaches_the_ombudsperson_and_marks_the_record(
    tale: Story, browser: Browser, tlp: TLP
) -> None:
    record = tale.published("liaison", tlp=tlp)
    assert step(browser, "liaison", record, "appeal", grounds="").status_code == 422
    assert (
        step(browser, "liaison", record, "appeal", grounds="The unit was closed in May.").status_code == 303
    )
    client = browser("ombudsperson")
    page = client.get(at(record, "appeals"))
    assert "The unit was closed in May." in page.text
    with tale.unit("ombudsperson") as unit:
        which = str(dispute.appeals(unit, ref=record.ref)[0].id)
    step(
        browser,
        "ombudsperson",
        record,
        "appeals/first-look",
        dispute=which,
        passes="yes",
        text="It is concrete.",
    )
    assert now_is(tale, record).under_dispute
    unfit = step(
        browser,
        "ombudsperson",
        record,
        "appeals/panel",
        dispute=which,
        panel="reviewer_uni@uni-south.example.org",
    )
    assert unfit.status_code == 422
    assert "reviewer_uni@uni-south.example.org" in unfit.text
    panel = ("council_uni", "council_firm", "council_ngo")
    told = "\n".join(f"{who}@{tale.world.people[who][0]}.example.org" for who in panel)
    named = step(browser, "ombudsperson", record, "appeals/panel", dispute=which, panel=told)
    assert named.status_code == 303
    assert browser("ombudsperson").get(at(record, "appeals/decide")).status_code == 404
    assert browser("council_gov").get(at(record, "appeals/decide")).status_code == 404
    for who in panel:
        page = browser(who).get(at(record, "appeals"))
        assert "The unit was closed in May." in page.text
        assert "Office for Protective Security" not in page.text, (
            "who raised it is the ombudsperson's to know"
        )
        done = step(
            browser, who, record, "appeals/decide", dispute=which, reason_code="dismissed", text="It stands."
        )
        assert done.status_code == 303
    assert not now_is(tale, record).under_dispute


def test_a_conflict_is_entered_by_one_and_settled_by_another(tale: Story, browser: Browser) -> None:
    record = tale.published()
    assert browser("liaison").get(at(record, "conflict")).status_code == 404
    voter = person_id("reviewer_uni")
    assert step(browser, "editor", record, "conflict", reviewer=voter, text="").status_code == 422
    assert step(browser, "editor", record, "conflict", reviewer=voter, text="A contract.").status_code == 303
    assert browser("editor").get(at(record, "conflict/settle")).status_code == 404
    done = step(browser, "auditor", record, "conflict/settle", reviewer=voter, stands="yes", text="Seen.")
    assert done.status_code == 303
    assert now_is(tale, record).under_dispute


def test_personal_data_needs_both_officers(tale: Story, browser: Browser) -> None:
    record = tale.drafted(known="Ask Professor Ada Example before you answer.")
    assert browser("data_protection_officer").get(at(record, "lift")).status_code == 404
    step(browser, "liaison", record, "exception", necessity="The case cannot be told otherwise.")
    officer = browser("data_protection_officer")
    assert officer.get(at(record, "lift")).status_code == 200
    step(browser, "data_protection_officer", record, "lift", text="Necessary.")
    submit = at(record, "submit")
    assert send(browser("liaison"), submit, submit, confirmed="on").status_code == 422
    step(browser, "ombudsperson", record, "lift", text="Proportionate.")
    assert send(browser("liaison"), submit, submit, confirmed="on").status_code == 303


def test_a_named_organization_is_told_and_its_words_are_entered_before_publication(
    tale: Story, browser: Browser
) -> None:
    """G-30: the ombudsperson, who enters replies, can see the record while the window runs."""
    record = tale.in_review(tale.submitted(tale.drafted(kind_name="due_diligence_note")))
    for who in ("reviewer_uni", "reviewer_firm"):
        tale.voted(record, who)
    record = tale.voted(
        record, "reviewer_ngo", devils_advocate=True, innocent_explanation="A common form of contract."
    )
    assert record.state is State.APPROVED
    page = browser("ombudsperson").get(at(record, "reply")).text
    entity = str(record.facts["subjects"][0]["id"])
    assert entity in page
    assert (
        step(browser, "ombudsperson", record, "reply", entity=entity, words="word " * 1001).status_code == 422
    )
    assert (
        step(
            browser, "ombudsperson", record, "reply", entity=entity, words="We have changed the contract."
        ).status_code
        == 303
    )
    waived = step(browser, "editor", record, "waive", reason_code="legal_order", text="The law says so.")
    assert waived.status_code in (303, 409)


def test_a_legal_order_takes_it_out_of_sight_and_its_end_brings_it_back(
    tale: Story, browser: Browser
) -> None:
    record = tale.published()
    assert (
        step(
            browser, "editor", record, "restrict", reason_code="court_order", text="As ordered.", order=""
        ).status_code
        == 422
    )
    done = step(
        browser,
        "editor",
        record,
        "restrict",
        reason_code="court_order",
        text="As ordered.",
        order="12/26",
        tombstone_forbidden="on",
    )
    assert done.status_code == 303
    assert browser("researcher").get(f"/records/{record.ref}").status_code == 404
    second = browser("data_protection_officer")
    assert second.get(at(record, "restrict/confirm")).status_code == 200
    assert browser("council_uni").get(at(record, "restrict/confirm")).status_code == 404
    assert (
        step(browser, "data_protection_officer", record, "restrict/confirm", order="12/27").status_code == 422
    )
    assert (
        step(browser, "data_protection_officer", record, "restrict/confirm", order="12/26").status_code == 303
    )
    assert step(browser, "editor", record, "restrict/lift", text="It ended.").status_code == 303
    assert now_is(tale, record).state is State.PUBLISHED


def test_ending_an_order_does_not_tell_an_editor_of_other_peoples_drafts(
    tale: Story, browser: Browser
) -> None:
    draft = tale.drafted()
    client = browser("editor")
    there = client.post(at(draft, "restrict/lift"), data={"restrict-lift.text": "x"})
    absent = client.post(
        "/records/RSI-nordmark-ADV-2026-000000/restrict/lift", data={"restrict-lift.text": "x"}
    )
    assert there.status_code == absent.status_code == 404
    assert len(there.text) == len(absent.text)


def without_nonce(html: str) -> str:
    return re.sub(r'nonce="[^"]*"', "", html)


PATHS = [one.path for one in STEPS] + ["appeals", "correct/minor"]


@pytest.mark.parametrize("path", PATHS)
def test_nobody_learns_of_a_draft_through_a_step(tale: Story, browser: Browser, path: str) -> None:
    """S4: the same answer as for a record that does not exist, for every page and every button."""
    record = tale.drafted(title="Nobody may know", handling=None, tlp=TLP.AMBER)
    nothing = f"/records/RSI-nordmark-ADV-2026-000000/{path}"
    for who in ("researcher", "reviewer_uni", "editor", "ombudsperson", "council_uni", "contributor"):
        client = browser(who)
        there, absent = client.get(at(record, path)), client.get(nothing)
        assert there.status_code == absent.status_code
        if there.status_code != 200:
            assert without_nonce(there.text) == without_nonce(absent.text)
        if not OUT_OF_SIGHT.get(path, frozenset()) & set(tale.world.people[who][1]):
            assert there.status_code == 404
        if path != "appeals":
            assert client.post(at(record, path)).status_code == client.post(nothing).status_code == 404


def test_a_reader_of_a_published_record_finds_only_their_own_steps(tale: Story, browser: Browser) -> None:
    record = tale.published()
    client = browser("researcher_south")
    open_ = {path for path in PATHS if client.get(at(record, path)).status_code == 200}
    assert open_ == {"appeal", "hold", "onward", "proposal"}
    for path in set(PATHS) - open_ - {"appeals"}:
        assert client.post(at(record, path)).status_code == 404, path


def test_a_field_that_the_form_does_not_offer_is_refused(tale: Story, browser: Browser) -> None:
    """S13."""
    record = tale.published()
    answer = browser("liaison").post(at(record, "withdraw"), data={"withdraw.text": "x", "by": "system"})
    assert answer.status_code == 422
    assert now_is(tale, record).facts.get("withdrawal_asked") in (None, "")


def test_no_step_is_taken_by_opening_a_page(tale: Story, browser: Browser) -> None:
    """S18."""
    record = tale.published()
    for path in PATHS:
        browser("liaison").get(at(record, path))
        browser("editor").get(at(record, path))
    assert now_is(tale, record).state is State.PUBLISHED


def test_an_author_throws_a_draft_away_and_nobody_elses(tale: Story, browser: Browser) -> None:
    record = tale.drafted("contributor")
    author = browser("contributor")
    assert f"/records/{record.ref}/discard" in author.get(at(record, "work")).text
    assert "cannot be undone" in author.get(at(record, "discard")).text
    for who in ("liaison", "editor", "contributor_ngo"):
        assert browser(who).post(at(record, "discard"), data={}).status_code == 404
    assert step(browser, "contributor", record, "discard").headers["location"] == "/work"
    assert record.ref not in author.get("/work").text
    assert author.post(at(record, "discard"), data={}).status_code == 404
    handed_in = tale.submitted(tale.drafted("contributor"), "contributor")
    assert author.get(at(handed_in, "discard")).status_code == 404
