"""The transparency pages: today's numbers of what anyone may read, and each finished quarter, also as JSON and CSV."""

from __future__ import annotations

import csv
import io
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from comity.domain.transparency import SMALL_CELL, Table
from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router
from comity.services import transparency
from comity.web.rendering import page

router = new_router(prefix="/transparency", include_in_schema=False)

BAR: Final = 320
"""Width of the longest bar of a chart, in its own units."""


@router.get("")
@capability("public")
def overview(ctx: Ctx) -> Response:
    """Live numbers, and the way to the reports."""
    tables = [drawn(table) for table in transparency.live(ctx.unit).tables]
    return page(ctx, "transparency/overview.html", tables=tables, quarters=transparency.finished(ctx.unit))


@router.get("/{name}")
@capability("public")
def report(ctx: Ctx, name: str) -> Response:
    """One quarter: `2026-Q3`, or `2026-Q3.json`, `2026-Q3.csv`."""
    quarter, _, form = name.partition(".")
    found = transparency.report(ctx.unit, name=quarter if form in ("", "json", "csv") else "")
    if form == "json":
        return JSONResponse(transparency.as_json(found))
    if form == "csv":
        return _csv(found)
    tables = [drawn(table) for table in found.figures.tables]
    return page(ctx, "transparency/report.html", report=found, tables=tables, small=SMALL_CELL)


def drawn(table: Table) -> dict[str, Any]:
    """A table with the bars of its chart. A hidden cell has no bar."""
    longest = max((cell.count or 0 for cell in table.cells), default=0)
    cells = [
        {
            "label": " · ".join(_words(label) for label in cell.labels),
            "count": cell.count,
            "bar": round(BAR * cell.count / longest) if cell.count and longest else 0,
        }
        for cell in table.cells
    ]
    return {"title": table.title, "columns": " · ".join(table.columns), "cells": cells, "total": table.total}


def _words(code: str) -> str:
    return code.replace("_", " ")


def _csv(found: transparency.Report) -> Response:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("section", "label", "value"))
    writer.writerows(transparency.as_rows(found))
    headers = {"content-disposition": f'attachment; filename="transparency-{found.name}.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
