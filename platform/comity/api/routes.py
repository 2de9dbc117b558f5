"""The resource files of the API, one line each, all under `/api/v1`."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from comity.api import council, desk, drafts, me, node, records, schema, search, steps

ROUTERS: Final[tuple[APIRouter, ...]] = (
    schema.router,
    node.router,
    me.router,
    search.router,
    drafts.router,
    desk.router,
    steps.router,
    council.router,
    records.router,
)
