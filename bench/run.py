"""Prints a table of every bar, of the portal and of the exchange: `make bench`, or `python -m bench.run --keep var/bench`.

Medians where nothing else is said. Ends with 1 when a bar was missed.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from bench import api, taxii


def main() -> int:
    choices = argparse.ArgumentParser(description=__doc__)
    choices.add_argument("--documents", type=int, default=50_000)
    choices.add_argument("--seconds", type=float, default=30.0, help="how long the hundred readers ask")
    choices.add_argument("--objects", type=int, default=100_000, help="what the shelf of the exchange holds")
    choices.add_argument("--keep", type=Path, help="folder of loaded nodes, made when it is not there")
    choices.add_argument("--only", choices=("api", "taxii"), help="one of the tables")
    options = choices.parse_args()
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before; {options.documents:,} documents",
        flush=True,
    )
    missed = 0
    for name, rows in (
        ("api", api.measure(options.documents, keep=options.keep, seconds=options.seconds)),
        ("taxii", taxii.measure(options.objects, keep=options.keep)),
    ):
        if options.only in (None, name):
            print(f"\n{name}", flush=True)
            for row in rows:
                print(row, flush=True)
                missed += not row.met
    print(f"load {os.getloadavg()[0]:.1f} after; {missed} bars missed" if missed else "every bar met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
