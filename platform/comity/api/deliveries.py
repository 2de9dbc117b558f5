"""Where a record is at the allied nodes, why it is not there, and how far a recall has come; the same as the pages show.

For its originator, editors and the federation officer. For anybody else the record has no such resource (H-04).
"""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from comity.api.shapes import Shape
from comity.domain.recall import ACTIONS
from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router
from comity.services import where_it_is
from comity.services.where_it_is import Place

router = new_router(tags=["deliveries"])

State = Literal[
    "", "waiting", "fetched", "applied", "refused", "recalled", "done", "partly", "silent", "withheld"
]  # fmt: skip


class RecallOut(Shape):
    """What a node was asked to do and what it answered."""

    action: str = Field(description=f"One of {', '.join(ACTIONS)}.")
    due_at: AwareDatetime | None
    state: str
    since: AwareDatetime
    reason: str
    text: str


class PlaceOut(Shape):
    """One record at one node. `reasons` are sentences: why it is not there, or why the node did not take it."""

    ref: str
    node: str
    name: str
    state: str
    reasons: list[str]
    since: AwareDatetime | None
    recall: RecallOut | None


class WhereaboutsOut(Shape):
    """One record at every node, and how many confirmed that it is out of use there."""

    ref: str
    asked: int
    confirmed: int
    items: list[PlaceOut]


class PlacesOut(Shape):
    """What allied nodes took, the newest record first."""

    items: list[PlaceOut]


@router.get("/records/{ref}/deliveries")
@capability("signed-in")
def deliveries(ctx: Ctx, ref: str) -> WhereaboutsOut:
    """Where a record is at each allied node."""
    found = where_it_is.of_record(ctx.unit, ref=ref)
    items = [_place(found.record.ref, one) for one in found.places]
    return WhereaboutsOut(
        ref=found.record.ref, asked=len(found.recalls), confirmed=found.confirmed, items=items
    )


@router.get("/exchange/deliveries")
@capability("signed-in")
def overview(ctx: Ctx, state: State = "", node: str = "") -> PlacesOut:
    """Everything that an ally took, for the federation officer."""
    found = where_it_is.overview(ctx.unit, state=state, node=node[:60])
    return PlacesOut(items=[_place(record.ref, place) for record, _, place in found])


def _place(ref: str, one: Place) -> PlaceOut:
    return PlaceOut(
        ref=ref,
        node=one.node,
        name=one.name,
        state=one.state,
        reasons=list(one.reasons),
        since=one.since,
        recall=None
        if one.recall is None
        else RecallOut(
            action=one.recall.action,
            due_at=one.recall.due_at,
            state=one.recall.state,
            since=one.recall.since,
            reason=one.recall.reason,
            text=one.recall.text,
        ),
    )
