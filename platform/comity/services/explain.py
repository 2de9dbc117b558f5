"""Why a person may or may not know of a record, for an operator who is asked. It tells the facts of the audience and of the viewer,
never a title or a text, and leaves an entry in the log: the operator who may not read a record must not learn of it in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from comity.domain.access import body_visible_to, visible_to, why_readable
from comity.domain.audience import Audience
from comity.domain.errors import NotFound
from comity.domain.rules import AtMost, Overlaps, allows, lacking
from comity.domain.viewer import Viewer
from comity.services.read import find_record
from comity.services.unit import Unit
from comity.storage import audiences, people

PUBLIC = "public"


@dataclass(frozen=True)
class Explained:
    """`knows`: may learn that it exists; `reads`: may also read its content. `why` is one or more plain sentences."""

    ref: str
    state: str
    audience: Audience
    knows: bool
    reads: bool
    why: Sequence[str]


def explain(unit: Unit, *, ref: str, who: str) -> Explained:
    """For the account `who`, or `public`. `NotFound` for an unknown reference, or an account that is absent or not active."""
    record = find_record(unit, ref)
    viewer = _viewer(unit, who)
    audience = audiences.load(unit.db, record.audience_id)
    unit.audit("access.explained", record.ref, audience_id=record.audience_id, viewer=who)
    knows = allows(visible_to(viewer), audience.facts())
    reads = allows(body_visible_to(viewer), audience.facts())
    return Explained(
        ref=record.ref,
        state=record.state.value,
        audience=audience,
        knows=knows,
        reads=reads,
        why=why_readable(viewer, audience) if knows else why_not(viewer, audience),
    )


def why_not(viewer: Viewer, audience: Audience) -> list[str]:
    """What is missing on the way that comes nearest."""
    missing = lacking(visible_to(viewer), audience.facts(), _weight)
    if not missing:
        return ["No role of this viewer reads a record in this state under this marking."]
    return list(dict.fromkeys(_spoken(leaf, audience) for leaf in missing))


def _weight(leaf: Overlaps | AtMost) -> int:
    """Nothing can be done about a marking or a state, so the way that fits them is the one to tell."""
    return 10 if leaf.field in ("tlp", "stage") else 1


def _viewer(unit: Unit, who: str) -> Viewer:
    if who == PUBLIC:
        return people.public_viewer(unit.db)
    account = people.account_by_email(unit.db, who) if "@" in who else people.account(unit.db, who)
    try:
        return people.viewer_of(unit.db, account.id if account else who, second_factor=True)
    except LookupError:
        raise NotFound from None


def _spoken(leaf: Overlaps | AtMost, audience: Audience) -> str:
    fact = audience.facts()[leaf.field]
    if isinstance(leaf, AtMost) or isinstance(fact, int):
        return f"Its {leaf.field} is {fact}."
    has = ", ".join(sorted(fact)) or "nobody"
    return f"Its {leaf.field} are {has}; this viewer has {', '.join(sorted(leaf.values)) or 'none'}."
