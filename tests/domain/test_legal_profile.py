"""A node's legal profile as product 4.10.5 writes it, and what follows from it for the release check."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from comity.domain.legal_profile import LegalProfile, legal_profile_problems, readable
from tests import allies

SPECIFIED = """
schema: rsi.legal_profile/1
node: example-node
jurisdiction: XX
data_protection: {regime: "GDPR or other", authority: "name", transfer_basis: {XX: adequacy, YY: standard_clauses, ZZ: none}}
disclosure_law: {applies_to_operator: true, exemptions_relied_on: [confidence, security, commercial],
  accepts_amber_from_peers: true}
defamation: {standard: "short text", prior_notice_advised: true}
mandatory_reporting: ["duty, to whom, which facts"]
retention_months: {records: 120, assessments: 60, submissions: 24, audit: 84}
lists_with_legal_effect: [example-sanctions, example-export]
lists_advisory: [example-named-organisations]
technology_list: {source: "national list", version: "2026-01"}
classified_material: refused
languages: [en]
national_contact_point: {name: "advice desk", url: "https://example.invalid"}
may_not_receive: [exceptional_personal_data]
may_not_send: [member_identity, submission_payload]
reviewed_on: 2026-11-01
review_due: 2027-11-01
"""


def test_the_profile_of_the_specification_is_taken_as_it_is_written() -> None:
    given = yaml.safe_load(SPECIFIED)
    profile = LegalProfile.model_validate(given)
    assert list(legal_profile_problems(given)) == []
    assert [profile.transfers_to(country) for country in ("XX", "YY", "ZZ", "AA")] == [
        True,
        True,
        False,
        False,
    ]
    assert not profile.overdue(datetime(2027, 11, 1, 23, tzinfo=UTC))
    assert profile.overdue(datetime(2027, 11, 2, tzinfo=UTC))
    plain = profile.model_dump(mode="json", by_alias=True)
    assert LegalProfile.model_validate(plain) == profile


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": "rsi.legal_profile/9"},
        {"may_recieve": ["anything"]},
        {"jurisdiction": "Sweden"},
        {"classified_material": "accepted"},
        {"languages": ["English please"]},
        {"retention_months": {"records": 120, "assessments": 60, "submissions": 36, "audit": 84}},
    ],
)
def test_what_is_not_understood_is_refused_and_is_no_profile(changes: dict[str, Any]) -> None:
    given = yaml.safe_load(SPECIFIED) | changes
    assert list(legal_profile_problems(given))
    assert readable(given) is None


def test_an_older_node_without_one_goes_on_working_alone() -> None:
    assert readable({}) is None
    assert readable({"data_protection": "GDPR"}) is None
    assert list(legal_profile_problems({})) == []


@pytest.mark.parametrize(
    ("reaches", "exemptions", "accepts", "keeps"),
    [
        (True, ["confidence"], True, True),
        (True, [], True, False),
        (False, [], True, True),
        (False, ["security"], False, False),
    ],
)
def test_amber_is_kept_where_the_law_or_an_exemption_protects_it(
    reaches: bool, exemptions: list[str], accepts: bool, keeps: bool
) -> None:
    law = {
        "applies_to_operator": reaches,
        "exemptions_relied_on": exemptions,
        "accepts_amber_from_peers": accepts,
    }
    assert LegalProfile.model_validate(allies.legal_profile(disclosure_law=law)).keeps_amber is keeps
