"""The words of the editorial life: states, overlays, steps, capacities, and the facts that guards ask for.

Refuses to know which step leads where (`lifecycle_table`). Every fact is false until the caller has established it, so that a
forgotten fact stops a step and never lets one through. Source: product 4.5.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where the newest version of a record stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    TRIAGE = "triage"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    REJECTED = "rejected"
    APPROVED = "approved"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    HELD = "held"
    LEGALLY_RESTRICTED = "legally_restricted"
    ARCHIVED = "archived"

    @property
    def label(self) -> str:
        """How a page says it; a quorum agrees to publish a text, which is no verdict on anybody."""
        return "agreed" if self is State.APPROVED else self.value.replace("_", " ")


class Overlay(StrEnum):
    """Shown on a published record without taking it down."""

    UNDER_DISPUTE = "under_dispute"
    REVIEW_DUE = "review_due"


class Actor(StrEnum):
    """In what capacity somebody takes a step. The services decide who stands in it; no capacity here is a sector."""

    AUTHOR = "author"
    ORIGINATOR = "originator"
    EDITOR = "editor"
    REVIEWER = "reviewer"
    OMBUDSPERSON = "ombudsperson"
    APPEAL_PANEL = "appeal_panel"
    COUNCIL = "council"
    LEGAL_ORDER = "legal_order"
    SYSTEM = "system"


class Verb(StrEnum):
    """The steps, named as a person would say them."""

    SUBMIT = "submit"
    TAKE_BACK = "take_back"
    BEGIN_TRIAGE = "begin_triage"
    BEGIN_REVIEW = "begin_review"
    RETURN = "return"
    REFUSE = "refuse"
    REQUEST_CHANGES = "request_changes"
    REJECT = "reject"
    TIME_OUT = "time_out"
    APPROVE = "approve"
    REOPEN_REVIEW = "reopen_review"
    PUBLISH = "publish"
    KEEP_VERSION_IN_FORCE = "keep_version_in_force"
    CONFIRM_URGENT = "confirm_urgent"
    CORRECT_MINOR = "correct_minor"
    REVISE = "revise"
    REVISE_SOURCES = "revise_sources"
    OPEN_DISPUTE = "open_dispute"
    CLOSE_DISPUTE = "close_dispute"
    MARK_REVIEW_DUE = "mark_review_due"
    CONFIRM_STILL_TRUE = "confirm_still_true"
    SUPERSEDE = "supersede"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"
    HOLD = "hold"
    RESUME = "resume"
    RESTRICT = "restrict"
    LIFT_RESTRICTION = "lift_restriction"
    DISCARD = "discard"
    ARCHIVE = "archive"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is true at the moment of the step. Everything is false until the caller has established it."""

    by: Actor
    schema_valid: bool = False
    handling_set: bool = False
    benefits_present: bool = False
    language_checked: bool = False
    duplicates_suggested: bool = False
    sources_graded: bool = False
    personal_data_clear: bool = False
    reviewers_assigned: bool = False
    quorum_met: bool = False
    quorum_lost: bool = False
    return_quorum_met: bool = False
    reject_quorum_met: bool = False
    deadline_passed: bool = False
    reply_settled: bool = False
    embargo_over: bool = False
    expiry_set: bool = False
    urgent_claims_sound: bool = False
    version_in_force: bool = False
    nothing_in_force: bool = False
    change_is_minor: bool = False
    appeal_passes_first_look: bool = False
    dispute_decided: bool = False
    review_date_reached: bool = False
    newer_record_names_it: bool = False
    expiry_reached: bool = False
    editor_acknowledged: bool = False
    appeal_upheld: bool = False
    council_agrees: bool = False
    hold_agreed: bool = False
    hold_over: bool = False
    order_logged: bool = False
    order_ended: bool = False
    order_unconfirmed: bool = False
    retention_over: bool = False
    reason_code: str = ""
    reason_text: str = ""
    held_from: State | None = None
    restricted_from: State | None = None

    @property
    def reason_given(self) -> bool:
        """A code and a text that the author can read (G-09)."""
        return bool(self.reason_code.strip() and self.reason_text.strip())


GUARDS: Final[dict[str, str]] = {
    "schema_valid": "Some required fields are missing or wrong.",
    "handling_set": "Say who may read it: the handling block is not complete.",
    "benefits_present": "Say what is gained by engaging, or by the recommended course.",
    "language_checked": "The neutral-language check has not run on this text.",
    "duplicates_suggested": "The search for similar records has not run yet.",
    "sources_graded": "The sources have not been graded by a second person.",
    "personal_data_clear": "The personal-data check is not clean and no exception was given.",
    "reviewers_assigned": "No set of reviewers without a conflict of interest is assigned that could meet the quorum.",
    "quorum_met": "The quorum is not met.",
    "quorum_lost": "The quorum still stands.",
    "return_quorum_met": "One voice does not return a record: two reviewers of two sectors, one of them non-government, must ask.",
    "reject_quorum_met": "One voice does not reject a record: two reviewers of two sectors, one of them non-government, must ask.",
    "deadline_passed": "The time for review is not over.",
    "reply_settled": "The named organization still has time to reply.",
    "embargo_over": "The embargo still runs.",
    "expiry_set": "No expiry date is set, or it lies beyond the limit for this kind.",
    "urgent_claims_sound": "An urgent notice cannot bring a new negative claim about a named organization below credibility 2.",
    "version_in_force": "No version of this record is in force.",
    "nothing_in_force": "A version of this record is still in force; withdraw it instead.",
    "change_is_minor": "The change is more than a typo, a link or a format: it needs review.",
    "appeal_passes_first_look": "No appeal against this record has passed a first look.",
    "dispute_decided": "The dispute has not been decided.",
    "review_date_reached": "The review date lies ahead.",
    "newer_record_names_it": "No newer published record names this one as replaced.",
    "expiry_reached": "The expiry date lies ahead.",
    "editor_acknowledged": "An editor has not yet acknowledged the withdrawal.",
    "appeal_upheld": "No appeal panel has decided that the record is withdrawn.",
    "council_agrees": "Council has not agreed with three sectors, two of them non-government.",
    "hold_agreed": "A hold takes effect when two sectors, one of them non-government, agree.",
    "hold_over": "The hold has not ended.",
    "order_logged": "The order has not been entered in the log of legal demands.",
    "order_ended": "The order is still in force.",
    "order_unconfirmed": "The order was confirmed, or there is still time to confirm it.",
    "retention_over": "The retention period is not over.",
    "reason_given": "Give a reason code and a text that the author can read.",
}
"""Guard -> the sentence a person reads when it does not hold. Each is a property of `Facts`."""
