"""Words of sharing: who a recipient is, where a request or a release stands, what a claim that is proposed says. Knows no HTML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from comity.domain.tlp import TLP
from comity.services import name_recipients
from comity.services.unit import Unit


def recipient_choices(unit: Unit, ref: str) -> tuple[tuple[str, str], ...]:
    """Who can be named in a request about this record: groups first, then organizations, then nodes."""
    return tuple((one.token, _worded(one)) for one in name_recipients.recipients(unit, ref))


def recipient_name(unit: Unit, recipient: str) -> str:
    """`org:kestria.uni-x` in words."""
    return _worded(name_recipients.recipient(unit, recipient))


def _worded(one: name_recipients.Recipient) -> str:
    match one.token.partition(":")[0]:
        case "any":
            return f"anyone ({TLP.CLEAR.label})"
        case "group":
            return f"the community of {one.name} ({TLP.GREEN.label})"
        case "node":
            return f"the allied node {one.name}"
        case _:
            return one.name


def claim_words(claim: Mapping[str, Any]) -> str:
    """A proposed claim and where it can be looked up, in one line; empty without one."""
    if not claim.get("text"):
        return ""
    sources = [
        " ".join(str(one.get(name)) for name in ("title", "publisher", "url") if one.get(name))
        for one in claim.get("sources", ())
        if isinstance(one, Mapping)
    ]
    return f" Claim: {claim['text']} Sources: {'; '.join(sources)}"
