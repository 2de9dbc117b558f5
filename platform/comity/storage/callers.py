"""Who is behind a token, in one statement: the token, its account, the roles held now, the home organization and the node.

A program brings its token with every request, so this is read more often than anything else. Decides nothing about whether the
token still works; an account that is not active has no viewer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.account import AccountState
from comity.domain.roles import Role, Sector
from comity.domain.scopes import Scope
from comity.domain.viewer import Viewer
from comity.storage import people, role_grants, tokens
from comity.storage.tables.base import table_of
from comity.storage.tables.people import AccountRow, NodeRow, OrganizationRow, TokenRow
from comity.storage.tokens import Token

_token = table_of(TokenRow)
_account = table_of(AccountRow)
_home = table_of(OrganizationRow)
_node = table_of(NodeRow)
_ONE: Final[sa.Select[Any]] = (
    sa.select(
        *tokens.columns(),
        _account.c.state.label("account_state"),
        _home.c.id.label("home"),
        _home.c.state.label("home_state"),
        _home.c.sector,
        _home.c.client_of,
        role_grants.held_by(_account.c.id).label("held"),
        _node.c.node_id,
        _node.c.trust_group,
    )
    .select_from(
        _token.join(_account, _token.c.account_id == _account.c.id)
        .join(_home, _account.c.organization == _home.c.id)
        .join(_node, _node.c.id == 1)
    )
    .where(_token.c.hash == sa.bindparam("hash"))
)


@dataclass(frozen=True)
class Found:
    """A token and the viewer that it makes; None for an account that is not active."""

    token: Token
    viewer: Viewer | None


def by_hash(db: Session, token_hash: str) -> Found | None:
    """The caller whose token's secret has this hash, whether or not it still works."""
    row: sa.Row[Any] | None = db.execute(_ONE, {"hash": token_hash}).one_or_none()
    if row is None:
        return None
    token = tokens.from_row(row)
    active = row.account_state == AccountState.ACTIVE
    return Found(token, _viewer(row, token.scopes) if active else None)


def _viewer(row: sa.Row[Any], scopes: tuple[Scope, ...]) -> Viewer:
    sector = Sector(row.sector) if row.sector else None
    verified = row.home_state == "verified"
    return people.viewer_with(
        node=row.node_id,
        trust_group=row.trust_group,
        person=row.account_id,
        home=(row.home, sector, tuple(row.client_of)) if verified else None,
        roles=role_grants.from_held(row.held) if verified else frozenset[Role](),
        # A program has no second factor of its own: the scope was given by a person who had one.
        second_factor=Scope.READ_AMBER in scopes,
        scopes=frozenset(scopes),
    )
