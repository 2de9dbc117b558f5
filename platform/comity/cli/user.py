"""`comity user`: the first people of a node, and what only its operator can do for an account. Content is out of reach here."""

from __future__ import annotations

from typing import Annotated

import typer

from comity.cli.open_node import open_node, stop
from comity.config import get_settings
from comity.domain.roles import Role
from comity.services import grant, invite, list_members, set_up
from comity.services.invite import Invitation
from comity.services.unit import Unit

app = typer.Typer(help="People and their roles.", no_args_is_help=True)
role_app = typer.Typer(help="Give and take roles; separation of duties is checked.", no_args_is_help=True)
app.add_typer(role_app, name="role")

Who = Annotated[str, typer.Argument(help="E-mail address or account id.")]


@app.command()
def add(
    email: Annotated[str, typer.Argument(help="E-mail address.")],
    name: Annotated[str, typer.Option(help="What the portal calls the person.")],
    organization: Annotated[str, typer.Option(help="Short name of the organization.")],
    role: Annotated[list[Role] | None, typer.Option(help="A role to begin with; repeat for more.")] = None,
) -> None:
    """Add a person. Prints an invitation link that works once; the person chooses the password."""
    with open_node() as runtime, runtime.system_unit("user add") as unit:
        _tell(set_up.first_person(unit, email=email, name=name, organization=organization, roles=role or ()))


@app.command("invite")
def invite_again(who: Who) -> None:
    """Print a fresh invitation link for somebody who has not come yet; the older one ends."""
    with open_node() as runtime, runtime.system_unit("user invite") as unit:
        _tell(invite.renew(unit, account_id=_id(unit, who)))


@app.command()
def reset(who: Who) -> None:
    """A lost password: ends every session and token, and prints a link for a new password. The second factor stays."""
    with open_node() as runtime, runtime.system_unit("user reset") as unit:
        _tell(invite.renew(unit, account_id=_id(unit, who)))


@role_app.command("grant")
def grant_(who: Who, role: Annotated[Role, typer.Argument(help="The role.")]) -> None:
    """Give a role."""
    with open_node() as runtime, runtime.system_unit("user role") as unit:
        grant.grant(unit, account_id=_id(unit, who), role=role)
    typer.echo(f"{who} is {role.value} now.")


@role_app.command("revoke")
def revoke(who: Who, role: Annotated[Role, typer.Argument(help="The role.")]) -> None:
    """Take a role away."""
    with open_node() as runtime, runtime.system_unit("user role") as unit:
        grant.revoke(unit, account_id=_id(unit, who), role=role)
    typer.echo(f"{who} is not {role.value} any more.")


@app.command("list")
def list_(organization: Annotated[str, typer.Option(help="Only of this organization.")] = "") -> None:
    """People with their organization, state and roles."""
    with open_node() as runtime, runtime.system_unit("user list", writes=False) as unit:
        for one in list_members.members(unit, organization=organization):
            account = one.account
            roles = ", ".join(sorted(role.value for role in one.roles))
            typer.echo(
                f"{account.email:44} {account.organization:24} {account.state.value:10} {roles}  [{account.id}]"
            )


def _id(unit: Unit, who: str) -> str:
    found = list_members.account_id(unit, who)
    if found is None:
        raise stop(f"There is no account {who}.")
    return found


def _tell(made: Invitation) -> None:
    from comity.web.invitation import address

    typer.echo(f"{made.account.email} ({made.account.id})")
    typer.echo(
        f"Hand over this link in person or by a channel you trust; it works once, until {made.ends_at:%Y-%m-%d %H:%M} UTC:"
    )
    typer.echo(f"  {address(get_settings().public_url, made.secret)}")
