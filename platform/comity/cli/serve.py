"""`comity serve` and `comity worker`: the two processes of a node. Refuses to start with a secret that everybody knows."""

from __future__ import annotations

import os
import signal
import threading
from typing import Annotated, Final

import typer
import uvicorn

from comity.cli.open_node import open_node, stop
from comity.config import Settings, get_settings
from comity.log import logger, set_up
from comity.services.diagnose import refusals
from comity.worker import loop

GRACE: Final = 20
"""Seconds that open requests are given at the end."""


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; empty for that of the settings.")] = "",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 for that of the settings.")] = 0,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Server processes.")] = 1,
    with_worker: Annotated[
        bool, typer.Option("--with-worker", help="Do the node's own jobs too (one process only).")
    ] = False,
) -> None:
    """Start the web server. The node's own jobs need `comity worker` beside it, or `--with-worker`."""
    settings = get_settings()
    host, port = host or settings.host, port or settings.port
    if with_worker and workers > 1:
        raise stop("--with-worker is for one server process; run `comity worker` beside several.")
    with open_node(settings) as runtime:
        node = runtime.node()
        if reasons := refusals(settings, host=host, demo=node is not None and node.demo):
            raise stop("\n".join(["Comity does not start like this:", *(f"  {one}" for one in reasons)]), 3)
        ending = threading.Event()
        thread = loop.start(runtime, ending) if with_worker else None
        signal.signal(
            signal.SIGTERM, signal.default_int_handler
        )  # uvicorn hands a signal on: end as with Ctrl-C
        try:
            _run(settings, host, port, workers)
        except KeyboardInterrupt:
            logger().info("server ended")
        finally:
            ending.set()
            if thread is not None:
                thread.join()


def _run(settings: Settings, host: str, port: int, workers: int) -> None:
    uvicorn.run(
        "comity.app:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop" if os.name == "posix" else "asyncio",
        http="httptools",
        access_log=False,
        server_header=False,
        log_level="warning" if settings.log_json else "info",
        timeout_graceful_shutdown=GRACE,
    )


def worker() -> None:
    """Do the node's own jobs: deadlines, embargoes, expiries, alerts. Several may run; each job is done by one at a time."""
    settings = get_settings()
    set_up(as_json=settings.log_json)
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    with open_node(settings) as runtime:
        logger().info("worker started")
        loop.Worker(runtime).run(ending)
    logger().info("worker ended")
