"""The quorum in words and as the panel of `components/votes.html`: who must agree, and how far it has come. No votes of people."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from comity.domain.governance import ApprovalRule
from comity.domain.quorum import QuorumRule, Tally
from comity.domain.roles import Sector
from comity.web.organizations import SECTORS

_NUMBERS: Final = {1: "One", 2: "Two", 3: "Three", 4: "Four", 5: "Five", 6: "Six"}


def number(count: int) -> str:
    """`3` -> `Three`."""
    return _NUMBERS.get(count, str(count))


def conditions(rule: QuorumRule) -> list[str]:
    """What a rule asks for, one sentence each."""
    needs = rule.needs
    said = [
        f"{number(needs.approvals)} organizations agree, none of them the originator’s.",
        f"They come from {number(needs.sectors).lower()} sectors.",
        f"{number(needs.non_government)} of them {'is' if needs.non_government == 1 else 'are'} not from government.",
    ]
    if needs.must_include_one_of:
        named = " or ".join(SECTORS[sector].lower() for sector in needs.must_include_one_of)
        said.append(f"At least one is from {named}.")
    if needs.devils_advocate:
        said.append("A devil’s advocate signs, and writes the best innocent explanation.")
    return [*said, _time(needs)]


def _time(needs: ApprovalRule) -> str:
    if needs.hours:
        return (
            f"They have {needs.hours} hours. The notice ends by itself after 14 days unless it is confirmed."
        )
    return f"They have {needs.days} working days; then it comes back to you. Silence is neither yes nor no."


def progress(tally: Tally, asked: Collection[Sector], *, everything: bool = False) -> dict[str, Any]:
    """For `votes()`. `everything` adds the votes that do not count, by sector and reason: for editors."""
    return {
        "met": tally.met,
        "approvals": len(tally.counted),
        "approvals_needed": tally.rule.needs.approvals,
        "sectors": [_sector(one, tally, asked) for one in Sector],
        "rules": [],
        "missing": list(tally.missing),
        "not_counted": _left_out(tally) if everything else [],
    }


def _sector(sector: Sector, tally: Tally, asked: Collection[Sector]) -> dict[str, str]:
    """Never whether somebody who was asked has answered otherwise: that stays hidden."""
    if sector in tally.sectors:
        return {"label": SECTORS[sector], "state": "agreed"}
    if sector in asked:
        return {"label": SECTORS[sector], "state": "asked", "text": "asked"}
    return {"label": SECTORS[sector], "state": "none"}


def _left_out(tally: Tally) -> list[dict[str, str]]:
    """Only conflicts of interest; what somebody asks for instead stays hidden until the review is over."""
    return [
        {"who": SECTORS[vote.sector], "why": reason} for vote, reason in tally.not_counted if vote.conflict
    ]
