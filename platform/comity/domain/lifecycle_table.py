"""The table of the editorial life: which step leads from which state to which, who takes it, and what must be true first.

Data only; `lifecycle` reads it. Source: product 4.5.1 with G-01 (only the system publishes, on a quorum), G-05 (time out), G-06
(hold), G-07 (withdraw), G-08 (order), G-23 (re-count), G-36 (dispute).

A record that was once published keeps its version in force while a substantive correction is worked on, so `in_review` after
`revise` does not take the page down. Its owner may still withdraw it, and it still expires; those rows ask for `version_in_force`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from comity.domain.lifecycle_facts import Actor, Overlay, State, Verb


class Back(StrEnum):
    """A target that is not fixed: the record goes back to where it was."""

    TO_HELD_FROM = "to_held_from"
    TO_RESTRICTED_FROM = "to_restricted_from"


@dataclass(frozen=True)
class Transition:
    """One row of the table: any of `by` may lead any of `sources` to `target` when every guard holds."""

    verb: Verb
    sources: tuple[State, ...]
    target: State | Back
    by: tuple[Actor, ...]
    guards: tuple[str, ...] = ()
    sets: Overlay | None = None
    clears: Overlay | None = None


_S = State
_COMPLETE: Final = ("schema_valid", "handling_set", "benefits_present", "language_checked")
_REVIEWABLE: Final = ("sources_graded", "personal_data_clear", "reviewers_assigned")
_UNDER_WORK: Final = (_S.SUBMITTED, _S.TRIAGE, _S.IN_REVIEW, _S.CHANGES_REQUESTED, _S.REJECTED, _S.APPROVED)
HOLDABLE: Final = (_S.SUBMITTED, _S.TRIAGE, _S.IN_REVIEW, _S.CHANGES_REQUESTED, _S.APPROVED, _S.PUBLISHED)
RESTRICTABLE: Final = tuple(state for state in State if state not in (_S.LEGALLY_RESTRICTED, _S.ARCHIVED))
_WORK_OR_HELD: Final = (*_UNDER_WORK, _S.HELD)
_PUBLIC_ONCE: Final = (_S.PUBLISHED, _S.EXPIRED, _S.SUPERSEDED)
_STAYS_UP: Final = ("version_in_force",)

TABLE: Final[tuple[Transition, ...]] = (
    Transition(Verb.SUBMIT, (_S.DRAFT, _S.CHANGES_REQUESTED), _S.SUBMITTED, (Actor.AUTHOR,), _COMPLETE),
    Transition(
        Verb.TAKE_BACK,
        (_S.SUBMITTED, _S.TRIAGE, _S.IN_REVIEW, _S.APPROVED),
        _S.CHANGES_REQUESTED,
        (Actor.AUTHOR,),
    ),
    Transition(Verb.BEGIN_TRIAGE, (_S.SUBMITTED,), _S.TRIAGE, (Actor.SYSTEM,), ("duplicates_suggested",)),
    Transition(Verb.BEGIN_REVIEW, (_S.TRIAGE,), _S.IN_REVIEW, (Actor.EDITOR,), _REVIEWABLE),
    Transition(Verb.RETURN, (_S.TRIAGE,), _S.CHANGES_REQUESTED, (Actor.EDITOR,), ("reason_given",)),
    Transition(Verb.REFUSE, (_S.TRIAGE,), _S.REJECTED, (Actor.EDITOR,), ("reason_given",)),
    Transition(
        Verb.REQUEST_CHANGES,
        (_S.IN_REVIEW,),
        _S.CHANGES_REQUESTED,
        (Actor.REVIEWER,),
        ("reason_given", "return_quorum_met"),
    ),
    Transition(
        Verb.REJECT, (_S.IN_REVIEW,), _S.REJECTED, (Actor.REVIEWER,), ("reason_given", "reject_quorum_met")
    ),
    Transition(
        Verb.TIME_OUT,
        (_S.IN_REVIEW,),
        _S.CHANGES_REQUESTED,
        (Actor.SYSTEM,),
        ("deadline_passed", "reason_given"),
    ),
    Transition(
        Verb.APPROVE, (_S.IN_REVIEW,), _S.APPROVED, (Actor.SYSTEM,), ("quorum_met", "urgent_claims_sound")
    ),
    Transition(Verb.REOPEN_REVIEW, (_S.APPROVED,), _S.IN_REVIEW, (Actor.SYSTEM,), ("quorum_lost",)),
    Transition(
        Verb.PUBLISH,
        (_S.APPROVED,),
        _S.PUBLISHED,
        (Actor.SYSTEM,),
        ("quorum_met", "reply_settled", "embargo_over", "expiry_set"),
    ),
    Transition(
        Verb.KEEP_VERSION_IN_FORCE,
        (_S.CHANGES_REQUESTED, _S.REJECTED),
        _S.PUBLISHED,
        (Actor.AUTHOR, Actor.SYSTEM),
        _STAYS_UP,
    ),
    Transition(
        Verb.CONFIRM_URGENT, (_S.PUBLISHED,), _S.PUBLISHED, (Actor.SYSTEM,), ("quorum_met", "expiry_set")
    ),
    Transition(
        Verb.CORRECT_MINOR,
        (_S.PUBLISHED,),
        _S.PUBLISHED,
        (Actor.EDITOR, Actor.AUTHOR),
        ("change_is_minor", "personal_data_clear"),
    ),
    Transition(Verb.REVISE, (_S.PUBLISHED,), _S.IN_REVIEW, (Actor.AUTHOR,), _COMPLETE + _REVIEWABLE),
    Transition(Verb.REVISE_SOURCES, (_S.PUBLISHED,), _S.TRIAGE, (Actor.AUTHOR,), _COMPLETE),
    Transition(
        Verb.OPEN_DISPUTE,
        (_S.PUBLISHED,),
        _S.PUBLISHED,
        (Actor.OMBUDSPERSON,),
        ("appeal_passes_first_look",),
        sets=Overlay.UNDER_DISPUTE,
    ),
    Transition(
        Verb.OPEN_DISPUTE,
        (_S.PUBLISHED,),
        _S.PUBLISHED,
        (Actor.SYSTEM,),
        ("quorum_lost",),
        sets=Overlay.UNDER_DISPUTE,
    ),
    Transition(
        Verb.CLOSE_DISPUTE,
        (_S.PUBLISHED,),
        _S.PUBLISHED,
        (Actor.APPEAL_PANEL, Actor.COUNCIL),
        ("dispute_decided", "reason_given"),
        clears=Overlay.UNDER_DISPUTE,
    ),
    Transition(
        Verb.MARK_REVIEW_DUE,
        (_S.PUBLISHED,),
        _S.PUBLISHED,
        (Actor.SYSTEM,),
        ("review_date_reached",),
        sets=Overlay.REVIEW_DUE,
    ),
    Transition(
        Verb.CONFIRM_STILL_TRUE,
        (_S.PUBLISHED,),
        _S.PUBLISHED,
        (Actor.AUTHOR,),
        ("sources_graded", "expiry_set"),
        clears=Overlay.REVIEW_DUE,
    ),
    Transition(
        Verb.SUPERSEDE, (_S.PUBLISHED, _S.EXPIRED), _S.SUPERSEDED, (Actor.SYSTEM,), ("newer_record_names_it",)
    ),
    Transition(
        Verb.SUPERSEDE, _UNDER_WORK, _S.SUPERSEDED, (Actor.SYSTEM,), ("newer_record_names_it", *_STAYS_UP)
    ),
    Transition(Verb.EXPIRE, (_S.PUBLISHED,), _S.EXPIRED, (Actor.SYSTEM,), ("expiry_reached",)),
    Transition(Verb.EXPIRE, _UNDER_WORK, _S.EXPIRED, (Actor.SYSTEM,), ("expiry_reached", *_STAYS_UP)),
    Transition(
        Verb.WITHDRAW,
        _PUBLIC_ONCE,
        _S.WITHDRAWN,
        (Actor.ORIGINATOR,),
        ("reason_given", "editor_acknowledged"),
    ),
    Transition(
        Verb.WITHDRAW,
        _WORK_OR_HELD,
        _S.WITHDRAWN,
        (Actor.ORIGINATOR,),
        ("reason_given", "editor_acknowledged", *_STAYS_UP),
    ),
    Transition(
        Verb.WITHDRAW, _PUBLIC_ONCE, _S.WITHDRAWN, (Actor.APPEAL_PANEL,), ("reason_given", "appeal_upheld")
    ),
    Transition(
        Verb.WITHDRAW,
        _WORK_OR_HELD,
        _S.WITHDRAWN,
        (Actor.APPEAL_PANEL,),
        ("reason_given", "appeal_upheld", *_STAYS_UP),
    ),
    Transition(
        Verb.WITHDRAW, _PUBLIC_ONCE, _S.WITHDRAWN, (Actor.COUNCIL,), ("reason_given", "council_agrees")
    ),
    Transition(
        Verb.WITHDRAW,
        _WORK_OR_HELD,
        _S.WITHDRAWN,
        (Actor.COUNCIL,),
        ("reason_given", "council_agrees", *_STAYS_UP),
    ),
    Transition(Verb.HOLD, HOLDABLE, _S.HELD, (Actor.SYSTEM,), ("reason_given", "hold_agreed")),
    Transition(Verb.RESUME, (_S.HELD,), Back.TO_HELD_FROM, (Actor.SYSTEM,), ("hold_over",)),
    Transition(
        Verb.RESTRICT,
        RESTRICTABLE,
        _S.LEGALLY_RESTRICTED,
        (Actor.LEGAL_ORDER,),
        ("order_logged", "reason_given"),
    ),
    Transition(
        Verb.LIFT_RESTRICTION,
        (_S.LEGALLY_RESTRICTED,),
        Back.TO_RESTRICTED_FROM,
        (Actor.LEGAL_ORDER,),
        ("order_ended",),
    ),
    Transition(
        Verb.LIFT_RESTRICTION,
        (_S.LEGALLY_RESTRICTED,),
        Back.TO_RESTRICTED_FROM,
        (Actor.SYSTEM,),
        ("order_unconfirmed",),
    ),
    Transition(Verb.DISCARD, (_S.DRAFT,), _S.ARCHIVED, (Actor.AUTHOR,)),
    Transition(
        Verb.ARCHIVE,
        (_S.SUPERSEDED, _S.EXPIRED, _S.WITHDRAWN),
        _S.ARCHIVED,
        (Actor.SYSTEM,),
        ("retention_over",),
    ),
    Transition(
        Verb.ARCHIVE, (_S.REJECTED,), _S.ARCHIVED, (Actor.SYSTEM,), ("retention_over", "nothing_in_force")
    ),
)
