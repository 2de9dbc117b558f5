"""Follow the outbox and say who is to hear of each event; show a person their alerts in words made at that moment.

Whether somebody may hear of a record is asked under their own viewer, when the alert is made and again when it is shown or sent.
An alert holds no content. Following is idempotent and resumes where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from comity.domain.access import may_read
from comity.domain.alert import NEWS, SENTENCES, TITLE_FREE, WORK, Period, Why, may_show_title
from comity.domain.audience import Audience
from comity.domain.record import Record, Revision
from comity.domain.roles import Role
from comity.domain.viewer import Viewer
from comity.services.match import matching_searches
from comity.services.reviewers import assigned_reviewers
from comity.services.subscribe import MAIL
from comity.services.unit import Unit
from comity.storage import alerts, audiences, openings, outbox, people, records, revisions, subscriptions
from comity.storage.alerts import Alert
from comity.storage.outbox import Event

FOLLOWER: Final = "alerts"
LEASE: Final = timedelta(minutes=2)
BATCH: Final = 50
_ROLES: Final[Mapping[str, tuple[Role, ...]]] = {
    "record.begin_triage": (Role.EDITOR,),
    "withdraw.asked": (Role.EDITOR,),
    "restrict.provisional": (Role.EDITOR, Role.DATA_PROTECTION_OFFICER, Role.OMBUDSPERSON),
    "personal_data.asked": (Role.DATA_PROTECTION_OFFICER, Role.OMBUDSPERSON),
    "dispute.raised": (Role.OMBUDSPERSON,),
    "dispute.decided": (Role.OMBUDSPERSON,),
    "dispute.council_asked": (Role.COUNCIL_MEMBER, Role.OMBUDSPERSON),
    "reply.invited": (Role.OMBUDSPERSON,),
    "outside.received": (Role.OMBUDSPERSON,),
}
"""Whose work an event is, beside the author and the persons assigned."""
_TOLD_BY_NAME: Final = ("onward.answered", "proposal.decided", "release.ended")
"""Whoever asked hears what became of it: the event names them."""
_FOR_THOSE_NAMED: Final = ("panel.named", "conflict.entered", "conflict.settled")
_FOR_ALL_AT_WORK: Final = ("hold.asked", "record.hold")


@dataclass(frozen=True)
class Line:
    """One alert as its reader sees it now. `title` is empty above TLP:GREEN."""

    id: int
    sentence: str
    title: str
    ref: str
    tlp: str
    why: str
    at: datetime
    new: bool


def follow(unit: Unit, *, worker: str) -> int:
    """Deal with the next events. `unit` is the node's own.

    Returns how many were dealt with; 0 also while another worker has the lease.
    """
    start = outbox.claim(unit.db, FOLLOWER, worker=worker, now=unit.now, lease=LEASE)
    if start is None:
        return 0
    events = outbox.after(unit.db, start, limit=BATCH)
    everybody = Everybody(unit)
    for event in events:
        alerts.add(unit.db, _alerts_for(everybody, event))
    if events:
        outbox.advance(unit.db, FOLLOWER, events[-1].seq)
    return len(events)


class Everybody:
    """All who can sign in, read once for a batch of events and only when one of them needs it."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self._viewers: Mapping[str, Viewer] | None = None
        self._mail: Mapping[str, bool] | None = None

    @property
    def viewers(self) -> Mapping[str, Viewer]:
        """By account id, each as they would be after signing in now."""
        if self._viewers is None:
            self._viewers = {one.person: one for one in people.viewers(self.unit.db) if one.person}
        return self._viewers

    @property
    def mail(self) -> Mapping[str, bool]:
        """Who wants mail about what they did not save as a search."""
        if self._mail is None:
            self._mail = {
                one.id: bool(one.preferences.get(MAIL, True)) for one in people.accounts(self.unit.db)
            }
        return self._mail

    def holding(self, roles: Iterable[Role]) -> list[str]:
        """Account ids with any of `roles`."""
        wanted = frozenset(roles)
        return [name for name, viewer in self.viewers.items() if wanted & viewer.roles]


@dataclass(frozen=True)
class _Reason:
    account: str
    why: Why
    period: str = Period.AT_ONCE.value
    by_mail: bool | None = None
    subscription_id: int | None = None


def _alerts_for(everybody: Everybody, event: Event) -> Iterator[Alert]:
    if event.record_id is None or (event.what not in NEWS and event.what not in WORK):
        return
    unit = everybody.unit
    record = records.by_ids(unit.db, unit.viewer, [event.record_id]).get(event.record_id)
    if record is None:
        return
    audience = audiences.load(unit.db, record.audience_id)
    what = NEWS.get(event.what) or WORK[event.what]
    if event.what in NEWS:
        shown = _in_force(unit, record)
        if event.what == "record.publish" and shown is not None and shown.major > 1:
            what = NEWS["record.correct"]
        reasons = _readers(everybody, event, record, audience, shown)
    else:
        reasons = _workers(everybody, event, record)
    for reason in _first_each(reasons):
        if _may_hear(everybody, reason.account, audience):
            wants = everybody.mail.get(reason.account, False) if reason.by_mail is None else reason.by_mail
            yield Alert(
                account_id=reason.account,
                record_id=record.id,
                event_id=event.seq,
                what=what,
                why=reason.why.value,
                period=reason.period,
                created_at=unit.now,
                by_mail=wants,
                subscription_id=reason.subscription_id,
            )


def _may_hear(everybody: Everybody, account: str, audience: Audience) -> bool:
    viewer = everybody.viewers.get(account)
    return viewer is not None and may_read(viewer, audience)


def _in_force(unit: Unit, record: Record) -> Revision | None:
    versions = revisions.of_record(unit.db, unit.viewer, record.id)
    return next((one for one in versions if one.id == record.published_revision_id), None)


def _first_each(reasons: Iterable[_Reason]) -> list[_Reason]:
    """One reason a person: the strongest, and with several saved searches the one that is sent soonest."""
    soonest, order = list(Period), list(Why)
    ranked = sorted(reasons, key=lambda one: (order.index(one.why), soonest.index(Period(one.period))))
    return list({one.account: one for one in reversed(ranked)}.values())


def _readers(
    everybody: Everybody, event: Event, record: Record, audience: Audience, shown: Revision | None
) -> Iterator[_Reason]:
    """Author, named readers, those who follow or opened it, those told before, and whose saved search finds it."""
    unit = everybody.unit
    yield _Reason(record.author, Why.AUTHOR)
    for person in shown.handling.audience.persons if shown else ():
        yield _Reason(person, Why.NAMED)
    for one in subscriptions.of_record(unit.db, record.id):
        yield _Reason(one.account_id, Why.FOLLOWED, one.period, one.by_mail, one.id)
    for account in openings.people(unit.db, record.id):
        yield _Reason(account, Why.OPENED)
    for told in alerts.told_of(unit.db, record.id).values():
        yield _Reason(told.account_id, Why(told.why), told.period, told.by_mail, told.subscription_id)
    if event.what == "record.publish":
        for one in matching_searches(unit, record, audience, everybody.viewers):
            yield _Reason(one.account_id, Why.SAVED_SEARCH, one.period, one.by_mail, one.id)


def _workers(everybody: Everybody, event: Event, record: Record) -> Iterator[_Reason]:
    """Whose move it is: the reviewers asked, the role that handles it, or the author."""
    if event.what == "review.assigned":
        accounts: Sequence[str] = list(event.payload.get("reviewers", ()))
    elif event.what in _TOLD_BY_NAME:
        accounts = list(event.payload.get("accounts", ()))
    elif event.what in _FOR_THOSE_NAMED:
        accounts = list(event.payload.get("people", ()))
    elif event.what == "record.correct_minor":
        accounts = sorted(assigned_reviewers(record))
    elif event.what in _FOR_ALL_AT_WORK:
        persons = [name.removeprefix("person:") for name in record.assigned if name.startswith("person:")]
        roles = [Role(name.removeprefix("role:")) for name in record.assigned if name.startswith("role:")]
        accounts = [record.author, *persons, *everybody.holding(roles)]
    elif event.what in _ROLES:
        accounts = everybody.holding(_ROLES[event.what])
    else:
        accounts = [record.author]
    for account in accounts:
        yield _Reason(account, Why.WORK)


def lines(unit: Unit, found: Sequence[Alert]) -> list[Line]:
    """Alerts in words, under the rule of this moment: those about what the viewer may no longer know of are left out."""
    cards = records.cards(unit.db, unit.viewer, sorted({one.record_id for one in found}))
    titles = records.working_titles(unit.db, unit.viewer, [card.record for card in cards.values()])
    return [
        _line(one, cards[one.record_id], titles.get(one.record_id, ""))
        for one in found
        if one.record_id in cards
    ]


def _line(alert: Alert, card: records.Card, title: str) -> Line:
    shown = may_show_title(card.tlp) and card.record.tombstone is None
    return Line(
        id=alert.id,
        sentence=SENTENCES[alert.what] if may_show_title(card.tlp) or alert.why == Why.WORK else TITLE_FREE,
        title=title if shown else "",
        ref=card.record.ref,
        tlp=card.tlp,
        why=Why(alert.why).says,
        at=alert.created_at,
        new=alert.read_at is None,
    )


def listed(unit: Unit, *, limit: int = 100, unread: bool = False) -> list[Line]:
    """The viewer's own alerts, newest first."""
    return lines(unit, alerts.listed(unit.db, unit.viewer, limit=limit, unread=unread))


def unread(unit: Unit) -> int:
    """How many are new; 0 for nobody signed in."""
    return alerts.unread(unit.db, unit.viewer) if unit.viewer.person else 0


def mark_read(unit: Unit, *, only: int | None = None) -> None:
    """One of the viewer's own, or all."""
    if unit.viewer.person:
        alerts.mark_read(unit.db, unit.viewer.person, now=unit.now, only=only)
