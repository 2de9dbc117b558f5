"""A notice is valid STIX for others, comes back without loss, and is refused with any member that nobody knows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import stix2validator

from comity.domain.notice import Notice, Recall, What
from comity.domain.tlp import TLP
from comity.stix.facts import StixRefused
from comity.stix.notices import (
    notice_extension_definition,
    notice_from_stix,
    notice_id,
    notice_to_stix,
    signature_extension_definition,
)

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
UID = UUID("3f2b1c4a-1111-4111-8111-1234567890ab")
NOTICE = Notice(
    id=notice_id(UID),
    what=What.RECALL,
    origin="kestria",
    to="lorvania",
    tlp=TLP.GREEN,
    at=NOW,
    body=Recall(
        uid=str(UID),
        versions=("1.0",),
        reason_code="error",
        action="delete",
        due_at=NOW,
        text="A number is wrong.",
    ),
)


@pytest.mark.parametrize(
    "made", [notice_to_stix(NOTICE), notice_extension_definition(), signature_extension_definition()]
)
def test_it_is_valid_for_others(made: dict[str, Any]) -> None:
    result = stix2validator.validate_string(json.dumps(made))
    assert result.is_valid, [str(error) for error in result.errors]


def test_back_without_loss() -> None:
    assert notice_from_stix(json.loads(json.dumps(notice_to_stix(NOTICE)))) == NOTICE


@pytest.mark.parametrize(
    "change",
    [
        {"surprise": 1},
        {"what": "erase_everything"},
        {"addressed_to": []},
        {"addressed_to": ["lorvania", "thalassa"]},
        {"body": {**notice_to_stix(NOTICE)["body"], "also": "this"}},
        {"body": {**notice_to_stix(NOTICE)["body"], "action": "publish"}},
        {"body": "delete"},
    ],
)
def test_what_nobody_knows_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(StixRefused):
        notice_from_stix({**notice_to_stix(NOTICE), **change})


def test_an_unknown_marking_is_the_strictest() -> None:
    assert (
        notice_from_stix({**notice_to_stix(NOTICE), "object_marking_refs": ["marking-definition--x"]}).tlp
        is TLP.RED
    )
