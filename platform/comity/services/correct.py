"""Corrections: a minor one at once, a substantive one through review while the old version stays up with a notice (4.5.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any, Final

from comity import policies
from comity.domain.diff import diff
from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from comity.domain.kinds.registry import kind
from comity.domain.lifecycle_facts import Actor, Facts, State, Verb
from comity.domain.minor import too_much, turns_round
from comity.domain.record import Record, Revision
from comity.domain.roles import Role
from comity.domain.source import graded_as_before, same_sources
from comity.domain.viewer import Viewer
from comity.services.check import Checked, check_submission, exception_given, finding_key
from comity.services.draft import full_content, new_version, working
from comity.services.publish import awaits_confirmation
from comity.services.settle import settle
from comity.services.step import give_reason, held_record, take
from comity.services.submit import statements
from comity.services.unit import Unit
from comity.storage import revisions

OF_A_SOURCE: Final = frozenset({"title", "url", "archived_url", "archived_hash", "retrieved", "language"})
"""What may be mended of a source: where it is found, never who says it, what it is and how it was graded."""


def begin(unit: Unit, *, ref: str) -> Record:
    """Start a substantive correction: a working copy of the version in force."""
    unit.need("correct", "own")
    record = held_record(unit, ref)
    if record.author != unit.viewer.person:
        raise NotAllowed(
            "The author corrects a record. Everybody else proposes it in a comment or an appeal."
        )
    if record.state is not State.PUBLISHED or record.working_revision_id != record.published_revision_id:
        raise Conflict("A correction is already under way, or the record is not published.")
    revision = _in_force(unit, record)
    record = new_version(
        unit, record, content=full_content(unit, revision), handling=revision.handling, note="Correction"
    )
    unit.audit("correct.begin", record.ref, audience_id=record.audience_id)
    return record


def _in_force(unit: Unit, record: Record) -> Revision:
    revision = revisions.get(unit.db, unit.viewer, record.published_revision_id)
    if revision is None:
        raise NotFound
    return revision


def minor(unit: Unit, *, ref: str, content: Mapping[str, Any], note: str) -> Record:
    """Mend a typo, a link or a format: version x.y+1, no vote, said openly in the history. Raises `Invalid` for more than that."""
    record = held_record(unit, ref)
    is_author = record.author == unit.viewer.person
    if not is_author and Role.EDITOR not in unit.viewer.roles:
        raise NotAllowed("The author or an editor makes a minor correction.")
    if record.state is not State.PUBLISHED or record.working_revision_id != record.published_revision_id:
        raise Conflict("The record is not published, or a correction is under way.")
    if awaits_confirmation(record):
        raise Conflict(
            "Votes are being cast on this very text. It can be mended when the urgent notice is confirmed."
        )
    if not note.strip():
        raise Invalid([Problem("note", "missing", "Say what was mended.")])
    old = _in_force(unit, record)
    before = full_content(unit, old)
    content = {**content, "sources": graded_as_before(content.get("sources"), before.get("sources"))}
    _refuse_more(before, content)
    _refuse_another_meaning(record, _agreed(unit, record, old), content)
    checked = check_submission(
        unit, kind_name=record.kind, content=content, handling=old.handling, record=record
    )
    if problems := [*checked.problems, *_new_wording(unit, record, old, before, checked)]:
        raise Invalid(problems)
    record = new_version(unit, record, content=content, handling=old.handling, note=note)
    _, new = working(unit, ref)
    number = revisions.next_number(unit.db, record.id, old.major)
    revisions.store(unit.db, replace(new, major=old.major, minor=number, published_at=unit.now, frozen=True))
    facts = Facts(
        by=Actor.AUTHOR if is_author else Actor.EDITOR,
        change_is_minor=True,
        personal_data_clear=not checked.needs_exception or exception_given(unit, record.id, new.id),
    )
    give_reason(unit, record, "correction", reason_code="minor", text=note)
    return take(unit, record, Verb.CORRECT_MINOR, facts, published_revision_id=new.id)


def _new_wording(
    unit: Unit, record: Record, old: Revision, before: Mapping[str, Any], checked: Checked
) -> list[Problem]:
    """Language findings that were not there before: a reason for them is read by reviewers, and nobody reviews this (SG-03)."""
    known = check_submission(unit, kind_name=record.kind, content=before, handling=old.handling).language
    kept = {finding_key(one) for one in known}
    return [
        Problem(one.field, "language", f"“{one.matched}”: {one.why}")
        for one in checked.language
        if finding_key(one) not in kept
    ]


def _agreed(unit: Unit, record: Record, shown: Revision) -> Mapping[str, Any]:
    """What reviewers agreed to: the version that the minor corrections since then began from."""
    known = revisions.of_record(unit.db, unit.viewer, record.id)
    first = next((one for one in known if one.major == shown.major and one.minor == 0), shown)
    return full_content(unit, first)


def _refuse_more(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    policy, language = policies.minor_corrections(), str(before.get("language") or "")
    changed = {
        name
        for name in before.keys() | after.keys()
        if (before.get(name) or None) != (after.get(name) or None)
    }
    beyond = {name for name in changed if not policy.mendable(name, language)}
    if "sources" in changed and not same_sources(before.get("sources"), after.get("sources"), OF_A_SOURCE):
        beyond.add("sources")
    if beyond:
        said = "This changes more than form. Begin a correction, which goes to review."
        raise Invalid([Problem(name, "substantive", said) for name in sorted(beyond)])


def _refuse_another_meaning(record: Record, agreed: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Many words, or one that may turn a sentence round, are a matter of substance: held against what reviewers agreed to."""
    policy = policies.minor_corrections()
    turning = policy.turning_of(str(agreed.get("language") or ""))
    touched: Counter[str] = Counter()
    turned: list[str] = []
    for change in diff(kind(record.kind), agreed, after):
        name = change.field.partition(".")[0]
        if name != "sources":
            touched[name] += sum(
                len(text.split()) for operation, text in change.parts if operation != "equal"
            )
        prose = name != "sources" or change.field.endswith(".title")
        if prose and turning is not None and turns_round(change, turning):
            turned.append(name)
    lengths = {name: len(str(agreed.get(name)).split()) for name in touched}
    many = "So many words make it a substantive correction, which goes to review."
    other = "A number, or a word such as “not” or “may”, changes what it says. Begin a correction, which goes to review."
    problems = [Problem(name, "substantive", many) for name in too_much(touched, lengths, policy)]
    problems += [Problem(name, "meaning", other) for name in dict.fromkeys(turned)]
    if problems:
        raise Invalid(problems)


def keep_version_in_force(unit: Unit, *, ref: str) -> Record:
    """Give up a correction that was returned: the published version stands."""
    record = held_record(unit, ref)
    if record.author != unit.viewer.person:
        raise NotAllowed("Only its author gives up a correction.")
    if record.state is State.PUBLISHED and record.working_revision_id != record.published_revision_id:
        record = settle(unit, replace(record, **_as_published(unit, record)))
        unit.audit("correct.give_up", record.ref, audience_id=record.audience_id)
        return record
    facts = Facts(by=Actor.AUTHOR)
    return take(unit, record, Verb.KEEP_VERSION_IN_FORCE, facts, **_as_published(unit, record))


def _as_published(unit: Unit, record: Record) -> dict[str, Any]:
    """What the version in force says of itself, in place of what was handed in with a correction that is given up."""
    system = unit.acting_as(Viewer.system(unit.node.node_id, "keep the version in force"))
    content = full_content(system, _in_force(system, record))
    facts = {name: value for name, value in record.facts.items() if name != "before_correction"}
    before = record.facts.get("before_correction") or {}
    facts |= statements(content)
    if before:
        facts["supersedes"] = before["supersedes"]
    return {
        "working_revision_id": record.published_revision_id,
        "urgent": bool(before.get("urgent", record.urgent)),
        "facts": facts,
    }


def confirm_still_true(unit: Unit, *, ref: str, review_due: date) -> Record:
    """The author has looked at the record again: it stands, until the next date of review, which lies before its expiry."""
    record = held_record(unit, ref)
    if record.author != unit.viewer.person:
        raise NotAllowed("Its author confirms that a record still stands.")
    moment = datetime.combine(review_due, time(), UTC)
    if moment <= unit.now or (record.expires_at is not None and moment > record.expires_at):
        raise Invalid(
            [Problem("review_due", "date", "The next review lies in the future and before the expiry.")]
        )
    give_reason(unit, record, "still_true", reason_code="", text="", review_due=review_due.isoformat())
    facts = Facts(by=Actor.AUTHOR, sources_graded=True, expiry_set=record.expires_at is not None)
    return take(unit, record, Verb.CONFIRM_STILL_TRUE, facts, review_due=moment)
