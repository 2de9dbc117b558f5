"""Opening and closing shelves: who does it, what is refused, and that it is in the log."""

from __future__ import annotations

from typing import Any

import pytest

from comity.domain.errors import Invalid, NotAllowed, NotFound, SignInNeeded
from comity.domain.tlp import TLP
from comity.services import keep_shelves
from comity.storage import audit
from tests.story import Story

SHELF: dict[str, Any] = {
    "alias": "shelf",
    "title": "A  shelf",
    "tlp": TLP.GREEN,
    "readers": ["any"],
    "writers": ["org:uni-north"],
}


@pytest.mark.parametrize("who", ["reader", "editor", "organization_admin", "council_gov", "auditor"])
def test_the_federation_officer_alone_does_it(story: Story, who: str) -> None:
    with pytest.raises(NotAllowed), story.unit(who) as unit:
        keep_shelves.open_shelf(unit, **SHELF)
    with pytest.raises(NotAllowed), story.unit(who) as unit:
        keep_shelves.name_users(unit, alias="records", readers=[])
    with pytest.raises(NotAllowed), story.unit(who) as unit:
        keep_shelves.close_shelf(unit, alias="records")
    with pytest.raises(NotAllowed), story.unit(who) as unit:
        keep_shelves.listed(unit)


def test_nobody_else_does_it(story: Story) -> None:
    with pytest.raises(SignInNeeded), story.unit("public") as unit:
        keep_shelves.open_shelf(unit, **SHELF)


def test_a_shelf_is_opened_changed_and_closed_in_the_log(story: Story) -> None:
    with story.unit("federation_officer") as unit:
        shelf = keep_shelves.open_shelf(unit, **SHELF)
        assert (shelf.title, shelf.readers, shelf.writers) == ("A shelf", ("any",), ("org:uni-north",))
        changed = keep_shelves.name_users(unit, alias="shelf", readers=["org:b", "org:a", "org:a"])
        assert (changed.readers, changed.writers) == (("org:a", "org:b"), ("org:uni-north",))
        assert keep_shelves.close_shelf(unit, alias="shelf") == 0
        assert [one.alias for one in keep_shelves.listed(unit)] == ["records", "inbox"]
    with story.unit("system", writes=False) as unit:
        actions = [link.entry.action for link in audit.links(unit.db, unit.viewer)]
    assert [one for one in actions if one.startswith(("shelf", "collection"))] == [
        "shelf.closed", "collection.users", "shelf.opened",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"alias": "Shelf"}, "alias"), ({"alias": "s"}, "alias"), ({"alias": "a/b"}, "alias"), ({"alias": "inbox"}, "alias"),
        ({"title": " "}, "title"), ({"title": "x" * 201}, "title"), ({"description": "x" * 601}, "description"),
        ({"tlp": TLP.AMBER}, "tlp"), ({"readers": ["everyone"]}, "readers"), ({"readers": ["person:x"]}, "readers"),
        ({"writers": ["role:editor"]}, "writers"), ({"writers": ["org:Uni"]}, "writers"), ({"writers": ["org:*"]}, "writers"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(story: Story, change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused, story.unit("federation_officer") as unit:
        keep_shelves.open_shelf(unit, **(SHELF | change))
    assert [one.field for one in refused.value.problems] == [field]


def test_the_feed_and_the_inbox_stay_what_they_are(story: Story) -> None:
    with story.unit("federation_officer") as unit:
        assert keep_shelves.name_users(unit, alias="records", readers=["node:kestria"]).readers == (
            "node:kestria",
        )
        for alias, users in (
            ("inbox", {"readers": ["any"]}),
            ("inbox", {"writers": ["any"]}),
            ("records", {"writers": ["any"]}),
        ):
            with pytest.raises(NotAllowed):
                keep_shelves.name_users(unit, alias=alias, **users)
        for alias in ("records", "inbox"):
            with pytest.raises(NotAllowed):
                keep_shelves.close_shelf(unit, alias=alias)
        with pytest.raises(NotFound):
            keep_shelves.close_shelf(unit, alias="nothing")
