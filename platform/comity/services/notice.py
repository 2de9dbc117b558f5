"""What a named organization was told, notice by notice: each version that states something new about it opens a slot of its own.

A slot whose window is over covers only the statements it was opened for, so a correction cannot bring a new one at once (G-30).
Statements are kept as digests beside the reasons of the record; the words stay where their own marking guards them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from comity.domain.record import Record, Revision
from comity.domain.reply import told_by
from comity.domain.viewer import Viewer
from comity.services.step import give_reason
from comity.services.unit import Unit
from comity.storage import editorial, revisions
from comity.storage.editorial import StoredReply

NOTICE = "reply_notice"


def untold(unit: Unit, record: Record) -> list[Mapping[str, str]]:
    """Subjects that have no slot yet, or were not told of some statement in the working version."""
    stated = _stated(unit, record)
    told: dict[str, set[str]] = {}
    by_slot = {slot: notice for notice in _notices(unit, record) for slot in notice.details["slots"]}
    for slot in editorial.of_record(unit.db, StoredReply, record.id):
        notice = by_slot.get(slot.id)
        told.setdefault(slot.entity_id, set()).update(notice.details["claims"] if notice else ())
    return [
        one
        for one in record.facts.get("subjects", ())
        if one["id"] not in told or not stated <= told[one["id"]]
    ]


def note_what_is_told(unit: Unit, record: Record, slots: Sequence[StoredReply]) -> None:
    """Keep which statements these slots were opened for."""
    stated = sorted(_stated(unit, record))
    names = ", ".join(one.entity_name for one in slots)
    give_reason(
        unit, record, NOTICE, reason_code="", text=names, slots=[one.id for one in slots], claims=stated
    )


def newest(unit: Unit, record: Record) -> list[StoredReply]:
    """The last slot of each organization: the one that a reply, a refusal or a waiver is about."""
    found = editorial.of_record(unit.db, StoredReply, record.id)
    return list({one.entity_id: one for one in found}.values())


def of_what_is_shown(unit: Unit, record: Record, versions: Sequence[Revision]) -> list[StoredReply]:
    """The slots that belong to the published text: those opened for a correction stay out of sight until it is published."""
    found = editorial.of_record(unit.db, StoredReply, record.id)
    since = _in_force_since(record, versions)
    if since is None:
        return found
    later = {slot for one in _notices(unit, record) if one.at > since for slot in one.details["slots"]}
    return [one for one in found if one.id not in later]


def _in_force_since(record: Record, versions: Sequence[Revision]) -> datetime | None:
    """When the text was published that is in force now, before any minor correction of it."""
    current = next((one for one in versions if one.id == record.published_revision_id), None)
    if current is None:
        return None
    return min(one.published_at for one in versions if one.major == current.major and one.published_at)


def _notices(unit: Unit, record: Record) -> list[editorial.Decision]:
    return [one for one in editorial.of_record(unit.db, editorial.Decision, record.id) if one.what == NOTICE]


def _stated(unit: Unit, record: Record) -> frozenset[str]:
    system = Viewer.system(unit.node.node_id, "what a notice tells")
    return told_by(revisions.claims(unit.db, system, record.working_revision_id or 0))
