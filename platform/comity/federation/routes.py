"""The files of this door, one line each."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from comity.federation import ledger, poke, token, well_known

ROUTERS: Final[tuple[APIRouter, ...]] = (well_known.router, token.router, ledger.router, poke.router)
