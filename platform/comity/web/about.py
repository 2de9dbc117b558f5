"""Pages about the node that need no record: who runs it and how, its policies word for word, markings, accessibility, privacy."""

from __future__ import annotations

import re
from typing import Final

from starlette.responses import Response

from comity import policies
from comity.config import POLICIES
from comity.domain.errors import Busy, NotFound
from comity.domain.governance import Service
from comity.domain.tlp import TLP
from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router
from comity.web.rendering import page, words

router = new_router(include_in_schema=False)

_UNITS: Final = {
    "working_days": ("working day", "working days"),
    "days": ("day", "days"),
    "hours": ("hour", "hours"),
}
_VERSION: Final = re.compile(r"^version:\s*[\"']?([0-9.]+)", re.MULTILINE)
_DOCUMENTS: Final = {
    str(path.relative_to(POLICIES).with_suffix("")): path for path in sorted(POLICIES.rglob("*.yaml"))
}
"""Every policy document by name, found once. Only these can be asked for, so no address reaches another file."""


@router.get("/about")
@capability("public")
def about(ctx: Ctx) -> Response:
    """Who runs the node, who pays, which roles there are, and how long things take."""
    try:
        node = ctx.node
    except LookupError:
        raise Busy("This node is not set up yet.") from None
    levels = policies.service_levels()
    rows = [
        {
            "what": service.label,
            "time": _span(service.amount, service.unit),
            "urgent": _span(service.urgent_amount, service.urgent_unit),
            "then": _after(service),
        }
        for service in levels.services.values()
    ]
    roles = [{"name": rule.name, "says": rule.says} for rule in policies.roles().roles.values()]
    return page(
        ctx,
        "about/node.html",
        node=node,
        law=[{"label": words(name), "text": _said(value)} for name, value in node.legal_profile.items()],
        levels=rows,
        version=levels.version,
        roles=roles,
    )


def _said(value: object) -> str:
    """A part of the legal profile as a line of words: it is data, whose shape `domain.legal_profile` holds."""
    match value:
        case bool():
            return "yes" if value else "no"
        case dict():
            return "; ".join(f"{name.replace('_', ' ')}: {_said(one)}" for name, one in value.items())
        case list() | tuple():
            return ", ".join(_said(one) for one in value) or "none"
        case _:
            return str(value)


@router.get("/policies")
@capability("public")
def documents(ctx: Ctx) -> Response:
    """Every policy document and its version."""
    rows = [{"name": name, "version": _version(path.read_text("utf-8"))} for name, path in _DOCUMENTS.items()]
    return page(ctx, "about/policies.html", documents=rows)


@router.get("/policies/{name:path}")
@capability("public")
def document(ctx: Ctx, name: str) -> Response:
    """One document as the service reads it."""
    path = _DOCUMENTS.get(name)
    if path is None:
        raise NotFound
    text = path.read_text("utf-8")
    return page(ctx, "about/policy.html", name=name, version=_version(text), text=text)


@router.get("/tlp")
@capability("public")
def tlp(ctx: Ctx) -> Response:
    """The five labels and what each lets a reader do."""
    return page(ctx, "about/tlp.html", labels=list(TLP))


@router.get("/accessibility")
@capability("public")
def accessibility(ctx: Ctx) -> Response:
    """What was tested, how, and whom to tell about a barrier."""
    return page(ctx, "about/accessibility.html")


@router.get("/privacy")
@capability("public")
def privacy(ctx: Ctx) -> Response:
    """What the node keeps about people, and what it does not."""
    return page(ctx, "about/privacy.html")


@router.get("/help")
@capability("public")
def duty_of_care(ctx: Ctx) -> Response:
    """Where people under pressure from a foreign state find help without being reported (SG-17)."""
    return page(ctx, "about/help.html", places=policies.duty_of_care().places)


def _span(amount: int | None, unit: str | None) -> str:
    if amount is None or unit is None:
        return ""
    one, many = _UNITS[unit]
    return f"{amount} {one if amount == 1 else many}"


def _after(service: Service) -> str:
    limit = f"Never over {service.limit_days} days." if service.limit_days else ""
    return " ".join(part for part in (limit, service.then) if part)


def _version(text: str) -> str:
    found = _VERSION.search(text)
    return found.group(1) if found else ""
