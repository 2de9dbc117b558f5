"""An editor looks at form, sources and language, grades what the author must not grade alone, and asks reviewers. No vote."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from comity import policies
from comity.domain.errors import Conflict, Invalid, NotAllowed, Problem
from comity.domain.governance import ReasonFor
from comity.domain.kinds.problems import review_problems
from comity.domain.kinds.registry import kind
from comity.domain.lifecycle_facts import Actor, Facts, State, Verb
from comity.domain.record import Record, Revision
from comity.domain.roles import Role
from comity.services.check import check_submission, exception_given, is_graded
from comity.services.draft import full_content, new_version, working
from comity.services.reviewers import assigned_reviewers, candidates, could_review
from comity.services.settle import settle
from comity.services.step import give_reason, take
from comity.services.unit import Unit
from comity.storage import editorial, revisions


@dataclass(frozen=True)
class Grade:
    """The grade of one source: where it is (`sources.0`, `claims.1.sources.0`), A to F, 1 to 6, and why."""

    path: str
    reliability: str
    credibility: str
    reason: str = ""


def _editor(unit: Unit, record: Record) -> None:
    if Role.EDITOR not in unit.viewer.roles:
        raise NotAllowed("Triage is for editors of the secretariat.")
    if record.author == unit.viewer.person:
        raise NotAllowed("Nobody handles their own record.")


def grade_sources(unit: Unit, *, ref: str, grades: Collection[Grade]) -> Record:
    """Write the grades of a second person into a new version that differs in nothing else."""
    record, revision = working(unit, ref)
    _editor(unit, record)
    if record.state not in (State.TRIAGE, State.IN_REVIEW):
        raise Conflict("Sources are graded in triage.")
    if any(
        one.revision_id == revision.id
        for one in editorial.of_record(unit.db, editorial.StoredVote, record.id)
    ):
        raise Conflict("Reviewers have voted on this version. Grading it again would take their votes away.")
    content = deepcopy(full_content(unit, revision))
    for grade in grades:
        source = _source_at(content, grade.path)
        source.update(
            reliability=grade.reliability or None,
            credibility=grade.credibility or None,
            grading_reason=grade.reason,
        )
    record = new_version(
        unit, record, content=content, handling=revision.handling, note="Sources graded by an editor"
    )
    _, graded = working(unit, ref)
    revisions.store(unit.db, replace(graded, frozen=True))
    give_reason(unit, record, "graded", reason_code="", text="", by_role=Role.EDITOR.value)
    unit.audit("review.grade", record.ref, audience_id=record.audience_id, sources=len(grades))
    return record


def _source_at(content: dict[str, Any], path: str) -> dict[str, Any]:
    here: Any = content
    for part in path.split("."):
        if isinstance(here, list) and part.isdigit() and int(part) < len(here):
            here = here[int(part)]
        elif isinstance(here, dict) and part in ("sources", "claims"):
            here = here.get(part)
        else:
            raise Invalid([Problem(path, "unknown", "There is no such source.")])
    if not isinstance(here, dict):
        raise Invalid([Problem(path, "unknown", "There is no such source.")])
    return here


def sources_graded(unit: Unit, record: Record) -> list[Problem]:
    """What a second person still has to grade; empty when the guard of triage is met."""
    _, revision = working(unit, record.ref)
    return review_problems(kind(record.kind).model_validate(full_content(unit, revision)))


def assign(unit: Unit, *, ref: str, reviewers: Collection[str]) -> Record:
    """Ask these reviewers. Raises `Invalid` when one has a conflict or they could never meet the quorum together."""
    record, _ = working(unit, ref)
    _editor(unit, record)
    if record.state not in (State.TRIAGE, State.IN_REVIEW):
        raise Conflict("Reviewers are asked in triage or review.")
    known = {one.account: one for one in candidates(unit, record)}
    problems = []
    for account in reviewers:
        if account not in known:
            problems.append(
                Problem("reviewers", "unknown", "One of those chosen is not a reviewer of a verified member.")
            )
        elif known[account].conflicts:
            problems.append(
                Problem("reviewers", "conflict", f"{known[account].name}: {known[account].conflicts[0]}")
            )
    if problems:
        raise Invalid(problems)
    before = assigned_reviewers(record)
    others = tuple(name for name in record.assigned if name.removeprefix("person:") not in before)
    asked = tuple(f"person:{account}" for account in sorted(set(reviewers) | before))
    record = settle(unit, replace(record, assigned=others + asked))
    unit.audit("review.assign", record.ref, audience_id=record.audience_id, reviewers=sorted(reviewers))
    unit.emit("review.assigned", record.id, reviewers=sorted(reviewers))
    return record


def unassign(unit: Unit, *, ref: str, reviewer: str, text: str) -> Record:
    """Take a reviewer off who has not voted, with a reason that is kept. Whoever has voted stays: no editor takes a voice away.

    `Invalid` while a review is open and those who remain could not meet the quorum together: ask another first.
    """
    record, _ = working(unit, ref)
    _editor(unit, record)
    if record.state not in (State.TRIAGE, State.IN_REVIEW):
        raise Conflict("Reviewers are asked in triage or review.")
    asked = assigned_reviewers(record)
    problems = []
    if reviewer not in asked:
        problems.append(Problem("reviewer", "unknown", "Choose one of those who are asked."))
    if not text.strip():
        problems.append(Problem("text", "missing", "Give the reason. It is kept in the log of this record."))
    if (
        not problems
        and record.state is State.IN_REVIEW
        and not could_review(unit, record, asked - {reviewer}).met
    ):
        problems.append(
            Problem(
                "reviewer", "needed", "Without this reviewer the quorum cannot be met. Ask another first."
            )
        )
    if problems:
        raise Invalid(problems)
    if reviewer in {one.reviewer for one in editorial.of_record(unit.db, editorial.StoredVote, record.id)}:
        raise Conflict("This reviewer has voted and stays.")
    left = tuple(name for name in record.assigned if name != f"person:{reviewer}")
    record = settle(unit, replace(record, assigned=left))
    give_reason(unit, record, "unassigned", reason_code="", text=text, reviewer=reviewer)
    unit.audit("review.unassign", record.ref, audience_id=record.audience_id, reviewer=reviewer)
    unit.emit("review.unassigned", record.id)
    return record


def begin_review(unit: Unit, *, ref: str) -> Record:
    """Open the review. Raises `TransitionRefused` naming whatever is not ready."""
    record, revision = working(unit, ref)
    _editor(unit, record)
    return take(unit, record, Verb.BEGIN_REVIEW, readiness(unit, record, revision))


def readiness(unit: Unit, record: Record, revision: Revision) -> Facts:
    """What the guards of triage ask for, as it stands: for the step itself and for showing it beforehand."""
    content = full_content(unit, revision)
    checked = check_submission(
        unit, kind_name=record.kind, content=content, handling=revision.handling, record=record
    )
    return Facts(
        by=Actor.EDITOR,
        sources_graded=is_graded(record, content),
        personal_data_clear=not checked.needs_exception or exception_given(unit, record.id, revision.id),
        reviewers_assigned=could_review(unit, record).met,
    )


def send_back(unit: Unit, *, ref: str, reason_code: str, text: str, reject: bool = False) -> Record:
    """Return a draft to its author, or refuse it, with a reason code and words the author can read."""
    record, _ = working(unit, ref)
    _editor(unit, record)
    decision: ReasonFor = "reject" if reject else "return"
    check_reason(decision, reason_code, text)
    give_reason(unit, record, decision, reason_code=reason_code, text=text)
    verb = Verb.REFUSE if reject else Verb.RETURN
    return take(unit, record, verb, Facts(by=Actor.EDITOR, reason_code=reason_code, reason_text=text))


def check_reason(decision: ReasonFor, reason_code: str, text: str) -> None:
    """Raise `Invalid` unless the code is one of this decision's and the words are there."""
    problems = []
    if policies.reason_codes().find(decision, reason_code) is None:
        problems.append(Problem("reason_code", "unknown-reason", "Choose one of the reasons."))
    if not text.strip():
        problems.append(Problem("text", "missing", "Give the reason in words that the author can read."))
    if problems:
        raise Invalid(problems)


def reasons_for(decision: ReasonFor) -> Mapping[str, str]:
    """Code to label, for a form."""
    return {code: reason.label for code, reason in policies.reason_codes().reasons[decision].items()}
