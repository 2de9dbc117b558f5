"""G-35 and G-36: dates, panels of strangers to the case, and what a dispute does to claims."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from comity import policies
from comity.domain.dispute import (
    Outcome,
    PanelMember,
    PanelVoice,
    clock,
    may_drive_grade,
    panel_outcome,
    panel_problems,
    second_decision_by,
)
from comity.domain.roles import Sector

POLICY = policies.quorum()
PANEL = [
    PanelMember("p1", "uni-south", Sector.ACADEMIA),
    PanelMember("p2", "firm-1", Sector.INDUSTRY),
    PanelMember("p3", "ngo-1", Sector.CIVIL_SOCIETY),
]


def problems(panel: list[PanelMember], **facts: object) -> list[str]:
    base = {"involved": {"voter"}, "conflicted": {"uni-north", "named-org"}}
    return panel_problems(panel, **(base | facts), policy=POLICY)  # type: ignore[arg-type]


def test_three_people_of_three_sectors_who_took_no_part() -> None:
    assert problems(PANEL) == []
    few, sectors = (
        "A panel has 3 people with an active account.",
        "A panel has people of 3 sectors, and nobody without a sector.",
    )
    assert problems(PANEL[:2]) == [few, sectors]
    assert problems([*PANEL, replace(PANEL[2], person="p4")]) == [few], "nor is it packed with more"
    assert problems([*PANEL[:2], replace(PANEL[2], sector=Sector.INDUSTRY)]) == [sectors]
    assert problems([*PANEL[:2], replace(PANEL[2], sector=None)]) == [sectors]


def test_two_of_three_decide_once_three_sectors_have_spoken() -> None:
    """No single person decides, and no two before the third sector has had its say."""
    for_, against = Outcome.RECORD_WITHDRAWN, Outcome.DISMISSED
    one, two, three = (Sector.ACADEMIA, Sector.INDUSTRY, Sector.GOVERNMENT)
    said = [PanelVoice("a", one, for_), PanelVoice("b", two, for_), PanelVoice("c", three, against)]
    assert panel_outcome([], POLICY) is None
    assert panel_outcome(said[:1], POLICY) is None
    assert panel_outcome(said[:2], POLICY) is None
    assert panel_outcome(said, POLICY) is for_
    split = [said[0], replace(said[1], outcome=Outcome.CORRECTED), said[2]]
    assert panel_outcome(split, POLICY) is None


@pytest.mark.parametrize(
    "unfit", [{"person": "voter"}, {"organization": "uni-north"}, {"organization": "named-org"}]
)
def test_nobody_who_took_part_decides(unfit: dict[str, str]) -> None:
    assert "took part before" in problems([*PANEL[:2], replace(PANEL[2], **unfit)])[0]  # type: ignore[arg-type]


def test_dates_count_working_days() -> None:
    received = datetime(2026, 11, 20, 16, tzinfo=UTC)
    dates = clock(received, POLICY)
    assert dates.acknowledge_by == datetime(2026, 11, 26, tzinfo=UTC)
    assert dates.first_decision_by == datetime(2026, 12, 19, tzinfo=UTC)
    assert second_decision_by(received, POLICY) == datetime(2027, 1, 16, tzinfo=UTC)


def test_a_disputed_claim_drives_no_grade_unless_from_an_official_list() -> None:
    assert not may_drive_grade(disputed=True, from_official_list=False)
    assert may_drive_grade(disputed=True, from_official_list=True)
    assert may_drive_grade(disputed=False, from_official_list=False)
