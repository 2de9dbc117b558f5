"""Sources: independence (C-04), circular sourcing (SG-12), grades."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from comity.domain.source import (
    SOURCE_TYPES,
    Source,
    default_reliability,
    grading_problems,
    independent,
    independent_count,
    traces_to_one,
)


def source(title: str = "Report", publisher: str = "Daily Example", **more: Any) -> Source:
    return Source.model_validate({"title": title, "publisher": publisher, "type": "press", **more})


def test_c_04_one_publisher_is_one_voice_however_it_is_spelled() -> None:
    assert not independent(source("A", "Daily Example"), source("B", " daily  EXAMPLE "))
    assert independent(source("A", "Daily Example"), source("B", "Evening Example"))


@pytest.mark.parametrize("cited", ["A", "https://daily.example/a", "https://DAILY.example/a/"])
def test_c_04_sources_that_cite_each_other_are_not_independent_either_way_round(cited: str) -> None:
    one = source("A", "Daily Example", url="https://daily.example/a")
    other = source("B", "Evening Example", cites=[cited])
    assert not independent(one, other)
    assert not independent(other, one)


def test_a_chain_of_citations_is_one_voice() -> None:
    chain = [source("A", "P1"), source("B", "P2", cites=["A"]), source("C", "P3", cites=["B"])]
    assert independent(chain[0], chain[2])
    assert independent_count(chain) == 1
    assert independent_count([*chain, source("D", "P4")]) == 2


def test_sg_12_sources_that_rest_on_one_third_source_trace_to_one() -> None:
    both = [source("A", "P1", cites=["The Dataset"]), source("B", "P2", cites=["the dataset"])]
    assert independent_count(both) == 2
    assert traces_to_one(both)
    assert not traces_to_one([*both, source("C", "P3")])
    assert not traces_to_one(both[:1])


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ABCD"), st.sampled_from("PQR"), st.lists(st.sampled_from("ABCD"), max_size=2)
        ),
        max_size=6,
    )
)
def test_independence_never_exceeds_publishers_and_ignores_order(
    raw: list[tuple[str, str, list[str]]],
) -> None:
    sources = [source(title, publisher, cites=cites) for title, publisher, cites in raw]
    count = independent_count(sources)
    assert count <= len({publisher for _, publisher, _ in raw})
    assert count == independent_count(list(reversed(sources)))
    assert all(independent(a, b) == independent(b, a) for a in sources for b in sources)


def test_every_type_has_a_suggested_reliability() -> None:
    assert {default_reliability(kind) for kind in SOURCE_TYPES} <= set("ABCDEF")
    assert default_reliability("sealed_submission") == "F"


def test_an_unusual_grade_needs_a_reason() -> None:
    odd = source(reliability="A", credibility="3")
    assert [p.field for p in grading_problems([odd], "sources")] == ["sources.0.grading_reason"]
    assert (
        grading_problems(
            [source(reliability="A", credibility="3", grading_reason="Seen in full.")], "sources"
        )
        == []
    )
    assert {p.field for p in grading_problems([source()], "x")} == {"x.0.reliability", "x.0.credibility"}


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "ftp://x.example",
        "https://user:secret@x.example/",
        "//x.example",
        "https://a b",
    ],
)
def test_only_plain_web_addresses_are_links(url: str) -> None:
    with pytest.raises(ValidationError):
        source(url=url)
