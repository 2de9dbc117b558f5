"""Writes `policies/matrix.md` from the policy. Run by `make matrix`; `tests/services/test_tabulate.py` fails while it differs."""

from __future__ import annotations

from comity.config import POLICIES
from comity.services.tabulate import page


def main() -> None:
    """Write the page."""
    path = POLICIES / "matrix.md"
    path.write_text(page(), encoding="utf-8")
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
