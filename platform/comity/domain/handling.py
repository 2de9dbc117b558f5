"""Handling: who may read a record (TLP 2.0), what may be done with it, and the originator's control (product 4.3).

The marking travels with the record. Everything here narrows; nothing widens.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from comity.domain.errors import Problem
from comity.domain.roles import Role, Sector
from comity.domain.tlp import TLP
from comity.domain.tokens import BadToken, token

PermittedAction = Literal[
    "contact_originator_first",
    "internal_decision_only",
    "may_raise_with_partner",
    "may_seek_own_sources",
    "may_publish",
]

AttributionMode = Literal["organization", "sector_only", "anonymous_via_secretariat"]
"""How readers are told whom a record is from. The secretariat knows in any case (4.4.1)."""


class Caveat(StrEnum):
    """Standing conditions beside the marking; their plain words are in `policies/handling.yaml`."""

    REL = "REL"
    NOENF = "NOENF"
    NOCOMM = "NOCOMM"
    EMBARGO = "EMBARGO"
    NOTIFY = "NOTIFY"
    DELAYREPLY = "DELAYREPLY"
    CHR = "CHR"


class AudienceChoice(BaseModel):
    """Narrows who may read. An empty list leaves that dimension alone, except persons under RED, where empty means nobody."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sectors: tuple[Sector, ...] = ()
    roles: tuple[Role, ...] = ()
    organizations: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()

    @field_validator("organizations", "persons")
    @classmethod
    def _token_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            try:
                token(f"org:{name}")
            except BadToken as bad:
                raise ValueError(f"“{name[:80]}” is not the id of an organization or account") from bad
        return tuple(dict.fromkeys(names))

    @property
    def narrows(self) -> bool:
        """True when any dimension is named."""
        return bool(self.sectors or self.roles or self.organizations or self.persons)


class Handling(BaseModel):
    """The handling block of a record. Times are UTC."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tlp: TLP
    audience: AudienceChoice = AudienceChoice()
    releasable_to: tuple[str, ...] = ()
    orcon: bool = False
    caveats: tuple[Caveat, ...] = (Caveat.NOENF,)
    permitted_actions: PermittedAction | None = None
    attribution_mode: AttributionMode = "organization"
    attribution: Literal["must", "may", "must_not"] = "may"
    affected_party_notice: Literal["may", "must_not"] = "may"
    embargo_until: datetime | None = None
    handling_ends: datetime | None = None
    delay_reason: str = Field(default="", max_length=80)

    @field_validator("releasable_to")
    @classmethod
    def _release_tokens(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name.partition(":")[0] not in _RELEASABLE_PREFIXES:
                raise ValueError(f"“{name[:80]}” must start with node:, group: or org:")
            token(name)
        return tuple(dict.fromkeys(names))

    @field_validator("embargo_until", "handling_ends")
    @classmethod
    def _utc(cls, at: datetime | None) -> datetime | None:
        if at is not None and at.tzinfo is None:
            raise ValueError("needs a time zone; use UTC, for example 2026-12-01T09:00Z")
        return at

    @property
    def permitted(self) -> PermittedAction | None:
        """The permitted action in force: AMBER and stricter default to internal decisions only."""
        if self.permitted_actions is None and self.tlp.restriction >= TLP.AMBER.restriction:
            return "internal_decision_only"
        return self.permitted_actions

    @property
    def attribution_in_force(self) -> Literal["must", "may", "must_not"]:
        """Whether others name the originator: where readers are not told who it is, they do not guess aloud either."""
        return self.attribution if self.attribution_mode == "organization" else "must_not"

    def tightened(self, tlp: TLP) -> Handling:
        """The same handling under a marking at least as strict: how a portion mark is read (4.3)."""
        if tlp.restriction <= self.tlp.restriction:
            return self
        return self.model_copy(update={"tlp": tlp})


_RELEASABLE_PREFIXES: Final = frozenset({"node", "group", "org"})

_NATIONAL_MARKING: Final = re.compile(
    r"\b(TOP\s+SECRET|SECRET\s*//|SECRET//NOFORN|CONFIDENTIAL//|UK\s+SECRET|OFFICIAL-SENSITIVE|NATO\s+(RESTRICTED|CONFIDENTIAL|SECRET)"
    r"|COSMIC\s+TOP|EU\s+RESTRICTED|RESTREINT\s+UE|SECRET\s+UE|CONFIDENTIEL\s+UE|VS-NUR\s+F|VS-VERTRAULICH|GEHEIM\b|NOFORN)"
)


_IN_EVERY_MARKING: Final = (
    "SECRET", "CONFIDENTI", "OFFICIAL-S", "RESTRICTED", "COSMIC", "RESTREINT", "VS-", "GEHEIM", "NOFORN",
)  # fmt: skip
"""One of these stands in each of them: most texts hold none, and are looked at no further."""


def handling_problems(handling: Handling) -> list[Problem]:
    """What contradicts itself in a handling block. Empty when it can be enforced as written."""
    problems: list[Problem] = []
    if handling.tlp is TLP.CLEAR and handling.audience.narrows:
        problems.append(
            Problem(
                "handling.audience",
                "clear-is-anyone",
                "TLP:CLEAR means anyone may read. Choose GREEN or stricter to narrow.",
            )
        )
    if handling.tlp is TLP.CLEAR and Caveat.REL in handling.caveats:
        problems.append(
            Problem("handling.caveats", "clear-is-anyone", "TLP:CLEAR cannot be limited with REL.")
        )
    if Caveat.REL in handling.caveats and not handling.releasable_to:
        problems.append(
            Problem(
                "handling.releasable_to",
                "rel-names-nobody",
                "REL needs the nodes, groups or organizations it is for.",
            )
        )
    if handling.tlp is TLP.RED and not handling.audience.persons:
        problems.append(
            Problem(
                "handling.audience.persons",
                "red-names-nobody",
                "TLP:RED is for named readers. Name at least one.",
            )
        )
    if Caveat.EMBARGO in handling.caveats and handling.embargo_until is None:
        problems.append(
            Problem("handling.embargo_until", "embargo-without-end", "Say until when the embargo holds.")
        )
    if Caveat.DELAYREPLY in handling.caveats and not handling.delay_reason:
        problems.append(
            Problem("handling.delay_reason", "delay-without-reason", "DELAYREPLY needs a reason code.")
        )
    return [*problems, *_attribution_problems(handling)]


def _attribution_problems(handling: Handling) -> list[Problem]:
    named = handling.attribution_mode == "organization"
    if handling.attribution == "must" and not named:
        said = "Readers are not told which organization it is from, so they cannot be asked to name it."
        return [Problem("handling.attribution", "nobody-to-name", said)]
    if handling.attribution == "must_not" and named and handling.tlp is TLP.CLEAR:
        said = "TLP:CLEAR tells anyone whom it is from. Not to be named, give the sector alone or stay anonymous."
        return [Problem("handling.attribution_mode", "clear-names-it", said)]
    return []


def national_marking_problems(texts: dict[str, str]) -> list[Problem]:
    """Nationally classified material is refused at the door, with instructions (H-05). `texts` maps field path to text."""
    sentence = "“{found}” is a national security marking. This node must not hold such material: use your government's own channel."
    return [
        Problem(field, "national-marking", sentence.format(found=found.group().strip()))
        for field, text in texts.items()
        if any(word in text for word in _IN_EVERY_MARKING) and (found := _NATIONAL_MARKING.search(text))
    ]
