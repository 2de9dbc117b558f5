"""The node, its accounts and their secrets, and the viewer that an account is at this moment.

Gives frozen values, never rows. Secrets leave through `secrets_of` alone. Refuses to know passwords, codes and cookies.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity import policies
from comity.domain.account import Account, AccountState, canonical_email
from comity.domain.node import Node, Organization
from comity.domain.roles import Role, Sector
from comity.domain.scopes import Scope, narrowed
from comity.domain.viewer import Viewer
from comity.storage import organizations, role_grants
from comity.storage.tables.base import table_of
from comity.storage.tables.people import AccountRow, NodeRow, OrganizationRow

_node = table_of(NodeRow)
_account = table_of(AccountRow)
_organization = table_of(OrganizationRow)
_with_home = sa.select(
    *_account.c,
    *(column.label(f"home_{column.name}") for column in organizations.columns()),
    role_grants.held_by(_account.c.id).label("held"),
).select_from(_account.join(_organization, _account.c.organization == _organization.c.id))
_known: sa.Select[Any] = _with_home.where(_account.c.id == sa.bindparam("account"))
_this_node = sa.select(_node).where(_node.c.id == 1)
_KEPT = "comity.node"
NO_CODE_YET = -1
"""Last TOTP counter of a second factor that was offered and not yet confirmed by a first code."""


def node(db: Session) -> Node:
    """This node's own settings. Raises `LookupError` before the node was set up. Read once a session: a unit sees one node."""
    kept: Node | None = db.info.get(_KEPT)
    if kept is None:
        kept = db.info[_KEPT] = _read_node(db)
    return kept


def _read_node(db: Session) -> Node:
    row = db.execute(_this_node).one_or_none()
    if row is None:
        raise LookupError("this node was not set up yet")
    return Node(
        node_id=row.node_id,
        name=row.name,
        country=row.country,
        languages=tuple(row.languages),
        trust_group=row.trust_group,
        legal_profile=row.legal_profile,
        funding=tuple(row.funding),
        contact=row.contact,
        demo=row.demo,
    )


def save_node(db: Session, node: Node, *, now: datetime) -> None:
    """Write the node's settings, for the first time or again."""
    db.info.pop(_KEPT, None)
    values = asdict(node) | {
        "languages": list(node.languages),
        "funding": [dict(part) for part in node.funding],
    }
    change = sa.update(_node).where(_node.c.id == 1).values(**values)
    if db.scalar(change.returning(_node.c.id)) is None:
        db.execute(sa.insert(_node).values(id=1, created_at=now, **values))


@dataclass(frozen=True)
class Secrets:
    """What proves an account. Only hashes, except the TOTP secret, which both sides must hold."""

    password_hash: str
    totp_secret: str
    totp_last: int
    invitation_hash: str
    invitation_ends: datetime | None


def _from_row(row: sa.Row[Any]) -> Account:
    return Account(
        id=row.id,
        email=row.email,
        name=row.name,
        organization=row.organization,
        state=AccountState(row.state),
        created_at=row.created_at,
        has_totp=bool(row.totp_secret) and row.totp_last != NO_CODE_YET,
        skills=tuple(row.skills),
        preferences=row.preferences,
    )


def account(db: Session, account_id: str) -> Account | None:
    """One account."""
    row = db.execute(sa.select(_account).where(_account.c.id == account_id)).one_or_none()
    return None if row is None else _from_row(row)


def lock_account(db: Session, account_id: str) -> Account | None:
    """As `account`, holding the row, so that two grants or two codes for one person are judged one after the other."""
    row = db.execute(sa.select(_account).where(_account.c.id == account_id).with_for_update()).one_or_none()
    return None if row is None else _from_row(row)


def account_by_email(db: Session, email: str) -> Account | None:
    """The account with this mailbox, however it is capitalized."""
    row = db.execute(sa.select(_account).where(_account.c.email == canonical_email(email))).one_or_none()
    return None if row is None else _from_row(row)


def account_by_invitation(db: Session, invitation_hash: str) -> Account | None:
    """The account that was invited with the secret of this hash. The empty hash finds nobody."""
    if not invitation_hash:
        return None
    row = db.execute(sa.select(_account).where(_account.c.invitation_hash == invitation_hash)).one_or_none()
    return None if row is None else _from_row(row)


def accounts(db: Session, *, organization: str = "", ids: Collection[str] | None = None) -> list[Account]:
    """Accounts by name: of one organization, or with these ids, or all."""
    query = sa.select(_account).order_by(_account.c.name, _account.c.id)
    if organization:
        query = query.where(_account.c.organization == organization)
    if ids is not None:
        query = query.where(_account.c.id.in_(sorted(ids)))
    return [_from_row(row) for row in db.execute(query)]


def add_account(db: Session, account: Account) -> None:
    """A new account without any secret. Raises `IntegrityError` for a taken id or e-mail."""
    db.execute(sa.insert(_account).values(**_values(account)))


def save_account(db: Session, account: Account) -> None:
    """Write the open fields of an account. Secrets are not touched."""
    values = _values(account)
    db.execute(sa.update(_account).where(_account.c.id == values.pop("id")).values(**values))


def _values(account: Account) -> dict[str, Any]:
    values = asdict(account)
    del values["has_totp"]
    email = canonical_email(account.email)
    return values | {"email": email, "state": account.state.value, "skills": list(account.skills)}


def secrets_of(db: Session, account_id: str) -> Secrets:
    """The secrets of one account. Raises `LookupError` for an unknown one."""
    row = db.execute(sa.select(_account).where(_account.c.id == account_id)).one_or_none()
    if row is None:
        raise LookupError(account_id)
    return Secrets(
        row.password_hash, row.totp_secret, row.totp_last, row.invitation_hash, row.invitation_ends
    )


def set_password(db: Session, account_id: str, password_hash: str) -> None:
    """Replace the password; an invitation is used up by it."""
    values = {"password_hash": password_hash, "invitation_hash": "", "invitation_ends": None}
    db.execute(sa.update(_account).where(_account.c.id == account_id).values(**values))


def set_invitation(db: Session, account_id: str, invitation_hash: str, ends: datetime) -> None:
    """Replace the invitation; the one before is void, and so is any password."""
    values = {"password_hash": "", "invitation_hash": invitation_hash, "invitation_ends": ends}  # nosec B105
    db.execute(sa.update(_account).where(_account.c.id == account_id).values(**values))


def set_totp(db: Session, account_id: str, secret: str, *, last: int = NO_CODE_YET) -> None:
    """Replace the second factor; the empty secret takes it away."""
    values = {"totp_secret": secret, "totp_last": last if secret else 0}
    db.execute(sa.update(_account).where(_account.c.id == account_id).values(**values))


def use_totp(db: Session, account_id: str, counter: int) -> bool:
    """Use up a code. False when this or a later one was used before: one statement, so two requests cannot both win."""
    newer = sa.update(_account).where(_account.c.id == account_id, _account.c.totp_last < counter)
    return db.scalar(newer.values(totp_last=counter).returning(_account.c.id)) is not None


def public_viewer(db: Session) -> Viewer:
    """Nobody signed in."""
    return Viewer.public(node(db).node_id, policies.roles().powers("public"))


def viewer_of(
    db: Session, account_id: str, *, second_factor: bool = False, scopes: Collection[Scope] | None = None
) -> Viewer:
    """The viewer that an account is now. Raises `LookupError` for an account that is absent or not active.

    An organization that is not verified gives its people no sector, no organization and no more than the public has.
    """
    return known(db, account_id, second_factor=second_factor, scopes=scopes)[0]


def known(
    db: Session, account_id: str, *, second_factor: bool = False, scopes: Collection[Scope] | None = None
) -> tuple[Viewer, Account]:
    """As `viewer_of`, with the account itself, from the same rows."""
    viewer, found, _ = known_with_home(db, account_id, second_factor=second_factor, scopes=scopes)
    return viewer, found


def known_with_home(
    db: Session, account_id: str, *, second_factor: bool = False, scopes: Collection[Scope] | None = None
) -> tuple[Viewer, Account, Organization]:
    """As `known`, with the account's organization. Raises `LookupError` as `viewer_of` does."""
    row = db.execute(_known, {"account": account_id}).one_or_none()
    if row is None or row.state != AccountState.ACTIVE:
        raise LookupError(account_id)
    home = organizations.from_row(row, prefix="home_")
    roles = role_grants.from_held(row.held) if home.verified else frozenset[Role]()
    viewer = _viewer(node(db), account_id, home, roles, second_factor=second_factor, scopes=scopes)
    return viewer, _from_row(row), home


def _viewer(
    node: Node,
    person: str,
    home: Organization,
    roles: frozenset[Role],
    *,
    second_factor: bool,
    scopes: Collection[Scope] | None,
) -> Viewer:
    return viewer_with(
        node=node.node_id,
        trust_group=node.trust_group,
        person=person,
        home=(home.id, home.sector, home.client_of) if home.verified else None,
        roles=roles,
        second_factor=second_factor,
        scopes=None if scopes is None else frozenset(scopes),
    )


Home = tuple[str, Sector | None, tuple[str, ...]]
"""Id, sector and providers of a verified organization."""


def viewer_with(
    *,
    node: str,
    trust_group: str,
    person: str,
    home: Home | None,
    roles: frozenset[Role],
    second_factor: bool,
    scopes: frozenset[Scope] | None,
) -> Viewer:
    """From facts that were read in this transaction, so a change of any of them makes another viewer.

    The same facts make the same one, which then keeps the rules that were worked out for it. Every fact is in the key, and so is
    the version of the policy (peers S32).
    """
    return _made(policies.roles().version, node, trust_group, person, home, roles, second_factor, scopes)


@lru_cache(maxsize=2048)
def _made(
    _policy: str,
    node: str,
    trust_group: str,
    person: str,
    home: Home | None,
    roles: frozenset[Role],
    second_factor: bool,
    scopes: frozenset[Scope] | None,
) -> Viewer:
    powers: Mapping[str, frozenset[str]] = policies.roles().powers("public", *sorted(roles))
    organization, sector, client_of = home or (None, None, ())
    return Viewer(
        node=node,
        person=person,
        organization=organization,
        sector=sector,
        roles=roles,
        groups=frozenset({trust_group}) if home else frozenset(),
        client_of=frozenset(client_of),
        powers=powers if scopes is None else narrowed(powers, scopes),
        second_factor=second_factor,
        scopes=None if scopes is None else frozenset(scope.value for scope in scopes),
    )


def viewers(db: Session) -> list[Viewer]:
    """Everybody who can sign in now, as viewers: for saying in advance who will read something."""
    homes = {one.id: one for one in organizations.listed(db, states=())}
    active = [one for one in accounts(db) if one.active and one.organization in homes]
    roles = role_grants.roles_of_all(db, [one.id for one in active])
    here = node(db)
    return [
        _viewer(
            here,
            one.id,
            homes[one.organization],
            roles[one.id] if homes[one.organization].verified else frozenset(),
            second_factor=True,
            scopes=None,
        )
        for one in active
    ]
