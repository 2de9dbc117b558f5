"""Follow what matters: a saved search, a topic with one click, or one record. All of it is the viewer's own and nobody else's.

What a member looks for is private to that member (4.12): no other verb reads it but the follower that makes alerts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from comity.domain.alert import Period
from comity.domain.errors import Invalid, NotFound, Problem, SignInNeeded
from comity.search.port import FACETS
from comity.services.find import Answer, Asked, asked, find
from comity.services.unit import Unit
from comity.storage import people, records, subscriptions
from comity.storage.subscriptions import Subscription

FILTERS: Final = FACETS
"""What a saved search may narrow by."""
MOST: Final = 50
PREVIEWED: Final = 5
MAIL: Final = "alerts_by_mail"
"""Preference: mail about what one opened, is named in or works on. Saved searches have their own."""


@dataclass(frozen=True)
class Followed:
    """One line of the list. `record_ref` is set for a followed record that the viewer may still know of."""

    subscription: Subscription
    record_ref: str = ""


def _person(unit: Unit) -> str:
    if unit.viewer.person is None:
        raise SignInNeeded
    return unit.viewer.person


def preview(unit: Unit, *, text: str, filters: Mapping[str, Sequence[str]]) -> Answer:
    """What matches now, newest first: shown before it is saved."""
    return find(unit, _query(text, filters), facets=(), limit=PREVIEWED)


def _query(text: str, filters: Mapping[str, Sequence[str]]) -> Asked:
    return asked(text=text, filters=filters, sort="newest", page=1, include_ended=False)


def save_search(
    unit: Unit,
    *,
    name: str,
    text: str,
    filters: Mapping[str, Sequence[str]],
    period: str = Period.DAILY,
    by_mail: bool = True,
) -> Subscription:
    """Save a search. Raises `Invalid` with every problem; a search for everything is not one."""
    person = _person(unit)
    query = _query(text.strip(), filters)
    kept = {facet: sorted(values) for facet, values in query.filters.items()}
    problems = _problems(name, period)
    if not query.text and not kept:
        problems.append(Problem("q", "empty", "Enter words or choose a filter: this would be everything."))
    if len(text.strip()) > len(query.text):
        problems.append(Problem("q", "length", "At most 400 characters fit."))
    if len(subscriptions.of_account(unit.db, person)) >= MOST:
        problems.append(Problem("", "full", f"You follow {MOST} things already. Delete one first."))
    if problems:
        raise Invalid(problems)
    name = name.strip() or _name_for(query)
    return subscriptions.add(
        unit.db,
        Subscription(person, name, str(period), unit.now, text=query.text, filters=kept, by_mail=by_mail),
    )


def _problems(name: str, period: str) -> list[Problem]:
    problems = []
    if len(name.strip()) > 120:
        problems.append(Problem("name", "length", "At most 120 characters fit."))
    if period not in list(Period):
        problems.append(Problem("period", "choice", "Choose how often."))
    return problems


def _name_for(query: Asked) -> str:
    chosen = [value.replace("_", " ") for values in query.filters.values() for value in sorted(values)]
    return ", ".join(filter(None, [query.text, *chosen]))[:120]


def follow_record(unit: Unit, *, ref: str) -> Subscription:
    """Hear of everything that happens to one record. Safe to repeat. `NotFound` for what the viewer may not know of."""
    person = _person(unit)
    record = records.get(unit.db, unit.viewer, ref)
    if record is None:
        raise NotFound
    known = [one for one in subscriptions.of_account(unit.db, person) if one.record_id == record.id]
    if known:
        return known[0]
    return subscriptions.add(
        unit.db, Subscription(person, record.ref, Period.AT_ONCE.value, unit.now, record_id=record.id)
    )


def unfollow_record(unit: Unit, *, ref: str) -> None:
    """The opposite; nothing happens when it was not followed."""
    person = _person(unit)
    record = records.get(unit.db, unit.viewer, ref)
    if record is None:
        raise NotFound
    for one in subscriptions.of_account(unit.db, person):
        if one.record_id == record.id:
            subscriptions.remove(unit.db, person, one.id)


def follows(unit: Unit, *, record_id: int) -> bool:
    """Does the viewer follow this record?"""
    return unit.viewer.person is not None and subscriptions.follows(unit.db, unit.viewer.person, record_id)


def listed(unit: Unit) -> list[Followed]:
    """The viewer's saved searches and followed records. A record that is no longer theirs to know is left out."""
    own = subscriptions.of_account(unit.db, _person(unit))
    known = records.by_ids(unit.db, unit.viewer, [one.record_id for one in own if one.record_id is not None])
    return [
        Followed(one, known[one.record_id].ref if one.record_id is not None else "")
        for one in own
        if one.record_id is None or one.record_id in known
    ]


def change(unit: Unit, *, subscription_id: int, period: str, by_mail: bool) -> None:
    """How often, and whether by mail."""
    own = subscriptions.get(unit.db, _person(unit), subscription_id)
    if own is None:
        raise NotFound
    if problems := _problems("", period):
        raise Invalid(problems)
    subscriptions.change(unit.db, replace(own, period=str(period), by_mail=by_mail))


def delete(unit: Unit, *, subscription_id: int) -> None:
    """Stop following."""
    if not subscriptions.remove(unit.db, _person(unit), subscription_id):
        raise NotFound


def mail_me(unit: Unit, *, wanted: bool) -> None:
    """Mail about what one opened, is named in or works on: yes or no. In the portal it shows in any case."""
    account = people.lock_account(unit.db, _person(unit))
    if account is None:
        raise SignInNeeded
    people.save_account(unit.db, replace(account, preferences={**account.preferences, MAIL: wanted}))
