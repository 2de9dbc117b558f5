"""What nodes are asked to do when nobody chose, and that every reason that can be given has words that travel."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from comity import policies
from comity.domain.notice import Action, Recall
from comity.domain.recall import (
    ACTIONS,
    DEADLINES,
    NARROWED,
    Asked,
    Reason,
    chosen,
    softer,
    travels_as,
    usual,
)

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
GIVEN = [
    (decision, code)
    for decision in ("withdraw", "hold", "restrict")
    for code in policies.reason_codes().reasons[decision]
]


def test_the_words_are_those_of_the_notice() -> None:
    assert tuple(ACTIONS) == get_args(Action)
    assert set(get_args(Reason)) == set(get_args(Recall.model_fields["reason_code"].annotation))


@pytest.mark.parametrize(("decision", "code"), GIVEN)
def test_every_reason_has_words_that_travel(decision: str, code: str) -> None:
    from comity.domain import recall

    assert code in recall._TRAVELS_AS
    assert travels_as(code) in get_args(Reason)


def test_a_wrong_note_is_deleted_within_a_day() -> None:
    """J-11.1 and J-11.4, when the form is left as it is."""
    assert usual("error") == Asked("delete", 24)
    assert usual("error").due(NOW) == NOW + timedelta(hours=24)


@pytest.mark.parametrize("code", ["harm", "personal_data"])
@pytest.mark.parametrize("replaced", [True, False])
def test_harm_is_urgent_and_asks_for_the_most(code: str, *, replaced: bool) -> None:
    assert usual(code, replaced=replaced) == Asked("delete", 4)


def test_what_may_come_back_is_not_deleted() -> None:
    assert usual("factual_doubt", returns=True).action == "restrict"
    assert usual("safety_of_person", returns=True) == Asked("restrict", 4)
    assert usual("court_order", returns=True).action == "restrict"


def test_a_replacement_is_pointed_to() -> None:
    assert usual("error", replaced=True) == Asked("replace", 24)
    assert usual("overtaken") == Asked("annotate", 72)
    assert usual(NARROWED) == Asked("delete", 24)


def test_an_unknown_reason_asks_for_the_most() -> None:
    assert usual("never heard of") == Asked("delete", 24)


def test_only_what_is_listed_can_be_chosen() -> None:
    assert chosen("annotate", 72) == Asked("annotate", 72)
    assert chosen("publish", 24) is None
    assert chosen("delete", 5) is None
    assert set(DEADLINES) == {4, 24, 72}


def test_the_order_of_what_is_asked() -> None:
    assert softer("annotate", "delete")
    assert not softer("delete", "delete")
    assert not softer("delete", "restrict")
