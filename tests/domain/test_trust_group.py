"""A trust group's list: replaced as a whole, by its owner alone, in versions that only rise; hidden groups hide."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from comity.domain.trust_group import TrustGroup, refusal, told
from tests.factories import NOW

GROUP = TrustGroup("fjord", "aurora", 3, ("kestria", "nordmark"), hidden=False, document="", at=NOW)


def asked(known: TrustGroup | None = GROUP, **changes: Any) -> str:
    given: dict[str, Any] = {
        "sender": "aurora", "here": "nordmark", "group": "fjord", "version": 4, "members": ("nordmark",), "agreed": ("fjord",),
    }  # fmt: skip
    return refusal(known, **{**given, **changes})


def test_the_owner_replaces_the_list() -> None:
    assert asked() == asked(None) == asked(members=()) == asked(None, members=()) == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"sender": "kestria"}, "not-the-owner"),
        ({"version": 3}, "old-version"),
        ({"version": 2}, "old-version"),
        ({"known": None, "agreed": ()}, "group-not-agreed"),
        ({"known": replace(GROUP, owner="nordmark")}, "not-the-owner"),
        ({"members": ("kestria",)}, "not-a-member"),
        ({"members": ("nordmark", "nordmark")}, "malformed"),
        ({"members": ("nordmark", *(f"node-{n}" for n in range(500)))}, "malformed"),
    ],
)
def test_other_lists_are_not_taken(changes: dict[str, Any], reason: str) -> None:
    assert asked(**changes) == reason


def test_nobody_is_in_an_empty_list_but_the_owner() -> None:
    empty = GROUP.following((), document="", at=NOW)
    assert empty.version == 4
    assert not empty.holds("kestria")
    assert empty.holds("aurora")
    assert GROUP.following(("lorvania", "aurora", "lorvania"), document="", at=NOW).members == ("lorvania",)


def test_each_is_told_what_it_may_know_and_whoever_is_out_hears_it() -> None:
    after = GROUP.following(("kestria", "lorvania"), document="", at=NOW)
    assert told(GROUP, after) == ("kestria", "lorvania", "nordmark")
    assert after.told_to("kestria") == ("kestria", "lorvania")
    assert after.told_to("nordmark") == ()
    hidden = replace(after, hidden=True)
    assert hidden.told_to("kestria") == ("kestria",)
    assert hidden.told_to("nordmark") == ()
