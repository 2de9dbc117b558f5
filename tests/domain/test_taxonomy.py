"""The taxonomy file is typed, complete and closed (peers 1.1 row 6)."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from comity.config import POLICIES
from comity.domain.taxonomy import VOCABULARIES, Taxonomy
from comity.policies import taxonomy


def raw() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((POLICIES / "taxonomy.yaml").read_text(encoding="utf-8"))
    return read


def test_the_vocabularies_of_the_specification_are_there_in_full() -> None:
    sizes = {name: len(taxonomy().codes(name)) for name in VOCABULARIES}
    assert sizes == {
        "technology_areas": 11,
        "risk_indicators": 23,
        "application_families": 10,
        "risk_kinds": 9,
        "pathways": 10,
        "mitigations": 40,
        "sectors": 4,
        "method_families": 20,
        "jurisdiction_factors": 6,
    }


def test_codes_have_words_and_unknown_codes_are_shown_as_they_are() -> None:
    assert taxonomy().label("technology_areas", "T-QUA") == "Quantum"
    assert taxonomy().label("technology_areas", "T-ELSEWHERE") == "T-ELSEWHERE"
    with pytest.raises(KeyError):
        taxonomy().codes("countries")


def test_inheritance_defaults_to_one_lower() -> None:
    assert taxonomy().risk_indicators["RI-DEF-SUP"].inherit == "full"
    assert taxonomy().risk_indicators["RI-DEF-LAB"].inherit == "one_lower"


@pytest.mark.parametrize(
    "change",
    [
        {"nationalities": {"xx": "X"}},
        {"version": "1"},
        {"technology_areas": {"T-AID": {"label": "AI", "rank": 1}}},
        {"pathways": {}},
        {"risk_indicators": {"RI-X": {"label": "X", "tie": "P1", "inherit": "double"}}},
    ],
)
def test_a_slip_in_the_file_is_refused(change: dict[str, Any]) -> None:
    Taxonomy.model_validate(raw())
    with pytest.raises(ValidationError):
        Taxonomy.model_validate({**raw(), **change})
