"""The audit log as each person may read it (4.1.3, S8): everybody their own actions, an organization's officers those of its
people, the operator what is about no record, and auditor, data protection officer and ombudsperson all of it under the markings.

What a viewer may not know of is not there and leaves no gap: no numbers are shown, and a page is continued from an entry's hash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from comity.domain.audit_chain import Broken, Link
from comity.domain.errors import NotAllowed, NotFound, SignInNeeded
from comity.domain.roles import Role
from comity.domain.viewer import Viewer
from comity.services.attribute import may_know
from comity.services.read import find_record
from comity.services.unit import Unit
from comity.services.verify_audit import verify_chain
from comity.storage import audit, openings, organizations, people, records
from comity.storage.openings import Opening

PAGE = 50
UNNAMED = "a member of the originator"
_VERDICTS = ("approve", "approved", "in_review", "changes_requested", "legally_restricted")


class Reach(StrEnum):
    """How much of the log somebody reads."""

    OWN = "own"
    ORGANIZATION = "organization"
    TECHNICAL = "technical"
    ALL = "all"

    @property
    def says(self) -> str:
        """For the top of the page."""
        return {
            "own": "You see what you did.",
            "organization": "You see what people of your organization did, where you may know of the record yourself.",
            "technical": "You see the working of the node, and nothing about records.",
            "all": "You see everything except what concerns records that you may not know of.",
        }[self.value]


@dataclass(frozen=True)
class Row:
    """One entry in words. `about` is a reference or an id; `href` leads to a record."""

    at: datetime
    who: str
    organization: str
    action: str
    about: str
    href: str
    purpose: str
    details: Mapping[str, str]


@dataclass(frozen=True)
class Page:
    """Entries newest first. `more` continues the list; empty at its end."""

    reach: Reach
    rows: Sequence[Row]
    more: str


@dataclass(frozen=True)
class Verdict:
    """Is the chain whole? The number of entries is for the auditor alone: to others it would tell how many they do not see."""

    whole: bool
    why: str
    entries: int | None


def reach_of(viewer: Viewer) -> Reach:
    """By the permission matrix."""
    if viewer.may("read_audit_log", "yes"):
        return Reach.ALL
    if viewer.may("read_audit_log", "org", "org_actions"):
        return Reach.ORGANIZATION
    return Reach.TECHNICAL if viewer.may("read_audit_log", "technical") else Reach.OWN


def view(
    unit: Unit,
    *,
    about: str = "",
    family: str = "",
    mine: bool = False,
    since: datetime | None = None,
    until: datetime | None = None,
    older_than: str = "",
) -> Page:
    """A page of the log. `family` is the first part of an action, such as `record`; `until` is not included."""
    viewer = unit.viewer
    if viewer.person is None:
        raise SignInNeeded
    reach = reach_of(viewer)
    found = audit.links(
        unit.db,
        viewer,
        actor=viewer.person if mine or reach is Reach.OWN else None,
        organization=(viewer.organization or "-") if reach is Reach.ORGANIZATION else None,
        without_objects=reach is Reach.TECHNICAL,
        about=about or None,
        family=family,
        since=since,
        until=until,
        older_than=older_than,
        limit=PAGE + 1,
    )
    more = found[PAGE - 1].hash if len(found) > PAGE else ""
    return Page(reach, _rows(unit, found[:PAGE]), more)


def _rows(unit: Unit, found: Sequence[Link]) -> list[Row]:
    """In words. Who of an originator that readers are not told did something is kept from those who oversee, too (4.4.1)."""
    hidden = _unnamed(unit, found)
    persons = {one.id: one.name for one in people.accounts(unit.db, ids={link.entry.actor for link in found})}
    homes = organizations.names(unit.db, {link.entry.organization for link in found})
    return [
        replace(row, who=UNNAMED, organization="")
        if hidden.get(link.entry.object) == (link.entry.organization or None)
        else row
        for link in found
        for row in (_row(link, persons, homes),)
    ]


def _unnamed(unit: Unit, found: Sequence[Link]) -> Mapping[str, str]:
    """Reference -> originator, of the records whose readers are not told it and whose originator this viewer may not know."""
    refs = {link.entry.object for link in found if link.entry.object.startswith("RSI-")}
    known = [one for one in (records.get(unit.db, unit.viewer, ref) for ref in refs) if one is not None]
    return {
        one.ref: one.organization
        for one in known
        if one.attribution_mode not in ("organization", "public_source") and not may_know(unit.viewer, one)
    }


def _row(link: Link, persons: Mapping[str, str], homes: Mapping[str, str]) -> Row:
    entry = link.entry
    machine = entry.actor.startswith("system:")
    return Row(
        at=datetime.strptime(entry.at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC),
        who=f"the node ({entry.actor.removeprefix('system:')})"
        if machine
        else persons.get(entry.actor, entry.actor),
        organization=homes.get(entry.organization, entry.organization),
        action=in_words(entry.action),
        about=entry.object,
        href=f"/records/{entry.object}" if entry.object.startswith("RSI-") else "",
        purpose=entry.purpose.replace("_", " "),
        details={name: _said(value) for name, value in entry.details.items()},
    )


def in_words(action: str) -> str:
    """`record.approve` -> `record: agree`: a quorum agrees to publish a text, which is no verdict on anybody."""
    return action.replace("approve", "agree").replace(".", ": ").replace("_", " ")


def _said(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case _:
            return in_words(str(value)) if value in _VERDICTS else str(value)


@dataclass(frozen=True)
class Readers:
    """Who opened a record: people by organization, and for those who read the whole log each opening with its purpose."""

    ref: str
    by_organization: Mapping[str, int]
    openings: Sequence[tuple[Opening, str, str]]


def who_opened(unit: Unit, *, ref: str) -> Readers:
    """One question, one answer (H-08, row 76). For the originator counts; for those who read the whole log each opening.

    `NotFound` for a record that the viewer may not know of. The caller logs the question by `log_question`.
    """
    record = find_record(unit, ref)
    if unit.viewer.person is None:
        raise SignInNeeded
    everything = reach_of(unit.viewer) is Reach.ALL
    if not everything and unit.viewer.organization != record.organization:
        raise NotAllowed
    counted = openings.by_organization(unit.db, record.id)
    homes = organizations.names(unit.db, set(counted))
    listed = openings.of_record(unit.db, record.id) if everything else ()
    persons = {one.id: one.name for one in people.accounts(unit.db, ids={one.account_id for one in listed})}
    return Readers(
        ref=record.ref,
        by_organization={homes.get(name, name): count for name, count in counted.items()},
        openings=[
            (one, persons.get(one.account_id, one.account_id), homes.get(one.organization, one.organization))
            for one in listed
        ],
    )


def log_question(unit: Unit, *, ref: str) -> None:
    """That somebody asked who opened a record is itself in the log."""
    record = find_record(unit, ref)
    unit.audit("audit.who_read", record.ref, audience_id=record.audience_id)


def check(unit: Unit) -> Verdict:
    """Walk the whole chain. For those who read the whole log."""
    if reach_of(unit.viewer) is not Reach.ALL:
        raise NotFound
    found = verify_chain(unit)
    if isinstance(found, Broken):
        return Verdict(False, found.why, found.at if Role.AUDITOR in unit.viewer.roles else None)
    return Verdict(True, "", found.n if Role.AUDITOR in unit.viewer.roles else None)
