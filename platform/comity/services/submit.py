"""The author hands a draft in. What stops it is named field by field; a language finding needs a reason that reviewers see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from comity import policies
from comity.domain.conflict import named_in, suppliers_in
from comity.domain.errors import Invalid, NotAllowed, Problem
from comity.domain.handling import Handling
from comity.domain.lifecycle_facts import Actor, Facts, State, Verb
from comity.domain.record import Record, Revision
from comity.domain.roles import Role
from comity.domain.tlp import TLP
from comity.services.check import Checked, check_submission, exception_given, finding_key, is_graded
from comity.services.draft import full_content, working
from comity.services.reviewers import could_review
from comity.services.step import give_reason, take
from comity.services.unit import Unit
from comity.storage import records, revisions, role_grants

NO_EXCEPTION = "The data protection officer and the ombudsperson have not agreed to exceptional handling of this version. Ask them."
EDITORS = f"role:{Role.EDITOR.value}"


@dataclass(frozen=True)
class Lowering:
    """Why a marking is lowered (G-09): a code of `downgrade` and words that reviewers and the author can read."""

    reason_code: str
    text: str


def submit(
    unit: Unit,
    *,
    ref: str,
    overrides: Mapping[str, str] | None = None,
    urgent: bool = False,
    supersedes: str | None = None,
    lowering: Lowering | None = None,
) -> Record:
    """Submit the working version. `overrides` maps `finding_key` to the reason why the words stay; `lowering` says why a
    correction carries a less strict marking than the version in force.

    Raises `Invalid` with every problem. A correction of a published record goes back to the reviewers it had (4.5.1).
    """
    unit.need("submit")
    record, revision = working(unit, ref)
    if record.author != unit.viewer.person:
        raise NotAllowed("Only its author submits a draft.")
    content = full_content(unit, revision)
    checked = check_submission(
        unit, kind_name=record.kind, content=content, handling=revision.handling, record=record
    )
    chosen = _choices(unit, record, urgent=urgent, supersedes=supersedes or "")
    if lowered := lowers(unit, record, revision.handling):
        chosen += _lowering_problems(lowering)
    _refuse(unit, record, revision, [*checked.problems, *chosen], checked, overrides or {})
    _keep_overrides(unit, record, checked, overrides or {})
    if lowered and lowering:
        give_reason(unit, record, "downgrade", reason_code=lowering.reason_code, text=lowering.text)
    revisions.store(unit.db, replace(revision, frozen=True))
    facts = Facts(
        by=Actor.AUTHOR,
        schema_valid=True,
        handling_set=True,
        benefits_present=bool(content.get("benefits")),
        language_checked=True,
    )
    subtype = str(content.get("subtype") or "")
    changes: dict[str, Any] = {"submitted_at": unit.now, "urgent": urgent or subtype == "urgent"}
    changes["facts"] = {
        **record.facts,
        **statements(content),
        "supersedes": supersedes or record.facts.get("supersedes", ""),
    }
    if record.state is State.PUBLISHED:
        before = {"urgent": record.urgent, "supersedes": record.facts.get("supersedes", "")}
        changes["facts"]["before_correction"] = before
        return _resubmit(unit, record, facts, changes, graded=is_graded(record, content))
    assigned = tuple(dict.fromkeys((*record.assigned, EDITORS)))
    record = take(unit, record, Verb.SUBMIT, facts, assigned=assigned, subtype=subtype, **changes)
    return take(unit, record, Verb.BEGIN_TRIAGE, Facts(by=Actor.SYSTEM, duplicates_suggested=True))


def _resubmit(
    unit: Unit, record: Record, facts: Facts, changes: Mapping[str, Any], *, graded: bool
) -> Record:
    """A correction goes straight to its reviewers, unless a new or changed source has to be graded first (4.4.6)."""
    if not graded:
        assigned = tuple(dict.fromkeys((*record.assigned, EDITORS)))
        return take(unit, record, Verb.REVISE_SOURCES, facts, assigned=assigned, **changes)
    reviewable = replace(
        facts,
        sources_graded=True,
        personal_data_clear=True,
        reviewers_assigned=could_review(unit, record).met,
    )
    return take(unit, record, Verb.REVISE, reviewable, **changes)


def lowers(unit: Unit, record: Record, handling: Handling) -> bool:
    """Would publishing under `handling` lower the marking of the version in force? Its originator may, with a reason (H-02)."""
    in_force = revisions.get(unit.db, unit.viewer, record.published_revision_id)
    return in_force is not None and handling.tlp.restriction < in_force.handling.tlp.restriction


def _lowering_problems(lowering: Lowering | None) -> list[Problem]:
    problems = []
    if lowering is None or policies.reason_codes().find("downgrade", lowering.reason_code) is None:
        problems.append(
            Problem("lowering.reason_code", "missing", "The marking is lowered: choose the reason for that.")
        )
    if lowering is None or not lowering.text.strip():
        problems.append(Problem("lowering.text", "missing", "Say in words why the marking is lowered."))
    return problems


def _choices(unit: Unit, record: Record, *, urgent: bool, supersedes: str) -> list[Problem]:
    """What is chosen with the handing in: it stands in no content, and a slip in it would show only much later."""
    problems = []
    if urgent and record.kind != "advisory":
        problems.append(Problem("urgent", "urgent-is-for-advisories", "Only an advisory can be urgent."))
    older = records.get(unit.db, unit.viewer, supersedes) if supersedes else None
    if supersedes and (
        older is None
        or not older.is_published
        or older.id == record.id
        or older.organization != record.organization
    ):
        problems.append(
            Problem(
                "supersedes",
                "unknown",
                f"Your organization has no other published record “{supersedes[:80]}”.",
            )
        )
    return problems


def _refuse(
    unit: Unit,
    record: Record,
    revision: Revision,
    found: Sequence[Problem],
    checked: Checked,
    overrides: Mapping[str, str],
) -> None:
    problems = [*found, *_unworkable(unit, record, revision)]
    problems += [
        Problem(finding.field, f"language:{finding_key(finding)}", f"“{finding.matched}”: {finding.why}")
        for finding in checked.open_language(overrides)
    ]
    if checked.needs_exception and not exception_given(unit, record.id, revision.id):
        problems += [
            Problem(one.field, "personal-data", f"“{one.matched}”: {one.why}") for one in checked.personal
        ] or [Problem("personal_data", "exception-missing", NO_EXCEPTION)]
    if problems:
        raise Invalid(problems)


def _unworkable(unit: Unit, record: Record, revision: Revision) -> list[Problem]:
    """A RED record is worked on by its named readers only, so they must include an editor and enough reviewers for the quorum."""
    named = revision.handling.audience.persons
    if revision.handling.tlp is not TLP.RED or not named:
        return []
    field = "handling.audience.persons"
    problems = []
    if not role_grants.holders(unit.db, Role.EDITOR) & set(named):
        problems.append(
            Problem(
                field, "red-without-editor", "Name an editor, who alone can take a RED record into review."
            )
        )
    tally = could_review(unit, record, named)
    if not tally.met:
        problems.append(
            Problem(
                field,
                "red-without-quorum",
                f"Name reviewers who can meet the quorum. {' '.join(tally.missing)}",
            )
        )
    return problems


def _keep_overrides(unit: Unit, record: Record, checked: Checked, overrides: Mapping[str, str]) -> None:
    for finding in checked.language:
        reason = overrides.get(finding_key(finding), "").strip()
        if reason:
            give_reason(
                unit,
                record,
                "language_override",
                reason_code="language",
                text=reason,
                rule=finding.rule,
                field=finding.field,
            )


def statements(content: Mapping[str, Any]) -> dict[str, Any]:
    """Which organizations are the subject of a claim: it decides the quorum and the right of reply (G-03, G-30). And which are
    named or supplied a source: their own reviewers have a conflict (G-21).
    """
    subjects = [one for one in content.get("entities") or [] if one.get("role") == "subject"]
    negative = bool(subjects) and bool(content.get("claims"))
    named = [
        {"id": str(one.get("entity_id") or one.get("name")), "name": str(one.get("name"))} for one in subjects
    ]
    severe = any(one.get("weight") == "severe" for one in content.get("claims") or [])
    certain = any(one.get("confidence") == "high" for one in content.get("judgements") or [])
    return {
        "names_entity": negative,
        "subjects": named if negative else [],
        "named": named_in(content),
        "source_suppliers": suppliers_in(content),
        "severe": severe,
        "certain": severe and certain,
    }


def take_back(unit: Unit, *, ref: str) -> Record:
    """The author takes a submission back to work on it."""
    record, _ = working(unit, ref)
    if record.author != unit.viewer.person:
        raise NotAllowed("Only its author takes a submission back.")
    return take(unit, record, Verb.TAKE_BACK, Facts(by=Actor.AUTHOR))
