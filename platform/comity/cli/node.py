"""`comity node`: give a new node its own settings and its founding members. Any country starts its own."""

from __future__ import annotations

from typing import Annotated

import typer

from comity.cli.open_node import open_node
from comity.domain.node import Node, Organization
from comity.domain.roles import Sector
from comity.services import set_up

app = typer.Typer(help="The node's own settings.", no_args_is_help=True)


@app.command("set-up")
def set_up_(
    node_id: Annotated[
        str, typer.Option(help="Short name in references and markings; it cannot change later.")
    ],
    name: Annotated[str, typer.Option(help="Name that people see.")],
    country: Annotated[str, typer.Option(help="Country as two capital letters (ISO 3166-1).")],
    language: Annotated[
        list[str], typer.Option(help="Language (BCP 47), the first being the default; repeat for more.")
    ],
    trust_group: Annotated[
        str, typer.Option(help="Group of allied nodes that TLP:GREEN may reach; cannot change later.")
    ],
    contact: Annotated[str, typer.Option(help="Address of the secretariat.")] = "",
) -> None:
    """Write the node's settings, once, with the offices of the secretariat and the operator."""
    node = Node(
        node_id=node_id,
        name=name,
        country=country,
        languages=tuple(language),
        trust_group=trust_group,
        contact=contact,
    )
    with open_node(set_up=False) as runtime, runtime.system_unit("node set-up") as unit:
        set_up.set_up(unit, node=node)
    typer.echo(f"{name} is set up. Next: comity node found-member, then comity user add.")


@app.command("found-member")
def found_member(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Short name of the organization.")],
    name: Annotated[str, typer.Option(help="Its name.")],
    sector: Annotated[Sector | None, typer.Option(help="Its sector; none for an independent office.")] = None,
    kind: Annotated[str, typer.Option(help="`member` or `independent`.")] = "member",
) -> None:
    """Add a founding member that you verified by hand. Later members apply and are admitted in the portal."""
    with open_node() as runtime, runtime.system_unit("node found-member") as unit:
        set_up.found_member(
            unit,
            Organization(
                id=id_, name=name, kind=kind, sector=sector, state="proposed", country=unit.node.country
            ),
        )
    typer.echo(f"{name} is a founding member.")


@app.command()
def show() -> None:
    """Print the node's settings."""
    with open_node() as runtime:
        node = runtime.node()
    assert node is not None  # open_node said so
    for name, value in (
        ("id", node.node_id),
        ("name", node.name),
        ("country", node.country),
        ("languages", ", ".join(node.languages)),
        ("trust group", node.trust_group),
        ("contact", node.contact),
        ("demonstration", "yes" if node.demo else "no"),
    ):
        typer.echo(f"{name:14} {value}")
