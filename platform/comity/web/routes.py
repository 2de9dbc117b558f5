"""The page files of the portal, one line each. Order matters only where two patterns could match one address."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from comity.web import (
    about,
    access,
    account,
    actions,
    admission,
    alerts,
    attachments,
    audit,
    deliveries,
    editor,
    feeds,
    health,
    home,
    interests,
    invitation,
    ledger,
    members,
    minor,
    organizations,
    peers,
    record,
    requests,
    respond,
    review,
    search,
    searches,
    sign_in,
    submission,
    tokens,
    transparency,
    triage,
    trust_groups,
    versions,
    work,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    health.router,
    about.router,
    home.router,
    search.router,
    feeds.router,
    deliveries.router,
    record.router,
    versions.router,
    sign_in.router,
    account.router,
    tokens.router,
    invitation.router,
    organizations.router,
    peers.router,
    trust_groups.router,
    members.router,
    admission.router,
    editor.router,
    submission.router,
    work.router,
    triage.router,
    review.router,
    minor.router,
    actions.router,
    alerts.router,
    access.router,
    requests.router,
    respond.router,
    searches.router,
    audit.router,
    interests.router,
    transparency.router,
    ledger.router,
)

UPLOADS: Final[tuple[APIRouter, ...]] = (attachments.router,)
"""Routers whose requests may be as large as an attachment."""
