"""Where a record is at the allied nodes and, if it is not there, why not; how far a recall has come; an overview for the officer.

Who may see it is the service's answer: for anybody else these pages do not exist (H-04).
"""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from comity.domain.recall import ACTIONS
from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router
from comity.services import recall, where_it_is
from comity.services.read import marking_of
from comity.services.recall import Standing
from comity.services.where_it_is import Place, Whereabouts
from comity.web.rendering import day, page

router = new_router(include_in_schema=False)

STATES: Final = {
    "waiting": "In the feed, not fetched yet",
    "fetched": "Fetched, no answer yet",
    "applied": "There",
    "refused": "Refused by the node",
    "recalled": "Called back, waiting for its answer",
    "done": "Taken back",
    "partly": "Taken back in part",
    "silent": "Called back, silent past the deadline",
    "withheld": "Not sent",
}


@router.get("/records/{ref}/deliveries")
@capability("signed-in")
def deliveries(ctx: Ctx, ref: str) -> Response:
    """Every node, where the record is there, and what became of a recall."""
    found = where_it_is.of_record(ctx.unit, ref=ref)
    tlp = marking_of(ctx.unit, found.record).value
    return page(
        ctx,
        "exchange/record.html",
        record=found.record,
        tlp=tlp,
        marking={"tlp": tlp},
        rows=[_row(one) for one in found.places],
        asked=_asked(found),
        recalls=[_recall(one) for one in found.recalls],
    )


@router.get("/exchange/deliveries")
@capability("release", "yes")
def overview(ctx: Ctx) -> Response:
    """Everything that an ally took, with filters, for the federation officer."""
    asked = ctx.request.query_params
    state, node = asked.get("state", ""), asked.get("node", "")
    found = where_it_is.overview(ctx.unit, state=state if state in STATES else "", node=node)
    everything = where_it_is.overview(ctx.unit) if state or node else found
    nodes = {place.node: place.name for _, _, place in everything}
    return page(
        ctx,
        "exchange/overview.html",
        rows=[
            {
                "record": {"text": record.ref, "href": f"/records/{record.ref}/deliveries"},
                "title": title,
                **_row(place),
            }
            for record, title, place in found
        ],
        states=[("", "Any")]
        + [(code, words) for code, words in STATES.items() if code not in ("waiting", "withheld")],
        nodes=[("", "Any"), *sorted(nodes.items(), key=lambda one: one[1])],
        chosen={"state": state, "node": node},
        kept=recall.answered_in_time(ctx.unit),
    )


def _row(one: Place) -> dict[str, Any]:
    return {
        "node": {"text": one.name, "href": f"/peers/{one.node}"},
        "state": STATES.get(one.state, one.state),
        "since": day(one.since) if one.since else "",
        "why": " ".join(one.reasons),
    }


def _recall(one: Standing) -> dict[str, Any]:
    return {
        "node": one.name,
        "asked": ACTIONS.get(one.action, one.action),
        "due": one.due_at.strftime("%Y-%m-%d %H:%M UTC") if one.due_at else "",
        "state": STATES.get({"waiting": "recalled"}.get(one.state, one.state), one.state),
        "why": " ".join(part for part in (one.reason, one.text) if part),
    }


def _asked(found: Whereabouts) -> dict[str, Any]:
    """“7 of 8 nodes confirmed, node X silent since …”."""
    silent = [
        f"{one.name} silent since {one.since.strftime('%Y-%m-%d %H:%M UTC')}"
        for one in found.recalls
        if one.state == "silent"
    ]
    return {"of": len(found.recalls), "confirmed": found.confirmed, "silent": silent}
