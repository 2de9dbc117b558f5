"""Start a node in any country: its own settings, the secretariat, the operator, and the first people. Done by the operator's CLI.

Founding members are verified by hand here and say so in their steps; everybody after them comes through `enrol`. The separation of
duties holds from the first account on.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection
from dataclasses import replace
from typing import Final

from comity.domain.account import Account, AccountState
from comity.domain.errors import Conflict, Invalid, NotAllowed, Problem
from comity.domain.legal_profile import legal_profile_problems
from comity.domain.membership import Step, What
from comity.domain.node import Node, Organization
from comity.domain.password_rules import password_problems
from comity.domain.roles import Role
from comity.services.grant import grant
from comity.services.invite import Invitation, invite
from comity.services.sign import ensure_key
from comity.services.unit import Unit
from comity.services.verify_password import hashed
from comity.storage import collections, organizations, peers, people

_WORD: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,58}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
SECRETARIAT: Final = "secretariat"
OPERATOR: Final = "operator"


def set_up(
    unit: Unit, *, node: Node, secretariat: str = "Secretariat", operator: str = "Node operator"
) -> Node:
    """Write the node's settings and its two offices. `Conflict` when the node was set up before; `Invalid` names the field."""
    _need_operator(unit)
    if is_set_up(unit):
        raise Conflict("This node is set up already.")
    _check(node)
    people.save_node(unit.db, node, now=unit.now)
    for id_, name in ((SECRETARIAT, secretariat), (OPERATOR, operator)):
        office = Organization(
            id=id_, name=name, kind=id_, sector=None, state="verified", country=node.country
        )
        organizations.add(unit.db, office, now=unit.now)
    collections.ensure(unit.db, node.node_id, unit.now)
    unit.audit("node.set_up", f"node:{node.node_id}", country=node.country)
    open_to_others(unit)
    return node


def open_to_others(unit: Unit) -> None:
    """Give the node its key and its collections. Safe to repeat: a node of an older version gets them when it is migrated."""
    ensure_key(unit)
    collections.ensure(unit.db, unit.node.node_id, unit.now)


def is_set_up(unit: Unit) -> bool:
    """Does the node have its settings?"""
    try:
        people.node(unit.db)
    except LookupError:
        return False
    return True


def change_settings(unit: Unit, *, node: Node) -> None:
    """Change what a node says of itself. Its id and its trust group are in the markings of records and stay."""
    _need_operator(unit)
    known = people.node(unit.db)
    if (node.node_id, node.trust_group) != (known.node_id, known.trust_group):
        raise Invalid([Problem("node_id", "fixed", "The id and the trust group of a node cannot change.")])
    _check(node)
    people.save_node(unit.db, node, now=unit.now)
    if node.legal_profile != known.legal_profile:
        peers.raise_epoch(unit.db)
    unit.audit("node.changed", f"node:{node.node_id}")


def found_member(unit: Unit, organization: Organization) -> Organization:
    """A founding member, verified without the window for objections. Only members and independent offices."""
    _need_operator(unit)
    if organization.kind not in ("member", "independent"):
        raise Invalid(
            [Problem("kind", "unknown", "A founding organization is a member or an independent office.")]
        )
    if (organization.sector is None) == (organization.kind == "member"):
        raise Invalid(
            [Problem("sector", "missing", "A member belongs to a sector, and an independent office to none.")]
        )
    if organizations.get(unit.db, organization.id) is not None:
        raise Invalid([Problem("id", "taken", "There is an organization with this short name already.")])
    founded = replace(organization, state="verified")
    organizations.add(unit.db, founded, now=unit.now)
    organizations.mark_verified(unit.db, founded.id, by="system", now=unit.now)
    organizations.add_step(
        unit.db, founded.id, Step(What.VERIFIED, "system", "", "", "Founding member", unit.now)
    )
    unit.audit("organization.founded", f"organization:{founded.id}")
    return founded


def first_person(
    unit: Unit, *, email: str, name: str, organization: str, roles: Collection[Role]
) -> Invitation:
    """Invite one of the first people, such as the node administrator, the editor and the first council."""
    _need_operator(unit)
    return invite(unit, email=email, name=name, organization=organization, roles=roles)


def demo_person(
    unit: Unit,
    *,
    email: str,
    name: str,
    organization: str,
    roles: Collection[Role],
    password: str,
    id_: str = "",
) -> Account:
    """An account that can sign in at once with a published password. `NotAllowed` on a node that is no demonstration."""
    _need_operator(unit)
    if not people.node(unit.db).demo:
        raise NotAllowed("Only a demonstration node has accounts with published passwords.")
    if problems := password_problems(password, (name, email, organization)):
        raise Invalid(problems)
    account = Account(id_ or str(uuid.uuid4()), email, name, organization, AccountState.ACTIVE, unit.now)
    people.add_account(unit.db, account)
    people.set_password(unit.db, account.id, hashed(password))
    for role in sorted(roles):
        grant(unit, account_id=account.id, role=role)
    unit.audit("account.demo", f"account:{account.id}")
    return account


def _need_operator(unit: Unit) -> None:
    if not unit.viewer.is_system:
        raise NotAllowed


def _check(node: Node) -> None:
    problems = [
        Problem(field, "malformed", text)
        for field, good, text in (
            ("node_id", _WORD.fullmatch(node.node_id), "Use 2 to 59 small letters, digits and dashes."),
            (
                "trust_group",
                _WORD.fullmatch(node.trust_group),
                "Use 2 to 59 small letters, digits and dashes.",
            ),
            ("name", 2 <= len(node.name.strip()) <= 200, "Enter a name of 2 to 200 characters."),
            (
                "country",
                _COUNTRY.fullmatch(node.country),
                "Enter the country as two capital letters, such as NO.",
            ),
            (
                "languages",
                node.languages and all(_LANGUAGE.fullmatch(item) for item in node.languages),
                "Enter at least one language, such as en or nb.",
            ),
        )
        if not good
    ]
    problems += legal_profile_problems(node.legal_profile)
    problems += _funding_problems(node)
    if problems:
        raise Invalid(problems)


def _funding_problems(node: Node) -> list[Problem]:
    """Every source above five percent is public (G-44), so each has a name and a share."""
    shares = [part.get("share") for part in node.funding]
    whole = [share for share in shares if isinstance(share, int) and 0 < share <= 100]
    named = all(str(part.get("source") or "").strip() for part in node.funding)
    if named and len(whole) == len(shares) and sum(whole) <= 100:
        return []
    return [Problem("funding", "malformed", "Name each source with its share, together at most 100 percent.")]
