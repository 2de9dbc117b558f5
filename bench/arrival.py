"""How long it takes from the publication at one node until the record is found at both of its allies.

    python -m bench.arrival [--times 20]

Three nodes on loopback in one process, each with its own service, database and worker; nobody calls anything but the last vote. The
bar is 2 seconds at the 95th percentile.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from tests.federation.live import LiveNode, ally, at_work, live_node
from tests.story import THREE_SECTORS


def arrival(origin: LiveNode, *others: LiveNode, number: int) -> float:
    """Seconds from the last vote, which publishes, until everybody finds it."""
    story = origin.story
    record = story.in_review(story.submitted(story.drafted(title=f"Arrival number {number} of the zephyr")))
    for reviewer in THREE_SECTORS[:-1]:
        record = story.voted(record, reviewer) if record.state == "in_review" else record
    began = time.perf_counter()
    if record.state == "in_review":
        record = story.voted(record, THREE_SECTORS[-1])
    waiting = list(others)
    while waiting:
        waiting = [one for one in waiting if record.ref not in one.hits("researcher", f"{number} zephyr")]
        time.sleep(0.02)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=20)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with (
            live_node("nordmark", place / "n") as north,
            live_node("sudland", place / "s") as south,
            live_node("estmark", place / "e") as east,
        ):
            ally(north, south, east)
            with at_work(north, south, east):
                arrival(north, south, east, number=0)
                found = sorted(arrival(north, south, east, number=n) for n in range(1, times + 1))
    p95 = found[min(len(found) - 1, int(0.95 * len(found)))]
    print(
        f"{times} publications: median {statistics.median(found):.2f} s, p95 {p95:.2f} s, most {found[-1]:.2f} s"
    )


if __name__ == "__main__":
    main()
