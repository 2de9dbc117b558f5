"""The history of one record: its versions, and what changed between any two of them, for those who may read both."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from comity.domain.tlp import TLP, strictest
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import compare as comparing
from comity.services import read
from comity.services.read import Reading
from comity.web import record_view
from comity.web.notices import redirect
from comity.web.rendering import page

router = new_router(prefix="/records", include_in_schema=False)


@router.get("/{ref}/versions")
@capability("public")
def versions(ctx: Ctx, ref: str) -> Response:
    """Every version this reader may know of, newest first."""
    reading = read.read(ctx.unit, ref=ref)
    return _purpose_first(ctx, reading) or page(ctx, "record/versions.html", **_surroundings(reading))


@router.get("/{ref}/compare")
@capability("public")
def compare(ctx: Ctx, ref: str) -> Response:
    """The difference from `old` to `new`. Without both it is between the two newest."""
    reading = read.read(ctx.unit, ref=ref)
    if first := _purpose_first(ctx, reading):
        return first
    asked = ctx.request.query_params
    known = [one.version for one in reading.versions]
    new = asked.get("new") or known[0]
    old = asked.get("old") or known[min(1, len(known) - 1)]
    found = comparing.compare(ctx.unit, ref=ref, old=old, new=new)
    sections = [{"label": one.label, "parts": one.parts} for one in found.changes]
    around = _surroundings(reading)
    labels = [found.old.handling.tlp, found.new.handling.tlp, TLP(record_view.marking(reading)["tlp"])]
    around["marking"] = {"tlp": strictest(labels).value}
    return page(ctx, "record/compare.html", found=found, sections=sections, **around)


def _purpose_first(ctx: Context, reading: Reading) -> Response | None:
    return redirect(ctx, f"/records/{reading.record.ref}") if reading.needs_purpose else None


def _surroundings(reading: Reading) -> dict[str, Any]:
    return {
        "reading": reading,
        "record": reading.record,
        "history": record_view.history(reading),
        "marking": record_view.marking(reading),
    }
