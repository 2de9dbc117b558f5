"""Portion marks (product spec 4.3): a claim may be marked more strictly than its record, and then fewer people read it.

Knows no viewer: the caller says which markings this reader may read. Every copy that leaves the record's page (index, feed, diff,
exchange) goes through here first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from comity.domain.tlp import TLP, parse_tlp


def readable_part(content: Mapping[str, Any], may_read: Callable[[TLP], bool]) -> dict[str, Any]:
    """A copy without the claims that carry a marking of their own which `may_read` refuses; references to them go too.

    A marking that is not known counts as RED. Claims without a marking of their own follow the record.
    """
    claims = content.get("claims")
    if not isinstance(claims, list):
        return dict(content)
    kept = [
        c
        for c in claims
        if not isinstance(c, Mapping) or not c.get("tlp") or may_read(parse_tlp(str(c["tlp"])))
    ]
    gone = {c.get("claim_id") for c in claims if isinstance(c, Mapping)} - {
        c.get("claim_id") for c in kept if isinstance(c, Mapping)
    }
    ties = content.get("tie_levels")
    if not isinstance(ties, list):
        return {**content, "claims": kept}
    shown = [
        {**t, "claims": [c for c in t.get("claims", []) if c not in gone]} if isinstance(t, Mapping) else t
        for t in ties
    ]
    return {**content, "claims": kept, "tie_levels": shown}
