"""The baseline list is exactly the seven; the guard list asks and never judges."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from comity import policies
from comity.domain.lists import BaselineList

BASELINE = policies.baseline_defence_supervised()

SEVEN = {
    "Beihang University": "北京航空航天大学",
    "Beijing Institute of Technology": "北京理工大学",
    "Harbin Engineering University": "哈尔滨工程大学",
    "Harbin Institute of Technology": "哈尔滨工业大学",
    "Nanjing University of Aeronautics and Astronautics": "南京航空航天大学",
    "Nanjing University of Science and Technology": "南京理工大学",
    "Northwestern Polytechnical University": "西北工业大学",
}


def test_the_baseline_list_is_exactly_the_seven_in_both_scripts() -> None:
    assert {entry.name: entry.original_name for entry in BASELINE.entries} == SEVEN
    assert BASELINE.indicator in policies.taxonomy().risk_indicators


@pytest.mark.parametrize(
    "name",
    [
        "Xidian University",
        "西安电子科技大学",
        "National University of Defense Technology",
        "国防科技大学",
        "University",
    ],
)
def test_others_are_not_on_it(name: str) -> None:
    assert BASELINE.find(name) is None


@pytest.mark.parametrize(
    "name", ["beihang university", "ＢＥＩＨＡＮＧ  University", "北京航空航天大学", "BUAA"]
)
def test_it_is_found_by_each_of_its_names(name: str) -> None:
    found = BASELINE.find(name)
    assert found is not None
    assert found.name == "Beihang University"


def test_it_triggers_a_review_and_can_do_no_more() -> None:
    with pytest.raises(ValidationError):
        BaselineList.model_validate(BASELINE.model_dump() | {"effect": "refusal"})


def test_every_entry_says_where_it_was_found() -> None:
    sources = {name: source.model_dump() for name, source in BASELINE.sources.items() if name != "galaxy"}
    with pytest.raises(ValidationError, match="not described"):
        BaselineList.model_validate(BASELINE.model_dump() | {"sources": sources})


def test_the_guard_names_generic_words_and_common_partners() -> None:
    hits = policies.common_partners().hits(["STATE  UNIVERSITY", "Example University of the North", "ESF-X"])
    assert [hit.name for hit in hits] == ["STATE  UNIVERSITY", "ESF-X"]
    assert all(hit.why for hit in hits)


def test_invented_partners_say_so_in_their_names() -> None:
    assert all(partner.name.startswith("Example ") for partner in policies.common_partners().partners)
