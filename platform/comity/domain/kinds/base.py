"""The envelope of content that all kinds share (product spec 4.4.1), as one plain model.

Holds what an author writes. Handling, version, origin, review, reply and provenance are the record's and not here.
`Kind.model_validate` accepts complete content only; a draft is a plain dict that `problems` checks and never changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from comity.domain.claim import Claim, number_claims
from comity.domain.errors import Problem
from comity.domain.fields.annotations import Indexed, Label, Stix, Vocabulary
from comity.domain.fields.values import (
    MANY,
    NEEDED,
    Body,
    Code,
    Codes,
    Day,
    Group,
    Language,
    Line,
    Lines,
    Note,
    Prose,
)
from comity.domain.kinds.parts import (
    Action,
    EntityRef,
    ExternalRef,
    Judgement,
    LegalBasis,
    Related,
    Translation,
)
from comity.domain.source import Source
from comity.domain.tlp import TLP

ESSENTIALS: Final = "The essentials"
SUBSTANCE: Final = "What is known"
ENTITIES: Final = "Organizations and programmes"
EVIDENCE: Final = "Claims, judgements and sources"
ACTION: Final = "What to do"
SCOPE: Final = "Who and what it concerns"
VALIDITY: Final = "Dates, law and links"

SECTIONS: Final = (ESSENTIALS, SUBSTANCE, ENTITIES, EVIDENCE, ACTION, SCOPE, VALIDITY)
"""Order in which a form and a page show the sections."""

DEFAULT_CAUTION: Final = (
    "Apply this to conduct, agreements and organizations. Do not apply it to people by their origin."
)


class Kind(Group):
    """Common content. Subclasses add fields and say what the kind is called, which reference it takes and its STIX type."""

    name: ClassVar[str]
    label: ClassVar[str]
    ref_code: ClassVar[str]
    stix_type: ClassVar[str]
    stix_properties: ClassVar[Mapping[str, str]] = {}
    example: ClassVar[Mapping[str, Any]]

    subtype: Annotated[
        Code, Indexed(facet="subtype"), Label("Type", section=ESSENTIALS, missing="Choose the type.")
    ]
    title: Annotated[
        Line, NEEDED, Field(max_length=160), Indexed(10), Stix("name"),
        Label("Title", "What a reader scans for. Up to 160 characters.", section=ESSENTIALS, missing="Give a title."),
    ]  # fmt: skip
    summary: Annotated[
        Note, NEEDED, Field(max_length=600), Indexed(5), Stix("description"),
        Label("Summary", "It must stand alone. Up to 600 characters.", "prose", ESSENTIALS, "Write a summary."),
    ]  # fmt: skip
    body: Annotated[Body, Indexed(1), Label("Text", "Markdown, without HTML.", "prose", ESSENTIALS)] = ""
    language: Annotated[
        Language,
        Stix("lang"),
        Label("Language of the text", "A language code such as en, nl or zh-Hans.", section=ESSENTIALS),
    ] = "en"
    translations: Annotated[list[Translation], MANY, Label("Translations", section=ESSENTIALS)] = []
    entities: Annotated[
        list[EntityRef],
        MANY,
        Label("Organizations named", "Name the unit, not the country.", section=ENTITIES),
    ] = []
    position_of_entity: Annotated[
        Prose,
        Indexed(1),
        Label(
            "Position of the organization",
            "Its public position or reply. Needed for a claim at AMBER and stricter.",
            "prose",
            ENTITIES,
        ),
    ] = ""
    claims: Annotated[
        list[Claim],
        MANY,
        Label(
            "Claims",
            "Sourced, dated facts. Needed when an organization is the subject.",
            section=EVIDENCE,
        ),
    ] = []
    judgements: Annotated[
        list[Judgement],
        MANY,
        Label("Judgements", "What you assess, beyond what is known.", section=EVIDENCE),
    ] = []
    sources: Annotated[
        list[Source], MANY, Label("Sources", section=EVIDENCE, missing="Name at least one source.")
    ] = []
    assumptions: Annotated[Lines, Indexed(1), Label("Assumptions", "One a line.", section=EVIDENCE)] = []
    gaps: Annotated[
        Lines, Indexed(1), Label("Gaps", "What you would need to know. One a line.", section=EVIDENCE)
    ] = []
    alternatives: Annotated[
        Lines, Indexed(1),
        Label("Alternative explanations", "One a line. Needed when a judgement has high confidence.", section=EVIDENCE),
    ] = []  # fmt: skip
    benefits: Annotated[
        Note, NEEDED, Indexed(2),
        Label("Benefits", "What is gained by engaging, or by the recommended course.", "prose", ACTION, "Say what is gained."),
    ]  # fmt: skip
    recommended_actions: Annotated[
        list[Action],
        MANY,
        Label("Recommended actions", section=ACTION, missing="Recommend at least one action."),
    ] = []
    cautions: Annotated[
        Lines,
        NEEDED,
        Indexed(1),
        Label(
            "Cautions", "What not to do. One a line.", section=ACTION, missing="Keep at least one caution."
        ),
    ] = [DEFAULT_CAUTION]
    pathways: Annotated[
        Codes,
        Vocabulary("pathways"),
        Indexed(facet="pathway"),
        Label("Pathways", "Forms of collaboration.", "choices", SCOPE),
    ] = []
    technology_areas: Annotated[
        Codes,
        Vocabulary("technology_areas"),
        Indexed(facet="technology_area"),
        Label("Technology areas", "", "choices", SCOPE),
    ] = []
    application_families: Annotated[
        Codes, Vocabulary("application_families"), Indexed(facet="application_family"),
        Label("Application families", "", "choices", SCOPE),
    ] = []  # fmt: skip
    risk_kinds: Annotated[
        Codes,
        Vocabulary("risk_kinds"),
        Indexed(facet="risk_kind"),
        Label("Kinds of risk", "", "choices", SCOPE),
    ] = []
    method_families: Annotated[
        Codes, Vocabulary("method_families"), Indexed(facet="method_family"),
        Label("Methods", "Behaviour, not identity.", "choices", SCOPE),
    ] = []  # fmt: skip
    sectors_concerned: Annotated[
        Codes,
        Vocabulary("sectors"),
        Indexed(facet="sector_concerned"),
        Label("Sectors concerned", "", "choices", SCOPE),
    ] = []
    valid_from: Annotated[
        Day, Label("Valid from", section=VALIDITY, missing="Give the first day of validity.")
    ]
    review_due: Annotated[
        Day, Label("Review due", section=VALIDITY, missing="Give the day on which it is looked at again.")
    ]
    expires_at: Annotated[
        Day,
        Label("Expires on", "The last day of use.", section=VALIDITY, missing="Give the last day of use."),
    ]
    personal_data: Annotated[
        Literal["none", "official_capacity", "exceptional"],
        Label(
            "Personal data",
            "Office holders acting as such may be named from a public source.",
            section=VALIDITY,
        ),
    ] = "none"
    legal_basis: Annotated[
        LegalBasis | None, Label("Legal basis", "Only if there is personal data.", section=VALIDITY)
    ] = None
    related: Annotated[list[Related], MANY, Label("Related records", section=VALIDITY)] = []
    external_refs: Annotated[list[ExternalRef], MANY, Label("The same elsewhere", section=VALIDITY)] = []

    @model_validator(mode="after")
    def _numbered(self) -> Self:
        # Reading back what `number_claims` gives to drafts, so that complete content never has a claim without a number.
        taken = {claim.claim_id for claim in self.claims}
        free = (f"c{n}" for n in range(1, 2 * len(self.claims) + 2) if f"c{n}" not in taken)
        for claim in self.claims:
            claim.claim_id = claim.claim_id or next(free)
        return self

    @classmethod
    def longest_expiry(cls, subtype: str, valid_from: date, tlp: TLP) -> date:
        """The last day that content of this subtype and marking may be in use."""
        raise NotImplementedError(cls.__name__)

    def rules(self, tlp: TLP, today: date) -> list[Problem]:
        """What is wrong although every field is well formed: the rules of this kind alone."""
        return []


def normalise(data: Mapping[str, Any]) -> dict[str, Any]:
    """What every save of a draft does to its dict: claims get numbers. Nothing typed is dropped or changed."""
    return number_claims(data)
