"""A process that publishes one record after another until it is killed, as the crash tests do."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from comity.domain.tlp import TLP
from comity.storage.engine import open_engine
from tests.factories import World
from tests.story import Story


def publish_forever(url: str) -> None:
    """Draft, hand in, grade, vote, publish; now and then withdraw. Never returns."""
    from comity.services import withdraw

    engine = open_engine(url, pool_size=2)
    story = Story(engine, World())
    number = 0
    while True:
        number += 1
        record = story.published(tlp=(TLP.CLEAR, TLP.GREEN, TLP.AMBER)[number % 3])
        if number % 2 == 0:
            with story.unit("liaison") as unit:
                withdraw.ask(unit, ref=record.ref, reason_code="error", text="A figure was wrong.")
            with story.unit("editor") as unit:
                withdraw.acknowledge(unit, ref=record.ref)


def killed_after(seconds: float, work: Callable[[], None], log: Path) -> None:
    """Run `work` in a process of its own and kill it without warning. Raises what it said when it ended by itself."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  told to the parent; this process must not go on as a test run
            log.write_text(repr(error), encoding="utf-8")
        finally:
            os._exit(1)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise AssertionError(f"it ended by itself: {log.read_text(encoding='utf-8')}")
