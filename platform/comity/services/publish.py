"""The machine step: approve when the quorum is met, publish when nothing stands in the way any more. Nobody can call it by hand
to any other effect, and it is idempotent: the same facts give the same state.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from comity import policies
from comity.domain import reply
from comity.domain.lifecycle import obstacles
from comity.domain.lifecycle_facts import Actor, Facts, State, Verb
from comity.domain.record import Record, Revision
from comity.domain.roles import Role
from comity.domain.viewer import Viewer
from comity.services import end_handling
from comity.services.dispute import TO_CORRECT
from comity.services.placing import card_facts
from comity.services.reply import invite_subjects, slots_of
from comity.services.reviewers import count
from comity.services.step import take
from comity.services.unit import Unit
from comity.storage import records, revisions

_URGENT_CREDIBILITY = frozenset({"1", "2"})


def advance(unit: Unit, record: Record) -> Record:
    """Take every machine step that is due for this record, in this transaction."""
    system = unit.acting_as(Viewer.system(unit.node.node_id, "quorum"))
    if record.state is State.IN_REVIEW:
        record = _approve(system, record)
    if record.state is State.APPROVED and not count(system, record).met:
        record = take(system, record, Verb.REOPEN_REVIEW, Facts(by=Actor.SYSTEM, quorum_lost=True))
    if record.state is State.APPROVED:
        record = _publish(system, record)
    elif awaits_confirmation(record) and count(system, record, ordinary=True).met:
        record = _confirm(system, record)
    return record


def awaits_confirmation(record: Record) -> bool:
    """An urgent notice that is out goes on being voted on: without the ordinary quorum it ends by itself (G-04)."""
    in_force = record.working_revision_id == record.published_revision_id
    return record.urgent and record.state is State.PUBLISHED and in_force


def _confirm(system: Unit, record: Record) -> Record:
    given = end_of_day(_working(system, record).content.get("expires_at"))
    if given is None or record.expires_at == given:
        return record
    facts = Facts(by=Actor.SYSTEM, quorum_met=True, expiry_set=True)
    return take(system, record, Verb.CONFIRM_URGENT, facts, expires_at=given, urgent=False)


def _approve(system: Unit, record: Record) -> Record:
    if not count(system, record).met:
        return record
    revision = _working(system, record)
    facts = Facts(
        by=Actor.SYSTEM, quorum_met=True, urgent_claims_sound=_urgent_claims_sound(system, record, revision)
    )
    if obstacles(record.state, Verb.APPROVE, facts):
        return record
    told = reply.notice_required(
        revision.handling.tlp, names_entity_negatively=bool(record.facts.get("names_entity"))
    )
    # The ombudsperson enters the replies that come before publication, and could not see the record otherwise.
    entering = (f"role:{Role.OMBUDSPERSON.value}",) if told else ()
    assigned = tuple(dict.fromkeys((*record.assigned, *entering)))
    record = take(system, record, Verb.APPROVE, facts, assigned=assigned)
    if told:
        invite_subjects(system, record)
    return record


def _urgent_claims_sound(system: Unit, record: Record, revision: Revision) -> bool:
    """An urgent notice brings no new negative claim below credibility 2 about a named organization (G-04)."""
    if not record.urgent or not record.facts.get("names_entity"):
        return True
    claims = revisions.claims(system.db, system.viewer, revision.id)
    return all(
        any(str(one.get("credibility")) in _URGENT_CREDIBILITY for one in claim.get("sources", ()))
        for claim in claims
    )


def _publish(system: Unit, record: Record) -> Record:
    revision = _working(system, record)
    handling = revision.handling
    required = reply.notice_required(
        handling.tlp, names_entity_negatively=bool(record.facts.get("names_entity"))
    )
    facts = Facts(
        by=Actor.SYSTEM,
        quorum_met=count(system, record).met,
        reply_settled=reply.settled(slots_of(system, record), system.now, required=required),
        embargo_over=handling.embargo_until is None or handling.embargo_until <= system.now,
        expiry_set=bool(revision.content.get("expires_at")),
    )
    if obstacles(record.state, Verb.PUBLISH, facts):
        return record
    changes = {
        "published_revision_id": revision.id,
        "published_at": record.published_at or system.now,
        "expires_at": _expiry(system, record, revision),
        "urgent": record.urgent and not count(system, record, ordinary=True).met,
        "review_due": end_of_day(revision.content.get("review_due")),
        "facts": {
            **record.facts,
            **card_facts(revision.content),
            end_handling.WAITS: False,
            TO_CORRECT: None,
        },
        "subtype": str(revision.content.get("subtype") or record.subtype),
    }
    number = _next_version(system, record)
    revisions.store(system.db, replace(revision, major=number, minor=0, published_at=system.now, frozen=True))
    record = take(system, record, Verb.PUBLISH, facts, **changes)
    end_handling.note_end(system, record, handling)
    _supersede(system, record)
    return record


def _working(system: Unit, record: Record) -> Revision:
    revision = revisions.get(system.db, system.viewer, record.working_revision_id)
    if revision is None:
        raise LookupError(record.ref)
    return revision


def _next_version(system: Unit, record: Record) -> int:
    return 1 + max((one.major for one in revisions.of_record(system.db, system.viewer, record.id)), default=0)


def end_of_day(day: object) -> datetime | None:
    """The end of a day (UTC): the last day of use is still a day of use."""
    if not day:
        return None
    return datetime.combine(date.fromisoformat(str(day)), datetime.min.time(), UTC) + timedelta(days=1)


def _expiry(system: Unit, record: Record, revision: Revision) -> datetime | None:
    """The date given by the author; an urgent notice ends after 14 days unless it is confirmed under the ordinary rule (G-04)."""
    given = end_of_day(revision.content.get("expires_at"))
    if not record.urgent or count(system, record, ordinary=True).met:
        return given
    latest = system.now + timedelta(days=policies.quorum().actions.publish_urgent.auto_expire_days)
    return latest if given is None else min(given, latest)


def _supersede(system: Unit, record: Record) -> None:
    """The older record that this one names gives way, when it is of the same organization."""
    older_ref = str(record.facts.get("supersedes") or "")
    older = records.lock(system.db, system.viewer, older_ref) if older_ref else None
    if older is None or older.organization != record.organization or older.id == record.id:
        return
    facts = Facts(by=Actor.SYSTEM, newer_record_names_it=True)
    if not obstacles(older.state, Verb.SUPERSEDE, replace(facts, version_in_force=older.is_published)):
        take(system, older, Verb.SUPERSEDE, facts, superseded_by=record.uid)
        records.store(system.db, replace(record, supersedes=older.uid))
