"""`comity node`: give a new node its own settings and its founding members. Any country starts its own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from comity.cli.open_node import open_node, stop
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


@app.command()
def change(
    name: Annotated[str, typer.Option(help="Name that people see.")] = "",
    country: Annotated[str, typer.Option(help="Country as two capital letters (ISO 3166-1).")] = "",
    language: Annotated[
        list[str] | None,
        typer.Option(help="Language (BCP 47), the first being the default; repeat for more."),
    ] = None,
    contact: Annotated[str, typer.Option(help="Address of the secretariat.")] = "",
    funding: Annotated[
        list[str] | None,
        typer.Option(help="Who pays, as `SOURCE=PERCENT`; repeat for more. Replaces what is recorded."),
    ] = None,
    legal_profile: Annotated[
        Path | None, typer.Option(help="YAML file with the legal profile; replaces what is recorded.")
    ] = None,
) -> None:
    """Change what the node says of itself: what is not named stays. Its id and its trust group cannot change."""
    with open_node() as runtime, runtime.system_unit("node change") as unit:
        known = unit.node
        changed = replace(
            known,
            name=name or known.name,
            country=country or known.country,
            languages=tuple(language or known.languages),
            contact=contact or known.contact,
            funding=known.funding if funding is None else tuple(_share(one) for one in funding),
            legal_profile=known.legal_profile if legal_profile is None else _profile(legal_profile),
        )
        set_up.change_settings(unit, node=changed)
    typer.echo(f"{changed.name} is changed.")


def _share(given: str) -> dict[str, Any]:
    source, _, percent = given.rpartition("=")
    return {"source": source.strip(), "share": int(percent) if percent.isdecimal() else None}


def _profile(path: Path) -> dict[str, Any]:
    """The file as plain data, with dates as text, as they are stored."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise stop(f"{path.name} cannot be read as YAML.") from None
    if not isinstance(found, dict) or not found:
        raise stop(f"{path.name} holds no profile.")
    plain: dict[str, Any] = json.loads(json.dumps(found, default=str))
    return plain


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
        ("funding", ", ".join(f"{one.get('source')} {one.get('share')} %" for one in node.funding)),
        (
            "legal profile",
            f"to be reviewed by {node.legal_profile.get('review_due')}" if node.legal_profile else "none",
        ),
        ("demonstration", "yes" if node.demo else "no"),
    ):
        typer.echo(f"{name:14} {value}")
