"""A node's own identity and settings, and a member organization as the rules see it. Any country starts its own (E-06)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from comity.domain.roles import Sector


@dataclass(frozen=True)
class Node:
    """This node. `country` is ISO 3166-1 alpha-2; `languages` are BCP 47, the first being the default."""

    node_id: str
    name: str
    country: str
    languages: tuple[str, ...]
    trust_group: str
    legal_profile: Mapping[str, Any] = field(default_factory=dict)
    funding: tuple[Mapping[str, Any], ...] = ()
    contact: str = ""
    demo: bool = False


@dataclass(frozen=True)
class Organization:
    """A member. `sector` is None for the secretariat and the operator, which never count toward a quorum (4.1.1)."""

    id: str
    name: str
    kind: str
    sector: Sector | None
    state: str
    country: str = ""
    website: str = ""
    ror: str = ""
    other_names: tuple[str, ...] = ()
    state_owned: bool = False
    majority_government_funded: bool = False
    client_of: tuple[str, ...] = ()
    parent: str = ""
    competitors: tuple[str, ...] = ()
    funders: tuple[str, ...] = ()
    check_note: str = ""

    @property
    def verified(self) -> bool:
        """Checked by the secretariat and in good standing."""
        return self.state == "verified"
