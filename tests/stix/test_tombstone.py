"""What is left of a record that was taken down: valid for others, back without loss, and without a word of what it said."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import stix2validator

from comity.domain.kinds.registry import KINDS
from comity.domain.tlp import TLP
from comity.stix.facts import StixFacts, StixRefused
from comity.stix.record import from_stix, to_stix
from comity.stix.tombstone import Stone, is_tombstone, tombstone_from_stix, tombstone_to_stix
from comity.stix.vocabulary import EXTENSION_ID

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
FACTS = StixFacts(
    uid=UUID("01934f3e-7c1a-7b3d-8f00-1234567890ab"),
    ref="RSI-xx-ADV-2026-418203",
    version="2.1",
    node="xx",
    node_name="Example node",
    sector="academia",
    organization="Northmoor University",
    tlp=TLP.GREEN,
    created=NOW,
    modified=NOW + timedelta(days=3),
    published=NOW + timedelta(days=1),
    revoked=True,
)
STONES = [
    Stone("error", NOW + timedelta(days=3)),
    Stone("error", NOW, replaced_by="RSI-xx-ADV-2026-500000"),
    Stone("factual_doubt", NOW, until=NOW + timedelta(days=14)),
]
EVERY = pytest.mark.parametrize("kind", list(KINDS))


@EVERY
@pytest.mark.parametrize("stone", STONES)
def test_it_is_valid_for_others(kind: str, stone: Stone) -> None:
    result = stix2validator.validate_string(json.dumps(tombstone_to_stix(FACTS, kind, stone)))
    assert result.is_valid, [str(error) for error in result.errors]


@EVERY
@pytest.mark.parametrize("stone", STONES)
def test_back_without_loss_of_what_stays(kind: str, stone: Stone) -> None:
    parsed = tombstone_from_stix(json.loads(json.dumps(tombstone_to_stix(FACTS, kind, stone))))
    assert (parsed.kind, parsed.stone) == (kind, stone)
    assert parsed.facts == replace(FACTS, organization="", replaced_by=stone.replaced_by)


@EVERY
def test_it_is_a_later_version_of_the_same_object(kind: str) -> None:
    content = KINDS[kind].model_validate(copy.deepcopy(dict(KINDS[kind].example)))
    before = to_stix(replace(FACTS, modified=NOW, revoked=False), content)[-1]
    after = tombstone_to_stix(FACTS, kind, STONES[0])
    same = ("id", "type", "created", "created_by_ref")
    assert {name: before[name] for name in same} == {name: after[name] for name in same}
    assert after["modified"] > before["modified"]


@EVERY
def test_no_word_of_the_content_is_in_it(kind: str) -> None:
    """S24: what could leak is in the facts and in the example; the wire has none of it."""
    wire = json.dumps(tombstone_to_stix(FACTS, kind, STONES[0]))
    content = KINDS[kind].example
    assert "Northmoor" not in wire
    assert str(content["title"]) not in wire
    assert str(content["summary"]) not in wire


def _changed(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    made = tombstone_to_stix(FACTS, "advisory", STONES[0])
    place = made
    for name in path[:-1]:
        place = place[name]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return made


@pytest.mark.parametrize(
    "made",
    [
        _changed(("revoked",), False),
        _changed(("revoked",), None),
        _changed(("extensions", EXTENSION_ID, "content"), {"title": "still here"}),
        _changed(("extensions", EXTENSION_ID, "kind"), "best_practice"),
        _changed(("extensions", EXTENSION_ID, "tombstone"), "gone"),
        _changed(("extensions", EXTENSION_ID, "tombstone", "taken_down"), "yesterday"),
        _changed(("extensions", EXTENSION_ID, "uid"), "01934f3e-7c1a-7b3d-8f00-1234567890ff"),
        _changed(("extensions",), []),
    ],
)
def test_what_is_not_one_is_refused(made: dict[str, Any]) -> None:
    with pytest.raises(StixRefused):
        tombstone_from_stix(made)


def test_a_record_is_not_one_and_one_is_no_record() -> None:
    content = KINDS["advisory"].model_validate(copy.deepcopy(dict(KINDS["advisory"].example)))
    assert not is_tombstone(to_stix(FACTS, content)[-1])
    stone = tombstone_to_stix(FACTS, "advisory", STONES[0])
    assert is_tombstone(stone)
    with pytest.raises(StixRefused):
        from_stix([stone])
