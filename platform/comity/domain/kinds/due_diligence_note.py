"""Partner due-diligence note: sourced facts on an organization or programme, by unit (product spec 4.4.4).

There is no single score. It shows the tie level of each unit with the claims that carry it, the checks that were done, also those
that found nothing, and which pathways suit. It never says that anybody must be kept out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Final, Literal

from comity.domain.claim import Claim, UnitScope
from comity.domain.errors import Problem
from comity.domain.fields.annotations import Indexed, Label, Options
from comity.domain.fields.prose import own_words
from comity.domain.fields.values import MANY, NEEDED, Code, Group, Line, Lines, Name, Note
from comity.domain.kinds.base import ACTION, ENTITIES, ESSENTIALS, EVIDENCE, SUBSTANCE, Kind
from comity.domain.kinds.parts import EntityRef, PathwayNote
from comity.domain.months import add_months
from comity.domain.tlp import TLP

Subtype = Literal["entity_note", "programme_note", "ownership_note", "unit_note", "update"]
TieLevelCode = Literal["P0", "P1", "P2", "P3", "U"]

TIE_LEVELS: Final = {
    "P0": "P0: no ties found", "P1": "P1: some units have ties", "P2": "P2: substantial ties",
    "P3": "P3: part of, or controlled by", "U": "U: not known",
}  # fmt: skip

_REFUSED: Final = re.compile(
    r"\b(bans?|banned|banning|block(s|ed|ing|list\w*)?|black-?list\w*)\b(?<!building block)(?<!building blocks)",
    re.IGNORECASE,
)


class QuestionAnswers(Group):
    """What the note says on the three questions."""

    access: Annotated[
        Note, Label("Access", "What access does it typically ask for?", "prose"), Indexed(2)
    ] = ""
    ties: Annotated[Note, Label("Ties", "What ties does it have, by unit?", "prose"), Indexed(2)] = ""
    applications: Annotated[
        Note, Label("Applications", "What is its work typically used for?", "prose"), Indexed(2)
    ] = ""


class TieLevel(Group):
    """How strong a unit's link to armed forces, defence industry, intelligence or public security is, and why."""

    unit: Annotated[
        Name,
        NEEDED,
        Label("Unit", missing="Name the unit, or say the whole organization."),
        Indexed(4, names=True),
    ]
    level: Annotated[
        TieLevelCode,
        Options(TIE_LEVELS),
        Indexed(facet="tie_level"),
        Label("Tie level", missing="Choose the tie level."),
    ]
    claims: Annotated[list[Code], Label("Claims that carry it", "Claim numbers, one a line.", "lines")] = []


class Check(Group):
    """A list or register that was searched, also when nothing was found."""

    list_name: Annotated[Name, NEEDED, Label("List or register", missing="Name the list or register.")]
    version: Annotated[Line, NEEDED, Label("Version or date", missing="Give its version or date.")]
    result: Annotated[
        Literal["nothing_found", "entry_found", "possible_match", "not_searchable"],
        Label("Result", missing="Choose the result."),
    ]
    note: Annotated[Note, Label("Note", widget="prose")] = ""
    searcher_role: Annotated[
        Line, NEEDED, Label("Searched by", "A role, not a name.", missing="Say which role searched.")
    ]


class Method(Group):
    """How the search was done and where it stops."""

    languages: Annotated[
        Lines,
        NEEDED,
        Label("Languages searched", "One a line.", missing="Say which languages were searched."),
    ]
    period: Annotated[Line, NEEDED, Label("Period searched", missing="Say which period was searched.")]
    language_reviewed_by: Annotated[Line, Label("Language reviewed by", "A role, not a name.")] = ""
    limits: Annotated[Note, NEEDED, Label("Limits", widget="prose", missing="Say where the search stops.")]


class DueDiligenceNote(Kind):
    """Sourced facts on one organization or programme, by unit."""

    name: ClassVar[str] = "due_diligence_note"
    label: ClassVar[str] = "Partner due-diligence note"
    ref_code: ClassVar[str] = "DDN"
    stix_type: ClassVar[str] = "note"
    stix_properties: ClassVar[Mapping[str, str]] = {"name": "abstract", "description": "content"}

    subtype: Annotated[
        Subtype,
        Indexed(facet="subtype"),
        Label("Type of note", section=ESSENTIALS, missing="Choose the type of note."),
    ]
    entities: Annotated[
        list[EntityRef], MANY, NEEDED,
        Label("Subject and organizations named", "Exactly one has the role of subject. Natural persons are refused.",
              section=ENTITIES, missing="Name the organization or programme that the note is about."),
    ]  # fmt: skip
    unit_scope: Annotated[
        UnitScope, Label("Part of the subject", "“Whole” needs a reason.", section=ENTITIES,
                         missing="Say which part of the organization the note is about.")
    ]  # fmt: skip
    question_answers: Annotated[
        QuestionAnswers,
        Label(
            "The three questions", section=SUBSTANCE, missing="Answer at least one of the three questions."
        ),
    ]
    tie_levels: Annotated[
        list[TieLevel], MANY, NEEDED,
        Label("Tie level by unit", section=SUBSTANCE, missing="Give the tie level of at least one unit; U is an answer."),
    ]  # fmt: skip
    claims: Annotated[
        list[Claim], MANY, NEEDED,
        Label("Claims", "One sourced, dated fact each.", section=EVIDENCE, missing="Make at least one claim."),
    ]  # fmt: skip
    checks_done: Annotated[
        list[Check], MANY, NEEDED,
        Label("Checks done", "Also those that found nothing.", section=EVIDENCE, missing="Record at least one check."),
    ]  # fmt: skip
    method: Annotated[
        Method, Label("How the search was done", section=EVIDENCE, missing="Say how the search was done.")
    ]
    benefits: Annotated[
        Note, NEEDED, Indexed(2),
        Label("Benefit of engagement", "What is gained by working with it.", "prose", ACTION, "Say what is gained by engaging."),
    ]  # fmt: skip
    suitable_pathways: Annotated[list[PathwayNote], MANY, Label("Suitable pathways", section=ACTION)] = []
    pathways_needing_conditions: Annotated[
        list[PathwayNote], MANY, Label("Pathways that need conditions", section=ACTION)
    ] = []

    @classmethod
    def longest_expiry(cls, subtype: str, valid_from: date, tlp: TLP) -> date:
        if subtype == "update":
            return add_months(valid_from, 3)
        return add_months(valid_from, 6 if tlp.restriction >= TLP.AMBER.restriction else 12)

    def rules(self, tlp: TLP, today: date) -> list[Problem]:
        return [
            *self._subject_problems(),
            *self._tie_problems(),
            *self._pathway_problems(),
            *self._word_problems(),
        ]

    def _subject_problems(self) -> Iterator[Problem]:
        if sum(entity.role == "subject" for entity in self.entities) != 1:
            yield Problem(
                "entities", "one-subject", "Exactly one organization or programme has the role of subject."
            )
        if self.unit_scope.level == "whole" and not self.unit_scope.reason:
            yield Problem(
                "unit_scope.reason", "missing", "Say why the whole organization is meant and not a unit."
            )
        if self.question_answers == QuestionAnswers():
            yield Problem("question_answers", "missing", "Answer at least one of the three questions.")

    def _tie_problems(self) -> Iterator[Problem]:
        known = {claim.claim_id for claim in self.claims}
        for i, tie in enumerate(self.tie_levels):
            if tie.level in ("P1", "P2", "P3") and not tie.claims:
                yield Problem(
                    f"tie_levels.{i}.claims",
                    "missing",
                    f"Say which claims carry {tie.level} for “{tie.unit}”.",
                )
            for j, claim_id in enumerate(tie.claims):
                if claim_id not in known:
                    yield Problem(
                        f"tie_levels.{i}.claims.{j}",
                        "unknown-claim",
                        f"There is no claim {claim_id} in this note.",
                    )

    def _pathway_problems(self) -> Iterator[Problem]:
        if not self.suitable_pathways and not self.pathways_needing_conditions:
            yield Problem(
                "suitable_pathways", "missing", "Name at least one pathway, with or without conditions."
            )
        for i, pathway in enumerate(self.pathways_needing_conditions):
            if not pathway.mitigations:
                yield Problem(
                    f"pathways_needing_conditions.{i}.mitigations",
                    "missing",
                    "Choose the mitigations it needs.",
                )

    def _word_problems(self) -> Iterator[Problem]:
        for text in own_words(type(self), self.model_dump(mode="json", exclude_defaults=True)):
            if hit := _REFUSED.search(text.text):
                yield Problem(
                    text.field,
                    "refused-word",
                    f"“{hit.group()}” has no place here: say what suits and what needs conditions.",
                )


EXAMPLE: Final[Mapping[str, Any]] = {
    "subtype": "entity_note",
    "title": "Meridian Institute of Technology: laboratory of remote sensing",
    "summary": "One laboratory of a civil university works under contract for a defence ministry. The other units "
    "show no ties in the "
    "registers that were searched. Open publication suits; shared data needs conditions.",
    "language": "en",
    "entities": [
        {
            "entity_id": "ent:meridian-institute",
            "name": "Meridian Institute of Technology",
            "entity_type": "university",
            "role": "subject",
            "other_names": [
                {"value": "子午线理工学院", "form": "original_script", "language": "zh"},
                {"value": "Ziwuxian Ligong Xueyuan", "form": "transliteration", "language": "zh-Latn"},
                {"value": "Meridian School of Mines", "form": "former", "language": "en"},
                {"value": "MIOT", "form": "acronym", "language": "en"},
            ],
            "identifiers": {"website": "https://meridian.example"},
        }
    ],
    "unit_scope": {"level": "laboratory", "unit": "Laboratory of Remote Sensing"},
    "question_answers": {
        "access": "Shared imagery and visiting places of six months.",
        "ties": "The laboratory holds a contract of the defence ministry; no ties were recorded for other units.",
        "applications": "Crop mapping and disaster mapping in what it publishes.",
    },
    "tie_levels": [
        {"unit": "Laboratory of Remote Sensing", "level": "P2", "claims": ["c1"]},
        {"unit": "Faculty of Agriculture", "level": "P0"},
    ],
    "claims": [
        {
            "claim_id": "c1",
            "text": "The Laboratory of Remote Sensing holds a three-year contract of the defence ministry, awarded in 2025.",
            "indicator": "RI-FUND-DEF",
            "unit_scope": {"level": "laboratory", "unit": "Laboratory of Remote Sensing"},
            "from_date": "2025-02-01",
            "sources": [
                {
                    "title": "Public tender notice 2025-118",
                    "publisher": "Example Tender Register",
                    "type": "registry",
                    "author_kind": "public_body",
                    "url": "https://tenders.example/2025-118",
                    "published": "2025-01-20",
                    "retrieved": "2026-09-20",
                    "language": "en",
                    "reliability": "A",
                    "credibility": "1",
                }
            ],
            "confidence": "high",
            "status": "corroborated",
            "weight": "severe",
            "first_seen": "2026-09-20",
            "last_checked": "2026-09-20",
            "expires_at": "2028-09-20",
        }
    ],
    "checks_done": [
        {
            "list_name": "Example Export Register",
            "version": "2026-09-15",
            "result": "nothing_found",
            "searcher_role": "research security officer",
        }
    ],
    "method": {
        "languages": ["en", "zh"],
        "period": "2020-01 to 2026-09",
        "language_reviewed_by": "reviewer with reading knowledge of Chinese",
        "limits": "Company registers of subsidiaries were not searched.",
    },
    "position_of_entity": "The institute says that the contract concerns disaster mapping.",
    "sources": [
        {
            "title": "Annual report 2025",
            "publisher": "Meridian Institute of Technology",
            "type": "institution_website",
            "url": "https://meridian.example/report-2025",
            "retrieved": "2026-09-20",
        }
    ],
    "alternatives": ["The contract may be for disaster relief, which defence ministries also fund."],
    "benefits": "The institute leads in open crop-mapping methods and shares its field data.",
    "suitable_pathways": [
        {
            "pathway": "joint-publication",
            "mitigations": ["M-01"],
            "note": "With other units.",
        }
    ],
    "pathways_needing_conditions": [{"pathway": "data-compute-access", "mitigations": ["M-10", "M-35"]}],
    "pathways": ["joint-publication", "data-compute-access"],
    "technology_areas": ["T-SEN"],
    "application_families": ["AF-ISR"],
    "risk_kinds": ["unwanted_transfer"],
    "sectors_concerned": ["academia"],
    "valid_from": "2026-10-01",
    "review_due": "2027-02-01",
    "expires_at": "2027-03-31",
}

DueDiligenceNote.example = EXAMPLE
