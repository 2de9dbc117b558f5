"""Which steps a page may offer this viewer on a record. Only what to draw: each verb asks again for itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from comity.domain.hold import HoldState
from comity.domain.lifecycle import verbs_for
from comity.domain.lifecycle_facts import Actor, State, Verb
from comity.domain.lifecycle_table import HOLDABLE
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.services import offer_sharing, recount
from comity.services.appeal_again import before_council, open_to_council
from comity.services.decide import before_me
from comity.services.end_handling import WAITS
from comity.services.examine import at_work
from comity.services.hold import current
from comity.services.publish import awaits_confirmation
from comity.services.restrict import may_confirm, provisional
from comity.services.reviewers import assigned_reviewers
from comity.services.show_interests import may_see
from comity.services.unit import Unit
from comity.services.waive_again import may_speak
from comity.storage import editorial

LABELS: Final = {
    "edit": "Edit",
    "submit": "Hand in",
    "work": "Where it stands",
    "triage": "Triage",
    "review": "Review",
    "take-back": "Take back",
    "discard": "Throw the draft away",
    "exception": "Ask for exceptional handling of personal data",
    "lift": "Decide on the personal data",
    "correct": "Correct",
    "still-true": "Say that it still stands",
    "correct/minor": "Mend a typo or a link",
    "handling": "Look at the marking again",
    "give-up": "Keep the version in force",
    "waive": "Waive prior notice",
    "withdraw": "Withdraw",
    "withdraw/acknowledge": "Acknowledge the withdrawal",
    "withdraw/council": "Withdraw by council",
    "hold": "Ask for a hold",
    "hold/agree": "Answer the request for a hold",
    "hold/renew": "Renew the hold",
    "appeal": "Appeal",
    "appeals": "Handle appeals",
    "appeals/decide": "Decide on an appeal",
    "appeal/council": "Take a decision to council",
    "appeals/council": "Decide on a second appeal",
    "waive/council": "Waive notice again",
    "contact": "Organizations without an account",
    "interests": "Declared interests",
    "reply": "Enter a reply",
    "conflict": "Enter a conflict of interest",
    "conflict/settle": "Say whether a conflict of interest stands",
    "restrict": "Carry out a legal order",
    "restrict/confirm": "Confirm a legal order",
    "restrict/lift": "End a legal order",
    **offer_sharing.LABELS,
}
"""Path under `/records/{ref}/` -> the words of its link, in the order in which a page lists them."""

FOR_COPIES: Final = frozenset({"hold", "hold/agree", "hold/renew", "restrict", "restrict/lift", "propose"})
"""What may be offered on a record that comes from another node: to restrict it here, and to propose a correction there."""


def offers(unit: Unit, record: Record) -> Sequence[str]:
    """Paths of `LABELS` for this viewer, who can see the record."""
    if not unit.viewer.signed_in:
        return ()
    found = _by_author(unit, record) | _by_role(unit, record) | _by_member(unit, record)
    if record.is_copy(unit.node.node_id):
        found &= FOR_COPIES
    found |= offer_sharing.sharing_offers(unit, record)
    return [path for path in LABELS if path in found]


def _correcting(record: Record) -> bool:
    return record.is_published and record.working_revision_id != record.published_revision_id


def _mendable(record: Record) -> bool:
    return record.state is State.PUBLISHED and not _correcting(record) and not awaits_confirmation(record)


def editable(record: Record) -> bool:
    """Is its working version open for typing?"""
    if record.state is State.PUBLISHED:
        return _correcting(record)
    return record.state in (State.DRAFT, State.CHANGES_REQUESTED)


def _by_author(unit: Unit, record: Record) -> set[str]:
    if record.author != unit.viewer.person:
        return set()
    found = {"work"}
    if editable(record):
        found |= {"edit", "submit", "exception"}
    open_ = verbs_for(record.state, Actor.AUTHOR)
    found |= {
        name for name, verb in (("take-back", Verb.TAKE_BACK), ("discard", Verb.DISCARD)) if verb in open_
    }
    if record.state is State.PUBLISHED and not _correcting(record) and unit.viewer.may("correct", "own"):
        found.add("correct")
    if record.state is State.PUBLISHED and record.overdue(unit.now):
        found.add("still-true")
    if _mendable(record):
        found.add("correct/minor")
    if _correcting(record) and record.state in (State.PUBLISHED, State.CHANGES_REQUESTED, State.REJECTED):
        found.add("give-up")
    if record.facts.get(WAITS) and record.tombstone is None:
        found.add("handling")
    return found


def _by_role(unit: Unit, record: Record) -> set[str]:
    roles, own = unit.viewer.roles, record.author == unit.viewer.person
    found = {"work"} if at_work(unit, record) else set()
    if Role.EDITOR in roles and not own:
        found |= _by_editor(record)
    if unit.viewer.person in assigned_reviewers(record) and record.state is State.IN_REVIEW and not own:
        found.add("review")
    if Role.OMBUDSPERSON in roles and record.is_published:
        found |= {"appeals", "contact"}
    if Role.OMBUDSPERSON in roles and editorial.of_record(unit.db, editorial.StoredReply, record.id):
        found |= {"reply", "contact"}
    officer = roles & {Role.DATA_PROTECTION_OFFICER, Role.OMBUDSPERSON}
    if officer and at_work(unit, record) and not record.is_published:
        found.add("lift")
    if recount.may_enter(unit, record):
        found.add("conflict")
    if recount.may_confirm(unit, record):
        found.add("conflict/settle")
    if provisional(record) is not None and may_confirm(unit, record):
        found.add("restrict/confirm")
    if Role.COUNCIL_MEMBER in roles and record.is_published and record.tombstone is None:
        found.add("withdraw/council")
    if may_see(unit.viewer) and record.is_published:
        found.add("interests")
    if Role.COUNCIL_MEMBER in roles and record.is_published:
        found |= _by_council(unit, record)
    return found


def _by_council(unit: Unit, record: Record) -> set[str]:
    found = {"appeals/council"} if before_council(unit, record) else set()
    return found | ({"waive/council"} if may_speak(unit, record) else set())


def _by_editor(record: Record) -> set[str]:
    found = (
        {"restrict"} if record.state not in (State.LEGALLY_RESTRICTED, State.ARCHIVED) else {"restrict/lift"}
    )
    if record.state in (State.TRIAGE, State.IN_REVIEW):
        found.add("triage")
    if record.state in (State.IN_REVIEW, State.APPROVED) and record.facts.get("names_entity"):
        found.add("waive")
    if record.facts.get("withdrawal_asked"):
        found.add("withdraw/acknowledge")
    if _mendable(record):
        found.add("correct/minor")
    return found


def _by_member(unit: Unit, record: Record) -> set[str]:
    found: set[str] = set()
    up = record.is_published and record.tombstone is None
    if up:
        found.add("appeal")
    if before_me(unit, record):
        found.add("appeals/decide")
    if open_to_council(unit, record):
        found.add("appeal/council")
    own = record.organization == unit.viewer.organization
    if up and own and unit.viewer.may("withdraw", "own") and not record.facts.get("withdrawal_asked"):
        found.add("withdraw")
    if not unit.viewer.may("request_hold"):
        return found
    hold = current(unit, record)
    if hold is None and record.state in HOLDABLE:
        found.add("hold")
    if hold and hold.state == HoldState.REQUESTED.value and Role.REVIEWER in unit.viewer.roles:
        found.add("hold/agree")
    if hold and hold.state == HoldState.IN_FORCE.value and Role.COUNCIL_MEMBER in unit.viewer.roles:
        found.add("hold/renew")
    return found
