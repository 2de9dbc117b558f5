"""Log lines of the service: readable, or JSON. A line says what was done and how long it took, never by whom or on what.

Query strings, record addresses, e-mails, network addresses and bodies never enter a log: an operator who may not read records
(4.1.2) must not learn from the log who reads which.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog


def set_up(*, as_json: bool) -> None:
    """Configure once a process. Uvicorn's own access log, which has addresses and queries, is silenced."""
    ending: list[Any] = (
        [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *ending,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # wherever that points at the time
        cache_logger_on_first_use=False,
    )
    logging.getLogger("uvicorn.access").disabled = True


def logger() -> Any:
    """A bound logger: `logger().info("event", key=value)`."""
    return structlog.get_logger()
