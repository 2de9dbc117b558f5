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
from comity.services import (
    age,
    alerts,
    attach,
    carry_missing,
    clock,
    lease,
    mail,
    pause_peer,
    reindex,
    reweigh,
    sign_anew,
    sign_head,
    sign_out,
    witness,
)
from comity.services.runtime import Runtime
from comity.services.unit import Unit
from comity.worker.exchange import Exchange

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


def _allies(unit: Unit, _worker: str) -> None:
    pause_peer.pause_due(unit)
    reweigh.reweigh(unit)


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


def _carry(runtime: Runtime, worker: str) -> None:
    """As `_follow`: what was published by an import, or before the node had a key, comes into the feed."""
    dealt_with = 1
    while dealt_with:
        with runtime.system_unit("carry missing") as unit:
            dealt_with = carry_missing.carry_missing(unit, worker=worker)


def _mail(runtime: Runtime, worker: str) -> None:
    sent = mail.send_due(runtime, worker=worker)
    if sent.failed:
        logger().warning("mail not sent", letters=sent.failed)


def _sweep(runtime: Runtime, _worker: str) -> None:
    with runtime.system_unit("sweep attachments", writes=False) as unit:
        attach.sweep(unit, runtime.settings)


def _sign_head(unit: Unit, _worker: str) -> None:
    sign_head.sign_head(unit)


def _watch(runtime: Runtime, worker: str) -> None:
    watched = witness.watch(runtime, worker=worker)
    if watched.equivocated:
        logger().error("an allied node shows more than one log", nodes=len(watched.equivocated))
    if watched.failed:
        logger().warning("logs of allied nodes not checked", nodes=len(watched.failed))


def _sign_anew(runtime: Runtime, worker: str) -> None:
    if signed := sign_anew.sign_anew(runtime, worker=worker):
        logger().info("signed anew after a key was revoked", objects=signed)


JOBS: Final[Sequence[Job | Errand]] = (
    Job("clock", 3.0, _tick),
    Job("allies", 1.0, _allies),
    Errand("alerts", 3.0, _follow),
    Errand("feed", 2.0, _carry),
    Job("ledger head", 5.0, _sign_head),
    Errand("witness", 60.0, _watch),
    Errand("sign anew", 3.0, _sign_anew),
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
        exchange = threading.Thread(
            target=Exchange(self.runtime, self.name).run, args=(stop,), name="exchange"
        )
        exchange.start()
        while not stop.is_set():
            self.turn(stop)
            stop.wait(BEAT)
        exchange.join()

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
