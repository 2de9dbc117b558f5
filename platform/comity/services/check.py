"""Everything that is looked at before a text is submitted: completeness, handling, national markings, language, personal data.

The same checks run on every save, where they only inform, and at submission, where they stop what they must stop.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from comity import policies
from comity.domain import neutral_language, personal_data
from comity.domain.errors import Problem
from comity.domain.fields.prose import texts
from comity.domain.handling import Handling, handling_problems, national_marking_problems
from comity.domain.kinds.base import Kind
from comity.domain.kinds.problems import draft_problems, review_problems, submit_problems
from comity.domain.kinds.registry import kind
from comity.domain.record import Record
from comity.services.check_inputs import input_problems
from comity.services.unit import Unit
from comity.storage import editorial, organizations, people


@dataclass(frozen=True)
class Checked:
    """What was found. `problems` stop submission; language findings need a rewrite or an override with a reason.

    `exceptional`: its author says that it holds personal data which only an exception allows, whether the scan finds any or not.
    """

    problems: Sequence[Problem]
    language: Sequence[neutral_language.Finding]
    personal: Sequence[personal_data.Finding]
    exceptional: bool = False

    @property
    def needs_exception(self) -> bool:
        """Must the two officers have lifted the block for this version (SG-02)?"""
        return bool(self.personal) or self.exceptional

    def open_language(self, overrides: Mapping[str, str]) -> list[neutral_language.Finding]:
        """Language findings that nobody gave a reason for."""
        return [finding for finding in self.language if not overrides.get(finding_key(finding), "").strip()]


def finding_key(finding: neutral_language.Finding | personal_data.Finding) -> str:
    """A stable name for one finding: its field and the words found, so that a reason survives edits elsewhere."""
    return hashlib.sha256(f"{finding.field}\n{finding.matched}".encode()).hexdigest()[:16]


def check_draft(unit: Unit, *, kind_name: str, content: Mapping[str, Any], handling: Handling) -> Checked:
    """What a save tells the author: malformed fields, contradictions in handling, and the text checks."""
    model = kind(kind_name)
    return _checked(unit, model, content, handling, draft_problems(model, content))


def check_submission(
    unit: Unit,
    *,
    kind_name: str,
    content: Mapping[str, Any],
    handling: Handling,
    record: Record | None = None,
) -> Checked:
    """What stands in the way of submission, complete. `record` is the one that is worked on, where there is one."""
    model = kind(kind_name)
    complete = submit_problems(
        content, kind=model, tlp=handling.tlp, taxonomy=policies.taxonomy(), now=unit.now
    )
    complete = [*complete, *input_problems(unit, model, content, handling, record)]
    return _checked(unit, model, content, handling, complete)


def _checked(
    unit: Unit, model: type[Kind], content: Mapping[str, Any], handling: Handling, problems: Sequence[Problem]
) -> Checked:
    rules = policies.language(str(content.get("language") or "en")) or policies.language("en")
    declared = str(content.get("personal_data") or "none")
    found = personal_data.check_text(model, content)
    personal = personal_data.blocking(found, declared)
    marked = national_marking_problems({one.field: one.text for one in texts(model, content)})
    return Checked(
        problems=[*problems, *handling_problems(handling), *_unknown_readers(unit, handling), *marked],
        language=[
            *(neutral_language.check_text(model, content, rules) if rules else ()),
            *_likely_mistaken(content),
        ],
        personal=personal,
        exceptional=declared == "exceptional",
    )


def _unknown_readers(unit: Unit, handling: Handling) -> list[Problem]:
    """A name that nobody has would narrow to nobody without anybody noticing."""
    chosen = handling.audience
    known = {one.id for one in organizations.listed(unit.db)} if chosen.organizations else set()
    found = {one.id for one in people.accounts(unit.db, ids=chosen.persons)} if chosen.persons else set()
    return [
        Problem("handling.audience.organizations", "unknown", f"No member organization is called “{name}”.")
        for name in chosen.organizations
        if name not in known
    ] + [
        Problem("handling.audience.persons", "unknown", f"No account is called “{name}”.")
        for name in chosen.persons
        if name not in found
    ]


def _likely_mistaken(content: Mapping[str, Any]) -> list[neutral_language.Finding]:
    """Subjects whose name is generic or a common partner's: say that this one is meant, before publication (peers row 8)."""
    guard = policies.common_partners()
    found = []
    for place, entity in enumerate(content.get("entities") or ()):
        if not isinstance(entity, Mapping) or entity.get("role") != "subject":
            continue
        name = str(entity.get("name") or "")
        found += [
            neutral_language.Finding(
                f"entities.{place}.name", 0, len(name), name, "PG-01", f"{hit.why} {guard.ask}", name
            )
            for hit in guard.hits([name])
        ]
    return found


def exception_given(unit: Unit, record_id: int, revision_id: int) -> bool:
    """Both the data protection officer and the ombudsperson lifted the personal-data block for this version (SG-02)."""
    lifted = {
        str(one.details.get("role"))
        for one in editorial.of_record(unit.db, editorial.Decision, record_id)
        if one.what == "personal_data_lifted" and one.revision_id == revision_id
    }
    return {role.value for role in policies.quorum().actions.lift_personal_data_block.must_include} <= lifted


def is_graded(record: Record, content: Mapping[str, Any]) -> bool:
    """Has a second person graded every source that needs it (guard of triage, 4.5.1)?"""
    try:
        return not review_problems(kind(record.kind).model_validate(content))
    except ValidationError:  # a claim that this viewer may not read leaves a content that is not whole
        return False
