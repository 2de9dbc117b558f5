"""The exchange's own worker beside the others: pokes, reads and posts, each node in a thread of its own, several times a second.

It is apart so that a long import or a slow mail server never keeps a recall waiting, and so that one slow node keeps no other
waiting. Decides nothing else: what is due, and who is at it, is the services' matter.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from comity.domain.errors import Busy
from comity.log import logger
from comity.services import poke, pull, push
from comity.services.runtime import Runtime

BEAT: Final = 0.25
THREADS: Final = 4


@dataclass
class Exchange:
    """One worker of the exchange. `name` is what its leases are held under."""

    runtime: Runtime
    name: str
    beat: float = BEAT
    _busy: dict[str, Future[object]] = field(default_factory=dict)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; what is under way then is finished first."""
        with ThreadPoolExecutor(THREADS, thread_name_prefix="exchange") as pool:
            while not stop.is_set():
                self.turn(pool)
                stop.wait(self.beat)

    def turn(self, pool: ThreadPoolExecutor) -> None:
        """Hand out what is due, unless somebody is at it already."""
        self._busy = {name: one for name, one in self._busy.items() if not one.done()}
        runtime = self.runtime
        try:
            if runtime.node() is None:
                return
            for node, seq in poke.due(runtime):
                self._hand_out(pool, f"poke {node}", partial(poke.poke, runtime, node, seq))
            for node in pull.due(runtime):
                self._hand_out(pool, f"pull {node}", partial(pull.pull, runtime, node, self.name))
            for node in push.due(runtime):
                self._hand_out(pool, f"push {node}", partial(push.push, runtime, node))
        except Busy:
            return
        except Exception as error:  # noqa: BLE001  the next beat tries again; the words of the error may quote content
            logger().error("exchange failed", error=type(error).__name__)

    def _hand_out(self, pool: ThreadPoolExecutor, name: str, act: Callable[[], object]) -> None:
        if name not in self._busy:
            self._busy[name] = pool.submit(_guarded, name, act)


def _guarded(name: str, act: Callable[[], object]) -> object:
    try:
        return act()
    except Busy:
        return None
    except Exception as error:  # noqa: BLE001  as above
        logger().error("exchange failed", what=name.partition(" ")[0], error=type(error).__name__)
        return None
