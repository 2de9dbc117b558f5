"""One node of the demonstration in a folder of its own: loaded once, migrated, served with its worker until it is told to end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import typer
import uvicorn

from comity.cli.open_node import stop
from comity.config import Settings, get_settings
from comity.services import demo as demonstration
from comity.services import migrate
from comity.services.runtime import Runtime, utc_now
from comity.worker import loop

HOST: Final = "127.0.0.1"
PORTS_TRIED: Final = 20


@dataclass(frozen=True)
class DemoNode:
    """A node of the demonstration and the port that is held for it."""

    name: str
    folder: Path
    listener: socket.socket

    @property
    def address(self) -> str:
        """Where a browser and the other nodes reach it."""
        return f"http://{HOST}:{self.listener.getsockname()[1]}"

    @property
    def sign_ins(self) -> Path:
        """Where its sample sign-ins are kept."""
        return self.folder / "sign-ins.txt"

    def settings(self, database: str = "comity.db") -> Settings:
        """Its own, over those of this process. The nodes are on this machine, so its own networks may be called."""
        return get_settings().model_copy(
            update={
                "database_url": f"sqlite:///{self.folder / database}",
                "data_dir": self.folder,
                "public_url": self.address,
                "smtp_url": "",
                "outbound_allow": "127.0.0.0/8",
            }
        )


def listen(first: int) -> socket.socket:
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


def load(node: DemoNode, password: str) -> None:
    """Into a file of another name, which becomes the node's when it is whole: a demonstration cut short begins anew."""
    if (node.folder / "comity.db").exists():
        return
    for left in node.folder.glob("loading.db*"):
        left.unlink()
    settings = node.settings("loading.db")
    typer.echo(f"Loading the demonstration node {node.name} ...")
    migrate.migrate(settings.database_url)
    runtime = Runtime(settings)
    try:
        made = demonstration.load(
            runtime,
            now=utc_now(),
            node=node.name,
            password=password,
            say=lambda line: typer.echo(f"  {line}"),
        )
    finally:
        runtime.close()
    demonstration.keep_sign_ins(node.sign_ins, made, node.address, node=node.name)
    (node.folder / "loading.db").rename(node.folder / "comity.db")


class Serving:
    """The running servers and workers of some nodes, each in a thread. A context manager: at its end all of them have ended."""

    def __init__(self, nodes: Sequence[tuple[DemoNode, Runtime]]) -> None:
        self._nodes = nodes
        self._servers = [_server(node) for node, _ in nodes]
        self._threads: list[threading.Thread] = []
        self.ending = threading.Event()
        """Set when the demonstration ends."""

    def __enter__(self) -> Self:
        for server, (node, _) in zip(self._servers, self._nodes, strict=True):
            thread = threading.Thread(
                target=server.run, kwargs={"sockets": [node.listener]}, name=f"serve {node.name}"
            )
            thread.start()
            self._threads.append(thread)
        while not all(server.started for server in self._servers):
            if not all(thread.is_alive() for thread in self._threads):
                raise stop("A node of the demonstration could not start.")
            time.sleep(0.02)
        return self

    def work(self) -> None:
        """Let the workers of all nodes begin."""
        self._threads += [loop.start(runtime, self.ending) for _, runtime in self._nodes]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ending.set()
        for server in self._servers:
            server.should_exit = True
        for thread in self._threads:
            thread.join()


def _server(node: DemoNode) -> uvicorn.Server:
    from comity.app import create_app

    return uvicorn.Server(
        uvicorn.Config(
            create_app(node.settings()),
            access_log=False,
            server_header=False,
            log_level="warning",
            http="httptools",
            timeout_graceful_shutdown=3,
        )
    )
