"""Says who is behind a session cookie or a token, with what a page shows of them. A cookie that is over makes the public;
a token that does not work is an error, because a program must not mistake the public's view for its own.

It only reads: keeping a session alive is a write of its own (`Recognized.touch`), so that a page never waits for the write lock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from comity import policies
from comity.domain.account import Account
from comity.domain.errors import Busy, SignInNeeded
from comity.domain.node import Organization
from comity.domain.viewer import Viewer
from comity.services import sign_in, tokens
from comity.services.mint import digest
from comity.services.runtime import NOBODY
from comity.services.unit import Unit
from comity.storage import peer_tokens, peers, people


@dataclass(frozen=True)
class Recognized:
    """The viewer, and for a person in a browser their account and organization. `touch(unit)` is due when given.

    While `awaiting_second_factor` the viewer is the public, and nothing else is told.
    """

    viewer: Viewer
    account: Account | None = None
    organization: Organization | None = None
    awaiting_second_factor: bool = False
    touch: Callable[[Unit], object] | None = None

    @property
    def display_name(self) -> str:
        """What a page calls the person; empty for the public and for tokens."""
        return self.account.name if self.account else ""

    @property
    def organization_name(self) -> str:
        """Where they work; empty as above."""
        return self.organization.name if self.organization else ""


def public(unit: Unit) -> Recognized:
    """Nobody signed in. Before the node is set up it is a viewer without any power."""
    try:
        return Recognized(people.public_viewer(unit.db))
    except LookupError:
        return Recognized(NOBODY)


def by_session(unit: Unit, secret: str) -> Recognized:
    """The person behind a session cookie; the public when its time is over."""
    visit = sign_in.resume(unit, secret=secret)
    if visit is None:
        return public(unit)
    touch = partial(sign_in.keep_alive, visit=visit) if visit.touch else None
    if visit.awaiting_second_factor:
        return Recognized(visit.viewer, awaiting_second_factor=True, touch=touch)
    return Recognized(visit.viewer, visit.account, visit.organization, touch=touch)


def by_token(unit: Unit, secret: str, *, address: str) -> Recognized:
    """The caller behind a bearer token, narrowed by its scopes. `SignInNeeded` when it does not work, for whatever reason."""
    caller = tokens.authenticate(unit, secret=secret, address=address)
    if caller is None:
        raise SignInNeeded("This token does not work.")
    return Recognized(
        caller.viewer, touch=partial(tokens.note_use, token_id=caller.token_id) if caller.touch else None
    )


def by_peer_token(unit: Unit, secret: str) -> Recognized:
    """The allied node whose machine holds this token. `SignInNeeded` for a token that is over, and for a node that is not connected
    at this very moment: a pause takes every token with it, and so does a change of its rights. `Busy` while records are weighed for
    rights that have just changed.
    """
    kept = peer_tokens.by_hash(unit.db, digest(secret))
    if kept is not None and unit.now < kept.expires_at:
        here = unit.node.node_id
        peer = peers.get(unit.db, Viewer.system(here, "token of an ally"), kept.node_id)
        if peer is not None and peer.connected(unit.now) and peer.epoch == kept.epoch:
            if not peer.ready:
                raise Busy
            return Recognized(Viewer.allied(here, peer.as_policy(), policies.roles().powers("peer_node")))
    raise SignInNeeded("This token does not work.")
