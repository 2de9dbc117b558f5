"""What is wrong with content, field by field, in sentences for people (J-05.3).

Two levels. A draft may be incomplete: `draft_problems` names only what is malformed. A submission must be complete and keep the
rules: `submit_problems`. Neither changes the data, so nothing typed is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from comity.domain.claim import circular_warnings, claim_problems
from comity.domain.errors import Problem
from comity.domain.fields.prose import own_words
from comity.domain.fields.shape import Shape, shape_at, shapes
from comity.domain.kinds.base import Kind
from comity.domain.months import add_months
from comity.domain.personal_data import find
from comity.domain.source import grading_problems
from comity.domain.taxonomy import Taxonomy
from comity.domain.tlp import TLP

PERSON_KEYS: Final = frozenset({
    "nationality", "nationalities", "citizenship", "ethnicity", "race", "birthplace", "place_of_birth", "birth_date",
    "date_of_birth", "religion", "visa", "visa_status", "surname_origin", "suspect", "suspect_status", "gender", "passport", "cv",
})  # fmt: skip
"""Keys that no kind has and that get a reason when somebody sends them (SG-01, J-02.2)."""

QUIET_MONTHS: Final = 6
"""How long a claim about an organization may be in use that was not asked to reply first (G-31)."""

EXCEPTION_MONTHS: Final = 12
"""How long exceptional personal data may be kept in use (SG-02)."""

UNSAVEABLE: Final = frozenset({"unknown-field", "control-character"})
"""Codes of `draft_problems` that stop even the saving of a draft: such data cannot have come from our form."""

_HTML: Final = re.compile(r"<(?!https?://|mailto:)[/!]?[a-zA-Z][^<>]*>")
_CODE: Final = re.compile(r"```.*?(```|\Z)|`[^`\n]*`", re.DOTALL)

_SENTENCES: Final = {
    "literal_error": ("choice", "Choose one of the listed values."),
    "enum": ("choice", "Choose one of the listed values."),
    "int_parsing": ("number", "Enter a number."),
    "float_parsing": ("number", "Enter a number."),
    "greater_than_equal": ("number", "Enter a number that is not negative."),
    "less_than_equal": ("number", "That number is larger than Comity accepts."),
    "bool_parsing": ("choice", "Answer yes or no."),
    "string_pattern_mismatch": ("format", "This is not in the expected form."),
    "control_character": ("control-character", "Invisible control characters are not accepted."),
    "one_line": ("format", "Keep this on one line."),
    "web_address": ("format", "Enter a web address that starts with https:// or http://."),
    "sane_date": ("date", "Enter a date between the years 1800 and 2200."),
    "string_unicode": ("control-character", "This contains characters that are not valid text."),
}  # fmt: skip


def draft_problems(kind: type[Kind], data: Mapping[str, Any]) -> list[Problem]:
    """What is malformed in a draft. Empty and missing fields are no problem yet."""
    found = _shaped(kind, data)
    return [] if isinstance(found, Kind) else [problem for problem in found if problem.code != "missing"]


def submit_problems(
    content: Mapping[str, Any], *, kind: type[Kind], tlp: TLP | str, taxonomy: Taxonomy, now: datetime
) -> list[Problem]:
    """Everything that stops submission under this marking, each with the path of its field. `now` carries its time zone.

    The rules run once every field is well formed; until then only what is missing or malformed is named.
    """
    complete = _shaped(kind, content)
    if not isinstance(complete, Kind):
        return complete
    label, today = TLP(tlp), now.astimezone(UTC).date()
    return [
        *_date_problems(complete, label, today),
        *_subject_problems(complete, label),
        *_common_problems(complete),
        *(
            p
            for i, claim in enumerate(complete.claims)
            for p in claim_problems(claim, f"claims.{i}", label, today)
        ),
        *complete.rules(label, today),
        *_unknown_codes(kind, complete.model_dump(mode="json"), taxonomy),
        *_raw_html(complete),
    ]


def review_problems(content: Kind) -> list[Problem]:
    """What a second person still has to grade before review starts (guard of triage -> in_review, 4.5.1)."""
    return [
        *grading_problems(content.sources, "sources"),
        *(
            p
            for i, claim in enumerate(content.claims)
            for p in grading_problems(claim.sources, f"claims.{i}.sources")
        ),
    ]


def warnings(content: Kind) -> list[Problem]:
    """What reviewers should see although it stops nothing: circular sourcing (SG-12)."""
    return circular_warnings(content.claims)


# ---------------------------------------------------------------- shape


def _shaped(kind: type[Kind], data: Mapping[str, Any]) -> Kind | list[Problem]:
    """The content as its model, or what is missing or malformed in it."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        found = [_problem(kind, detail) for detail in error.errors(include_url=False)]
        return list(dict.fromkeys(found))


def _problem(kind: type[Kind], detail: ErrorDetails) -> Problem:
    path = ".".join(str(part) for part in detail["loc"])
    shape = shape_at(kind, path)
    code, message = _sentence(detail, shape)
    return Problem(path, code, message)


def _sentence(detail: ErrorDetails, shape: Shape | None) -> tuple[str, str]:
    error, context, given = detail["type"], detail.get("ctx", {}), detail.get("input")
    label = shape.label.text if shape else str(detail["loc"][-1])
    missing = shape.label.missing if shape and shape.label.missing else f"Fill in “{label}”."
    empty = (
        given is None
        or (isinstance(given, str | list | dict) and not given)
        or (isinstance(given, str) and not given.strip())
    )
    if error == "missing" or (error != "extra_forbidden" and empty):
        return "missing", missing
    if error == "extra_forbidden":
        return "unknown-field", _unknown(str(detail["loc"][-1]))
    if error in ("string_too_long", "too_long") and isinstance(given, str):
        return (
            "too-long",
            f"“{label}” may have up to {context.get('max_length')} characters; this has {len(given)}.",
        )
    if error == "too_long":
        return "too-many", f"“{label}” may have up to {context.get('max_length')} entries."
    if error.startswith("date"):
        return "date", "Enter a date as year-month-day, such as 2026-11-30."
    return _SENTENCES.get(error, ("wrong-shape", f"“{label}” is not in the expected form."))


def _unknown(key: str) -> str:
    if key.lower() in PERSON_KEYS:
        return f"Comity records conduct and organizations, never the {key.lower().replace('_', ' ')} of a person."
    return "There is no such field."


# ---------------------------------------------------------------- rules that all kinds share


def _date_problems(content: Kind, tlp: TLP, today: date) -> Iterator[Problem]:
    limit, why = min(_limits(content, tlp))
    if content.expires_at > limit:
        yield Problem("expires_at", "too-late", f"{why} until {limit.isoformat()} at most.")
    if content.expires_at < content.valid_from:
        yield Problem("expires_at", "dates", "This is before the first day of validity.")
    elif content.expires_at < today:
        yield Problem("expires_at", "dates", "This day has passed.")
    if not content.valid_from <= content.review_due <= content.expires_at:
        yield Problem(
            "review_due", "dates", "The review falls between the first and the last day of validity."
        )


def _limits(content: Kind, tlp: TLP) -> Iterator[tuple[date, str]]:
    """Last days of use with the beginning of a sentence that says why; the earliest holds."""
    of_kind = content.longest_expiry(content.subtype, content.valid_from, tlp)
    yield of_kind, f"At {tlp.label} this type may be in use"
    if _unannounced(content, tlp):
        yield (
            add_months(content.valid_from, QUIET_MONTHS),
            f"At {tlp.label} a claim about an organization may be in use",
        )
    if content.personal_data == "exceptional":
        yield (
            add_months(content.valid_from, EXCEPTION_MONTHS),
            "With exceptional personal data it may be in use",
        )


def _unannounced(content: Kind, tlp: TLP) -> bool:
    """A claim about an organization that is not asked to reply first, so that other duties stand in (G-31)."""
    about = any(entity.role == "subject" for entity in content.entities)
    return about and bool(content.claims) and tlp.restriction >= TLP.AMBER.restriction


def _subject_problems(content: Kind, tlp: TLP) -> Iterator[Problem]:
    for i, entity in enumerate(content.entities):
        if entity.role == "subject" and entity.entity_type is None:
            yield Problem(
                f"entities.{i}.entity_type",
                "missing",
                "Say what kind of organization this is; a person is never a subject.",
            )
        if any(what == "name" for what, _, _ in find(entity.name)):
            yield Problem(
                f"entities.{i}.name",
                "natural-person",
                "Name an organization or a programme, never a natural person.",
            )
        if entity.entity_id.lower().startswith(("person:", "orcid:", "https://orcid.org")):
            yield Problem(
                f"entities.{i}.entity_id", "natural-person", "Natural persons are not recorded here."
            )
    about = any(entity.role == "subject" for entity in content.entities)
    if content.claims and not about:
        yield Problem(
            "entities",
            "subject-missing",
            "A claim is about an organization: name it, with the role of subject. It may then be asked to reply.",
        )
    if _unannounced(content, tlp) and not content.position_of_entity.strip():
        yield Problem(
            "position_of_entity",
            "G-31",
            f"At {tlp.label} the organization is not asked to reply first: record its public position.",
        )
    if about and not content.claims:
        yield Problem(
            "claims", "missing", "An organization is the subject, so at least one sourced claim is needed."
        )


def _common_problems(content: Kind) -> Iterator[Problem]:
    if any(j.confidence == "high" for j in content.judgements) and not content.alternatives:
        yield Problem(
            "alternatives",
            "missing",
            "A judgement has high confidence: give at least one alternative explanation.",
        )
    if content.personal_data != "none" and content.legal_basis is None:
        yield Problem(
            "legal_basis", "missing", "State purpose and legal basis, because there is personal data."
        )
    numbers = [claim.claim_id for claim in content.claims]
    for i, number in enumerate(numbers):
        if number in numbers[:i]:
            yield Problem(f"claims.{i}.claim_id", "duplicate", f"Two claims have the number {number}.")


def _unknown_codes(kind: type[Kind], data: Mapping[str, Any], taxonomy: Taxonomy) -> Iterator[Problem]:
    for path, vocabulary, code in _codes(shapes(kind), data, ""):
        if code not in taxonomy.codes(vocabulary):
            yield Problem(
                path,
                "unknown-code",
                f"“{code}” is not a term of the taxonomy ({vocabulary.replace('_', ' ')}).",
            )


def _codes(fields: Sequence[Shape], data: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str, str]]:
    for shape in fields:
        value, path = data.get(shape.name), f"{prefix}{shape.name}"
        if shape.model is not None and value:
            rows: Iterable[tuple[str, Any]] = (
                ((f"{path}.{i}.", row) for i, row in enumerate(value))
                if isinstance(value, list)
                else [(f"{path}.", value)]
            )
            for start, row in rows:
                yield from _codes(shapes(shape.model), row, start)
        elif shape.vocabulary and isinstance(value, list):
            yield from ((f"{path}.{i}", shape.vocabulary, code) for i, code in enumerate(value))
        elif shape.vocabulary and value:
            yield path, shape.vocabulary, value


def _raw_html(content: Kind) -> Iterator[Problem]:
    for text in own_words(type(content), content.model_dump(mode="json")):
        if hit := _HTML.search(_CODE.sub("", text.text)):
            yield Problem(
                text.field, "html", f"Write Markdown without HTML: “{hit.group()[:40]}” would not be shown."
            )
