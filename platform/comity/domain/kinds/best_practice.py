"""Best practice: a way of working that others can reuse, with its evidence and its side effects (product spec 4.4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from comity.domain.errors import Problem
from comity.domain.fields.annotations import Indexed, Label, Options, Vocabulary
from comity.domain.fields.values import MANY, NEEDED, Code, Day, Group, Line, Lines, Name, Note, Prose, Url
from comity.domain.kinds.base import ACTION, ESSENTIALS, EVIDENCE, SCOPE, SUBSTANCE, VALIDITY, Kind
from comity.domain.months import add_months
from comity.domain.tlp import TLP

Subtype = Literal[
    "procedure", "template", "case_study", "training", "tool_note", "dialogue_note", "principle", "reference_document"
]  # fmt: skip

_WITH_STEPS: Final = frozenset({"procedure", "training"})


class Context(Group):
    """Where it was tried."""

    size_band: Annotated[Literal["any", "small", "medium", "large"], Label("Size of institution")] = "any"
    sector: Annotated[Code | None, Vocabulary("sectors"), Label("Sector", widget="choice")] = None
    discipline: Annotated[Line, Label("Discipline"), Indexed(2)] = ""
    resources: Annotated[Note, Label("Resources needed", widget="prose"), Indexed(1)] = ""
    jurisdiction: Annotated[Line, Label("Jurisdiction")] = ""


class Step(Group):
    """One step, with who does it and how long it takes."""

    do: Annotated[Note, NEEDED, Label("Step", widget="prose", missing="Say what is done."), Indexed(2)]
    role: Annotated[Line, NEEDED, Label("Role", missing="Say which role does it.")]
    time: Annotated[Line, NEEDED, Label("Time", "For example 20 minutes.", missing="Say how long it takes.")]


class Effort(Group):
    """What it costs."""

    hours_to_start: Annotated[
        float | None, Field(ge=0, le=100_000), Label("Hours to start", widget="number")
    ] = None
    hours_per_case: Annotated[
        float | None, Field(ge=0, le=100_000), Label("Hours per case", widget="number")
    ] = None
    money_band: Annotated[
        Literal["none", "under_1000", "1000_to_10000", "over_10000"], Label("Money"),
        Options({"under_1000": "Under 1,000", "1000_to_10000": "1,000 to 10,000", "over_10000": "Over 10,000"}),
    ] = "none"  # fmt: skip


class FairnessCheck(Group):
    """The same for everyone, with no trigger that looks at origin."""

    same_for_everyone: Annotated[
        bool, Label("The same for everyone, without an origin-based trigger", widget="check")
    ] = False
    note: Annotated[
        Note, NEEDED, Label("How that was checked", widget="prose", missing="Say how fairness was checked.")
    ]


class Adoption(Group):
    """An organization that says it works this way."""

    organization: Annotated[Name, NEEDED, Label("Organization", missing="Name the organization.")]
    since: Annotated[Day | None, Label("Since")] = None


class Crosswalk(Group):
    """The clause of a scheme that this helps to meet."""

    scheme: Annotated[Name, NEEDED, Label("Scheme", missing="Name the scheme."), Indexed(2)]
    clause: Annotated[Line, Label("Clause")] = ""


class ReferenceCard(Group):
    """The key facts of a document that others issued."""

    issuer: Annotated[Name, NEEDED, Label("Issuer", missing="Name the issuer."), Indexed(3)]
    document_type: Annotated[
        Literal["law", "regulation", "guideline", "policy", "standard", "report", "form"],
        Label("Type of document", missing="Choose the type of document."),
    ]
    status: Annotated[
        Literal["in_force", "draft", "adopted_not_in_force", "replaced"],
        Label("Status", missing="Choose the status."),
    ]
    issued: Annotated[Day | None, Label("Issued on")] = None
    effective: Annotated[Day | None, Label("In effect from")] = None
    relevant_roles: Annotated[Lines, Label("Roles it concerns", "One a line.")] = []
    link: Annotated[Url, NEEDED, Label("Link", missing="Give the web address.")]


class BestPractice(Kind):
    """A reusable way of working with evidence."""

    name: ClassVar[str] = "best_practice"
    label: ClassVar[str] = "Best practice"
    ref_code: ClassVar[str] = "BPR"
    stix_type: ClassVar[str] = "course-of-action"

    subtype: Annotated[
        Subtype,
        Indexed(facet="subtype"),
        Label("Type of practice", section=ESSENTIALS, missing="Choose the type of practice."),
    ]
    problem: Annotated[
        Prose, NEEDED, Indexed(3), Label("Problem", "", "prose", SUBSTANCE, "Say which problem it solves.")
    ]
    context: Annotated[Context | None, Label("Context", section=SCOPE)] = None
    steps: Annotated[list[Step], MANY, Label("Steps", "In order.", section=ACTION)] = []
    evidence_level: Annotated[
        Literal["asserted", "single_case", "several_cases", "evaluated", "standard"], Indexed(facet="evidence_level"),
        Label("Level of evidence", section=EVIDENCE, missing="Choose the level of evidence."),
    ]  # fmt: skip
    outcome: Annotated[
        Prose, Indexed(2), Label("Outcome", "What changed, and how it was measured.", "prose", SUBSTANCE)
    ] = ""
    effort: Annotated[Effort | None, Label("Effort", section=ACTION)] = None
    side_effects: Annotated[
        Prose, NEEDED, Indexed(1),
        Label("Side effects", "Chill, delay, fairness, false alarms.", "prose", ACTION, "Say what side effects it has."),
    ]  # fmt: skip
    fairness_check: Annotated[
        FairnessCheck, Label("Fairness check", section=ACTION, missing="Complete the fairness check.")
    ]
    adoption: Annotated[list[Adoption], MANY, Label("In use at", section=EVIDENCE)] = []
    crosswalk: Annotated[list[Crosswalk], MANY, Label("Helps to meet", section=VALIDITY)] = []
    reference_card: Annotated[
        ReferenceCard | None, Label("Reference card", "For a reference document.", section=SUBSTANCE)
    ] = None

    @classmethod
    def longest_expiry(cls, subtype: str, valid_from: date, tlp: TLP) -> date:
        return add_months(valid_from, 12 if subtype == "tool_note" else 36)

    def rules(self, tlp: TLP, today: date) -> list[Problem]:
        problems: list[Problem] = []
        if not self.fairness_check.same_for_everyone:
            problems.append(Problem(
                "fairness_check.same_for_everyone", "SG-06", "A practice is shared only if it is the same for everyone."
            ))  # fmt: skip
        if self.subtype in _WITH_STEPS and not self.steps:
            problems.append(Problem("steps", "missing", "Write down at least one step."))
        if self.subtype == "reference_document" and self.reference_card is None:
            problems.append(Problem("reference_card", "missing", "Fill in the reference card."))
        if self.evidence_level != "asserted" and not self.sources:
            problems.append(
                Problem("sources", "missing", "Name at least one source for this level of evidence.")
            )
        return problems


EXAMPLE: Final[Mapping[str, Any]] = {
    "subtype": "procedure",
    "title": "A ten-minute agreement before a conference",
    "summary": "Before travelling, a group agrees what may be discussed that is not yet published. It takes ten minutes, needs no "
    "form and treats every conference alike.",
    "body": "1. Put it on the agenda of the last group meeting before travel.\n2. Write the outcome in the group's notes.",
    "language": "en",
    "problem": "People at conferences must decide on the spot what to say about unpublished work.",
    "context": {
        "size_band": "small",
        "sector": "academia",
        "discipline": "any laboratory science",
        "jurisdiction": "any",
    },
    "steps": [
        {"do": "List the unpublished results that may come up.", "role": "group leader", "time": "5 minutes"},
        {
            "do": "Agree which of them may be discussed, and with whom nothing changes.",
            "role": "group",
            "time": "5 minutes",
        },
    ],
    "evidence_level": "several_cases",
    "outcome": "Four groups used it for a year; members said that they spoke more freely, not less.",
    "effort": {"hours_to_start": 1.0, "hours_per_case": 0.25, "money_band": "none"},
    "side_effects": "May make shy members more careful than needed; say so in the meeting.",
    "fairness_check": {
        "same_for_everyone": True,
        "note": "It is asked for every conference, whoever takes part.",
    },
    "adoption": [{"organization": "Northmoor University", "since": "2025-09-01"}],
    "crosswalk": [{"scheme": "Example knowledge-security guideline", "clause": "3.2"}],
    "sources": [
        {
            "title": "Year report of the research support office",
            "publisher": "Northmoor University",
            "type": "institution_website",
            "url": "https://northmoor.example/support/2026",
            "published": "2026-08-01",
            "retrieved": "2026-09-10",
        }
    ],
    "benefits": "Researchers keep the full use of conferences, and early-career members know where they stand.",
    "recommended_actions": [
        {
            "do": "Try it once and keep what helps.",
            "who": "researcher",
            "pathways": ["conference"],
            "small_institution": True,
        }
    ],
    "pathways": ["conference"],
    "risk_kinds": ["unwanted_transfer"],
    "method_families": ["elicitation"],
    "sectors_concerned": ["academia"],
    "valid_from": "2026-10-01",
    "review_due": "2028-10-01",
    "expires_at": "2029-09-30",
}

BestPractice.example = EXAMPLE
