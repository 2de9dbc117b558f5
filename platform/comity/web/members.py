"""People of an organization, for its administrator and for those who grant roles: invite, give and take roles, suspend, renew.

Whom the viewer does not manage is not there (peers S12). The forms offer only what the services would accept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from starlette.responses import Response

from comity import policies
from comity.domain.errors import Invalid, NotFound
from comity.domain.roles import Role
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import grant, invite, second_factor, suspend
from comity.services.list_members import member, members
from comity.services.unit import Unit
from comity.web.forms import Field, Sent, SentForm, filled, general
from comity.web.invitation import address
from comity.web.notices import redirect
from comity.web.rendering import page

router = new_router(prefix="/members", include_in_schema=False)

EMAIL: Final = Field("email", "E-mail address", widget="email", max_length=254)
NAME: Final = Field("name", "Name", max_length=120)
REASON: Final = Field(
    "reason", "Reason", hint="10 to 500 characters. It is kept in the audit log.", max_length=500
)

Verb = Callable[[Unit, str, Sent], None]


@router.get("")
@capability("signed-in")
def own_members(ctx: Ctx) -> Response:
    """The people of the viewer's own organization."""
    return _list(ctx, ctx.viewer.organization or "")


@router.get("/of/{organization_id}")
@capability("signed-in")
def members_of(ctx: Ctx, organization_id: str) -> Response:
    """The people of any organization, for those who grant across organizations."""
    return _list(ctx, organization_id)


@router.post("/of/{organization_id}")
@capability("signed-in")
def invite_one(ctx: Ctx, organization_id: str, sent: SentForm) -> Response:
    """A new account; the link is on the answer, to be handed over in person or by a channel of one's choice."""
    sent.only("email", "name", "roles")
    known = {role.value for role in Role}
    roles = [Role(text) for text in sent.many("roles") if text in known]
    try:
        made = invite.invite(
            ctx.unit,
            email=sent.one("email"),
            name=sent.one("name"),
            organization=organization_id,
            roles=roles,
        )
    except Invalid as wrong:
        fields = filled(_form(), sent, wrong.problems)
        return _list(ctx, organization_id, status=422, fields=fields, told=general(fields, wrong.problems))
    return _handed_over(ctx, made)


@router.get("/{account_id}")
@capability("signed-in")
def one(ctx: Ctx, account_id: str) -> Response:
    """One person: roles held and held before, and what the viewer may do."""
    return _one(ctx, account_id)


@router.post("/{account_id}/{verb}")
@capability("signed-in")
def change(ctx: Ctx, account_id: str, verb: str, sent: SentForm) -> Response:
    """Give or take a role, suspend, restore, renew the invitation, reset the second factor."""
    if verb == "renew":
        return _handed_over(ctx, invite.renew(ctx.unit, account_id=account_id))
    act, done = _VERBS.get(verb, (None, ""))
    if act is None:
        raise NotFound
    try:
        act(ctx.unit, account_id, sent)
    except Invalid as wrong:
        told = [problem.message for problem in wrong.problems]
        return _one(ctx, account_id, status=422, told=told, reason=sent.one("reason"))
    return redirect(ctx, f"/members/{account_id}", done)


def _role(sent: Sent) -> Role:
    try:
        return Role(sent.one("role"))
    except ValueError:
        raise NotFound from None


_VERBS: Final[dict[str, tuple[Verb, str]]] = {
    "grant": (
        lambda unit, who, sent: grant.grant(unit, account_id=who, role=_role(sent)),
        "The role was given.",
    ),
    "revoke": (
        lambda unit, who, sent: grant.revoke(unit, account_id=who, role=_role(sent)),
        "The role was taken.",
    ),
    "suspend": (
        lambda unit, who, sent: suspend.suspend_account(unit, account_id=who, reason=sent.one("reason")),
        "The account is suspended; its sign-ins and tokens have ended.",
    ),
    "restore": (
        lambda unit, who, sent: suspend.restore_account(unit, account_id=who, reason=sent.one("reason")),
        "The account may sign in again.",
    ),
    "reset-second-factor": (
        lambda unit, who, _: second_factor.reset(unit, account_id=who),
        "The second factor was taken away; its sign-ins and tokens have ended.",
    ),
}


def _form() -> list[Field]:
    names = policies.roles().roles
    options = tuple((role.value, names[role].name) for role in policies.membership().granted_by)
    roles = Field("roles", "Roles", widget="choices", required=False, options=options)
    return [EMAIL, NAME, roles]


def _list(
    ctx: Context,
    organization_id: str,
    *,
    status: int = 200,
    fields: list[Field] | None = None,
    told: list[str] | None = None,
) -> Response:
    found = members(ctx.unit, organization=organization_id)
    names = policies.roles().roles
    rows = [
        {"account": item.account, "roles": [names[role].name for role in sorted(item.roles)]}
        for item in found
    ]
    known: dict[str, Any] = {"rows": rows, "fields": fields or _form(), "general": told or []}
    return page(ctx, "organizations/members.html", status=status, organization_id=organization_id, **known)


def _one(
    ctx: Context, account_id: str, *, status: int = 200, told: list[str] | None = None, reason: str = ""
) -> Response:
    found, history = member(ctx.unit, account_id=account_id)
    names = {role: rule.name for role, rule in policies.roles().roles.items()}
    return page(
        ctx,
        "organizations/member.html",
        status=status,
        account=found.account,
        held=[(role.value, names[role]) for role in sorted(found.roles)],
        offered=[(role.value, names[role]) for role in grant.grantable(ctx.unit, found.account)],
        history=[(names[item.role], item) for item in history],
        general=told or [],
        reason=replace(REASON, value=reason),
        oneself=ctx.viewer.person == account_id,
        resets=bool(set(policies.membership().second_factor_reset_by) & ctx.viewer.roles),
    )


def _handed_over(ctx: Context, made: invite.Invitation) -> Response:
    link = address(ctx.settings.public_url, made.secret)
    response = page(ctx, "organizations/invited.html", account=made.account, link=link, ends_at=made.ends_at)
    response.headers["cache-control"] = "no-store"
    return response
