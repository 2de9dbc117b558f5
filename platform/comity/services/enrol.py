"""Bring an organization in: proposed by a member, checked by the secretariat, open to objections, approved across sectors.

The sector and the two flags that bear on a quorum are set by the check and by nothing else; the organization itself can change
what describes it and never what it counts as (4.1.1, S13).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict, Field

from comity import policies
from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from comity.domain.membership import Standing, Step, What, standing
from comity.domain.node import Organization
from comity.domain.roles import Role, Sector
from comity.services.unit import Unit
from comity.storage import organizations


class Proposal(BaseModel):
    """What a sponsor writes about an organization. The sector is not in here: the secretariat finds it out."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,58}[a-z0-9]$")
    name: str = Field(min_length=2, max_length=300)
    country: str = Field(default="", pattern=r"^([A-Z]{2})?$")
    website: str = Field(default="", max_length=300, pattern=r"^(https://\S+)?$")
    ror: str = Field(default="", pattern=r"^(https://ror\.org/0[a-z0-9]{8})?$")
    other_names: tuple[str, ...] = Field(default=(), max_length=20)
    why: str = Field(min_length=10, max_length=2000)


class Profile(BaseModel):
    """What an organization's administrator may change about it."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    website: str = Field(default="", max_length=300, pattern=r"^(https://\S+)?$")
    other_names: tuple[str, ...] = Field(default=(), max_length=20)
    competitors: tuple[str, ...] = Field(default=(), max_length=100)
    funders: tuple[str, ...] = Field(default=(), max_length=100)


@dataclass(frozen=True)
class Application:
    """An organization that is not yet, or no longer, a member, and where it stands."""

    organization: Organization
    steps: tuple[Step, ...]
    standing: Standing


def propose(unit: Unit, proposal: Proposal) -> Organization:
    """A new application by a sponsor of the community. `Invalid` for a taken id."""
    policy = policies.membership()
    _need(unit, {*policy.checked_by, *policy.approved_by, *policy.objected_by})
    if organizations.get(unit.db, proposal.id) is not None:
        raise Invalid([Problem("id", "taken", "There is an organization with this short name already.")])
    values = proposal.model_dump(exclude={"why"})
    organization = Organization(**values, kind="member", sector=None, state="proposed")
    organizations.add(unit.db, organization, now=unit.now)
    _step(unit, organization, What.PROPOSED, proposal.why)
    return organization


def check(
    unit: Unit,
    *,
    organization_id: str,
    sector: Sector,
    note: str,
    state_owned: bool = False,
    majority_government_funded: bool = False,
    parent: str = "",
) -> Organization:
    """The secretariat's finding, with a note on what it rests on. A check of a member starts its admission over."""
    _need(unit, policies.membership().checked_by)
    organization = _locked(unit, organization_id, "proposed", "verified")
    if len(note.strip()) < 10:
        raise Invalid([Problem("note", "short", "Say in a sentence what was checked and where.")])
    found = replace(
        organization,
        sector=sector,
        state="proposed",
        state_owned=state_owned,
        majority_government_funded=majority_government_funded,
        parent=parent,
        check_note=note.strip(),
    )
    organizations.save(unit.db, found)
    _step(unit, found, What.CHECKED, f"{sector.value}: {note.strip()}")
    return found


def approve(unit: Unit, *, organization_id: str, text: str = "") -> Standing:
    """One council member's approval. Returns what is still missing."""
    _need(unit, policies.membership().approved_by)
    organization = _locked(unit, organization_id, "proposed")
    if organization.sector is None:
        raise Conflict("The secretariat has not yet checked the organization.")
    if any(
        step.what is What.APPROVED and step.by == unit.viewer.person
        for step in _since_objection(unit, organization)
    ):
        raise Conflict("You have agreed to this application already.")
    _step(unit, organization, What.APPROVED, text)
    return _standing(unit, organization)


def object_to(unit: Unit, *, organization_id: str, text: str) -> Standing:
    """A member's objection, with a reason, inside the window. It is no veto: it raises what is needed (G-41)."""
    _need(unit, policies.membership().objected_by)
    organization = _locked(unit, organization_id, "proposed")
    ends = _standing(unit, organization).window_ends
    if ends is None or unit.now >= ends:
        raise Conflict("The time for objections has not begun, or is over.")
    if len(text.strip()) < 20:
        raise Invalid(
            [
                Problem(
                    "text",
                    "short",
                    "Give your reason in at least a sentence: those who approve will read it.",
                )
            ]
        )
    _step(unit, organization, What.OBJECTED, text.strip())
    return _standing(unit, organization)


def admit(unit: Unit, *, organization_id: str) -> Organization:
    """The machine step: the application becomes a membership when nothing is missing, and not before."""
    if not unit.viewer.is_system:
        _need(unit, policies.membership().checked_by)
    organization = _locked(unit, organization_id, "proposed")
    if missing := _standing(unit, organization).missing:
        raise Conflict(" ".join(missing))
    organizations.mark_verified(unit.db, organization.id, by=unit.viewer.person or "system", now=unit.now)
    _step(unit, organization, What.VERIFIED, "")
    return replace(organization, state="verified")


def admit_due(unit: Unit) -> list[str]:
    """For the daily job: admit every application that stands. Returns ids."""
    due = [
        item.id
        for item in organizations.listed(unit.db, states=("proposed",))
        if _standing(unit, item).complete
    ]
    return [admit(unit, organization_id=organization_id).id for organization_id in due]


def refuse(unit: Unit, *, organization_id: str, text: str) -> None:
    """The secretariat closes an application that cannot be completed; the reason is kept (G-09)."""
    _need(unit, policies.membership().checked_by)
    organization = _locked(unit, organization_id, "proposed")
    if len(text.strip()) < 20:
        raise Invalid(
            [Problem("text", "short", "Give the reason in at least a sentence: the applicant will read it.")]
        )
    organizations.save(unit.db, replace(organization, state="refused"))
    _step(unit, organization, What.REFUSED, text.strip())


def change_profile(unit: Unit, profile: Profile) -> Organization:
    """The viewer's own organization describes itself. Sector, state, name and flags are not the administrator's to change."""
    unit.need("manage_members", "org")
    organization = _locked(unit, unit.viewer.organization or "", "verified")
    changed = replace(organization, **profile.model_dump())
    organizations.save(unit.db, changed)
    unit.audit(
        "organization.profile", f"organization:{organization.id}", fields=sorted(profile.model_fields_set)
    )
    return changed


def register_client(unit: Unit, *, client: str, registered: bool = True) -> None:
    """The provider's administrator says whose provider it is: TLP:AMBER reaches clients, so a client cannot say so itself."""
    unit.need("manage_members", "org")
    provider = unit.viewer.organization
    organization = _locked(unit, client, "verified")
    if provider is None or client == provider:
        raise NotAllowed
    others = tuple(item for item in organization.client_of if item != provider)
    organizations.save(
        unit.db, replace(organization, client_of=(*others, provider) if registered else others)
    )
    unit.audit("organization.client", f"organization:{client}", provider=provider, registered=registered)


def applications(unit: Unit) -> list[Application]:
    """Open applications with their steps, for those who take part in admission."""
    policy = policies.membership()
    _need(unit, {*policy.checked_by, *policy.approved_by, *policy.objected_by})
    found = organizations.listed(unit.db, states=("proposed",))
    return [
        Application(item, tuple(organizations.steps(unit.db, item.id)), _standing(unit, item))
        for item in found
    ]


def _need(unit: Unit, roles: Collection[Role]) -> None:
    if not unit.viewer.is_system and (unit.viewer.scopes is not None or not set(roles) & unit.viewer.roles):
        raise NotAllowed


def _locked(unit: Unit, organization_id: str, *states: str) -> Organization:
    organization = organizations.lock(unit.db, organization_id)
    if organization is None or organization.kind != "member":
        raise NotFound
    if organization.state not in states:
        raise Conflict(f"The organization is {organization.state}.")
    return organization


def _since_objection(unit: Unit, organization: Organization) -> list[Step]:
    steps = organizations.steps(unit.db, organization.id)
    turns = [number for number, step in enumerate(steps) if step.what in (What.CHECKED, What.OBJECTED)]
    return steps[turns[-1] :] if turns else steps


def _standing(unit: Unit, organization: Organization) -> Standing:
    steps = organizations.steps(unit.db, organization.id)
    return standing(steps, policies.membership(), now=unit.now, holidays=policies.holidays())


def _step(unit: Unit, organization: Organization, what: What, text: str) -> None:
    viewer = unit.viewer
    sector = viewer.sector.value if viewer.sector else ""
    step = Step(what, viewer.person or "system", viewer.organization or "", sector, text, unit.now)
    organizations.add_step(unit.db, organization.id, step)
    unit.audit(f"organization.{what.value}", f"organization:{organization.id}")
