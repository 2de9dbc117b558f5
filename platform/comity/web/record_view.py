"""One record as its page shows it: words for the marking, notices in order of weight, sections, replies and history.

Takes only what `services.read` gave this reader, so nothing here can widen who reads. Refuses to know HTML.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from comity.domain.dispute import DisputeState
from comity.domain.kinds.base import ACTION, ENTITIES, ESSENTIALS, EVIDENCE, SCOPE, SUBSTANCE, VALIDITY
from comity.domain.kinds.sections import Entry, PageSection
from comity.domain.lifecycle_facts import State
from comity.domain.node import Node
from comity.domain.record import Revision
from comity.domain.reply import ReplyState
from comity.domain.tlp import TLP, parse_tlp, strictest
from comity.services.dispute import TO_CORRECT, passed_first_look
from comity.services.read import Reading
from comity.services.spell_out import caveats_of, conditions_of, permitted_of
from comity.web.vocabulary import node_of, sector_name
from comity.web.wording import day_of, text_of

ORDER: Final = (ESSENTIALS, SUBSTANCE, ACTION, ENTITIES, EVIDENCE, SCOPE, VALIDITY)
"""What to do comes before the evidence: a reader in a hurry stops early."""

_IN_THE_HEAD: Final = frozenset(
    {
        "title",
        "summary",
        "subtype",
        "language",
        "severity",
        "urgency",
        "valid_from",
        "review_due",
        "expires_at",
    }
)
_OVER: Final = frozenset({"refuted", "expired"})
_OPEN: Final = frozenset({DisputeState.OPEN.value, DisputeState.BEFORE_COUNCIL.value})
_PLACES: Final = {
    "recommended_actions": "actions",
    "claims": "claims",
    "sources": "sources",
    "entities": "entities",
    "judgements": "judgements",
}

Row = Mapping[str, Entry]


@dataclass(frozen=True)
class Notice:
    """A message above the text. `level` as in `components/notice.html`."""

    level: str
    title: str
    text: str = ""
    href: str = ""
    link: str = ""


@dataclass(frozen=True)
class Piece:
    """One entry with how it is drawn: `generic`, or the name of a macro of its own.

    `ended` holds the places of rows not in force; `sources` those of each claim.
    """

    entry: Entry
    drawn: str
    rows: Sequence[Row] = ()
    ended: frozenset[int] = frozenset()
    sources: Sequence[Sequence[Row]] = ()


@dataclass(frozen=True)
class Section:
    """Pieces under one heading with an anchor."""

    title: str
    anchor: str
    pieces: Sequence[Piece] = field(default=())


def marking(reading: Reading) -> dict[str, str]:
    """What this page carries on screen and paper: the strictest of the record and the portions shown (H-01)."""
    labels = [shown_tlp(reading)]
    labels += [
        parse_tlp(str(claim["tlp"])) for claim in reading.content.get("claims", ()) if claim.get("tlp")
    ]
    labels += [parse_tlp(one.tlp) for one in reading.files]
    return {"tlp": strictest(labels).value}


def shown_tlp(reading: Reading) -> TLP:
    """The marking of the version shown."""
    return reading.revision.handling.tlp if reading.revision else reading.audience.tlp


def handling_words(reading: Reading, now: datetime) -> dict[str, Any]:
    """Badge, plain meaning, permitted action, caveats, and whom one may name and tell (H-06)."""
    handling = reading.revision.handling if reading.revision else None
    return {
        "tlp": shown_tlp(reading).value,
        "caveats": caveats_of(handling) if handling else [],
        "action": permitted_of(handling) if handling else "",
        "conditions": conditions_of(handling, now) if handling else [],
    }


def notices(reading: Reading, now: datetime, *, since: str = "") -> list[Notice]:
    """What a reader must know before trusting the text, the weightiest first."""
    return [*_standing(reading, now), *_version_notices(reading, since), *_age_notices(reading, now)]


def _standing(reading: Reading, now: datetime) -> Iterator[Notice]:
    record = reading.record
    if record.tombstone is not None:
        yield Notice("bad", "Withdrawn", "This version is kept for the record. Do not use it.")
    if not record.is_published:
        yield Notice("info", "Not published", f"This is work in hand. It is “{record.state.label}”.")
    if record.state is State.SUPERSEDED:
        newer = reading.replaced_by
        link = {"href": f"/records/{newer.ref}", "link": f"Read {newer.ref}"} if newer else {}
        yield Notice("warn", "Replaced by a newer record", "Use the newer one.", **link)
    if record.state is State.EXPIRED or (record.expires_at is not None and record.expires_at <= now):
        yield Notice(
            "bad", "Expired: do not use", "Its last day of use is over, and it counts in no assessment."
        )
    if record.state is State.HELD:
        yield Notice(
            "warn",
            "On hold",
            "Two sectors asked to pause it. A hold ends by itself and is counted in public.",
        )
    if record.facts.get(TO_CORRECT):
        due = datetime.fromisoformat(str(record.facts[TO_CORRECT]["due"]))
        text = f"An appeal decided that it is corrected. A new version is due by {due:%-d %B %Y}."
        yield Notice("warn", "A correction is due", text, "#disputes", "See what was decided")
    if record.under_dispute or any(one.state in _OPEN and passed_first_look(one) for one in reading.disputes):
        text = "An appeal against it passed a first look and is being decided."
        yield Notice("warn", "Under dispute", text, "#disputes", "See what is disputed")


def _version_notices(reading: Reading, since: str) -> Iterator[Notice]:
    record, shown = reading.record, reading.revision
    if shown is None or not record.is_published:
        return
    here = f"/records/{record.ref}"
    current = in_force(reading)
    if current is not None and shown.id != current.id:
        text = f"You are reading version {shown.version}. Version {current.version} is in force."
        yield Notice("warn", "Not the version in force", text, here, "Read the version in force")
        return
    before = _previous(reading)
    old = (
        since
        if since and since != shown.version and any(v.version == since for v in reading.versions)
        else ""
    )
    if old:
        text = f"You opened version {old}; this is version {shown.version}."
        compare = f"{here}/compare?old={old}&new={shown.version}"
        yield Notice("info", "Changed since you last opened it", text, compare, "See what changed")
    elif before is not None:
        text = f"This is version {shown.version}. {shown.note}".strip()
        compare = f"{here}/compare?old={before.version}&new={shown.version}"
        yield Notice("info", "Corrected", text, compare, "See what changed")
    if record.working_revision_id != record.published_revision_id:
        yield Notice(
            "info", "A correction is being worked on", "Until it is agreed, this version stays in force."
        )


def _age_notices(reading: Reading, now: datetime) -> Iterator[Notice]:
    record = reading.record
    if record.overdue(now) and record.state is State.PUBLISHED:
        yield Notice(
            "warn", "Review due", "Its review date has passed. Check its facts before you rely on them."
        )


def in_force(reading: Reading) -> Revision | None:
    """The published version, as far as this reader may know of it."""
    return next((one for one in reading.versions if one.id == reading.record.published_revision_id), None)


def changed_since(reading: Reading, opened: int | None) -> str:
    """The version with the id that was opened last, when another one is in force now; otherwise empty."""
    current = in_force(reading)
    if opened is None or current is None or opened == current.id:
        return ""
    return next((one.version for one in reading.versions if one.id == opened), "")


def _previous(reading: Reading) -> Revision | None:
    published = [one for one in reading.versions if one.published_at is not None]
    shown = reading.revision
    older = [
        one for one in published if shown is not None and (one.major, one.minor) < (shown.major, shown.minor)
    ]
    return older[0] if older else None


def sections(reading: Reading, today: date) -> list[Section]:
    """The text in reading order, with claims that are over told apart from those in force (4.4.5)."""
    found = {one.title: one for one in text_of(reading.record.kind, reading.content)}
    made = (_section(found[title], today) for title in ORDER if title in found)
    return [one for one in made if one.pieces]


def _section(section: PageSection, today: date) -> Section:
    pieces = [_piece(entry, today) for entry in section.entries if entry.name not in _IN_THE_HEAD]
    pieces = [
        one for one in pieces if not (one.entry.name == "personal_data" and one.entry.values == ("none",))
    ]
    return Section(section.title, section.title.lower().replace(",", "").replace(" ", "-"), pieces)


def _piece(entry: Entry, today: date) -> Piece:
    rows = [by_name(row) for row in entry.rows]
    drawn = _PLACES.get(entry.name, "generic")
    ended = frozenset(i for i, row in enumerate(rows) if drawn == "claims" and _is_over(row, today))
    sources = [[by_name(one) for one in row["sources"].rows] if "sources" in row else [] for row in rows]
    return Piece(entry, drawn, rows, ended, sources if drawn == "claims" else ())


def valid_from(reading: Reading) -> str:
    """The first day of validity in words; empty in a draft without one."""
    return day_of(str(reading.content.get("valid_from") or ""))


def by_name(row: Sequence[Entry]) -> Row:
    """The entries of one row under the last part of their names."""
    return {entry.name.rsplit(".", maxsplit=1)[-1]: entry for entry in row}


def _is_over(row: Row, today: date) -> bool:
    status, ends = row.get("status"), row.get("expires_at")
    return (status is not None and status.values[0] in _OVER) or (
        ends is not None and ends.values[0] < today.isoformat()
    )


def replies(reading: Reading) -> list[dict[str, Any]]:
    """The slot of each named organization, with its own words unedited (G-34)."""
    said = {
        ReplyState.INVITED.value: "It was told and has not replied so far.",
        ReplyState.DECLINED.value: "It was told and does not wish to reply.",
        ReplyState.WAIVED.value: "It was not told beforehand, for a listed reason.",
    }
    return [
        {
            "name": one.entity_name,
            "text": one.text,
            "at": one.received_at,
            "state": said.get(one.state, ""),
            "note": one.edited_note,
        }
        for one in reading.replies
        if one.text or one.state in said
    ]


def disputes(reading: Reading) -> list[dict[str, Any]]:
    """Appeals that passed a first look: their state and outcome, never who raised them or on what grounds."""
    shown = {str(claim.get("claim_id")) for claim in reading.content.get("claims", ())}
    words = {DisputeState.OPEN.value: "Being decided", DisputeState.BEFORE_COUNCIL.value: "Before council"}
    return [
        {
            "title": words.get(
                one.state, f"Decided: {one.outcome.replace('_', ' ')}" if one.outcome else "Closed"
            ),
            "at": one.decided_at or one.raised_at,
            "text": one.outcome_text if one.decided_at else "",
            "actor": ", ".join(f"claim {name}" for name in one.claim_ids if name in shown),
            "tone": "warn" if one.state in _OPEN else "",
        }
        for one in reading.disputes
        if passed_first_look(one)
    ]


def agreement(reading: Reading) -> dict[str, Any]:
    """Who agreed, by sector, and what those said who did not (G-09): never by person."""
    return {
        "sectors": [(sector_name(code), count) for code, count in sorted(reading.votes_by_sector.items())],
        "dissent": [(sector_name(vote.sector), vote.dissent) for vote in reading.dissent],
    }


def origin(reading: Reading, here: Node) -> dict[str, str]:
    """Where it comes from: the organization where it is given, else its sector or nobody; `known` to this viewer besides."""
    record = reading.record
    return {
        "known": reading.known_originator.name if reading.known_originator else "",
        "anonymous": "yes" if record.attribution_mode == "anonymous_via_secretariat" else "",
        "organization": reading.originator.name if reading.originator else record.origin_says("organization"),
        "organization_id": reading.originator.id if reading.originator else "",
        "sector": sector_name(record.sector),
        "node": node_of(record, here),
        "foreign": "yes" if record.is_copy(here.node_id) else "",
    }


def history(reading: Reading) -> list[dict[str, Any]]:
    """Published versions, newest first, and for those who work on it also the drafts."""
    ref = reading.record.ref
    return [
        {
            "version": one.version,
            "title": f"Version {one.version}" + ("" if one.published_at else " (not published)"),
            "at": one.published_at or one.created_at,
            "text": one.note,
            "href": f"/records/{ref}?version={one.version}",
            "tone": "good" if one.id == reading.record.published_revision_id else "",
        }
        for one in reading.versions
    ]
