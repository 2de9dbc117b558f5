"""One line of the table of bars."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A measured value. `target` is the most it may be (or the least, with `at_least`); None for what has no bar."""

    what: str
    value: float
    unit: str
    target: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool:
        """True where there is no bar."""
        if self.target is None:
            return True
        return self.value >= self.target if self.at_least else self.value <= self.target

    def __str__(self) -> str:
        """`search through the API, p50   9.8 ms   at most 15   met`."""
        if self.target is None:
            return f"{self.what:<58}{self.value:>10.1f} {self.unit:<9}"
        bar = f"{'at least' if self.at_least else 'at most'} {self.target:g}"
        return f"{self.what:<58}{self.value:>10.1f} {self.unit:<9}{bar:<14}{'met' if self.met else 'MISSED'}"
