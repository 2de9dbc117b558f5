"""Policy as data: the one place that reads `policies/*.yaml`. Each file has a typed model that refuses unknown keys.

Decides nothing and knows no rule: it hands the model to whoever decides. Files are read once a process.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar

import yaml
from pydantic import BaseModel

from comity.config import POLICIES
from comity.domain.duty_of_care import DutyOfCare
from comity.domain.governance import HandlingPolicy, QuorumPolicy, ReasonCodes, ServiceLevels
from comity.domain.lists import BaselineList, CommonPartners
from comity.domain.membership import MembershipPolicy
from comity.domain.minor import MinorPolicy
from comity.domain.neutral_language import LanguageRules
from comity.domain.roles import RolesPolicy
from comity.domain.source_admission import SourcesPolicy, admission_problems
from comity.domain.taxonomy import Taxonomy
from comity.domain.working_days import Holidays

_Model = TypeVar("_Model", bound=BaseModel)


def load(name: str, model: type[_Model]) -> _Model:
    """Read `policies/<name>.yaml` into its model. Raises `FileNotFoundError` or pydantic's `ValidationError`."""
    text = (POLICIES / f"{name}.yaml").read_text(encoding="utf-8")
    return model.model_validate(yaml.safe_load(text))


@lru_cache(maxsize=1)
def taxonomy() -> Taxonomy:
    """The vocabularies of this node."""
    return load("taxonomy", Taxonomy)


@lru_cache(maxsize=8)
def language(code: str) -> LanguageRules | None:
    """The neutral-language rules for a text in this language (BCP 47); None when this node has none for it."""
    main = code.split("-", maxsplit=1)[0]
    known = main.isalpha() and (POLICIES / "language" / f"{main}.yaml").is_file()
    return load(f"language/{main}", LanguageRules) if known else None


@lru_cache(maxsize=1)
def holidays() -> Holidays:
    """The days on which this node does not work: every clock that counts working days leaves them out."""
    return load("governance/holidays", Holidays)


@lru_cache(maxsize=1)
def duty_of_care() -> DutyOfCare:
    """Where people under pressure find help."""
    return load("duty_of_care", DutyOfCare)


@lru_cache(maxsize=1)
def membership() -> MembershipPolicy:
    """How organizations become members, and who invites and grants."""
    return load("governance/membership", MembershipPolicy)


@lru_cache(maxsize=1)
def minor_corrections() -> MinorPolicy:
    """What may be mended without a vote."""
    return load("governance/minor_corrections", MinorPolicy)


@lru_cache(maxsize=1)
def quorum() -> QuorumPolicy:
    """Who must agree to what."""
    return load("governance/quorum", QuorumPolicy)


@lru_cache(maxsize=1)
def roles() -> RolesPolicy:
    """Roles, separation of duties and the permission matrix."""
    return load("governance/roles", RolesPolicy)


@lru_cache(maxsize=1)
def reason_codes() -> ReasonCodes:
    """The reasons that may be given for a decision."""
    return load("governance/reason_codes", ReasonCodes)


@lru_cache(maxsize=1)
def service_levels() -> ServiceLevels:
    """How long things may take."""
    return load("governance/service_levels", ServiceLevels)


@lru_cache(maxsize=1)
def handling_policy() -> HandlingPolicy:
    """The plain words of markings and caveats."""
    return load("handling", HandlingPolicy)


@lru_cache(maxsize=1)
def baseline_defence_supervised() -> BaselineList:
    """The seven universities whose match triggers a review."""
    return load("lists/baseline-defence-supervised", BaselineList)


@lru_cache(maxsize=1)
def common_partners() -> CommonPartners:
    """Names that need a second look before a negative statement about them is published."""
    return load("lists/common-partners", CommonPartners)


@lru_cache(maxsize=1)
def sources() -> SourcesPolicy:
    """Public sources and their admissions. Raises `ValueError` for an admission below the quorum for records that name nobody."""
    policy = load("sources", SourcesPolicy)
    rule = quorum().actions.publish_advisory_no_entity
    problems = [
        problem for one in policy.sources if one.admitted for problem in admission_problems(one, rule)
    ]
    if problems:
        raise ValueError("policies/sources.yaml: " + " ".join(problems))
    return policy
