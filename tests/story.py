"""The steps of the editorial life as tests take them: each is one unit of work by the person whose step it is."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from comity.domain.handling import Handling
from comity.domain.kinds.registry import kind
from comity.domain.quorum import Decision
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.domain.tlp import TLP
from comity.services import clock, draft, find, read, review, submit, triage
from comity.storage import people, role_grants
from tests.factories import World, make_account, person_id

NOW: Final = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
"""A Monday morning after the dates in the worked examples."""

THREE_SECTORS: Final = ("reviewer_uni", "reviewer_firm", "reviewer_ngo")


def example(kind_name: str = "advisory", *, now: datetime = NOW, **changes: Any) -> dict[str, Any]:
    """The worked example of a kind, dated so that it can be submitted at `now`, with `changes` put in."""
    content = deepcopy(dict(kind(kind_name).example))
    today = now.date()
    content |= {
        "valid_from": today.isoformat(),
        "review_due": (today + timedelta(days=60)).isoformat(),
        "expires_at": (today + timedelta(days=80)).isoformat(),
    }
    content |= changes
    return content


@dataclass
class Story:
    """One database, its people, and the moment at which the next step is taken."""

    engine: sa.Engine
    world: World
    now: datetime = NOW

    def unit(self, who: str, *, writes: bool = True) -> Any:
        """A unit of work as `who`."""
        return self.world.unit(self.engine, who, now=self.now, writes=writes)

    def drafted(
        self,
        who: str = "liaison",
        *,
        tlp: TLP = TLP.GREEN,
        handling: Handling | None = None,
        kind_name: str = "advisory",
        **changes: Any,
    ) -> Record:
        """A complete draft."""
        with self.unit(who) as unit:
            return draft.start(
                unit,
                kind_name=kind_name,
                content=example(kind_name, now=self.now, **changes),
                handling=handling or Handling(tlp=tlp),
            )

    def submitted(self, record: Record, who: str = "liaison") -> Record:
        """Handed in by its author."""
        with self.unit(who) as unit:
            return submit.submit(unit, ref=record.ref)

    def in_review(self, record: Record, reviewers: Iterable[str] = THREE_SECTORS) -> Record:
        """Graded, assigned and opened by the editor."""
        with self.unit("editor") as unit:
            read.open_with_purpose(unit, ref=record.ref, purpose="review_or_edit")
            _, revision = draft.working(unit, record.ref)
            triage.grade_sources(unit, ref=record.ref, grades=grades(draft.full_content(unit, revision)))
            triage.assign(unit, ref=record.ref, reviewers=[person_id(who) for who in reviewers])
            return triage.begin_review(unit, ref=record.ref)

    def voted(self, record: Record, who: str, decision: Decision = Decision.APPROVE, **more: Any) -> Record:
        """One vote."""
        if decision is not Decision.APPROVE:
            more = {"reason_code": "missing_source", "comment": "The second statement has no source.", **more}
        with self.unit(who) as unit:
            return review.vote(unit, ref=record.ref, ballot=review.Ballot(decision=decision, **more))

    def published(
        self, who: str = "liaison", reviewers: Iterable[str] = THREE_SECTORS, **more: Any
    ) -> Record:
        """From nothing to published by the votes of `reviewers`."""
        record = self.in_review(self.submitted(self.drafted(who, **more), who), reviewers)
        for reviewer in reviewers:
            record = self.voted(record, reviewer) if record.state == "in_review" else record
        return record


def grades(content: dict[str, Any]) -> list[triage.Grade]:
    """The usual grade for every source of a content, as an editor would confirm it."""
    from comity.domain.source import default_reliability

    paths = [(f"sources.{i}", source) for i, source in enumerate(content.get("sources") or [])]
    for c, claim in enumerate(content.get("claims") or []):
        paths += [(f"claims.{c}.sources.{i}", source) for i, source in enumerate(claim.get("sources") or [])]
    return [triage.Grade(path, str(default_reliability(source["type"])), "2") for path, source in paths]


def ticked(story: Story, **later: float) -> clock.Ticked:
    """Let time pass, and the node's clock tick once."""
    story.now += timedelta(**later)
    with story.unit("system") as unit:
        return clock.tick(unit)


def hits(story: Story, who: str, text: str, *, ended: bool = False) -> list[str]:
    """References that a search gives to `who`."""
    with story.unit(who, writes=False) as unit:
        query = find.asked(text=text, filters={}, sort="relevance", page=1, include_ended=ended)
        return [one.record.ref for one in find.find(unit, query).items]


def reading(story: Story, who: str, record: Record) -> read.Reading:
    """The record as `who` may read it now."""
    with story.unit(who, writes=False) as unit:
        return read.read(unit, ref=record.ref)


def noted(story: Story) -> Record:
    """A due-diligence note that has its quorum and waits for the end of the prior notice."""
    record = story.drafted("contributor", kind_name="due_diligence_note")
    record = story.in_review(
        story.submitted(record, "contributor"), ("reviewer_gov", "reviewer_uni", "reviewer_ngo")
    )
    for who in ("reviewer_gov", "reviewer_uni"):
        record = story.voted(record, who)
    return story.voted(
        record, "reviewer_ngo", devils_advocate=True, innocent_explanation="A shared building."
    )


ENOUGH: Final = ("council_uni", "council_firm", "council_ngo", "second_uni", "second_firm", "second_ngo")
"""Half of the seats of council, once `seat_council` has filled them."""


def seat_council(story: Story) -> Story:
    """Council with two members of each sector outside government."""
    homes = {"second_uni": "uni-north", "second_firm": "firm-optics", "second_ngo": "ngo-rights"}
    with story.unit("system") as unit:
        for who, home in homes.items():
            story.world.people[who] = (home, (Role.COUNCIL_MEMBER,))
            people.add_account(unit.db, make_account(who, home, now=story.now))
            role_grants.add(unit.db, person_id(who), Role.COUNCIL_MEMBER, by="system", now=story.now)
    return story
