"""Let one worker at a time do a job of the node: a lease that ends by itself, so that a killed worker blocks nobody for long."""

from __future__ import annotations

from datetime import timedelta

from comity.services.unit import Unit
from comity.storage import outbox, sequences


def take(unit: Unit, *, job: str, worker: str, lasts: timedelta) -> bool:
    """May `worker` do `job` in this unit? False while another worker holds it.

    The answer stands until the unit ends: its row is locked. The job counts as having seen every event so far.
    """
    if outbox.claim(unit.db, job, worker=worker, now=unit.now, lease=lasts) is None:
        return False
    outbox.advance(unit.db, job, sequences.current(unit.db, "outbox")[0])
    return True
