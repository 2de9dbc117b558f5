"""G-21: each listed relation is a conflict, and nothing else is."""

from __future__ import annotations

from datetime import date

import pytest

from comity.domain.conflict import (
    Funding,
    RecordTies,
    Relations,
    conflicts,
    members_among,
    named_in,
    suppliers_in,
)
from comity.domain.node import Organization

TODAY = date(2026, 11, 22)
RECORD = RecordTies(
    originator="maker", named_entities=frozenset({"named"}), source_suppliers=frozenset({"supplier"})
)


def codes(organization: str, relations: Relations | None = None, **facts: object) -> list[str]:
    found = conflicts(organization, RECORD, relations or Relations(), today=TODAY, **facts)  # type: ignore[arg-type]
    return [conflict.code for conflict in found]


@pytest.mark.parametrize(
    ("organization", "code"),
    [("maker", "originator"), ("named", "named_entity"), ("supplier", "source_supplier")],
)
def test_those_whom_the_record_touches(organization: str, code: str) -> None:
    assert codes(organization) == [code]


def test_a_stranger_has_none() -> None:
    relations = Relations(
        parents=frozenset({("a", "b")}),
        funding=frozenset({Funding("a", "b")}),
        competitors=frozenset({("a", "b")}),
    )
    assert codes("stranger", relations) == []
    assert codes("a", relations) == []


@pytest.mark.parametrize("other", ["maker", "named"])
def test_parent_and_child_at_any_depth_either_way(other: str) -> None:
    relations = Relations(
        parents=frozenset({(other, "group"), ("group", "holding"), ("lab", other), ("holding", "group")})
    )
    assert (
        codes("group", relations)
        == codes("holding", relations)
        == codes("lab", relations)
        == ["parent_or_child"]
    )


@pytest.mark.parametrize(
    ("last", "conflicted"),
    [
        (None, True),
        (TODAY, True),
        (date(2023, 11, 22), True),
        (date(2023, 11, 21), False),
        (date(2001, 1, 1), False),
    ],
)
def test_a_funder_of_the_last_36_months(last: date | None, conflicted: bool) -> None:
    relations = Relations(funding=frozenset({Funding("funder", "named", last)}))
    assert codes("funder", relations) == (["funder"] if conflicted else [])


def test_being_funded_is_not_funding() -> None:
    assert codes("poor", Relations(funding=frozenset({Funding("named", "poor")}))) == []


def test_competitors_either_way_round() -> None:
    assert codes("rival", Relations(competitors=frozenset({("rival", "maker")}))) == ["competitor"]
    assert codes("rival", Relations(competitors=frozenset({("named", "rival")}))) == ["competitor"]


def test_a_declared_interest_is_a_conflict_and_an_empty_one_is_not() -> None:
    assert codes("stranger", declared=["My spouse works there", "  "]) == ["declared"]


CONTENT = {
    "entities": [
        {"name": "Institute of the Bay", "role": "subject", "entity_id": "ent:bay",
         "identifiers": {"ror": "https://ror.org/05abcde12"},
         "other_names": [{"value": "École de la Baie", "form": "former"}]},
        {"name": "Harbour Society", "role": "source"},
    ],
    "sources": [{"title": "A note", "publisher": "Coast Desk"}],
    "claims": [{"text": "x", "sources": [{"title": "A list", "publisher": "Export Office"}]}],
}  # fmt: skip


@pytest.mark.parametrize(
    "member",
    [
        Organization("bay", "INSTITUTE  of the Bay", "member", None, "verified"),
        Organization("bay", "Bay", "member", None, "verified", ror="05abcde12"),
        Organization("bay", "Bay", "member", None, "verified", other_names=("E\u0301cole de la Baie",)),
        Organization("ent:bay", "Bay", "member", None, "verified"),
    ],
    ids=["name", "ror", "former-name", "id"],
)
def test_a_member_is_recognised_under_the_words_of_a_record(member: Organization) -> None:
    stranger = Organization("other", "Institute of the Cape", "member", None, "verified")
    assert members_among(named_in(CONTENT), [member, stranger]) == {member.id}


def test_suppliers_are_publishers_and_those_named_as_a_source() -> None:
    assert suppliers_in(CONTENT) == ["Coast Desk", "Export Office", "Harbour Society"]
    assert "Harbour Society" not in named_in(CONTENT)
