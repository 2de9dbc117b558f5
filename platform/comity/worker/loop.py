"""The worker: does the node's own jobs, each in its own unit of work, until it is told to stop.

Decides when a job is due and that a failing job stops no other. Refuses to know what a job does. Every job is idempotent and is
done by one worker at a time; a worker that is killed leaves nothing half done, because an unfinished unit was never committed.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from comity.domain.errors import Busy
from comity.log import logger
from comity.services import age, alerts, attach, clock, lease, mail, reindex, sign_out
from comity.services.runtime import Runtime
from comity.services.unit import Unit

BEAT: Final = 1.0
"""Seconds between two looks at what is due."""


@dataclass(frozen=True)
class Job:
    """`act(unit, worker)` is done `every` so many seconds, in a unit of the node, by one worker at a time."""

    name: str
    every: float
    act: Callable[[Unit, str], object]


@dataclass(frozen=True)
class Errand:
    """`go(runtime, worker)` is done `every` so many seconds. It opens its own units and keeps a lease of its own."""

    name: str
    every: float
    go: Callable[[Runtime, str], object]


def _tick(unit: Unit, _worker: str) -> None:
    ticked = clock.tick(unit)
    if ticked.failed:
        logger().error("clock could not move records", count=len(ticked.failed))


def _age(unit: Unit, _worker: str) -> None:
    age.age(unit)


def _forget(unit: Unit, _worker: str) -> None:
    sign_out.forget_ended(unit)


def _prune(unit: Unit, _worker: str) -> None:
    reindex.prune(unit)


def _follow(runtime: Runtime, worker: str) -> None:
    """Batch by batch until there is nothing more, each in a unit of its own, so that nobody waits long for the write lock."""
    dealt_with = 1
    while dealt_with:
        with runtime.system_unit("alerts") as unit:
            dealt_with = alerts.follow(unit, worker=worker)


def _mail(runtime: Runtime, worker: str) -> None:
    sent = mail.send_due(runtime, worker=worker)
    if sent.failed:
        logger().warning("mail not sent", letters=sent.failed)


def _sweep(runtime: Runtime, _worker: str) -> None:
    with runtime.system_unit("sweep attachments", writes=False) as unit:
        attach.sweep(unit, runtime.settings)


JOBS: Final[Sequence[Job | Errand]] = (
    Job("clock", 3.0, _tick),
    Errand("alerts", 3.0, _follow),
    Errand("mail", 20.0, _mail),
    Errand("attachments", 21600.0, _sweep),
    Job("age of records", 3600.0, _age),
    Job("sessions", 3600.0, _forget),
    Job("index words", 86400.0, _prune),
)


@dataclass
class Worker:
    """One worker of a node. `name` is what its leases are held under."""

    runtime: Runtime
    jobs: Sequence[Job | Errand] = JOBS
    name: str = field(default_factory=lambda: f"{os.uname().nodename[:30]}:{os.getpid()}")
    _next: dict[str, float] = field(default_factory=dict)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; what is being done then is finished first."""
        while not stop.is_set():
            self.turn(stop)
            stop.wait(BEAT)

    def turn(self, stop: threading.Event | None = None) -> int:
        """Do what is due now. Returns how many jobs were done."""
        done = 0
        for job in self.jobs:
            if stop is not None and stop.is_set():
                break
            if time.monotonic() >= self._next.get(job.name, 0.0):
                self._next[job.name] = time.monotonic() + job.every
                done += self._do(job)
        return done

    def _do(self, job: Job | Errand) -> bool:
        try:
            if isinstance(job, Errand):
                job.go(self.runtime, self.name)
                return True
            with self.runtime.system_unit(job.name) as unit:
                lasts = timedelta(seconds=min(60.0, max(15.0, job.every)))
                if not lease.take(unit, job=job.name, worker=self.name, lasts=lasts):
                    return False
                job.act(unit, self.name)
        except Busy:  # somebody else writes for long: next time
            return False
        except Exception as error:  # noqa: BLE001  the other jobs must go on; not the words of the error, which may quote content
            logger().error("job failed", job=job.name, error=type(error).__name__)
            return False
        return True


def start(runtime: Runtime, stop: threading.Event) -> threading.Thread:
    """A worker in a thread of its own, for a server that brings its worker along. Set `stop` and join the thread to end it."""
    thread = threading.Thread(target=Worker(runtime).run, args=(stop,), name="worker")
    thread.start()
    return thread
