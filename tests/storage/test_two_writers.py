"""Two processes at once: sequences without gaps and in commit order, one chain, one audience, nothing lost."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import sqlalchemy as sa

from comity.domain.audit_chain import Intact
from comity.domain.tlp import TLP
from comity.services.unit import Unit
from comity.services.verify_audit import verify_chain
from comity.storage import audiences, audit
from comity.storage.engine import open_engine, open_session
from tests.factories import NOW
from tests.storage.rows import SYSTEM, audience

WRITERS = 3
TURNS = 40


def write(url: str, seed: int) -> None:
    """Many small transactions, some of which are given up."""
    engine = open_engine(url, pool_size=1)
    dice = random.Random(seed)
    for turn in range(TURNS):
        with open_session(engine, writes=True) as db:
            unit = Unit(db=db, viewer=SYSTEM, now=NOW)
            marked = audiences.ensure(db, audience(TLP.AMBER, organizations=(f"org-{turn % 5}",)))
            for _ in range(dice.randint(1, 3)):
                unit.audit("record.publish", f"RSI-{seed}-{turn}", audience_id=marked)
                unit.emit("record.publish", None, writer=seed)
            if dice.random() < 0.2:
                db.rollback()
            else:
                db.commit()


def in_processes(work: Callable[[int], None]) -> list[int]:
    """Fork one process for each writer; their process ids."""
    children = []
    for seed in range(WRITERS):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                work(seed)
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    return children


def test_two_writers_leave_one_history(own_engine: sa.Engine) -> None:
    url = own_engine.url.render_as_string(hide_password=False)
    own_engine.dispose()
    running = set(in_processes(lambda seed: write(url, seed)))
    seen = 0
    while running:
        with own_engine.connect() as connection:  # a follower that looks on meanwhile
            numbers = list(connection.scalars(sa.text("SELECT seq FROM outbox ORDER BY seq")))
        assert numbers == list(range(1, len(numbers) + 1))  # never a gap that is filled later
        assert len(numbers) >= seen
        seen = len(numbers)
        for child in list(running):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                assert os.waitstatus_to_exitcode(status) == 0
                running.discard(child)
    with open_session(own_engine, writes=False) as db:
        verdict = verify_chain(Unit(db=db, viewer=SYSTEM, now=NOW))
        assert isinstance(verdict, Intact)
        assert verdict.n == audit.head(db)[0] > WRITERS * TURNS / 2
        assert db.scalar(sa.text("SELECT count(*) FROM outbox")) == verdict.n
        assert db.scalar(sa.text("SELECT count(*) FROM audience")) == 5
        assert db.scalar(sa.text("SELECT count(DISTINCT previous) FROM audit_entry")) == verdict.n  # no fork
