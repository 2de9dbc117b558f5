"""The descriptor says what others need, is signed by the key in force, and is accepted by whoever knew the node."""

from __future__ import annotations

import json

import pytest

from comity.domain.checkpoint import origin_of
from comity.domain.descriptor import accept
from comity.services import describe, set_up, sign
from comity.storage import collections
from tests.factories import NOW
from tests.place import Place


def test_a_node_that_is_not_open_to_others_says_nothing(sqlite_place: Place) -> None:
    with sqlite_place.unit("system") as unit:
        with pytest.raises(LookupError):
            describe.descriptor(unit)
        set_up.open_to_others(unit)
        set_up.open_to_others(unit)  # a second time changes nothing
        assert describe.descriptor(unit)["id"] == "nordmark"


def test_it_says_where_the_feed_the_inbox_and_the_log_are_and_is_accepted(place: Place) -> None:
    with place.unit("system") as unit:
        set_up.open_to_others(unit)
        said = describe.descriptor(unit)
        key = sign.signing_key(unit)
        records, inbox = (collections.by_alias(unit.db, one) for one in ("records", "inbox"))
    found = accept(said, (), now=NOW)
    assert key is not None
    assert records is not None
    assert inbox is not None
    assert found.descriptor.active.kid == key.kid
    assert (found.descriptor.taxii.records, found.descriptor.taxii.inbox) == (records.id, inbox.id)
    assert found.descriptor.ledger.origin == origin_of("nordmark")
    assert found.descriptor.ledger.key.startswith("comity/nordmark+")
    assert found.descriptor.legal_profile == place.world.node.legal_profile
    assert found.descriptor.contact == "desk@example.org"
    assert (found.descriptor.country, found.descriptor.languages) == ("NO", ("en", "nb"))
    addresses = json.dumps(said).count("http://127.0.0.1:8400/")
    assert addresses == 4, "token, discovery, api root, checkpoint"


def test_it_says_no_member_no_person_and_no_secret(place: Place) -> None:
    with place.unit("system") as unit:
        set_up.open_to_others(unit)
        said = json.dumps(describe.descriptor(unit))
        key = sign.signing_key(unit)
    assert key is not None
    assert str(key.key.as_dict(private=True)["d"]) not in said
    for hidden in ("uni-north", "person-", "fjord", "PRIVATE"):
        assert hidden not in said
