"""An audience: one distinct tuple of the facts that decide who may read, shared by all records that have it.

There are thousands of audiences where there are millions of records. Every fact is present and is a set of tokens or a number;
a dimension that was not narrowed holds `any`, and an empty set means nobody.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from enum import StrEnum

from comity.domain.handling import Caveat, Handling
from comity.domain.rules import Facts
from comity.domain.tlp import TLP
from comity.domain.tokens import ANY, AccessToken, token, tokens


class Stage(StrEnum):
    """What a reader may expect of a record, coarser than the editorial state."""

    WORK = "work"
    """Not published: only the people who work on it."""
    LIVE = "live"
    """Published and in force."""
    ENDED = "ended"
    """Superseded, expired or archived: readable on request, out of default search."""
    TOMBSTONE = "tombstone"
    """Withdrawn or legally restricted: its place, dates and reason, without its body."""
    ADDRESSED = "addressed"
    """A notice to the nodes it names, and to no person: a release, a recall, an answer."""
    SEALED = "sealed"
    """The body of what was withdrawn, or a tombstone that an order forbids: nobody."""


_ANYONE = frozenset({ANY})


@dataclass(frozen=True)
class Audience:
    """The facts. All tokens are lowercase ASCII; `organizations` of AMBER and stricter always names at least the owner."""

    stage: Stage
    tlp: TLP
    owner: AccessToken
    organizations: frozenset[AccessToken]
    sectors: frozenset[AccessToken]
    roles: frozenset[AccessToken]
    persons: frozenset[AccessToken]
    workers: frozenset[AccessToken]
    releasable: frozenset[AccessToken]
    caveats: frozenset[str]

    def facts(self) -> Facts:
        """As the rule algebra reads them."""
        return {
            "stage": frozenset({self.stage.value}),
            "tlp": frozenset({self.tlp.token}),
            "restriction": self.tlp.restriction,
            "owner": frozenset({self.owner}),
            "organizations": self.organizations,
            "sectors": self.sectors,
            "roles": self.roles,
            "persons": self.persons,
            "workers": self.workers,
            "releasable": self.releasable,
            "caveats": self.caveats,
        }

    def digest(self) -> str:
        """SHA-256 of the facts: two records with the same facts share one audience."""
        plain = {name: fact if isinstance(fact, int) else sorted(fact) for name, fact in self.facts().items()}
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()

    def at(self, stage: Stage) -> Audience:
        """The same readers at another stage."""
        return replace(self, stage=stage)


def audience_of(
    handling: Handling,
    *,
    stage: Stage,
    node: str,
    organization: str,
    author: str,
    assigned: frozenset[AccessToken],
    trust_group: str,
) -> Audience:
    """Expand a handling block into facts.

    `assigned` are those who work on it beside the author (person: and role: tokens). The author of a RED record is always one of
    its named readers; those assigned are not, unless they are named.
    """
    owner = token(f"org:{organization}")
    choice = handling.audience
    named_orgs = tokens("org", choice.organizations)
    if handling.tlp in (TLP.CLEAR, TLP.GREEN):
        organizations = named_orgs | {owner} if named_orgs else _ANYONE
    else:
        organizations = named_orgs | {owner}
    persons = tokens("person", choice.persons)
    if handling.tlp is TLP.RED:
        persons |= tokens("person", [author])
    elif not persons:
        persons = _ANYONE
    return Audience(
        stage=stage,
        tlp=handling.tlp,
        owner=owner,
        organizations=organizations,
        sectors=tokens("sector", choice.sectors) or _ANYONE,
        roles=tokens("role", choice.roles) or _ANYONE,
        persons=persons,
        workers=assigned | tokens("person", [author]),
        releasable=_releasable(handling, node=node, owner=owner, trust_group=trust_group),
        caveats=frozenset(caveat.value.lower() for caveat in handling.caveats)
        | ({"orcon"} if handling.orcon else frozenset()),
    )


def audience_of_copy(
    handling: Handling, *, stage: Stage, node: str, origin: str, assigned: frozenset[AccessToken]
) -> Audience:
    """The facts of a copy of another node's record, at this `node`: its readers are here and nowhere else (F-06).

    Its owner is the node it comes from, so that no organization here is ever taken for its originator. AMBER and stricter are for
    the organizations that the release names, and for nobody when it names none.
    """
    choice = handling.audience
    named = tokens("org", choice.organizations)
    open_to_all = handling.tlp in (TLP.CLEAR, TLP.GREEN) and not named
    return Audience(
        stage=stage,
        tlp=handling.tlp,
        owner=token(f"node:{origin}"),
        organizations=_ANYONE if open_to_all else named,
        sectors=tokens("sector", choice.sectors) or _ANYONE,
        roles=tokens("role", choice.roles) or _ANYONE,
        persons=frozenset() if handling.tlp is TLP.RED else tokens("person", choice.persons) or _ANYONE,
        workers=assigned,
        releasable=tokens("node", [node]),
        caveats=frozenset(caveat.value.lower() for caveat in handling.caveats)
        | ({"orcon"} if handling.orcon else frozenset()),
    )


def _releasable(
    handling: Handling, *, node: str, owner: AccessToken, trust_group: str
) -> frozenset[AccessToken]:
    listed = frozenset(token(name) for name in handling.releasable_to)
    if Caveat.REL in handling.caveats:
        return listed | {owner}
    here = listed | {token(f"node:{node}")}
    if handling.tlp is TLP.CLEAR:
        return here | {ANY}
    if handling.tlp is TLP.GREEN and not listed:
        return here | {token(f"group:{trust_group}")}
    return here
