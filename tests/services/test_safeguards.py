"""Ways round the review that are shut: one's own grades, a slow rewrite, claims about nobody, voices that are no longer members."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from comity.domain.errors import Invalid
from comity.domain.handling import Handling
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.domain.tlp import TLP
from comity.services import correct, draft, foresee, grant, submit, suspend, triage
from comity.services.reviewers import candidates, count
from comity.storage import editorial, organizations
from tests.factories import person_id
from tests.story import Story, example, grades

GRADED = {"reliability": "A", "credibility": "1", "grading_reason": "I know them well."}
NEW_SOURCE = {
    "title": "Another report",
    "publisher": "A wire service",
    "type": "press",
    "retrieved": "2026-10-30",
}
NOTE = "due_diligence_note"


def stored(story: Story, record: Record, who: str = "liaison") -> dict[str, Any]:
    with story.unit(who) as unit:
        _, revision = draft.working(unit, record.ref)
        return draft.full_content(unit, revision)


def with_grades(content: dict[str, Any]) -> dict[str, Any]:
    graded = deepcopy(content)
    for source in [
        *graded["sources"],
        *(one for claim in graded.get("claims", ()) for one in claim["sources"]),
    ]:
        source.update(GRADED)
    return graded


# ---- grades


@pytest.mark.parametrize("kind_name", ["advisory", NOTE])
def test_an_author_cannot_grade_the_sources_of_their_own_record(story: Story, kind_name: str) -> None:
    """4.4.6: the grader is never the author, neither at the start nor by a later save."""
    typed = with_grades(example(kind_name))
    with story.unit("liaison") as unit:
        record = draft.start(unit, kind_name=kind_name, content=typed)
        assert "A" not in {one.get("reliability") for one in _sources(_content(unit, record))}
        draft.save(unit, ref=record.ref, content=typed)
        found = _sources(_content(unit, record))
        assert found
        assert all(not one.get("reliability") and not one.get("credibility") for one in found)


def test_a_grade_stays_with_a_source_that_did_not_change_and_with_no_other(story: Story) -> None:
    record = story.submitted(story.drafted())
    with story.unit("editor") as unit:
        _, revision = draft.working(unit, record.ref)
        given = grades(draft.full_content(unit, revision))
        triage.grade_sources(unit, ref=record.ref, grades=given)
        triage.send_back(unit, ref=record.ref, reason_code="missing_source", text="One more source, please.")
    content = stored(story, record)
    content["sources"] = [*content["sources"], NEW_SOURCE | GRADED]
    content["sources"][0]["publisher"] = "Somebody else altogether"
    with story.unit("liaison") as unit:
        draft.save(unit, ref=record.ref, content=content)
    after = stored(story, record)["sources"]
    assert [bool(one.get("reliability")) for one in after] == [False, *[True] * (len(after) - 2), False]


def test_a_correction_with_a_new_source_is_graded_before_it_is_reviewed(story: Story) -> None:
    record = story.published()
    with story.unit("liaison") as unit:
        correct.begin(unit, ref=record.ref)
        content = _content(unit, record)
        content["sources"] = [*content["sources"], NEW_SOURCE | GRADED]
        draft.save(unit, ref=record.ref, content=content)
        record = submit.submit(unit, ref=record.ref)
    assert record.state is State.TRIAGE
    assert record.is_published
    record = story.in_review(record)
    for who in ("reviewer_uni", "reviewer_firm", "reviewer_ngo"):
        record = story.voted(record, who) if record.state is State.IN_REVIEW else record
    assert record.state is State.PUBLISHED
    assert all(one.get("reliability") for one in stored(story, record)["sources"])


# ---- minor corrections


@pytest.mark.parametrize("change", [GRADED, {"publisher": "Somebody else"}, {"type": "court"}])
def test_a_minor_correction_never_touches_what_a_source_is_worth(
    story: Story, change: dict[str, str]
) -> None:
    record = story.published()
    content = stored(story, record)
    content["sources"][0] |= change
    with story.unit("liaison") as unit, pytest.raises(Invalid) as refused:
        correct.minor(unit, ref=record.ref, content=content, note="A typo.")
    assert [one.field for one in refused.value.problems] == ["sources"]


def test_a_minor_correction_mends_the_link_of_a_source_and_keeps_its_grade(story: Story) -> None:
    record = story.published()
    content = stored(story, record)
    before = content["sources"][0]["reliability"]
    content["sources"][0]["url"] = "https://moved.example/report"
    with story.unit("liaison") as unit:
        record = correct.minor(unit, ref=record.ref, content=content, note="The page has moved.")
    mended = stored(story, record)["sources"][0]
    assert (mended["url"], mended["reliability"]) == ("https://moved.example/report", before)


def test_many_minor_corrections_do_not_add_up_to_another_text(story: Story) -> None:
    """Each is held against what reviewers agreed to, not against the one before it."""
    record = story.published(
        body="One sees the lamp at the pier from the harbour at night when it is clear. " * 4
    )
    content = stored(story, record)
    for word, other in (("lamp", "lantern"), ("pier", "quay"), ("harbour", "port")):
        content["body"] = content["body"].replace(word, other, 1)
        with story.unit("liaison") as unit:
            record = correct.minor(unit, ref=record.ref, content=content, note="A typo.")
    assert record_version(story, record) == "1.3"
    content["body"] = content["body"].replace("night", "noon", 1)
    with story.unit("liaison") as unit, pytest.raises(Invalid) as refused:
        correct.minor(unit, ref=record.ref, content=content, note="A typo.")
    assert [(one.field, one.code) for one in refused.value.problems] == [("body", "substantive")]


# ---- claims


def test_a_claim_is_always_about_a_named_subject(story: Story) -> None:
    """Otherwise a negative statement would pass by the smaller quorum of a general advisory, without prior notice (G-03, G-30)."""
    content = example("advisory", claims=example(NOTE)["claims"])
    content["entities"] = [one for one in content.get("entities", ()) if one.get("role") != "subject"]
    with story.unit("liaison") as unit:
        record = draft.start(unit, kind_name="advisory", content=content)
        with pytest.raises(Invalid) as refused:
            submit.submit(unit, ref=record.ref)
    assert "subject-missing" in {one.code for one in refused.value.problems}


# ---- voices


@pytest.mark.parametrize("how", ["role", "account", "organization"])
def test_who_may_no_longer_vote_has_no_say_in_what_is_still_to_be_published(story: Story, how: str) -> None:
    record = story.in_review(story.submitted(story.drafted()))
    record = story.voted(record, "reviewer_uni")
    _gone(story, "reviewer_uni", how)
    record = story.voted(record, "reviewer_firm")
    assert record.state is State.IN_REVIEW
    assert story.voted(record, "reviewer_ngo").state is State.PUBLISHED


def test_what_was_published_with_their_voice_stands_when_they_leave(story: Story) -> None:
    """A conflict found later is counted out and would mark the record; that somebody left is none."""
    record = story.published(reviewers=("reviewer_uni", "reviewer_firm", "reviewer_ngo"))
    for who in ("reviewer_uni", "reviewer_firm"):
        _gone(story, who, "role")
    with story.unit("system") as unit:
        again, _ = draft.working(unit, record.ref)
        assert count(unit, again).met


def _gone(story: Story, who: str, how: str) -> None:
    reason = "They have left the organization."
    with story.unit("system") as unit:
        match how:
            case "role":
                grant.revoke(unit, account_id=person_id(who), role=Role.REVIEWER)
            case "account":
                suspend.suspend_account(unit, account_id=person_id(who), reason=reason)
            case _:
                home = story.world.viewer(who).organization
                suspend.suspend_organization(unit, organization_id=str(home), reason=reason)


def _content(unit: Any, record: Record) -> dict[str, Any]:
    _, revision = draft.working(unit, record.ref)
    return draft.full_content(unit, revision)


def _sources(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [*content["sources"], *(one for claim in content.get("claims", ()) for one in claim["sources"])]


def record_version(story: Story, record: Record) -> str:
    with story.unit("liaison") as unit:
        return str(draft.working(unit, record.ref)[1].version)


# ---- conflicts of interest that a record's own words show


@pytest.mark.parametrize("how", ["named", "publisher", "parent"])
def test_who_is_named_or_supplied_a_source_is_not_asked_and_not_counted(story: Story, how: str) -> None:
    """G-21: nobody has to declare what the record itself says. The reviewer's organization is the University of the South."""
    content = example(now=story.now)
    if how == "publisher":
        content["sources"] = [*content["sources"], NEW_SOURCE | {"publisher": "University of the South"}]
    else:
        name = "University of the South" if how == "named" else "Ministry of Science"
        content["entities"] = [*content["entities"], {"name": name, "role": "affected"}]
    if how == "parent":
        with story.unit("system") as unit:
            home = organizations.get(unit.db, "uni-south")
            assert home is not None
            organizations.save(unit.db, replace(home, parent="gov-science-ministry"))
    record = story.submitted(story.drafted(**content))
    with story.unit("editor", writes=False) as unit:
        found = {one.account: one.conflicts for one in candidates(unit, record)}
    assert found[person_id("reviewer_uni")]
    assert not found[person_id("reviewer_ngo")]
    with story.unit("editor") as unit, pytest.raises(Invalid) as refused:
        triage.assign(unit, ref=record.ref, reviewers=[person_id("reviewer_uni")])
    assert [one.code for one in refused.value.problems] == ["conflict"]


# ---- what is chosen with the handing in


@pytest.mark.parametrize("kind_name", ["best_practice", NOTE])
def test_only_an_advisory_takes_the_urgent_path(story: Story, kind_name: str) -> None:
    """G-04. Found out later, it would stand in triage and nobody could open it."""
    record = story.drafted(kind_name=kind_name)
    with story.unit("liaison") as unit, pytest.raises(Invalid) as refused:
        submit.submit(unit, ref=record.ref, urgent=True)
    assert [one.field for one in refused.value.problems] == ["urgent"]


def test_only_a_published_record_of_the_own_organization_is_replaced(story: Story) -> None:
    """A slip in the reference is said at once, and a record of others reads like one that is not there."""
    foreign = story.published("contributor_ngo", ("reviewer_gov", "reviewer_uni", "reviewer_firm"))
    unpublished, record = story.drafted(), story.drafted()
    for older in ("RSI-nordmark-ADV-2026-0", unpublished.ref, foreign.ref, record.ref):
        with story.unit("liaison") as unit, pytest.raises(Invalid) as refused:
            submit.submit(unit, ref=record.ref, supersedes=older)
        assert [(one.field, one.code) for one in refused.value.problems] == [("supersedes", "unknown")]
    own = story.published()
    with story.unit("liaison") as unit:
        assert submit.submit(unit, ref=record.ref, supersedes=own.ref).state is State.TRIAGE


# ---- a marking that is lowered


def test_lowering_a_marking_needs_a_listed_reason_that_is_kept(story: Story) -> None:
    """G-09, H-02: from GREEN to CLEAR with a correction. Raising it needs none."""
    record = story.published()
    for tlp in (TLP.CLEAR, TLP.AMBER):
        with story.unit("liaison") as unit:
            if tlp is TLP.CLEAR:
                correct.begin(unit, ref=record.ref)
            draft.save(unit, ref=record.ref, content=_content(unit, record), handling=Handling(tlp=tlp))
    with story.unit("liaison", writes=False) as unit:
        assert not foresee.foresee(unit, ref=record.ref).lowers
    with story.unit("liaison") as unit:
        draft.save(unit, ref=record.ref, content=_content(unit, record), handling=Handling(tlp=TLP.CLEAR))
    with story.unit("liaison", writes=False) as unit:
        assert foresee.foresee(unit, ref=record.ref).lowers
    for given in (None, submit.Lowering("hurry", "Soon."), submit.Lowering("now_public", " ")):
        with story.unit("liaison") as unit, pytest.raises(Invalid) as refused:
            submit.submit(unit, ref=record.ref, lowering=given)
        assert {one.field.partition(".")[0] for one in refused.value.problems} == {"lowering"}
    why = submit.Lowering("now_public", "The organizers have published the programme.")
    with story.unit("liaison") as unit:
        submit.submit(unit, ref=record.ref, lowering=why)
        kept = [
            (one.reason_code, one.text)
            for one in editorial.of_record(unit.db, editorial.Decision, record.id)
            if one.what == "downgrade"
        ]
    assert kept == [("now_public", "The organizers have published the programme.")]
