"""Torn off: only what was chosen, and nothing that leads back to what it was torn from."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from comity.domain.kinds.registry import KINDS, kind
from comity.domain.tear_line import lower_markings, passages, torn
from comity.domain.tlp import TLP


def full(name: str = "due_diligence_note") -> dict[str, Any]:
    content = deepcopy(dict(kind(name).example))
    content["related"] = [{"ref": "RSI-nordmark-ADV-2026-123456", "relation": "see_also"}]
    content["external_refs"] = [{"system": "Secret register", "id": "S-1", "url": ""}]
    return content


@pytest.mark.parametrize("name", KINDS)
def test_every_passage_can_be_torn_off_alone(name: str) -> None:
    content = full(name)
    found = passages(kind(name), content)
    assert {"title", "summary", "sources.0"} <= {one.path for one in found}
    assert not {"related.0", "external_refs.0"} & {one.path for one in found}
    for one in found:
        assert one.text
        assert list(torn(kind(name), content, [one.path])) == [one.path.partition(".")[0]]
    assert torn(kind(name), content, []) == {}
    assert torn(kind(name), content, ["related", "related.0", "claims.99", "nothing"]) == {}


def test_claims_lose_their_numbers_chains_and_marks() -> None:
    content = full()
    first = {**content["claims"][0], "claim_id": "c1", "text": "The hidden fact."}
    second = {
        **content["claims"][0],
        "claim_id": "c7",
        "text": "The open fact.",
        "tlp": "AMBER+STRICT",
        "derived_from": ["RSI-nordmark-DDN-2026-999999#c3"],
        "reply_ref": "RSI-nordmark-DDN-2026-999999",
    }
    content["claims"] = [first, second]
    content["tie_levels"] = [{"unit": "Laboratory", "level": "P1", "claims": ["c1", "c7"]}]
    made = torn(kind("due_diligence_note"), content, ["claims.1", "tie_levels.0"])
    assert made["tie_levels"][0]["claims"] == ["c1"], "counted anew: a gap would tell of the other"
    said = json.dumps(made)
    for word in ("hidden fact", "c7", "999999", "AMBER+STRICT", "reliability"):
        assert word not in said


def test_a_tear_line_is_marked_lower() -> None:
    assert lower_markings(TLP.AMBER) == (TLP.CLEAR, TLP.GREEN)
    assert lower_markings(TLP.CLEAR) == ()
