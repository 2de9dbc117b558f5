"""Council: when it is able to decide, and what a decision needs. Source: G-40, G-41 (no veto), G-07, `quorum.yaml`.

Refuses to know what is being decided. A sector agrees when most of its members present do; nobody's "no" outweighs that.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from comity.domain.roles import Sector

QUORUM_SECTORS: Final = 3


@dataclass(frozen=True)
class CouncilVote:
    """A member who is present. `agrees` is False for a no and for an abstention alike."""

    member: str
    sector: Sector
    agrees: bool


@dataclass(frozen=True)
class CouncilDecision:
    """`agreeing` are the sectors that agree; `missing` are plain sentences, empty when council has decided."""

    met: bool
    agreeing: frozenset[Sector]
    missing: tuple[str, ...]


def decide(
    votes: Sequence[CouncilVote], *, seats: int, sectors: int = 0, non_government: int = 0
) -> CouncilDecision:
    """Count the members present. `sectors` and `non_government` are what the act asks for beyond a majority.

    Raises `ValueError` when one member is there twice or more are present than there are seats.
    """
    if len({vote.member for vote in votes}) != len(votes) or len(votes) > seats:
        raise ValueError("each seat speaks once")
    present = {vote.sector for vote in votes}
    agreeing = frozenset(
        sector for sector in present if _most([v.agrees for v in votes if v.sector is sector])
    )
    missing = []
    if len(present) < QUORUM_SECTORS or 2 * len(votes) < seats:
        missing.append("Council can decide with three sectors and half of its seats present.")
    if not _most([vote.agrees for vote in votes]):
        missing.append("A majority of the members present has not agreed.")
    if 2 * len(agreeing) <= len(present):
        missing.append("A majority of the sectors present has not agreed.")
    if len(agreeing) < sectors:
        missing.append(f"{sectors} sectors must agree.")
    if len(agreeing - {Sector.GOVERNMENT}) < non_government:
        missing.append(f"{non_government} non-government sectors must agree.")
    return CouncilDecision(not missing, agreeing, tuple(missing))


def _most(answers: Collection[bool]) -> bool:
    return 2 * sum(answers) > len(answers)
