"""The groups that the kinds share: organizations named, judgements, actions, links to other records (product spec 4.4.1).

No group describes a natural person: an entity is an organization, a unit or a programme (SG-01).
"""

from __future__ import annotations

from typing import Annotated, Literal

from comity.domain.claim import UnitScope
from comity.domain.fields.annotations import Indexed, Label, Verbatim, Vocabulary
from comity.domain.fields.values import NEEDED, Code, Codes, Group, Language, Line, Name, Note, Prose, Url

EntityType = Literal[
    "university", "faculty", "laboratory", "company", "agency", "military_body", "public_security_body", "funder",
    "programme", "investor", "publisher",
]  # fmt: skip
EntityRole = Literal["subject", "mentioned", "source", "affected"]
Confidence = Literal["low", "moderate", "high"]
Likelihood = Literal[
    "almost_no_chance", "very_unlikely", "unlikely", "roughly_even", "likely", "very_likely", "almost_certain"
]  # fmt: skip


class OtherName(Group):
    """A name under which the organization is, or was, also known."""

    value: Annotated[Name, NEEDED, Label("Name", missing="Give the name."), Indexed(8, names=True)]
    form: Annotated[
        Literal["original_script", "transliteration", "former", "acronym", "alias"],
        Label("Kind of name", missing="Choose what kind of name this is."),
    ]
    language: Annotated[Language, Label("Language of the name")] = "und"


class Identifiers(Group):
    """Where public registers keep the organization."""

    ror: Annotated[Line, Verbatim(), Label("ROR id", "For example https://ror.org/05abcde12")] = ""
    registry: Annotated[Name, Label("Name of the register")] = ""
    registry_id: Annotated[Line, Verbatim(), Label("Number in the register")] = ""
    website: Annotated[Url, Label("Website")] = ""


class EntityRef(Group):
    """An organization or programme that the record names, and in which role."""

    entity_id: Annotated[
        Line,
        Verbatim(),
        Label("Identifier in the register of organizations", "Left empty, it is matched by name."),
    ] = ""
    name: Annotated[
        Name, NEEDED, Label("Name", missing="Give the name of the organization."), Indexed(9, names=True)
    ]
    entity_type: Annotated[
        EntityType | None,
        Indexed(facet="entity_type"),
        Label("Type", "An organization or a programme; natural persons are never recorded here."),
    ] = None
    role: Annotated[EntityRole, Label("Role in this record", missing="Choose the role in this record.")]
    other_names: Annotated[list[OtherName], Label("Other names")] = []
    identifiers: Annotated[Identifiers | None, Label("Identifiers")] = None
    unit_scope: Annotated[UnitScope | None, Label("Part of the organization")] = None


class Judgement(Group):
    """What is assessed, apart from what is known. Likelihood and confidence are never mixed (ICD 203)."""

    text: Annotated[
        Note, NEEDED, Label("Judgement", widget="prose", missing="State the judgement."), Indexed(2)
    ]
    likelihood: Annotated[Likelihood, Label("Likelihood", missing="Choose how likely it is.")]
    confidence: Annotated[Confidence, Label("Confidence", missing="Choose how confident you are.")]
    basis: Annotated[Note, Label("Basis", "What the judgement rests on.", widget="prose")] = ""


class Action(Group):
    """Something to do, addressed to a role."""

    do: Annotated[Note, NEEDED, Label("What to do", widget="prose", missing="Say what to do."), Indexed(2)]
    who: Annotated[
        Line, NEEDED, Label("Who", "A role: researcher, research security officer, travel office ...",
                            missing="Say which role does this.")
    ]  # fmt: skip
    by_when: Annotated[Line, Label("By when")] = ""
    pathways: Annotated[Codes, Vocabulary("pathways"), Label("For which pathways", widget="choices")] = []
    proportionality: Annotated[Note, Label("Why this is proportionate", widget="prose")] = ""
    small_institution: Annotated[bool, Label("A small institution can do this", widget="check")] = False


class Translation(Group):
    """The three texts in another language; machine translations say so."""

    language: Annotated[Language, NEEDED, Label("Language", missing="Give the language.")]
    title: Annotated[Line, NEEDED, Label("Title", missing="Give the title."), Indexed(8)]
    summary: Annotated[Note, Label("Summary", widget="prose"), Indexed(3)] = ""
    body: Annotated[Prose, Label("Text", widget="prose"), Indexed(1)] = ""
    machine: Annotated[bool, Label("Translated by machine", widget="check")] = False


class LegalBasis(Group):
    """Why personal data may be here at all."""

    purpose: Annotated[Note, NEEDED, Label("Purpose", missing="State the purpose.")]
    basis: Annotated[Note, NEEDED, Label("Legal basis", missing="State the legal basis.")]


class Related(Group):
    """Another record, by its reference."""

    ref: Annotated[Line, NEEDED, Verbatim(), Label("Reference", missing="Give the reference of the record.")]
    relation: Annotated[
        Literal["see_also", "builds_on", "answers", "disagrees_with", "tearline_of", "copied_from"],
        Label("Relation"),
    ] = "see_also"


class ExternalRef(Group):
    """The same thing elsewhere. Import keeps the foreign id here and never raises trust (4.10.9)."""

    system: Annotated[Name, NEEDED, Label("System", missing="Name the system.")]
    id: Annotated[Line, Verbatim(), Label("Identifier there")] = ""
    url: Annotated[Url, Label("Web address")] = ""


class PathwayNote(Group):
    """A form of collaboration, with the mitigations that belong to it."""

    pathway: Annotated[
        Code, Vocabulary("pathways"), Label("Pathway", widget="choice", missing="Choose the pathway.")
    ]
    mitigations: Annotated[Codes, Vocabulary("mitigations"), Label("Mitigations", widget="choices")] = []
    note: Annotated[Note, Label("Note", widget="prose")] = ""
