"""One result as `components/record_card.html` takes it: facts and words only, never a score."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from comity.domain.lifecycle_facts import State
from comity.domain.node import Node
from comity.domain.tlp import TLP, strictest
from comity.services.find import Found
from comity.web.vocabulary import age, in_words, kind_name, node_of, sector_name

_GONE: Final = frozenset({State.WITHDRAWN, State.LEGALLY_RESTRICTED})

_NAMELESS: Final = frozenset({"anonymous_via_secretariat"})
_ANONYMOUS: Final = "A member, anonymously"


def card_of(found: Found, here: Node, now: datetime) -> dict[str, Any]:
    """Everything a result says beside its title: marking, origin, age, expiry, dispute, reply and a first step (4.12, J-01.3)."""
    record = found.record
    expired = record.state is State.EXPIRED or (record.expires_at is not None and record.expires_at <= now)
    return {
        "tlp": found.tlp,
        "kind": kind_name(record.kind),
        "subtype": in_words(record.subtype),
        "ref": record.ref,
        "href": f"/records/{record.ref}",
        "title_parts": found.title,
        "snippet": [found.snippet] if found.snippet else [],
        "organization": found.originator or (_ANONYMOUS if record.attribution_mode in _NAMELESS else ""),
        "sector": sector_name(record.sector),
        "node": node_of(record, here),
        "published": record.published_at,
        "age": age(record.published_at, now),
        "expires": record.expires_at,
        "expired": expired,
        "withdrawn": record.state in _GONE or record.tombstone is not None,
        "superseded": record.state is State.SUPERSEDED,
        "held": record.state is State.HELD,
        "disputed": record.under_dispute,
        "review_due": record.overdue(now) and not expired,
        "urgent": record.urgent,
        "has_reply": found.has_reply,
        "action": found.action.get("do", ""),
        "action_for": found.action.get("who", ""),
    }


def marking_of_list(cards: list[dict[str, Any]]) -> dict[str, str] | None:
    """A page that quotes several records carries the strictest of their markings (H-01). None for an empty list."""
    return {"tlp": strictest(TLP(card["tlp"]) for card in cards).value} if cards else None
