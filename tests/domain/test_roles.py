"""Roles, separation of duties and the permission matrix, against the document that the node loads."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from comity import policies
from comity.domain.roles import (
    Duty,
    Role,
    RolesPolicy,
    Sector,
    duty_problems,
    grant_problems,
    may_chair_council,
)

POLICY = policies.roles()
CONTENT = [role for role in Role if role is not Role.NODE_ADMIN]


def changed(**update: object) -> RolesPolicy:
    return RolesPolicy.model_validate(POLICY.model_dump() | update)


@pytest.mark.parametrize("role", CONTENT)
def test_the_node_administrator_takes_no_content_role(role: Role) -> None:
    assert grant_problems(Role.NODE_ADMIN, None, [role], POLICY)
    assert grant_problems(role, Sector.ACADEMIA, [Role.NODE_ADMIN], POLICY)


def test_the_node_administrator_reads_nothing_above_clear() -> None:
    powers = POLICY.powers("public", Role.NODE_ADMIN)
    assert powers["read_clear"] == {"yes"}
    assert not powers.keys() & {
        "read_green",
        "read_amber",
        "read_red",
        "open_submission",
        "draft",
        "vote",
        "publish",
    }


def test_every_role_that_reads_above_clear_is_a_content_role() -> None:
    for role in Role:
        reads = POLICY.powers(role).keys() & {"read_green", "read_amber", "read_red"}
        assert bool(reads) == POLICY.roles[role].content


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Role.EDITOR, Role.REVIEWER),
        (Role.GOVERNMENT_LIAISON, Role.OMBUDSPERSON),
        (Role.GOVERNMENT_LIAISON, Role.DATA_PROTECTION_OFFICER),
        (Role.GOVERNMENT_LIAISON, Role.AUDITOR),
    ],
)
def test_exclusive_roles_refuse_each_other_whichever_comes_first(one: Role, other: Role) -> None:
    assert any("same person" in problem for problem in grant_problems(one, None, [other], POLICY))
    assert any("same person" in problem for problem in grant_problems(other, None, [one], POLICY))


@pytest.mark.parametrize(
    ("role", "sector", "fine"),
    [
        (Role.GOVERNMENT_LIAISON, Sector.GOVERNMENT, True),
        (Role.GOVERNMENT_LIAISON, Sector.ACADEMIA, False),
        (Role.RESEARCHER, Sector.INDUSTRY, True),
        (Role.RESEARCHER, Sector.GOVERNMENT, False),
        (Role.RESEARCH_SECURITY_OFFICER, Sector.CIVIL_SOCIETY, False),
        (Role.REVIEWER, Sector.CIVIL_SOCIETY, True),
        (Role.REVIEWER, None, False),
        (Role.EDITOR, None, True),
        (Role.EDITOR, Sector.ACADEMIA, False),
        (Role.AUDITOR, None, True),
        (Role.AUDITOR, Sector.GOVERNMENT, False),
        (Role.NODE_ADMIN, None, True),
        (Role.NODE_ADMIN, Sector.INDUSTRY, False),
    ],
)
def test_a_role_belongs_where_its_home_is(role: Role, sector: Sector | None, fine: bool) -> None:
    assert (grant_problems(role, sector, [], POLICY) == []) is fine


def test_nobody_publishes_by_role_and_only_reviewers_vote() -> None:
    assert POLICY.matrix["publish"] == {Role.EDITOR: ("trigger",)}
    assert POLICY.matrix["vote"] == {Role.REVIEWER: ("asg_no_conflict",)}


def test_powers_are_the_union_of_roles() -> None:
    both = POLICY.powers("public", Role.RESEARCHER, Role.REVIEWER)
    assert both["read_red"] == {"named", "asg_named"}
    assert both["read_assessments"] == {"own", "shared"}
    assert POLICY.powers("public").keys() == {"read_clear", "hand_in_submission"}


@pytest.mark.parametrize(
    ("duty", "held"),
    [
        (Duty.REVIEWER, Duty.INTAKE_OFFICER),
        (Duty.FEDERATION_OFFICER, Duty.AUTHOR),
        (Duty.REVIEWER, Duty.AUTHOR),
        (Duty.SOURCE_GRADER, Duty.AUTHOR),
    ],
)
def test_some_duties_do_not_meet_on_one_item(duty: Duty, held: Duty) -> None:
    assert duty_problems(duty, [held], POLICY)
    assert duty_problems(held, [duty], POLICY)
    assert not duty_problems(duty, [], POLICY)


def test_the_chair_is_never_from_government() -> None:
    assert may_chair_council([Role.COUNCIL_MEMBER], Sector.ACADEMIA, POLICY)
    assert not may_chair_council([Role.COUNCIL_MEMBER], Sector.GOVERNMENT, POLICY)
    assert not may_chair_council([Role.COUNCIL_MEMBER, Role.GOVERNMENT_LIAISON], Sector.ACADEMIA, POLICY)
    assert not may_chair_council([Role.READER], Sector.ACADEMIA, POLICY)


def test_a_document_that_opens_content_to_the_operator_does_not_load() -> None:
    roles = {key: rule.model_dump() for key, rule in POLICY.roles.items()}
    roles[Role.NODE_ADMIN]["exclusive_with"] = [role for role in CONTENT if role is not Role.READER]
    with pytest.raises(ValidationError, match="node administrator could hold"):
        changed(roles=roles)


def test_a_document_with_an_unknown_key_word_or_a_missing_role_does_not_load() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        changed(superuser=True)
    with pytest.raises(ValidationError, match="without a meaning"):
        changed(matrix={"read_green": {"reader": ["always"]}})
    with pytest.raises(ValidationError, match="without a description"):
        changed(
            roles={key: rule.model_dump() for key, rule in POLICY.roles.items() if key is not Role.AUDITOR}
        )
