"""Member organizations, open to all: with whom one shares here, and which offices run the node. The secretariat sets sectors."""

from __future__ import annotations

from starlette.responses import Response

from comity import policies
from comity.domain.errors import NotFound
from comity.domain.roles import Role, Sector
from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router
from comity.services.list_members import by_sector
from comity.web.rendering import page

router = new_router(prefix="/organizations", include_in_schema=False)

SECTORS: dict[Sector | None, str] = {
    Sector.GOVERNMENT: "Government",
    Sector.ACADEMIA: "Academia",
    Sector.INDUSTRY: "Industry",
    Sector.CIVIL_SOCIETY: "Civil society",
    None: "Offices of the node",
}


@router.get("")
@capability("public")
def members(ctx: Ctx) -> Response:
    """Verified members by sector."""
    groups = [(SECTORS[sector], found) for sector, found in by_sector(ctx.unit).items()]
    return page(ctx, "organizations/list.html", groups=groups)


@router.get("/{organization_id}")
@capability("public")
def organization(ctx: Ctx, organization_id: str) -> Response:
    """One verified member. An application is not there for those who do not take part in admission."""
    everyone = {item.id: item for found in by_sector(ctx.unit).values() for item in found}
    found = everyone.get(organization_id)
    if found is None:
        raise NotFound
    granters = {role for hands in policies.membership().granted_by.values() for role in hands}
    wide = (granters - {Role.ORGANIZATION_ADMIN}) & ctx.viewer.roles
    own = ctx.viewer.organization == found.id and ctx.viewer.may("manage_members", "org")
    clients = [item for item in everyone.values() if found.id in item.client_of]
    return page(
        ctx,
        "organizations/one.html",
        organization=found,
        sector=SECTORS[found.sector],
        parent=everyone.get(found.parent),
        providers=[everyone[item] for item in found.client_of if item in everyone],
        clients=clients,
        manages=own or bool(wide),
    )
