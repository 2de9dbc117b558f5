"""An admission holds only with the votes that an advisory needs, and only for what comes from that publisher."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from comity import policies
from comity.domain.roles import Sector
from comity.domain.source_admission import PublicSource, SourcesPolicy, admission_problems

BASE: dict[str, Any] = {
    "id": "x-source", "title": "X", "formats": ["csaf"], "url": "https://x.example", "publishers": ["X"], "id_pattern": "X-[0-9]+",
    "licence": "CC0", "attribution": "X", "admitted": {"day": "2026-01-01", "votes": ["academia", "government"]},
}  # fmt: skip
RULE = policies.quorum().actions.publish_advisory_no_entity


def source(**changes: Any) -> PublicSource:
    return PublicSource.model_validate(BASE | changes)


@settings(deadline=None)  # a loaded machine is no defect
@given(st.lists(st.sampled_from(list(Sector)), min_size=1, max_size=6))
def test_no_single_sector_and_no_government_alone_admits(votes: list[Sector]) -> None:
    problems = admission_problems(
        source(admitted={"day": "2026-01-01", "votes": [one.value for one in votes]}), RULE
    )
    enough = len(votes) >= 2 and len(set(votes)) >= 2 and any(one is not Sector.GOVERNMENT for one in votes)
    assert (problems == []) is enough


def test_without_a_vote_nothing_is_admitted() -> None:
    assert admission_problems(source(admitted=None), RULE)


@pytest.mark.parametrize(
    "change",
    [
        {"highest_tlp": "GREEN"},
        {"id_pattern": "(["},
        {"publishers": []},
        {"licence": ""},
        {"trusted": True},
        {"url": "http://x.example"},
    ],
)
def test_a_source_that_would_widen_does_not_load(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        source(**change)


def test_two_sources_of_one_name_do_not_load() -> None:
    with pytest.raises(ValidationError):
        SourcesPolicy.model_validate({"version": "1.0.0", "sources": [BASE, BASE]})


@pytest.mark.parametrize(
    ("publisher", "foreign_id", "ours"),
    [("X", "X-1", True), ("Y", "X-1", False), ("X", "X-1 ", False), ("X", "xX-1", False)],
)
def test_a_document_is_recognised_whole(publisher: str, foreign_id: str, ours: bool) -> None:
    assert source().recognises(publisher, foreign_id) is ours


def test_every_shipped_source_is_admitted_with_a_sufficient_vote() -> None:
    assert [one.id for one in policies.sources().sources if admission_problems(one, RULE)] == []


def test_the_loader_refuses_an_admission_by_government_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = SourcesPolicy.model_validate(
        {
            "version": "1.0.0",
            "sources": [BASE | {"admitted": {"day": "2026-01-01", "votes": ["government", "government"]}}],
        }
    )
    monkeypatch.setattr(policies, "load", lambda name, model: bad)
    policies.sources.cache_clear()
    try:
        with pytest.raises(ValueError, match="sectors"):
            policies.sources()
    finally:
        policies.sources.cache_clear()
