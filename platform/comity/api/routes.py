"""The resource files of the API, one line each, all under `/api/v1`."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from comity.api import (
    council,
    deliveries,
    desk,
    drafts,
    me,
    node,
    peers,
    records,
    schema,
    search,
    sharing,
    steps,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    schema.router,
    node.router,
    peers.router,
    me.router,
    search.router,
    drafts.router,
    desk.router,
    steps.router,
    sharing.router,
    deliveries.router,
    council.router,
    records.router,
)
