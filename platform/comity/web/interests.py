"""Declared interests and found conflicts, for council and auditor (G-24). For everybody else there is no such page."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router
from comity.services import show_interests
from comity.services.read import find_record, marking_of
from comity.web.rendering import page

router = new_router(include_in_schema=False)


@router.get("/interests")
@capability("signed-in")
def everywhere(ctx: Ctx) -> Response:
    """What was declared or found on the records that were published last."""
    found = show_interests.everywhere(ctx.unit)
    return page(ctx, "audit/interests.html", found=found, ref="", marking=None)


@router.get("/records/{ref}/interests")
@capability("signed-in")
def of_record(ctx: Ctx, ref: str) -> Response:
    """The reviewers of one record, what they declared and what was found."""
    found = show_interests.of_record(ctx.unit, ref=ref)
    tlp = marking_of(ctx.unit, find_record(ctx.unit, ref)).value
    ctx.afterwards(partial(show_interests.log_question, ref=ref))
    return page(ctx, "audit/interests.html", found=found, ref=ref, marking={"tlp": tlp})
