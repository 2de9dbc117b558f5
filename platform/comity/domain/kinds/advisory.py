"""Advisory: tells a group what is known, what is assessed, what is not known, and what to do (product spec 4.4.2).

Severity is about consequence for the audience, never about an organization.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, ClassVar, Final, Literal

from comity.domain.errors import Problem
from comity.domain.fields.annotations import Indexed, Label, Options, Vocabulary
from comity.domain.fields.values import MANY, NEEDED, Code, Codes, Day, Group, Line, Lines, Name, Note, Prose
from comity.domain.kinds.base import ACTION, ESSENTIALS, EVIDENCE, SCOPE, SUBSTANCE, Kind
from comity.domain.kinds.parts import Action
from comity.domain.months import add_months
from comity.domain.source import Source
from comity.domain.tlp import TLP

Subtype = Literal["situational", "threat_note", "rule_change", "incident_lessons", "entity_change", "urgent"]

_MONTHS: Final = {
    "threat_note": 6,
    "situational": 12,
    "rule_change": 12,
    "incident_lessons": 36,
    "entity_change": 12,
}
_URGENT: Final = timedelta(days=14)

_PERSON_ATTRIBUTE: Final = re.compile(
    r"\b(national(s|ity|ities)|citizen(s|ship)?|ethnic\w*|race|racial|religio\w+|birthplace|place of birth|born in|native of"
    r"|surnames?|family names?|accent|skin colou?r|visa holders?|passport holders?|country of origin|national origin)\b",
    re.IGNORECASE,
)


class ObservedMethod(Group):
    """A way in which harm is done, with the dates between which it was seen."""

    method: Annotated[
        Code, Vocabulary("method_families"), Label("Method", widget="choice", missing="Choose the method.")
    ]
    first_seen: Annotated[Day | None, Label("First seen")] = None
    last_seen: Annotated[Day | None, Label("Last seen")] = None
    note: Annotated[Note, Label("How it was done", widget="prose"), Indexed(2)] = ""


class Audience(Group):
    """Whom the advisory is meant to help."""

    sectors: Annotated[Codes, Vocabulary("sectors"), Label("Sectors", widget="choices")] = []
    roles: Annotated[Lines, Label("Roles", "One a line."), Indexed(1)] = []
    disciplines: Annotated[Lines, Label("Disciplines", "One a line."), Indexed(2)] = []
    institution_sizes: Annotated[
        list[Literal["small", "medium", "large"]], Label("Sizes of institution", widget="choices")
    ] = []


class RuleReference(Group):
    """The rule that changed."""

    instrument: Annotated[Name, NEEDED, Label("Instrument", missing="Name the law or rule."), Indexed(4)]
    jurisdiction: Annotated[Line, NEEDED, Label("Jurisdiction", missing="Say where it applies.")]
    effective_date: Annotated[Day, Label("In effect from", missing="Give the day from which it applies.")]
    next_change: Annotated[
        Day | None, Label("Next change on", "The advisory ends when the rule changes again.")
    ] = None
    who_is_covered: Annotated[
        Note, NEEDED, Label("Who is covered", widget="prose", missing="Say who is covered.")
    ]


class Advisory(Kind):
    """What is known, what is assessed, what is not known, what to do."""

    name: ClassVar[str] = "advisory"
    label: ClassVar[str] = "Advisory"
    ref_code: ClassVar[str] = "ADV"
    stix_type: ClassVar[str] = "report"

    subtype: Annotated[
        Subtype, Indexed(facet="subtype"), Label("Type of advisory", section=ESSENTIALS, missing="Choose the type of advisory."),
        Options({"incident_lessons": "Lessons from an incident", "entity_change": "Change at an organization"}),
    ]  # fmt: skip
    severity: Annotated[
        Literal["info", "low", "moderate", "high", "critical"], Indexed(facet="severity"),
        Label("Severity", "The consequence for the audience.", section=ESSENTIALS, missing="Choose a severity."),
    ]  # fmt: skip
    urgency: Annotated[Literal["routine", "priority", "immediate"], Label("Urgency", section=ESSENTIALS)] = (
        "routine"
    )
    known: Annotated[
        Prose,
        NEEDED,
        Indexed(3),
        Label("Known", "Facts that the sources carry.", "prose", SUBSTANCE, "Say what is known."),
    ]
    assessed: Annotated[
        Prose, Indexed(2), Label("Assessed", "What you conclude from it, and how surely.", "prose", SUBSTANCE)
    ] = ""
    not_known: Annotated[
        Prose,
        NEEDED,
        Indexed(1),
        Label("Not known", "There is always something.", "prose", SUBSTANCE, "Say what is not known."),
    ]
    observed_methods: Annotated[list[ObservedMethod], MANY, Label("Methods observed", section=SUBSTANCE)] = []
    rule_reference: Annotated[
        RuleReference | None,
        Label("The rule", "For a rule change.", section=SUBSTANCE, missing="Say which rule changed."),
    ] = None
    sources: Annotated[
        list[Source], MANY, NEEDED, Label("Sources", section=EVIDENCE, missing="Name at least one source.")
    ]
    recommended_actions: Annotated[
        list[Action], MANY, NEEDED,
        Label("Recommended actions", "At least one that a small institution can do.", section=ACTION,
              missing="Recommend at least one action."),
    ]  # fmt: skip
    indicators_to_watch: Annotated[
        Lines, Indexed(2),
        Label("What to watch for", "Behaviour or process, never an attribute of a person. One a line.", section=ACTION),
    ] = []  # fmt: skip
    affected_audience: Annotated[Audience | None, Label("Audience", section=SCOPE)] = None

    @classmethod
    def longest_expiry(cls, subtype: str, valid_from: date, tlp: TLP) -> date:
        if subtype == "urgent":
            return valid_from + _URGENT
        return add_months(valid_from, _MONTHS.get(subtype, 6))

    def rules(self, tlp: TLP, today: date) -> list[Problem]:
        return [*self._rule_reference_problems(), *self._action_problems(), *self._watch_problems()]

    def _rule_reference_problems(self) -> list[Problem]:
        if self.subtype != "rule_change":
            return []
        if self.rule_reference is None:
            return [
                Problem("rule_reference", "missing", "Say which rule changed, where, from when and for whom.")
            ]
        ends = self.rule_reference.next_change
        if ends is not None and self.expires_at > ends:
            return [
                Problem(
                    "expires_at",
                    "too-late",
                    f"The rule changes again on {ends.isoformat()}: the advisory ends then.",
                )
            ]
        return []

    def _action_problems(self) -> list[Problem]:
        if any(action.small_institution for action in self.recommended_actions):
            return []
        return [
            Problem(
                "recommended_actions",
                "small-institution",
                "Mark at least one action that a small institution can do.",
            )
        ]

    def _watch_problems(self) -> list[Problem]:
        return [
            Problem(
                f"indicators_to_watch.{i}",
                "SG-04",
                f"“{hit.group()}” is an attribute of a person. Describe conduct.",
            )
            for i, text in enumerate(self.indicators_to_watch)
            if (hit := _PERSON_ATTRIBUTE.search(text))
        ]


EXAMPLE: Final[Mapping[str, Any]] = {
    "subtype": "threat_note",
    "title": "Questions about unpublished results after conference talks",
    "summary": "Since spring, several groups were approached after talks by people who asked for unpublished methods "
    "and offered paid "
    "advisory work. Agree beforehand what may be discussed, and tell your security officer of offers.",
    "body": "The approaches followed **open talks** and continued by e-mail within two weeks.",
    "language": "en",
    "severity": "moderate",
    "urgency": "priority",
    "known": "Three research groups in two institutions reported the same sequence: praise after a talk, a request for unpublished "
    "methods, then an offer of paid advisory work through Harrowgate Insight Ltd.",
    "assessed": "It is likely that the offers are a way to obtain methods before publication.",
    "not_known": "Who pays for the advisory work, and whether any method was handed over.",
    "observed_methods": [
        {
            "method": "elicitation",
            "first_seen": "2026-03-02",
            "last_seen": "2026-09-14",
            "note": "Side conversations after talks.",
        },
        {"method": "network_site_approach", "first_seen": "2026-04-01"},
    ],
    "indicators_to_watch": [
        "Repeated requests for data or code that the paper does not contain",
        "Paid advice offered without a written contract or a named client",
    ],
    "affected_audience": {
        "sectors": ["academia", "industry"],
        "roles": ["researcher", "conference organizer"],
        "disciplines": ["computer vision", "remote sensing"],
        "institution_sizes": ["small", "medium", "large"],
    },
    "entities": [
        {
            "entity_id": "ent:harrowgate-insight",
            "name": "Harrowgate Insight Ltd",
            "entity_type": "company",
            "role": "mentioned",
            "other_names": [{"value": "Harrowgate Analytics", "form": "former", "language": "en"}],
            "identifiers": {"registry": "Example Companies Register", "registry_id": "EX-104417"},
        }
    ],
    "judgements": [
        {
            "text": "The offers of advisory work are a way to obtain methods before publication.",
            "likelihood": "likely",
            "confidence": "moderate",
            "basis": "The same wording was used in three separate messages.",
        }
    ],
    "sources": [
        {
            "title": "Note of the security officers of two universities",
            "publisher": "Northmoor University",
            "type": "member_knowledge",
            "author_kind": "member",
            "retrieved": "2026-10-02",
            "access": "restricted",
        },
        {
            "title": "Programme of the Open Vision Workshop 2026",
            "publisher": "Open Vision Society",
            "type": "institution_website",
            "url": "https://openvision.example/2026/programme",
            "retrieved": "2026-10-02",
        },
    ],
    "assumptions": ["The three reports are about the same intermediary."],
    "gaps": ["The client behind the advisory work."],
    "alternatives": ["An ordinary market study by a firm that does not know the customs of research."],
    "benefits": "Conferences stay open and useful: a short agreement on what may be discussed lets people talk freely within it.",
    "recommended_actions": [
        {
            "do": "Agree in the group, before travelling, which unpublished results may be discussed.",
            "who": "researcher",
            "by_when": "before the next conference",
            "pathways": ["conference"],
            "proportionality": "Ten minutes a trip; nothing is forbidden.",
            "small_institution": True,
        },
        {
            "do": "Collect offers of paid advice in one place and answer within a week.",
            "who": "research security officer",
            "pathways": ["conference", "talent-visiting"],
        },
    ],
    "cautions": ["Do not apply this to people by their origin: the same questions go to everyone who asks."],
    "pathways": ["conference"],
    "technology_areas": ["T-AID", "T-SEN"],
    "application_families": ["AF-BIO"],
    "risk_kinds": ["unwanted_transfer"],
    "method_families": ["elicitation", "network_site_approach"],
    "sectors_concerned": ["academia", "industry"],
    "valid_from": "2026-10-05",
    "review_due": "2027-01-15",
    "expires_at": "2027-04-05",
    "personal_data": "none",
    "external_refs": [{"system": "Example advice desk", "id": "EAD-2026-31"}],
}

Advisory.example = EXAMPLE
