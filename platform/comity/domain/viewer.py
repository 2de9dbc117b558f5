"""Who is looking: the only description of a reader, caller or job that any rule may use.

It holds no name, no e-mail and nothing about a person's origin (SG-01). A sector belongs to the organization, never to the person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from comity.domain.peer import Peer
from comity.domain.roles import Role, Sector
from comity.domain.tokens import ANY, AccessToken, token, tokens

Powers = Mapping[str, frozenset[str]]
"""Action of the permission matrix (product 4.1.3) -> the scopes in which the viewer holds it, such as `own` or `asg`."""

NO_POWERS: Powers = MappingProxyType({})


@dataclass(frozen=True)
class Viewer:
    """One reader at one moment. Built by the services from the account, or by `public` and `system`."""

    node: str
    person: str | None = None
    organization: str | None = None
    sector: Sector | None = None
    roles: frozenset[Role] = frozenset()
    groups: frozenset[str] = frozenset()
    client_of: frozenset[str] = frozenset()
    powers: Powers = field(default_factory=lambda: NO_POWERS, compare=False)
    second_factor: bool = False
    scopes: frozenset[str] | None = None
    """Scopes of an API token; None for a person in a browser, who is not narrowed by scopes."""
    system_reason: str = ""
    peer: Peer | None = None
    """The allied node whose machine is asking. It is no person and holds no role."""

    @classmethod
    def public(cls, node: str, powers: Powers = NO_POWERS) -> Viewer:
        """Nobody signed in."""
        return cls(node=node, powers=powers)

    @classmethod
    def system(cls, node: str, reason: str) -> Viewer:
        """A job of the node itself. It sees everything, and its reason goes into the audit chain."""
        if not reason:
            raise ValueError("a system viewer needs a reason")
        return cls(node=node, system_reason=reason)

    @classmethod
    def allied(cls, node: str, peer: Peer, powers: Powers = NO_POWERS) -> Viewer:
        """A machine of the allied node `peer`, asking this `node`."""
        return cls(node=node, peer=peer, powers=powers)

    @cached_property
    def worked_out(self) -> dict[str, Any]:
        """What others derive from this very viewer, once. A viewer never changes, and a changed copy begins anew."""
        return {}

    @property
    def signed_in(self) -> bool:
        """True for a person or a token of a person."""
        return self.person is not None

    @property
    def is_system(self) -> bool:
        """True for a job of the node."""
        return bool(self.system_reason)

    def may(self, action: str, *scopes: str) -> bool:
        """Does the permission matrix give this action, in one of `scopes` (or in any, when none is named)?"""
        held = self.powers.get(action, frozenset())
        return bool(held & set(scopes)) if scopes else bool(held)

    @property
    def person_token(self) -> frozenset[AccessToken]:
        """`{person:…}`, or nothing."""
        return frozenset({token(f"person:{self.person}")}) if self.person else frozenset()

    @property
    def organization_token(self) -> frozenset[AccessToken]:
        """`{org:…}`, or nothing."""
        return frozenset({token(f"org:{self.organization}")}) if self.organization else frozenset()

    @property
    def provider_tokens(self) -> frozenset[AccessToken]:
        """The organizations whose registered client the viewer's organization is (TLP:AMBER only)."""
        return tokens("org", self.client_of)

    @property
    def role_tokens(self) -> frozenset[AccessToken]:
        """`{role:editor, …}`."""
        return tokens("role", (role.value for role in self.roles))

    @property
    def sector_token(self) -> frozenset[AccessToken]:
        """`{sector:academia}`, or nothing."""
        return frozenset({token(f"sector:{self.sector.value}")}) if self.sector else frozenset()

    @property
    def release_tokens(self) -> frozenset[AccessToken]:
        """What `releasable_to` is compared with: anyone, this node and its groups, the viewer's own organization."""
        here = frozenset({ANY, token(f"node:{self.node}")})
        return here | tokens("group", self.groups) | self.organization_token
