"""Who is behind a token, as the database says it at this moment: nothing kept outlives a change of what it was made from (S32)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.roles import Role
from comity.domain.viewer import Viewer
from comity.services import tokens
from comity.services.mint import digest
from comity.services.unit import Unit
from comity.storage import callers, people, role_grants
from tests.factories import NOW
from tests.storage.rows import WORLD


def a_token(db: Session, who: str, *scopes: str) -> str:
    unit = Unit(db=db, viewer=WORLD.viewer(who), now=NOW)
    return digest(tokens.issue(unit, name="machine", scopes=scopes or ("read:records",)).secret)


def viewer(db: Session, token: str) -> Viewer:
    found = callers.by_hash(db, token)
    assert found is not None
    assert found.viewer is not None
    return found.viewer


def test_the_caller_is_the_account_narrowed_by_the_scopes(db: Session) -> None:
    token = a_token(db, "contributor")
    plain = people.viewer_of(db, "person-contributor")
    caller = viewer(db, token)
    assert (caller.person, caller.organization, caller.sector, caller.roles, caller.groups) == (
        plain.person, plain.organization, plain.sector, plain.roles, plain.groups,
    )  # fmt: skip
    assert caller.scopes == frozenset({"read:records"})
    assert caller.may("read_green")
    assert not caller.may("draft")
    assert plain.may("draft")


def test_the_same_facts_make_the_same_viewer_and_no_other_do(db: Session) -> None:
    first, second = a_token(db, "contributor"), a_token(db, "contributor", "read:records", "write:drafts")
    assert viewer(db, first) is viewer(db, first)
    assert not viewer(db, first).may("draft")
    assert viewer(db, second).may("draft")
    assert viewer(db, a_token(db, "reader")).person == "person-reader"


def test_a_change_counts_at_once(db: Session) -> None:
    token = a_token(db, "researcher", "write:objects")
    assert viewer(db, token).may("share_objects")
    role_grants.end(db, "person-researcher", Role.RESEARCHER, by="system", now=NOW)
    assert not viewer(db, token).may("share_objects")
    role_grants.add(db, "person-researcher", Role.RESEARCHER, by="system", now=NOW)
    assert viewer(db, token).may("share_objects")
    db.execute(sa.text("UPDATE organization SET state = 'suspended' WHERE id = 'uni-north'"))
    gone = viewer(db, token)
    assert (gone.organization, gone.sector, gone.roles, gone.groups) == (None, None, frozenset(), frozenset())
    assert not gone.may("share_objects")


def test_an_account_that_is_not_active_has_no_viewer_and_an_unknown_hash_nobody(db: Session) -> None:
    token = a_token(db, "reader")
    db.execute(sa.text("UPDATE account SET state = 'suspended' WHERE id = 'person-reader'"))
    found = callers.by_hash(db, token)
    assert found is not None
    assert found.viewer is None
    assert callers.by_hash(db, "") is None
    assert callers.by_hash(db, "f" * 64) is None
