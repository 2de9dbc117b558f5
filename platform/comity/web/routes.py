"""The page files of the portal, one line each. Order matters only where two patterns could match one address."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from comity.web import about, account, admission, health, invitation, members, organizations, sign_in, tokens

ROUTERS: Final[tuple[APIRouter, ...]] = (
    health.router,
    about.router,
    sign_in.router,
    account.router,
    tokens.router,
    invitation.router,
    organizations.router,
    members.router,
    admission.router,
)
