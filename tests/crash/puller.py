"""A process that reads an ally's feed and is killed in the middle: before a page is committed, or right after.

`python -m tests.crash.puller DATABASE_URL FOLDER MOMENT PAGE`: kills itself without warning `before` or `after` the commit of
the page with that number.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from comity.config import Settings
from comity.services import pull
from comity.services.runtime import Runtime
from tests.story import NOW


def main(url: str, folder: str, moment: str, page: int) -> None:
    """Never returns."""
    settings = Settings(database_url=url, data_dir=Path(folder), outbound_allow="127.0.0.0/8", threads=4)
    runtime = Runtime(settings, clock=lambda: NOW)
    place: Any = pull
    applied, kept = place.apply_page, place._Reading._keep
    pages = [0]

    def applies(*given: Any) -> Any:
        done = applied(*given)
        if moment == "before" and pages[0] == page:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    def keeps(reading: Any, *given: Any) -> None:
        kept(reading, *given)
        if moment == "after" and pages[0] == page:
            os.kill(os.getpid(), signal.SIGKILL)
        pages[0] += 1

    place.apply_page, place._Reading._keep = applies, keeps
    pull.pull(runtime, "sudland", "doomed")
    os._exit(7)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
