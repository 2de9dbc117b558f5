"""What the transparency report counts of sharing: by whom, to whom and with which end, never about what."""

from __future__ import annotations

from datetime import timedelta

from comity.services import count_sharing, propose
from tests.services.test_onward import amber, answered, asked
from tests.services.test_propose import TEXT
from tests.story import Story


def test_requests_and_proposals_are_counted_with_their_ends(story: Story) -> None:
    source, open_one = amber(story), story.published()
    answered(story, asked(story, source))
    asked(story, source)
    with story.unit("researcher") as unit:
        propose.propose(unit, ref=open_one.ref, text=TEXT)
    with story.unit("system", writes=False) as unit:
        tables = {
            title: rows
            for title, _, rows in count_sharing.counted(unit, story.now, story.now + timedelta(days=1))
        }
        earlier = list(count_sharing.counted(unit, story.now - timedelta(days=9), story.now))
    assert sorted(tables["Requests to pass a record on"]) == [
        ("within this node", "open"),
        ("within this node", "yes"),
    ]
    assert tables["Corrections proposed to an originator"] == [("within this node", "open")]
    assert tables["Releases of restricted records asked for, by allied node"] == []
    assert all(rows == [] for _, _, rows in earlier)
