"""What waits for whom: one's own records, the editors' triage, a reviewer's queue, the ombudsperson's appeals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from comity.domain.lifecycle_facts import State
from comity.domain.quorum import Tally
from comity.domain.record import Record
from comity.domain.reply import ReplyState
from comity.domain.roles import Role
from comity.services import appeal_again, decide, hear, restrict
from comity.services.dispute import TO_CORRECT
from comity.services.end_handling import WAITS
from comity.services.follow_inputs import FLAGGED
from comity.services.reviewers import assigned_reviewers, count
from comity.services.unit import Unit
from comity.storage import editorial, records


@dataclass(frozen=True)
class Item:
    """One line. `title` is that of the version the viewer works on; `tally` is there for what is being reviewed."""

    record: Record
    tlp: str
    title: str
    tally: Tally | None = None
    voted: bool = False
    waiting_for: str = ""


@dataclass(frozen=True)
class Worklist:
    """Everything that concerns one person. Empty lists for roles they do not hold."""

    mine: Sequence[Item]
    triage: Sequence[Item]
    to_review: Sequence[Item]
    reviewed: Sequence[Item]
    withdrawals: Sequence[Item]
    orders: Sequence[Item]
    disputes: Sequence[Item]
    replies: Sequence[Item]
    holds: Sequence[Item]
    doubts: Sequence[Item]
    conditions: Sequence[Item]
    to_correct: Sequence[Item]
    council: Sequence[Item]
    outside: Sequence[Item]


def worklist(unit: Unit) -> Worklist:
    """The lists of this viewer, under their own rule."""
    roles = unit.viewer.roles
    reviewing = _reviewing(unit) if Role.REVIEWER in roles else []
    editing = Role.EDITOR in roles
    mine = records.listing(unit.db, unit.viewer, author=unit.viewer.person or "-", limit=100)
    return Worklist(
        mine=_items(unit, mine),
        conditions=_items(unit, [one for one in mine if one.facts.get(WAITS) and one.tombstone is None]),
        to_correct=_items(unit, [one for one in mine if one.facts.get(TO_CORRECT) and one.tombstone is None]),
        outside=_readable(unit, hear.to_check(unit)),
        council=_readable(unit, appeal_again.waiting(unit)),
        triage=_items(unit, _in(unit, State.SUBMITTED, State.TRIAGE)) if editing else (),
        to_review=[one for one in reviewing if not one.voted],
        reviewed=[one for one in reviewing if one.voted],
        withdrawals=_items(unit, _asked_to_withdraw(unit)) if editing else (),
        orders=_items(unit, _orders(unit)) if roles & restrict.CONFIRMING else (),
        disputes=_disputes(unit) if Role.OMBUDSPERSON in roles else _readable(unit, decide.waiting(unit)),
        replies=_replies(unit) if Role.OMBUDSPERSON in roles else (),
        holds=_holds(unit) if Role.REVIEWER in roles or Role.COUNCIL_MEMBER in roles else (),
        doubts=_items(unit, [one for one in mine if one.facts.get(FLAGGED)]),
    )


def _in(unit: Unit, *states: State) -> list[Record]:
    found = records.listing(unit.db, unit.viewer, states=states, sort="waiting", limit=200)
    return [record for record in found if record.author != unit.viewer.person]


def _items(unit: Unit, found: Iterable[Record]) -> list[Item]:
    listed = list(found)
    cards = records.cards(unit.db, unit.viewer, [record.id for record in listed])
    titles = records.working_titles(unit.db, unit.viewer, listed)
    return [
        Item(
            record,
            cards[record.id].tlp,
            titles.get(record.id) or "(no title yet)",
            waiting_for=_waiting_for(record),
        )
        for record in listed
        if record.id in cards
    ]


def _waiting_for(record: Record) -> str:
    words: Mapping[State, str] = {
        State.DRAFT: "you, to complete and submit it",
        State.CHANGES_REQUESTED: "you, to answer the reasons given",
        State.SUBMITTED: "an editor",
        State.TRIAGE: "an editor",
        State.IN_REVIEW: "reviewers of other sectors",
        State.APPROVED: "the end of an embargo or of a reply window",
        State.HELD: "the end of a hold",
    }
    return words.get(record.state, "")


def _reviewing(unit: Unit) -> list[Item]:
    found = [one for one in _in(unit, State.IN_REVIEW) if unit.viewer.person in assigned_reviewers(one)]
    votes = editorial.of_records(unit.db, editorial.StoredVote, [one.id for one in found])
    items = []
    for item in _items(unit, found):
        mine = [
            one
            for one in votes.get(item.record.id, ())
            if one.reviewer == unit.viewer.person and one.revision_id == item.record.working_revision_id
        ]
        items.append(
            Item(item.record, item.tlp, item.title, count(unit, item.record), bool(mine), item.waiting_for)
        )
    return items


def _asked_to_withdraw(unit: Unit) -> list[Record]:
    found = records.listing(
        unit.db, unit.viewer, states=[State.PUBLISHED, State.EXPIRED, State.SUPERSEDED], limit=500
    )
    return [record for record in found if record.facts.get("withdrawal_asked")]


def _orders(unit: Unit) -> list[Record]:
    found = records.listing(
        unit.db, unit.viewer, states=[State.LEGALLY_RESTRICTED], sort="waiting", limit=200
    )
    return [one for one in found if restrict.provisional(one) and restrict.may_confirm(unit, one)]


def _readable(unit: Unit, ids: Sequence[int]) -> list[Item]:
    return _items(unit, records.by_ids(unit.db, unit.viewer, ids).values())


def _disputes(unit: Unit) -> list[Item]:
    stored = editorial.in_state(unit.db, editorial.StoredDispute, "received", "open", "before_council")
    return _readable(unit, sorted({one.record_id for one in stored}))


def _replies(unit: Unit) -> list[Item]:
    """Records whose named organizations are to be told, and whose time to reply still runs."""
    stored = editorial.in_state(unit.db, editorial.StoredReply, ReplyState.INVITED.value)
    open_ = {one.record_id for one in stored if one.due_at is not None and unit.now < one.due_at}
    return _readable(unit, sorted(open_))


def _holds(unit: Unit) -> list[Item]:
    stored = editorial.in_state(unit.db, editorial.StoredHold, "requested", "in_force")
    return _readable(unit, sorted({one.record_id for one in stored}))
