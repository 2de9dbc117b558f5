"""What a record rests on, and what follows from it: a derived record is marked at least as strictly as its inputs unless each
originator agreed, and an ORCON input always asks its originator (H-01, 4.3, 4.10.3).

Decides whose agreement is missing and how narrow a record becomes while an input is in doubt. Refuses to know where records are
kept and who is looking: the caller names only inputs that the author may read, so that nothing is sensed by citing it (H-04).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from comity.domain.audience import Audience
from comity.domain.fields.prose import texts
from comity.domain.handling import AudienceChoice, Caveat, Handling
from comity.domain.kinds.base import Kind
from comity.domain.tlp import TLP, strictest
from comity.domain.tokens import ANY, AccessToken

RESTS_ON: Final = frozenset({"builds_on", "copied_from"})
"""Relations by which the one record falls when the other does; the rest only point."""

_REFERENCE: Final = re.compile(r"\bRSI-[A-Za-z0-9-]{1,60}?-[A-Z]{3}-\d{4}-\d{1,9}\b")
_UID: Final = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_ORCON: Final = "orcon"


@dataclass(frozen=True)
class Citation:
    """One place that names another record, by reference or uid. `relation` is empty for a mention in a text."""

    key: str
    field: str
    relation: str = ""


def citations(kind: type[Kind], content: Mapping[str, Any]) -> list[Citation]:
    """Every record that a content names: the related ones, the records its claims were copied from, and mentions in any text."""
    return list(dict.fromkeys((*_related(content), *_mentioned(kind, content))))


def _related(content: Mapping[str, Any]) -> Iterator[Citation]:
    rows = content.get("related")
    for place, row in enumerate(rows if isinstance(rows, list) else ()):
        if isinstance(row, Mapping) and isinstance(row.get("ref"), str) and row["ref"].strip():
            relation = str(row.get("relation") or "see_also")
            yield Citation(row["ref"].strip(), f"related.{place}.ref", relation)


def _mentioned(kind: type[Kind], content: Mapping[str, Any]) -> Iterator[Citation]:
    for text in texts(kind, content):
        if text.field.startswith("related."):
            continue
        copied = "copied_from" if ".derived_from." in text.field else ""
        for found in (*_REFERENCE.finditer(text.text), *_UID.finditer(text.text)):
            yield Citation(found.group(), text.field, copied)


def beyond(source: Audience, derived: Audience) -> frozenset[AccessToken]:
    """Those to whom `derived` goes and `source` does not: `any`, groups, organizations, nodes or persons that need a yes.

    Both as they are once published. ORCON asks for every reader outside the originator's own organization.
    """
    if _ORCON in source.caveats and source.owner != derived.owner:
        return _reached(derived)
    if source.tlp is TLP.CLEAR:
        return frozenset()
    if derived.tlp.restriction < source.tlp.restriction:
        return _reached(derived)
    dimensions = (
        (source.organizations, derived.organizations - {derived.owner}),
        (source.sectors, derived.sectors),
        (source.roles, derived.roles),
    )
    if derived.tlp in (TLP.CLEAR, TLP.GREEN):
        wider = any(ANY not in old and not new <= old for old, new in dimensions)
        copy = source.owner.startswith(
            "node:"
        )  # it says who reads it here, not who else its origin gave it to
        here = frozenset() if copy else derived.releasable - source.releasable - {derived.owner}
        return _reached(derived) if wider else here
    if derived.tlp is TLP.RED:
        return derived.persons - source.persons - derived.workers
    if any(ANY not in old and not new <= old for old, new in dimensions[1:]):
        return _reached(derived)
    return frozenset() if ANY in source.organizations else dimensions[0][1] - source.organizations


def _reached(derived: Audience) -> frozenset[AccessToken]:
    match derived.tlp:
        case TLP.CLEAR:
            return frozenset({ANY})
        case TLP.GREEN:
            return _named(derived.releasable, "group") or _named(derived.releasable, "node")
        case TLP.AMBER | TLP.AMBER_STRICT:
            return derived.organizations - {ANY} or frozenset({derived.owner})
        case TLP.RED:
            return derived.persons


def _named(tokens: Iterable[AccessToken], prefix: str) -> frozenset[AccessToken]:
    return frozenset(one for one in tokens if one.startswith(f"{prefix}:"))


def uncovered(needed: Collection[AccessToken], agreed: Collection[str]) -> frozenset[AccessToken]:
    """What of `needed` no yes covers. A yes for anyone covers all; one for a group covers every organization in it."""
    if ANY in agreed:
        return frozenset()
    left = frozenset(one for one in needed if one not in agreed)
    if any(one.startswith("group:") for one in agreed):
        left = frozenset(one for one in left if not one.startswith(("org:", "node:")))
    return left


def narrowed(handling: Handling, sources: Iterable[Audience | None]) -> Handling:
    """`handling` under the stricter rule of inputs that are in doubt. None stands for an input that nobody may use any more: the
    record is then for its own organization alone. Only ever narrows.
    """
    for source in sources:
        handling = _own_only(handling) if source is None else _within(handling, source)
    return handling


def _own_only(handling: Handling) -> Handling:
    tlp = strictest([handling.tlp, TLP.AMBER_STRICT])
    return _marked(handling, tlp, handling.audience.model_copy(update={"organizations": ()}))


def _within(handling: Handling, source: Audience) -> Handling:
    """No wider than the input in any dimension; where nobody would be left, the record's own organization is."""
    if source.tlp is TLP.CLEAR:
        return handling
    chosen, tlp = handling.audience, strictest([handling.tlp, source.tlp])
    own_only = handling.tlp.restriction >= TLP.AMBER.restriction and not chosen.organizations
    cut = {
        "sectors": _cut(chosen.sectors, source.sectors),
        "roles": _cut(chosen.roles, source.roles),
        "organizations": () if own_only else _cut(chosen.organizations, source.organizations),
    }
    if None in cut.values():
        return _own_only(handling)
    named = frozenset(_ids(source.persons))
    persons = tuple(one for one in chosen.persons if one in named) if tlp is TLP.RED else chosen.persons
    narrower = _marked(handling, tlp, AudienceChoice.model_validate({**cut, "persons": persons}))
    if tlp is not TLP.GREEN:
        return narrower
    nodes = _within_nodes(narrower.releasable_to, source)
    return _own_only(handling) if nodes is None else narrower.model_copy(update={"releasable_to": nodes})


def _cut(chosen: tuple[str, ...], allowed: frozenset[AccessToken]) -> tuple[str, ...] | None:
    """What of `chosen` is allowed; nothing chosen meant everybody, so then all that is allowed. None when nothing is left."""
    if ANY in allowed:
        return chosen
    names = sorted(_ids(allowed))
    kept = [one for one in chosen if one in names] if chosen else names
    return tuple(kept) or None


def _within_nodes(chosen: tuple[str, ...], source: Audience) -> tuple[str, ...] | None:
    if ANY in source.releasable:
        return chosen
    allowed = sorted(source.releasable - {source.owner})
    kept = [one for one in chosen if one in allowed] if chosen else allowed
    return tuple(kept) or None


def _ids(tokens: Iterable[AccessToken]) -> Iterator[str]:
    return (one.partition(":")[2] for one in tokens if ":" in one)


def _marked(handling: Handling, tlp: TLP, audience: AudienceChoice) -> Handling:
    # A record of restricted reach goes to no node by itself: only by a release that names it (F-02). REL says who may read here.
    keeps = tlp is handling.tlp or Caveat.REL in handling.caveats
    releasable = handling.releasable_to if keeps else ()
    return handling.model_copy(update={"tlp": tlp, "audience": audience, "releasable_to": releasable})
