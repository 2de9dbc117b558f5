"""The files of this door, one line each."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from comity.taxii import objects, server

ROUTERS: Final[tuple[APIRouter, ...]] = (objects.router, server.router)
