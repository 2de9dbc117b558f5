"""The governance documents load, say what the specification says, and cannot be weakened below the floors."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from comity import policies
from comity.domain.dispute import Outcome
from comity.domain.governance import HandlingPolicy, QuorumPolicy
from comity.domain.reply import NOTICE_WORKING_DAYS
from comity.domain.tlp import TLP

QUORUM = policies.quorum()


def weakened(action: str, **update: Any) -> dict[str, Any]:
    document = QUORUM.model_dump()
    document["actions"][action] |= update
    return document


@pytest.mark.parametrize(
    ("action", "update"),
    [
        ("publish_best_practice", {"sectors": 1}),
        ("publish_best_practice", {"approvals": 1}),
        ("publish_advisory_no_entity", {"non_government": 0}),
        ("publish_urgent", {"non_government": 0}),
        ("publish_urgent", {"auto_expire_days": 60}),
        ("publish_advisory_named_entity", {"sectors": 2}),
        ("publish_advisory_named_entity", {"must_include_one_of": []}),
        ("publish_due_diligence_note", {"must_include_one_of": ["government", "academia"]}),
        ("hold", {"non_government": 0}),
        ("hold", {"max_days": 30}),
        ("return_to_author", {"sectors": 1}),
        ("return_to_author", {"non_government": 0}),
        ("withdraw_other", {"sectors": 1}),
        ("lift_personal_data_block", {"must_include": ["node_admin"]}),
        ("publish_best_practice", {"aprovals": 2}),
    ],
)
def test_a_quorum_document_below_the_floors_does_not_load(action: str, update: dict[str, Any]) -> None:
    QuorumPolicy.model_validate(QUORUM.model_dump())
    with pytest.raises(ValidationError):
        QuorumPolicy.model_validate(weakened(action, **update))


def test_a_document_cannot_let_the_originator_count_or_a_sector_vanish() -> None:
    for update in ({"never_counts": ["secretariat", "node_admin"]}, {"sectors": ["government", "academia"]}):
        with pytest.raises(ValidationError):
            QuorumPolicy.model_validate(QUORUM.model_dump() | update)


def test_the_numbers_of_the_specification() -> None:
    named = QUORUM.actions.publish_advisory_named_entity
    assert (named.approvals, named.sectors, named.non_government, named.days) == (3, 3, 2, 10)
    assert QUORUM.actions.publish_due_diligence_note.devils_advocate == 1
    assert QUORUM.actions.publish_urgent.hours == 4
    assert QUORUM.actions.hold.max_days == 14
    assert QUORUM.actions.hold.renew.times == 1


def test_every_reason_has_words_and_every_outcome_its_reason() -> None:
    codes = policies.reason_codes()
    assert set(codes.reasons["hold"]) == {
        "legal_order",
        "ongoing_operation",
        "safety_of_person",
        "factual_doubt",
        "personal_data",
    }
    assert set(codes.reasons["waiver"]) == {"safety_of_person", "legal_order", "urgent_path"}
    assert set(codes.reasons["dispute_outcome"]) == {outcome.value for outcome in Outcome}
    assert all(
        reason.label and reason.sentence.endswith(".")
        for group in codes.reasons.values()
        for reason in group.values()
    )
    assert codes.find("hold", "because") is None


def test_review_times_agree_with_the_quorum_document() -> None:
    services = policies.service_levels().services
    for service, action in {
        "review_best_practice": "publish_best_practice",
        "review_advisory": "publish_advisory_no_entity",
        "review_advisory_named_entity": "publish_advisory_named_entity",
        "review_due_diligence_note": "publish_due_diligence_note",
    }.items():
        assert services[service].amount == getattr(QUORUM.actions, action).days
    assert services["appeal_first_decision"].amount == QUORUM.actions.appeal_first.working_days
    assert services["appeal_second_decision"].amount == QUORUM.actions.appeal_second.working_days
    assert services["reply_notice"].amount == NOTICE_WORKING_DAYS


def test_every_marking_has_its_words_and_red_is_never_indexed() -> None:
    handling = policies.handling_policy()
    assert set(handling.tlp) == {label.value for label in TLP}
    document = handling.model_dump()
    document["tlp"]["RED"]["index"] = "restricted"
    with pytest.raises(ValidationError, match="never indexed"):
        HandlingPolicy.model_validate(document)
