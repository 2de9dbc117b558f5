"""May what an allied node signed be taken in here, and under which handling? A pure question; every no is a code of `REASONS`.

The signature says who spoke; this says whether that node may say it: only the origin speaks for its records, only within the
agreement, and only to a node that the record is for. Then the handling is computed for this node: markings as the origin gave them
or stricter, readers here and nowhere else. Refuses to know what is stored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from pydantic import ValidationError

from comity.domain.canonical import canonical_json
from comity.domain.handling import AudienceChoice, Caveat, Handling, national_marking_problems
from comity.domain.kinds.base import Kind
from comity.domain.kinds.registry import KINDS
from comity.domain.peer import KnownPeer
from comity.domain.roles import Sector
from comity.domain.tlp import TLP, parse_tlp
from comity.stix.facts import StixFacts

REASONS: Final[Mapping[str, str]] = {
    "foreign-origin": "A node speaks for its own records only.",
    "not-admitted": "The node is not admitted here, or its agreement has ended.",
    "beyond-agreement": "The kind or the marking is not part of the agreement.",
    "red-never-travels": "TLP:RED never travels by exchange.",
    "no-release": "TLP:AMBER and stricter come only inside a release for named organizations.",
    "over-shared": "It is not for this node.",
    "under-embargo": "Its embargo still runs.",
    "exceptional-personal-data": "Exceptional personal data never leaves its node.",
    "national-marking": "It carries a national security marking, which this node must not hold.",
    "changed-in-place": "The same version came before with other words.",
    "older-version": "Its version number is older than the one that is here.",
    "unknown-organization": "None of the named organizations is a verified member here.",
    "malformed": "It cannot be read.",
    "invalid-content": "Its content does not fit its kind.",
    "unknown-kind": "This node does not know records of this kind.",
    "not-one-record": "It is not one record.",
    "failed": "It could not be stored, for a reason that nobody foresaw.",
}
"""Why something is not taken in, in a sentence for the people of both nodes."""

_FOLLOWS: Final = frozenset({"permitted"})
"""What an origin writes out for plain readers although it follows from the rest."""

_VERSION: Final = re.compile(r"[1-9]\d{0,5}\.(0|[1-9]\d{0,5})\Z")
_SECTORS: Final = frozenset({"", *(sector.value for sector in Sector)})


class NotTaken(ValueError):
    """It is not taken in. `reason` is a code of `REASONS`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}" if detail else reason)


@dataclass(frozen=True)
class Terms:
    """Under which an object of `peer` is looked at, at the node `here`.

    `organizations` are members here that a release names; None for what came without a release.
    """

    here: str
    peer: KnownPeer
    organizations: tuple[str, ...] | None = None


def check_origin(terms: Terms, facts: StixFacts, kind: str) -> None:
    """The record is one of the sender's own, by its origin and by its reference, and of a kind that was agreed."""
    sender = terms.peer.node_id
    mine = re.compile(rf"RSI-{re.escape(sender)}-{re.escape(KINDS[kind].ref_code)}-\d{{4}}-\d{{1,9}}\Z")
    if facts.node != sender or not mine.match(facts.ref) or sender == terms.here:
        raise NotTaken("foreign-origin", f"{facts.node} {facts.ref}"[:120])
    if not _VERSION.match(facts.version) or facts.sector not in _SECTORS or facts.modified < facts.created:
        raise NotTaken("malformed", "version, sector or time")
    if len(facts.node_name) > 200 or len(facts.organization) > 200:
        raise NotTaken("malformed", "name")
    if terms.peer.agreement is None or kind not in terms.peer.agreement.kinds:
        raise NotTaken("beyond-agreement", kind)


def accept(terms: Terms, facts: StixFacts, content: Kind, text: str, *, now: datetime) -> Handling:
    """The handling of the copy here. `text` is the object as it came. Raises `NotTaken`."""
    check_origin(terms, facts, content.name)
    check_marking(terms, facts.tlp)
    handling = _accepted(terms, facts, canonical_json(dict(facts.handling)))
    if handling.embargo_until is not None and handling.embargo_until > now:
        raise NotTaken("under-embargo")
    if content.personal_data == "exceptional":
        raise NotTaken("exceptional-personal-data")
    for claim in content.claims:
        _check_portion(terms, facts.tlp, str(claim.tlp or ""))
    if national_marking_problems({"": text}):
        raise NotTaken("national-marking")
    return handling


def check_marking(terms: Terms, tlp: TLP) -> None:
    """RED never, AMBER only by a release, and nothing above the agreement."""
    if tlp is TLP.RED:
        raise NotTaken("red-never-travels")
    if tlp in (TLP.AMBER, TLP.AMBER_STRICT) and terms.organizations is None:
        raise NotTaken("no-release")
    agreement = terms.peer.agreement
    if agreement is None or tlp.restriction > agreement.highest_marking.restriction:
        raise NotTaken("beyond-agreement", tlp.label)


def _check_portion(terms: Terms, record: TLP, mark: str) -> None:
    """A claim that is marked more strictly than its record comes along only under a release, and as far as was agreed."""
    own = parse_tlp(mark) if mark else record
    if own.restriction <= record.restriction:
        return
    if terms.organizations is None:
        raise NotTaken("over-shared", "a claim is marked more strictly than its record")
    check_marking(terms, own)


def _accepted(terms: Terms, facts: StixFacts, said: bytes) -> Handling:
    return _computed(terms.here, terms.peer.groups, terms.organizations, facts.tlp, said)


@lru_cache(maxsize=512)
def _computed(
    here: str,
    groups: frozenset[str],
    organizations: tuple[str, ...] | None,
    tlp: TLP,
    said: bytes,
) -> Handling:
    """Kept by everything that goes into it: a feed has thousands of records and a handful of handlings."""
    try:
        words = {name: one for name, one in json.loads(said).items() if name not in _FOLLOWS}
        given = Handling.model_validate({**words, "tlp": tlp})
    except ValidationError as error:
        raise NotTaken("malformed", "handling") from error
    if organizations is None:
        _check_addressees(here, groups, given)
    readers = organizations or ()
    choice = AudienceChoice(sectors=given.audience.sectors, roles=given.audience.roles, organizations=readers)
    return given.model_copy(update={"audience": choice, "releasable_to": (f"node:{here}",)})


def _check_addressees(here: str, groups: frozenset[str], given: Handling) -> None:
    """A record for organizations or persons of its own node, or released to others, was not for this one.

    REL without names is the usual form: the origin tells nobody to whom else it is released.
    """
    if given.audience.organizations or given.audience.persons:
        raise NotTaken("over-shared", "it names readers at its own node")
    wanted = {f"node:{here}", *(f"group:{name}" for name in groups)}
    if given.releasable_to:
        if not wanted & set(given.releasable_to):
            raise NotTaken("over-shared", "it is released to others")
    elif given.tlp is TLP.GREEN and not groups and Caveat.REL not in given.caveats:
        raise NotTaken("over-shared", "the nodes share no trust group")
