"""What is open to all about the node: itself, its members, the kinds it holds, its taxonomy and its policies, and its health."""

from __future__ import annotations

from typing import Any, Literal

from starlette.responses import JSONResponse

from comity import policies
from comity.api.shapes import OrganizationOut, Shape
from comity.domain.errors import Busy, NotFound
from comity.domain.kinds.registry import KINDS
from comity.domain.kinds.schema import json_schema
from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router
from comity.services.list_members import by_sector

router = new_router(tags=["node"])


class Health(Shape):
    """The process answers."""

    status: Literal["ok"] = "ok"


class NodeOut(Shape):
    """This node. `demo` is true where the records are a demonstration."""

    node_id: str
    name: str
    country: str
    languages: list[str]
    trust_group: str
    contact: str
    demo: bool


class Organizations(Shape):
    """The verified members and the offices of the node."""

    items: list[OrganizationOut]


class KindOut(Shape):
    """A kind of record."""

    name: str
    label: str
    schema_url: str


class Kinds(Shape):
    """What can be drafted here."""

    items: list[KindOut]


class Taxonomy(Shape):
    """Vocabularies: code and label."""

    version: str
    vocabularies: dict[str, list[tuple[str, str]]]


class PolicyOut(Shape):
    """The policy as the service reads it."""

    name: str
    version: str
    document: dict[str, Any]


class Policies(Shape):
    """The policies in force."""

    items: list[PolicyOut]


@router.get("/health")
@capability("public")
def health(_ctx: Ctx) -> Health:
    """No look at the database, no version, no address."""
    return Health()


@router.get("/node")
@capability("public")
def node(ctx: Ctx) -> NodeOut:
    """Who runs this node."""
    try:
        here = ctx.node
    except LookupError:
        raise Busy("This node is not set up yet.") from None
    return NodeOut(
        node_id=here.node_id,
        name=here.name,
        country=here.country,
        languages=list(here.languages),
        trust_group=here.trust_group,
        contact=here.contact,
        demo=here.demo,
    )


@router.get("/organizations")
@capability("public")
def organizations(ctx: Ctx) -> Organizations:
    """With whom one shares here."""
    return Organizations(
        items=[OrganizationOut.of(one) for found in by_sector(ctx.unit).values() for one in found]
    )


@router.get("/organizations/{organization_id}")
@capability("public")
def organization(ctx: Ctx, organization_id: str) -> OrganizationOut:
    """One verified member."""
    members = (one for found in by_sector(ctx.unit).values() for one in found)
    found = next((one for one in members if one.id == organization_id), None)
    if found is None:
        raise NotFound
    return OrganizationOut.of(found)


@router.get("/kinds")
@capability("public")
def kinds(_ctx: Ctx) -> Kinds:
    """The kinds of record, with the address of the schema of each."""
    return Kinds(
        items=[
            KindOut(name=name, label=one.label, schema_url=f"/api/v1/kinds/{name}/schema")
            for name, one in KINDS.items()
        ]
    )


@router.get("/kinds/{name}/schema")
@capability("public")
def kind_schema(_ctx: Ctx, name: str) -> JSONResponse:
    """JSON Schema (2020-12) of complete content."""
    if name not in KINDS:
        raise NotFound
    return JSONResponse(json_schema(KINDS[name]), media_type="application/schema+json")


@router.get("/taxonomy")
@capability("public")
def taxonomy(_ctx: Ctx) -> Taxonomy:
    """Every vocabulary in its order."""
    known = policies.taxonomy()
    vocabularies = {
        name: [(code, label) for code, label in pairs] for name, pairs in known.vocabularies.items()
    }
    return Taxonomy(version=known.version, vocabularies=vocabularies)


@router.get("/policies")
@capability("public")
def documents(_ctx: Ctx) -> Policies:
    """Who must agree to what, roles and powers, reasons, handling, membership and times: as data, with versions."""
    found = {
        "quorum": policies.quorum(),
        "roles": policies.roles(),
        "reason_codes": policies.reason_codes(),
        "handling": policies.handling_policy(),
        "membership": policies.membership(),
        "service_levels": policies.service_levels(),
    }
    return Policies(
        items=[
            PolicyOut(name=name, version=one.version, document=one.model_dump(mode="json"))
            for name, one in found.items()
        ]
    )
