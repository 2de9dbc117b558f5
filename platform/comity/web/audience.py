"""The audience pre-flight in the words and lists of `components/audience.html`. Says who, never why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from comity.domain.handling import AttributionMode
from comity.domain.roles import Sector
from comity.services.preflight import Preflight, Readers
from comity.web.organizations import SECTORS

_FROM: Final[Mapping[AttributionMode, str]] = {
    "organization": "Readers are told that it is from your organization.",
    "sector_only": "Readers are told the sector that it is from, and not which organization.",
    "anonymous_via_secretariat": "Readers are told neither organization nor sector. The secretariat knows.",
}


def drawn(found: Preflight, *, node_name: str, published: bool) -> dict[str, Any]:
    """Context of the block. `changes`: is there a version to compare with? `from`: whom readers are told it is from."""
    return {
        "tlp": found.tlp.value,
        "reach": _reach(found.after, node_name),
        "gains": _changed(found.gains),
        "loses": _changed(found.loses),
        "changes": published,
        "portions": [
            {
                "tlp": portion.tlp.value,
                "claims": portion.claims,
                "people": portion.readers.people,
                "who": ", ".join(group.name for group in portion.readers.groups),
            }
            for portion in found.portions
        ],
        "beyond": [_beyond(name) for name in found.nodes_beyond],
        "from": _FROM[found.attribution_mode],
    }


def _reach(readers: Readers, node_name: str) -> dict[str, Any]:
    return {
        "anyone": readers.anyone,
        "total": readers.people,
        "groups": [
            {
                "label": "By node",
                "rows": [{"label": node_name, "count": count} for count in readers.by_node.values()],
            },
            {"label": "By sector", "rows": _sectors(readers)},
            {
                "label": "By organization",
                "rows": [{"label": one.name, "count": one.people} for one in readers.groups],
            },
        ],
    }


def _sectors(readers: Readers) -> list[dict[str, Any]]:
    order = [*(one.value for one in Sector), ""]
    counts = readers.by_sector
    return [{"label": sector_name(one), "count": counts[one]} for one in order if one in counts]


def sector_name(code: str) -> str:
    """`civil_society` -> `Civil society`; without one, the offices of the node."""
    return SECTORS[Sector(code)] if code in Sector._value2member_map_ else SECTORS[None]


def _changed(readers: Readers) -> Sequence[dict[str, Any]]:
    rows = [
        {"label": one.name, "count": one.people, "detail": sector_name(one.sector)} for one in readers.groups
    ]
    if readers.anyone:
        rows.insert(0, {"label": "People without an account", "count": "anyone", "detail": ""})
    return rows


def _beyond(name: str) -> str:
    kind, _, which = name.partition(":")
    words = {
        "node": f"the node {which}",
        "group": f"the nodes of the trust group “{which}”",
        "org": f"the organization {which}",
    }
    return words.get(kind, name)
