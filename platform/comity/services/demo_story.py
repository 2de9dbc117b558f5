"""The life of one demonstration record as a story: each `yield` is the moment of the step that follows it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import date, datetime, timedelta
from typing import Any, Final

from comity.domain.node import Organization
from comity.domain.quorum import Decision
from comity.domain.source import default_reliability
from comity.formats.demo_yaml import DemoRecord
from comity.services import correct, dispute, draft, read, reply, review, submit, triage, withdraw
from comity.services.demo_world import Stage, cast, person_id
from comity.services.reviewers import candidates, rule_of
from comity.services.unit import Unit
from comity.storage import editorial, records

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
HOUR: Final = timedelta(hours=1)
NOTICE: Final = timedelta(days=16)
"""Ten working days of prior notice and a little more, before a record that makes a claim about an organization is published."""


def life(stage: Stage, record: DemoRecord, now: datetime) -> Iterator[datetime]:
    """Draft, submit, grade, review, publish, and what its `after` says: correction, dispute, withdrawal."""
    shown = now - timedelta(days=record.published_days_ago)
    begin = shown - 8 * HOUR
    if record.state == "published" and _names_entity(record):
        begin -= NOTICE
    yield begin
    ref = stage.run(record.author, begin, lambda unit: _draft(unit, record))
    if record.state == "draft":
        return
    yield begin + HOUR
    stage.run(
        record.author,
        begin + HOUR,
        lambda unit: submit.submit(unit, ref=ref, supersedes=_older(unit, record)),
    )
    if record.state == "submitted":
        return
    yield begin + 3 * HOUR
    reviewers = stage.run("editor", begin + 3 * HOUR, lambda unit: _triage(unit, ref, record))
    for number, who in enumerate(reviewers[: 1 if record.state == "in_review" else None]):
        at = begin + (4 + number) * HOUR
        yield at
        stage.run(who, at, lambda unit: _vote(unit, ref))
    if record.state == "published":
        yield from _after(stage, record, ref, shown)


def _names_entity(record: DemoRecord) -> bool:
    open_marking = record.handling.get("tlp") in ("CLEAR", "GREEN")
    subjects = [one for one in record.content.get("entities", ()) if one.get("role") == "subject"]
    return open_marking and bool(subjects) and bool(record.content.get("claims"))


def _draft(unit: Unit, record: DemoRecord) -> str:
    accounts = {who: person_id(who) for who in cast()}
    content = _as_known_on(
        deepcopy(dict(record.content)), unit.now.date(), date.fromisoformat(record.content["valid_from"])
    )
    made = draft.start(
        unit,
        kind_name=record.kind,
        content=content,
        handling=record.handling_for(accounts),
    )
    return made.ref


def _as_known_on(value: Any, day: date, out: date) -> Any:
    """Checks and observations that the file dates between drafting and publication were made by the day of drafting."""
    match value:
        case str() if _DAY.fullmatch(value) and day < date.fromisoformat(value) < out:
            return day.isoformat()
        case dict():
            return {name: _as_known_on(one, day, out) for name, one in value.items()}
        case list():
            return [_as_known_on(one, day, out) for one in value]
        case _:
            return value


def _older(unit: Unit, record: DemoRecord) -> str | None:
    """The reference of the record that this one replaces, found by the title its author gave it."""
    if not record.supersedes_title:
        return None
    mine = records.listing(unit.db, unit.viewer, author=unit.viewer.person, limit=100)
    titles = records.titles(unit.db, unit.viewer, mine)
    return next((one.ref for one in mine if titles.get(one.id) == record.supersedes_title), None)


def _triage(unit: Unit, ref: str, told: DemoRecord) -> list[str]:
    """Grade every source as the file says, ask one reviewer of each sector that has no conflict, and open the review."""
    read.open_with_purpose(unit, ref=ref, purpose="review_or_edit")
    triage.grade_sources(unit, ref=ref, grades=usual_grades(told.content))
    record, revision = draft.working(unit, ref)
    named = revision.handling.audience.persons
    chosen = [
        one for one in candidates(unit, record) if not one.conflicts and (not named or one.account in named)
    ]
    triage.assign(unit, ref=ref, reviewers=[one.account for one in chosen])
    triage.begin_review(unit, ref=ref)
    ordered = sorted(chosen, key=lambda one: _order(one.organization))
    return [one.account.removeprefix("demo-").replace("-", "_") for one in ordered]


def _order(organization: Organization) -> int:
    order = ("civil_society", "academia", "industry", "government")
    return order.index(organization.sector.value) if organization.sector else len(order)


def usual_grades(content: Mapping[str, Any]) -> list[triage.Grade]:
    """The grades in the file; else the reliability usual for the type of source, and credibility 3 (possibly true)."""
    found = [(f"sources.{n}", source) for n, source in enumerate(content.get("sources") or ())]
    for c, claim in enumerate(content.get("claims") or ()):
        found += [(f"claims.{c}.sources.{n}", source) for n, source in enumerate(claim.get("sources") or ())]
    return [
        triage.Grade(
            path,
            str(source.get("reliability") or default_reliability(source["type"])),
            str(source.get("credibility") or "3"),
            str(source.get("grading_reason") or ""),
        )
        for path, source in found
    ]


def _vote(unit: Unit, ref: str) -> None:
    record = read.find_record(unit, ref)
    if record.state.value != "in_review":
        return
    advocate = bool(rule_of(unit, record).needs.devils_advocate) and unit.viewer.sector == "civil_society"
    explanation = "The facts also fit ordinary civilian work: joint posts and shared buildings are common in this field."
    review.vote(
        unit,
        ref=ref,
        ballot=review.Ballot(
            Decision.APPROVE, devils_advocate=advocate, innocent_explanation=explanation if advocate else ""
        ),
    )


def _after(stage: Stage, record: DemoRecord, ref: str, shown: datetime) -> Iterator[datetime]:
    """What happened once it was out."""
    match record.after:
        case "withdrawn":
            at = shown + timedelta(days=3)
            yield at
            text = "A central figure was taken from a report that its publisher has corrected."
            stage.run(
                record.author, at, lambda unit: withdraw.ask(unit, ref=ref, reason_code="error", text=text)
            )
            yield at + HOUR
            stage.run("editor", at + HOUR, lambda unit: withdraw.acknowledge(unit, ref=ref))
        case "corrected":
            yield from _correction(stage, record, ref, shown + timedelta(days=4))
        case "disputed":
            yield from _dispute(stage, ref, shown + timedelta(days=2))
        case _:
            return


def _correction(stage: Stage, record: DemoRecord, ref: str, at: datetime) -> Iterator[datetime]:
    yield at
    stage.run(record.author, at, lambda unit: _correct(unit, ref))
    for number, who in enumerate(("reviewer_ngo", "reviewer_uni", "reviewer_firm")):
        moment = at + (number + 1) * HOUR
        yield moment
        stage.run(who, moment, lambda unit: _vote(unit, ref))


def _correct(unit: Unit, ref: str) -> None:
    correct.begin(unit, ref=ref)
    _, revision = draft.working(unit, ref)
    content = draft.full_content(unit, revision)
    content["body"] = (
        f"{content.get('body', '')}\n\n*Corrected: the period above was one month too long in version 1.0.*"
    )
    draft.save(unit, ref=ref, content=content)
    submit.submit(unit, ref=ref)


def _dispute(stage: Stage, ref: str, at: datetime) -> Iterator[datetime]:
    """The named organization replies in its own words and appeals; the ombudsperson's first look passes."""
    yield at
    words = (
        "We thank the Exchange for its notice. The laboratory described left our organization in the spring, and we have asked the "
        "registry to correct its entry. We invite any member to visit."
    )
    stage.run("ombudsperson", at, lambda unit: _reply(unit, ref, words))
    yield at + HOUR
    grounds = (
        "The named organization says that the unit was separated from it before the record was published."
    )
    raised = stage.run(
        "ombudsperson",
        at + HOUR,
        lambda unit: dispute.raise_appeal(unit, ref=ref, grounds=grounds, by="The named organization"),
    )
    text = "The registry extract supports a doubt about the date."
    stage.run(
        "ombudsperson",
        at + HOUR,
        lambda unit: dispute.first_look(unit, ref=ref, dispute_id=raised.id, passes=True, text=text),
    )


def _reply(unit: Unit, ref: str, words: str) -> None:
    record = read.find_record(unit, ref)
    for slot in editorial.of_record(unit.db, editorial.StoredReply, record.id):
        reply.receive(unit, ref=ref, entity_id=slot.entity_id, words=words)
