"""`comity demo`: a demonstration node on this machine, from nothing to a printed address in under a minute. Ctrl-C ends it all."""

from __future__ import annotations

import shutil
import signal
import socket
import stat
import threading
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import typer
import uvicorn

from comity.cli import demo_data
from comity.cli.open_node import open_node, stop
from comity.config import Settings, get_settings
from comity.services import demo as demonstration
from comity.services import demo_world, migrate
from comity.services.runtime import Runtime, utc_now
from comity.worker import loop

HOST: Final = "127.0.0.1"
PORTS_TRIED: Final = 20
SHOWN: Final = (
    "liaison",
    "researcher",
    "reviewer_uni",
    "reviewer_firm",
    "reviewer_ngo",
    "editor",
    "auditor",
    "node_admin",
)


def demo(
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget the demonstration that is there and begin anew.")
    ] = False,
    port: Annotated[int, typer.Option(help="First port to try.")] = 8400,
    place: Annotated[Path | None, typer.Option(help="Folder to keep it in.")] = None,
    public_data: Annotated[
        bool, typer.Option(help="Import the public advisories that lie beside the source tree.")
    ] = True,
    load_only: Annotated[
        bool, typer.Option("--load-only", help="Load everything and end without serving.")
    ] = False,
) -> None:
    """Start a demonstration node: invented members and people, real public advisories. Continues where it was left."""
    folder = place or get_settings().data_dir / "demo"
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True, mode=stat.S_IRWXU)
    listener = _listener(port)
    address = f"http://{HOST}:{listener.getsockname()[1]}"
    settings = _settings(folder, folder / "comity.db", address)
    sign_ins = folder / "sign-ins.txt"
    if not (folder / "comity.db").exists():
        _load(folder, sign_ins, address)
    migrate.migrate(settings.database_url)
    with open_node(settings) as runtime:
        if public_data:
            demo_data.load(runtime, folder, only_first=not load_only)
        if load_only:
            listener.close()
            return
        _serve(settings, runtime, listener, sign_ins, public_data=public_data)


def _settings(folder: Path, database: Path, address: str) -> Settings:
    return get_settings().model_copy(
        update={
            "database_url": f"sqlite:///{database}",
            "data_dir": folder,
            "public_url": address,
            "smtp_url": "",
        }
    )


def _listener(first: int) -> socket.socket:
    """The first free port from `first` on, held from now."""
    for port in range(first, first + PORTS_TRIED):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            listener.bind((HOST, port))
            listener.listen(128)  # two that start at once must not get the same port
            return listener
        listener.close()
    raise stop(f"No port from {first} to {first + PORTS_TRIED - 1} is free. Choose another with --port.")


def _load(folder: Path, sign_ins: Path, address: str) -> None:
    """Into a file of another name, which becomes the node's when it is whole: a demonstration cut short begins anew."""
    loading = folder / "loading.db"
    for left in folder.glob("loading.db*"):
        left.unlink()
    settings = _settings(folder, loading, address)
    typer.echo("Loading the demonstration node ...")
    migrate.migrate(settings.database_url)
    runtime = Runtime(settings)
    try:
        password = demonstration.load(runtime, now=utc_now(), say=lambda line: typer.echo(f"  {line}"))
    finally:
        runtime.close()
    demonstration.keep_sign_ins(sign_ins, password, address)
    loading.rename(folder / "comity.db")


def _serve(
    settings: Settings, runtime: Runtime, listener: socket.socket, sign_ins: Path, *, public_data: bool
) -> None:
    from comity.app import create_app

    config = uvicorn.Config(
        create_app(settings),
        access_log=False,
        server_header=False,
        log_level="warning",
        http="httptools",
        timeout_graceful_shutdown=3,
    )
    ending = threading.Event()
    threads = [loop.start(runtime, ending)]
    if public_data:
        threads.append(demo_data.start(runtime, sign_ins.parent, ending))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # uvicorn hands a signal on: end as with Ctrl-C
    try:
        typer.echo(_welcome(settings.public_url, sign_ins))
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:  # uvicorn hands the signal on after it has ended
        pass
    finally:
        ending.set()
        for thread in threads:
            thread.join()
        typer.echo(
            "The demonstration has ended. It continues with `comity demo`; `comity demo --fresh` begins anew."
        )


def _welcome(address: str, sign_ins: Path) -> str:
    kept = sign_ins.read_text(encoding="utf-8").splitlines() if sign_ins.exists() else []
    password = next((line.partition(": ")[2] for line in kept if line.startswith("password")), "")
    people = [f"  {one.email:44} {one.says}" for one in demo_world.sign_ins() if one.who in SHOWN]
    secret = f"password {password}" if password else f"{sign_ins} is gone; begin anew with --fresh"
    return "\n".join(
        [
            "",
            f"  Comity is at {address}",
            "",
            f"Sample sign-ins ({secret}; all of them are in {sign_ins}):",
            *people,
            "",
            "Three things to try:",
            f'  1. Search signed out for "conference elicitation", then as the researcher: {address}/search',
            "  2. As the liaison, draft a note and see who could read it before you submit; let three sectors agree.",
            "  3. As the node administrator, try to read any of it.",
            "",
            "Everything here but the imported public advisories is invented. Ctrl-C ends it.",
            "",
        ]
    )
