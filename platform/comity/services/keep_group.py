"""Keep a trust group: begin one, replace its members, and take the list of a group that another node owns.

A member is an admitted node with which council agreed to share the group; the list itself is the federation officer's work. Each
node hears of its own place alone where the group is hidden. Who is out is told, and what it had through the group is called back.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any, Final

from comity.domain.audit_chain import stamp
from comity.domain.errors import Conflict, Invalid, NotFound, Problem
from comity.domain.notice import Membership, Notice, Outcome, What
from comity.domain.peer import KnownPeer
from comity.domain.tlp import TLP
from comity.domain.trust_group import TrustGroup, refusal, told
from comity.domain.viewer import Viewer
from comity.services import tell
from comity.services.mint import digest
from comity.services.notarize import notarize
from comity.services.sign import signed_text
from comity.services.unit import Unit
from comity.storage import peers, pulls, quarantine, trust_groups

LEAF: Final = "membership"
"""What a leaf about a trust group is called. It names no member: the hash of the signed list stands for it."""

_WORD: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,58}")


def listed(unit: Unit) -> list[TrustGroup]:
    """All groups this node knows of, for those who take part in admissions. A hidden one of our own is whole here."""
    unit.need("change_policy")
    return trust_groups.listed(unit.db)


def candidates(unit: Unit, group_id: str) -> list[KnownPeer]:
    """The admitted nodes with which council agreed to share a group."""
    unit.need("change_policy")
    return [one for one in peers.admitted(unit.db, unit.viewer) if _agreed(one, group_id)]


def begin(unit: Unit, *, group_id: str, hidden: bool = False) -> TrustGroup:
    """A new group of our own, without members. `Conflict` for a name that is in use, here or by an ally."""
    unit.need("change_policy", "propose")
    if not _WORD.fullmatch(group_id):
        raise Invalid([Problem("group", "malformed", "Use 2 to 59 small letters, digits and dashes.")])
    if trust_groups.get(unit.db, group_id, lock=True) is not None:
        raise Conflict("There is a trust group of this name already.")
    empty = TrustGroup(group_id, unit.node.node_id, 0, (), hidden, "", unit.now)
    return _put(unit, None, empty, ())


def replace_members(unit: Unit, *, group_id: str, members: Collection[str]) -> TrustGroup:
    """Put `members` in place of the whole list. `Invalid` names whoever may not be in it."""
    unit.need("change_policy", "propose")
    group = trust_groups.get(unit.db, group_id, lock=True)
    if group is None or group.owner != unit.node.node_id:
        raise NotFound
    agreed = {one.node_id for one in candidates(unit, group_id)}
    if strange := sorted(set(members) - agreed - set(group.members)):
        said = f"Council has not agreed to share this group with {strange[0]}."
        raise Invalid([Problem("members", "not-agreed", said)])
    if set(members) == set(group.members):
        return group
    return _put(unit, group, group, members)


def _put(unit: Unit, before: TrustGroup | None, group: TrustGroup, members: Collection[str]) -> TrustGroup:
    plain = group.following(members, document="", at=unit.now)
    after = group.following(members, document=signed_text(unit, _document(plain)), at=unit.now)
    trust_groups.put(unit.db, after)
    unit.audit("group.changed", f"group:{after.id}", version=after.version, members=len(after.members))
    notarize(unit, LEAF, entry={"group": after.id, "version": after.version, "list": digest(after.document)})
    _tell(unit, before, after)
    _weigh_anew(unit, after.id, set(before.members if before else ()) ^ set(after.members))
    return after


def _document(group: TrustGroup) -> dict[str, Any]:
    """What the owner signs: the whole list, which no member of a hidden group is ever sent."""
    return {
        "type": "comity-trust-group",
        "group": group.id,
        "owner": group.owner,
        "version": group.version,
        "members": list(group.members),
        "hidden": group.hidden,
        "modified": stamp(group.at),
    }


def _tell(unit: Unit, before: TrustGroup | None, after: TrustGroup) -> None:
    """One notice a node, each with the list as that node may know it."""
    system = Viewer.system(unit.node.node_id, "tell the members of a trust group")
    for node_id in told(before, after):
        peer = peers.get(unit.db, system, node_id)
        if peer is None:
            continue
        body = Membership(group=after.id, version=after.version, members=after.told_to(node_id))
        highest = peer.as_policy().highest
        tlp = TLP.GREEN if highest.restriction >= TLP.GREEN.restriction else TLP.CLEAR
        tell.in_feed(unit, to=node_id, what=What.MEMBERSHIP, body=body, tlp=tlp)


def _weigh_anew(unit: Unit, group_id: str, nodes: Collection[str]) -> None:
    """Those who came or went wait until everything was weighed for them anew (`services.reweigh`): what they had through the group
    is called back from those who are out, and those who are new get nothing before it was looked at for them.
    """
    if nodes:
        peers.raise_epoch(unit.db, *nodes)
    for node_id in nodes:
        pulls.wake(unit.db, node_id, at=unit.now)  # what they share with us is more or less than it was, too
    unit.emit("group.changed", group=group_id)


def _agreed(peer: KnownPeer, group_id: str) -> bool:
    return peer.agreement is not None and group_id in peer.agreement.groups


def obey_membership(unit: Unit, notice: Notice, sender: str) -> Outcome:
    """Take the list of a group that `sender` owns. What we share through the group follows from it in the same transaction."""
    body = notice.body
    if not isinstance(body, Membership):
        return Outcome.refusal("malformed")
    peer, known = peers.get(unit.db, unit.viewer, sender), trust_groups.get(unit.db, body.group, lock=True)
    here = unit.node.node_id
    told_before = known is not None and (known.owner, known.version) == (sender, body.version)
    if told_before and known is not None and known.members == body.members:
        return Outcome("done")
    if reason := refusal(
        known,
        sender=sender,
        here=here,
        group=body.group,
        version=body.version,
        members=body.members,
        agreed=peer.agreement.groups if peer and peer.agreement else (),
    ):
        # An older list is met again whenever the feed is read from its beginning: refused, and nothing to try again.
        return replace(Outcome.refusal(reason), changed=reason == "old-version")
    after = TrustGroup(
        body.group, sender, body.version, body.members, hidden=False, document=notice.id, at=notice.at
    )
    trust_groups.put(unit.db, after)
    unit.audit("group.taken", f"group:{after.id}", version=after.version, members=len(after.members))
    _weigh_anew(unit, after.id, _through(known, here) ^ _through(after, here))
    # In the sender's feed the list may stand behind records that it opens to us.
    quarantine.make_due(unit.db, sender, reason="over-shared", now=unit.now)
    return Outcome("done")


def _through(group: TrustGroup | None, here: str) -> frozenset[str]:
    """With whom this node shares through a group: nobody, unless it is in itself."""
    if group is None or not group.holds(here):
        return frozenset()
    return frozenset({group.owner, *group.members}) - {here}
