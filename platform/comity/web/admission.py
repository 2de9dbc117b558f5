"""How an organization joins, for those who take part: propose, check, approve, object, admit, close. Every step is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from starlette.responses import Response

from comity import policies
from comity.domain.errors import Invalid, NotFound, Problem
from comity.domain.roles import Sector
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import enrol
from comity.services.unit import Unit
from comity.web.forms import Field, Sent, SentForm, filled, general, parsed
from comity.web.notices import redirect
from comity.web.organizations import SECTORS
from comity.web.rendering import page

router = new_router(prefix="/admission", include_in_schema=False)

Verb = Callable[[Unit, str, Sent], object]

PROPOSAL: Final = (
    Field("name", "Name of the organization", max_length=300),
    Field("id", "Short name", hint="Small letters, digits and dashes, such as uni-north.", max_length=60),
    Field("country", "Country", required=False, hint="Two capital letters, such as NO.", max_length=2),
    Field("website", "Website", required=False, hint="Begins with https://", max_length=300),
    Field("ror", "ROR identifier", required=False, hint="Such as https://ror.org/05dxps055"),
    Field("other_names", "Other names", widget="lines", required=False, hint="One a line, in any script."),
    Field(
        "why",
        "Why it should join",
        widget="prose",
        hint="What it does, and who vouches for it.",
        max_length=2000,
    ),
)


@router.get("")
@capability("signed-in")
def applications(ctx: Ctx) -> Response:
    """Open applications, what is missing for each, and the form for another one."""
    return _page(ctx)


@router.post("")
@capability("signed-in")
def propose(ctx: Ctx, sent: SentForm) -> Response:
    """A new application. The sector is not in the form: the secretariat finds it out."""
    names = tuple(field.name for field in PROPOSAL)
    sent.only(*names)
    typed: dict[str, object] = {name: sent.one(name) for name in names}
    typed["other_names"] = [line.strip() for line in sent.one("other_names").split("\n") if line.strip()]
    try:
        made = enrol.propose(ctx.unit, parsed(enrol.Proposal, typed))
    except Invalid as wrong:
        fields = filled(PROPOSAL, sent, wrong.problems)
        return _page(ctx, status=422, fields=fields, told=general(fields, wrong.problems))
    return redirect(ctx, "/admission", f"{made.name} is proposed. The secretariat checks it next.")


@router.post("/{organization_id}/{verb}")
@capability("signed-in")
def step(ctx: Ctx, organization_id: str, verb: str, sent: SentForm) -> Response:
    """One step by the hand of the viewer; the services say whose hand it may be."""
    act, done = _VERBS.get(verb, (None, ""))
    if act is None:
        raise NotFound
    try:
        act(ctx.unit, organization_id, sent)
    except Invalid as wrong:
        told = [problem.message for problem in wrong.problems]
        return _page(ctx, status=422, told=told, at=organization_id, typed=sent)
    return redirect(ctx, "/admission", done)


def _check(unit: Unit, organization_id: str, sent: Sent) -> object:
    known = {sector.value for sector in Sector}
    if sent.one("sector") not in known:
        raise Invalid([Problem("sector", "unknown", "Choose one of the four sectors.")])
    return enrol.check(
        unit,
        organization_id=organization_id,
        sector=Sector(sent.one("sector")),
        note=sent.one("note"),
        state_owned=sent.ticked("state_owned"),
        majority_government_funded=sent.ticked("majority_government_funded"),
    )


_VERBS: Final[dict[str, tuple[Verb, str]]] = {
    "check": (_check, "The check is recorded. Members may object from now on."),
    "approve": (
        lambda unit, which, sent: enrol.approve(unit, organization_id=which, text=sent.one("text")),
        "Your approval is recorded.",
    ),
    "object": (
        lambda unit, which, sent: enrol.object_to(unit, organization_id=which, text=sent.one("text")),
        "Your objection is recorded. It asks for more approvals, given in knowledge of it.",
    ),
    "admit": (
        lambda unit, which, _: enrol.admit(unit, organization_id=which),
        "The organization is a member.",
    ),
    "refuse": (
        lambda unit, which, sent: enrol.refuse(unit, organization_id=which, text=sent.one("text")),
        "The application is closed.",
    ),
}


def _page(
    ctx: Context,
    *,
    status: int = 200,
    fields: list[Field] | None = None,
    told: list[str] | None = None,
    at: str = "",
    typed: Sent | None = None,
) -> Response:
    found = enrol.applications(ctx.unit)
    written: dict[str, Any] = (
        {"at": at, "note": typed.one("note"), "text": typed.one("text")} if typed else {}
    )
    return page(
        ctx,
        "organizations/admission.html",
        status=status,
        applications=found,
        fields=fields or list(PROPOSAL),
        general=told or [],
        written=written,
        sectors=[(sector.value, SECTORS[sector]) for sector in Sector],
        checks=bool(set(policies.membership().checked_by) & ctx.viewer.roles),
        approves=bool(set(policies.membership().approved_by) & ctx.viewer.roles),
    )
