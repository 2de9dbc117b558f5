"""`comity demo`: three allied nodes on this machine, from nothing to printed addresses in about a minute. Ctrl-C ends it all."""

from __future__ import annotations

import re
import secrets
import shutil
import signal
import stat
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Final

import typer

from comity.cli import demo_data
from comity.cli.demo_node import DemoNode, Serving, listen, load
from comity.cli.open_node import open_node
from comity.config import get_settings
from comity.services import demo_allies, demo_world, migrate
from comity.services.runtime import Runtime, utc_now

SHOWN: Final = (
    "liaison",
    "researcher",
    "reviewer_uni",
    "reviewer_firm",
    "reviewer_ngo",
    "editor",
    "federation_officer",
    "auditor",
    "node_admin",
)
_PASSWORD: Final = re.compile(r"^password for all: (\S+)$", re.MULTILINE)


def demo(
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget the demonstration that is there and begin anew.")
    ] = False,
    port: Annotated[int, typer.Option(help="First port to try.")] = 8400,
    place: Annotated[Path | None, typer.Option(help="Folder to keep it in.")] = None,
    alone: Annotated[bool, typer.Option("--alone", help="One node, without its allies.")] = False,
    public_data: Annotated[
        bool, typer.Option(help="Import the public advisories that lie beside the source tree.")
    ] = True,
    load_only: Annotated[
        bool, typer.Option("--load-only", help="Load everything and end without serving.")
    ] = False,
) -> None:
    """Start the demonstration: invented members and people, real public advisories. Continues where it was left."""
    folder = place or get_settings().data_dir / "demo"
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True, mode=stat.S_IRWXU)
    nodes = _nodes(folder, port, alone=alone)
    password = _password(nodes)
    for node in nodes:
        load(node, password)
        migrate.migrate(node.settings().database_url)
    with ExitStack() as opened:
        running = [(node, opened.enter_context(open_node(node.settings()))) for node in nodes]
        if public_data:
            demo_data.load(running[0][1], nodes[0].folder, only_first=not load_only)
        if load_only:
            for node in nodes:
                node.listener.close()
            return
        _serve(running, password, public_data=public_data)


def _nodes(folder: Path, port: int, *, alone: bool) -> list[DemoNode]:
    found: list[DemoNode] = []
    for name in demo_world.NODES[: 1 if alone else None]:
        home = folder / name
        home.mkdir(exist_ok=True, mode=stat.S_IRWXU)
        listener = listen(port)
        found.append(DemoNode(name, home, listener))
        port = listener.getsockname()[1] + 1
    return found


def _password(nodes: Sequence[DemoNode]) -> str:
    """The one that was given out before, or a new one for all nodes."""
    for node in nodes:
        if node.sign_ins.exists() and (kept := _PASSWORD.search(node.sign_ins.read_text(encoding="utf-8"))):
            return kept.group(1)
    return f"{secrets.token_urlsafe(9)}-demo"


def _serve(running: Sequence[tuple[DemoNode, Runtime]], password: str, *, public_data: bool) -> None:
    first, runtime = running[0]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end as with Ctrl-C
    importing = None
    try:
        with Serving(running) as serving:
            _make_allies(running)
            serving.work()
            if public_data:
                importing = demo_data.start(runtime, first.folder, serving.ending)
            typer.echo(_welcome([node for node, _ in running], password))
            serving.ending.wait()
    except KeyboardInterrupt:
        pass
    finally:
        if importing is not None:
            importing.join()
        typer.echo(
            "The demonstration has ended. It continues with `comity demo`; `comity demo --fresh` begins anew."
        )


def _make_allies(running: Sequence[tuple[DemoNode, Runtime]]) -> None:
    """Each node looks at each other one over the network, and its people admit it, before the address is printed."""
    group = str(demo_world.world()["node"]["trust_group"])
    for here, runtime in running:
        for there, _ in running:
            if there is not here:
                demo_allies.ally(runtime, address=there.address, group=group, clock=utc_now)
    demo_allies.share(running[0][1], group=group, clock=utc_now)


def _tour(first: DemoNode, allies: Sequence[DemoNode]) -> list[str]:
    """How a record goes to the allies and is called back, for those who have allies."""
    if not allies:
        return []
    search = f"{allies[0].address}/search?q=borrowed+instruments"
    return [
        f'  4. As reviewer_uni, agree to "Borrowed instruments" ({first.address}/work); see it arrive at an ally: {search}',
        "  5. As the liaison, withdraw it; as the editor, acknowledge. It leaves the allies too, and its page says who confirmed.",
    ]


def _welcome(nodes: Sequence[DemoNode], password: str) -> str:
    first, *allies = nodes
    people = [f"  {one.email:52} {one.says}" for one in demo_world.sign_ins(first.name) if one.who in SHOWN]
    others = [f"  Its ally {node.name} is at {node.address}" for node in allies]
    return "\n".join(
        [
            "",
            f"  Comity is at {first.address}",
            *others,
            "",
            f"Sample sign-ins (password {password}; all of them are in {first.sign_ins}):",
            *people,
            "",
            "Things to try:",
            f'  1. Search signed out for "conference elicitation", then as the researcher: {first.address}/search',
            "  2. As the liaison, draft a note and see who could read it before you submit; let three sectors agree.",
            "  3. As the node administrator, try to read any of it.",
            *_tour(first, allies),
            "",
            "Everything here but the imported public advisories is invented. Ctrl-C ends it.",
            "",
        ]
    )
