"""The words of search and of record pages: what a facet, a code, a permitted action or an age is called by readers.

Decides wording only. A code this node does not know (from another node, say) is shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from comity import policies
from comity.domain.kinds.due_diligence_note import TIE_LEVELS
from comity.domain.kinds.registry import KINDS
from comity.domain.node import Node
from comity.domain.record import Record

FACETS: Final[Mapping[str, str]] = {
    "kind": "Kind",
    "subtype": "Type",
    "technology_area": "Technology area",
    "pathway": "Pathway",
    "method_family": "Method",
    "application_family": "Application",
    "entity_type": "Type of organization",
    "tie_level": "Tie level",
    "country": "Country of organization",
    "sector": "Sector of origin",
    "node": "Node of origin",
    "tlp": "Marking",
    "severity": "Severity",
    "evidence_level": "Evidence",
    "status": "Status",
    "freshness": "Freshness",
    "provenance": "How it came here",
}
"""Facet of the index -> its name on the page."""

_VOCABULARIES: Final = {
    "technology_area": "technology_areas",
    "pathway": "pathways",
    "method_family": "method_families",
    "application_family": "application_families",
    "sector": "sectors",
}

PROVENANCE: Final[Mapping[str, str]] = {
    "reviewed": "Reviewed by members",
    "taken_over": "Taken over from a public source",
}
"""A record that several sectors agreed to, or a public document of a source that council admitted (4.10.9)."""


def kind_name(kind: str) -> str:
    """`due_diligence_note` -> `Partner due-diligence note`."""
    return KINDS[kind].label if kind in KINDS else in_words(kind)


def in_words(code: str) -> str:
    """`threat_note` -> `Threat note`."""
    return code.replace("_", " ").capitalize()


def sector_name(code: str) -> str:
    """The sector as the taxonomy calls it; empty for an organization of none."""
    return policies.taxonomy().label("sectors", code) if code else ""


def node_name(node_id: str, here: Node) -> str:
    """This node by its name, another one by its id."""
    return here.name if node_id == here.node_id else node_id


def node_of(record: Record, here: Node) -> str:
    """Where a record comes from: this node's name, or the name that the other node gives itself, with its id."""
    if not record.is_copy(here.node_id):
        return here.name
    name = record.origin_says("node_name")
    return f"{name} ({record.origin_node})" if name else record.origin_node


def facet_value(facet: str, code: str, here: Node) -> str:
    """What one value of a facet is called."""
    match facet:
        case "kind":
            return kind_name(code)
        case "tlp":
            return f"TLP:{code}"
        case "provenance":
            return PROVENANCE.get(code, in_words(code))
        case "node":
            return node_name(code, here)
        case "tie_level":
            return TIE_LEVELS.get(code, code)
        case "country":
            return code
        case _:
            pass
    if facet in _VOCABULARIES:
        return policies.taxonomy().label(_VOCABULARIES[facet], code)
    return in_words(code)


def age(since: datetime | None, now: datetime) -> str:
    """`today`, `5 days ago`, `3 months ago`, `2 years ago`."""
    if since is None:
        return ""
    days = (now.date() - since.date()).days
    for length, word in ((365, "year"), (30, "month"), (7, "week"), (1, "day")):
        count = days // length
        if count >= 1 and not (word == "week" and days < 14):
            return f"{count} {word}{'' if count == 1 else 's'} ago"
    return "today"
