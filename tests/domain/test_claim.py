"""Claims: rules C-01 to C-07 of the product spec, 4.4.5."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from comity.domain.claim import (
    Claim,
    circular_warnings,
    claim_problems,
    longest_expiry,
    number_claims,
    usable,
)
from comity.domain.months import add_months
from comity.domain.tlp import TLP

TODAY = date(2026, 11, 22)


def src(publisher: str, type_: str = "press", **more: Any) -> dict[str, Any]:
    return {"title": f"By {publisher}", "publisher": publisher, "type": type_, **more}


def claim(**changes: Any) -> Claim:
    return Claim.model_validate(
        {
            "claim_id": "c1",
            "text": "The laboratory opened in 2024.",
            "unit_scope": {"level": "laboratory", "unit": "Laboratory of Optics"},
            "sources": [src("Daily Example"), src("Evening Example")],
            "confidence": "moderate",
            "weight": "moderate",
            "last_checked": "2026-11-01",
            "expires_at": "2027-10-01",
            **changes,
        }
    )


def codes(one: Claim, tlp: TLP = TLP.GREEN) -> dict[str, str]:
    return {p.field: p.code for p in claim_problems(one, "claims.0", tlp, TODAY)}


def test_a_plain_claim_has_no_problem() -> None:
    assert codes(claim()) == {}


def test_c_01_a_claim_without_a_source_is_not_a_claim() -> None:
    with pytest.raises(ValidationError, match="sources"):
        claim(sources=[])


@pytest.mark.parametrize(
    ("grades", "stopped"), [("456", True), ("6", True), ("43", False), ("1", False), ("", False)]
)
def test_c_02_a_severe_claim_on_doubtful_sources_cannot_be_published(grades: str, stopped: bool) -> None:
    sources = [src(f"P{i}", credibility=grade) for i, grade in enumerate(grades)] or [src("P")]
    found = codes(claim(weight="severe", sources=[*sources, src("Court of XX", "court")]))
    assert (found.get("claims.0.weight") == "C-02") is stopped


def test_c_02_is_about_severe_claims_only() -> None:
    assert codes(claim(sources=[src("P", credibility="5")])) == {}


@pytest.mark.parametrize("status", ["refuted", "expired"])
def test_c_03_refuted_and_expired_claims_are_not_usable(status: str) -> None:
    assert not usable(claim(status=status), TODAY)


def test_c_03_a_claim_is_usable_through_its_last_day() -> None:
    assert usable(claim(), date(2027, 10, 1))
    assert not usable(claim(), date(2027, 10, 2))


@pytest.mark.parametrize(
    ("sources", "stopped"),
    [
        ([src("Daily Example")], True),
        ([src("Daily Example"), src("Daily Example")], True),
        ([src("Daily Example"), src("Evening Example", cites=["By Daily Example"])], True),
        ([src("Daily Example"), src("Evening Example")], False),
        ([src("Register of XX", "registry")], False),
        ([src("Court of XX", "court")], False),
    ],
)
def test_c_04_a_severe_claim_needs_one_official_or_two_independent_sources(
    sources: list[dict[str, Any]], stopped: bool
) -> None:
    assert (codes(claim(weight="severe", sources=sources)).get("claims.0.sources") == "C-04") is stopped


@pytest.mark.parametrize(
    "text",
    ["No ties to the ministry were found.", "Nothing was found.", "The firm is not listed on the register."],
)
def test_c_05_absence_of_evidence_is_a_check_and_not_a_claim(text: str) -> None:
    assert codes(claim(text=text)) == {"claims.0.text": "C-05"}


def test_c_06_an_allegation_stays_one_until_a_court_has_spoken() -> None:
    text = "The firm was accused of theft of designs."
    assert codes(claim(text=text)) == {}
    assert codes(claim(text=text, status="corroborated")) == {"claims.0.status": "C-06"}
    assert codes(claim(text=text, status="corroborated", sources=[src("Court of XX", "court")])) == {}


def test_c_06_a_crime_is_not_stated_as_fact_without_a_court() -> None:
    text = "The firm stole designs."
    assert codes(claim(text=text)) == {"claims.0.text": "C-06"}
    assert codes(claim(text=text, sources=[src("Court of XX", "court")])) == {}


def test_c_07_copies_keep_their_chain_so_that_circles_show() -> None:
    first = claim(derived_from=["RSI-XX-ADV-2026-1#c1"])
    second = claim(claim_id="c2", derived_from=["RSI-XX-ADV-2026-1#c1"])
    assert [p.field for p in circular_warnings([first, second])] == ["claims.1.derived_from"]
    assert circular_warnings([first, claim(claim_id="c2", derived_from=["RSI-YY-ADV-2026-4#c1"])]) == []


def test_sg_12_sources_that_trace_to_one_are_shown() -> None:
    one = claim(sources=[src("Daily Example"), src("Evening Example", cites=["By Daily Example"])])
    assert [p.field for p in circular_warnings([claim(), one])] == ["claims.1.sources"]


def test_claims_last_24_months_and_moderate_press_claims_12() -> None:
    assert longest_expiry(claim()) == date(2027, 11, 1)
    assert longest_expiry(claim(weight="context")) == date(2028, 11, 1)
    assert longest_expiry(claim(sources=[src("P"), src("R", "registry")])) == date(2028, 11, 1)
    assert codes(claim(expires_at="2027-11-02")) == {"claims.0.expires_at": "too-late"}


def test_dates_contradict_each_other_by_name() -> None:
    assert codes(claim(from_date="2026-02-01", to_date="2026-01-01")) == {"claims.0.to_date": "dates"}
    assert codes(claim(last_checked="2026-11-23", expires_at="2027-01-01")) == {
        "claims.0.last_checked": "dates"
    }
    assert codes(claim(first_seen="2026-11-02")) == {"claims.0.last_checked": "dates"}
    assert codes(claim(expires_at="2026-10-31")) == {"claims.0.expires_at": "dates"}


def test_a_portion_mark_is_stricter_or_equal_and_never_below_the_record() -> None:
    assert codes(claim(tlp="AMBER")) == {}
    assert codes(claim(tlp="CLEAR")) == {"claims.0.tlp": "marking"}


def test_the_whole_organization_needs_a_reason() -> None:
    assert codes(claim(unit_scope={"level": "whole"})) == {"claims.0.unit_scope.reason": "missing"}
    assert codes(claim(unit_scope={"level": "whole", "reason": "It has no units."})) == {}


@given(st.lists(st.sampled_from(["", "c1", "c2", "c7", "x"]), max_size=8))
def test_numbering_keeps_what_is_given_and_never_repeats_a_number(given_ids: list[str]) -> None:
    numbered = number_claims({"claims": [{"text": "t", "claim_id": one} for one in given_ids]})["claims"]
    new = [c["claim_id"] for c, old in zip(numbered, given_ids, strict=True) if not old]
    assert [c["claim_id"] for c, old in zip(numbered, given_ids, strict=True) if old] == [
        old for old in given_ids if old
    ]
    assert len(set(new)) == len(new)
    assert not set(new) & set(given_ids)
    assert number_claims({"claims": numbered})["claims"] == numbered


@pytest.mark.parametrize("data", [{}, {"claims": None}, {"claims": "text"}, {"claims": [None, 3]}])
def test_numbering_leaves_other_shapes_alone(data: dict[str, Any]) -> None:
    assert number_claims(data) == data


def test_months_end_on_the_last_day_of_a_shorter_month() -> None:
    assert add_months(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert add_months(date(2027, 8, 31), 6) == date(2028, 2, 29)
    assert add_months(date(2026, 12, 15), 1) == date(2027, 1, 15)
    assert add_months(date(2026, 1, 15), -1) == date(2025, 12, 15)
