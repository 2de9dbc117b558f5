"""Portion marks (product spec 4.3): a claim may be marked more strictly than its record, and then fewer people read it.

Knows no viewer: the caller says which markings this reader may read. Every copy that leaves the record's page (index, feed, diff,
exchange) goes through here first.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
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
    if not gone or not isinstance(ties, list):
        return {**content, "claims": kept}
    return {**content, "claims": kept, "tie_levels": [_without(tie, gone) for tie in ties]}


def _without(tie: Any, gone: Container[Any]) -> Any:
    if not isinstance(tie, Mapping) or not isinstance(tie.get("claims"), list):
        return tie
    return {**tie, "claims": [claim_id for claim_id in tie["claims"] if claim_id not in gone]}
