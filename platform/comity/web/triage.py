"""The editor's page on one record: grade sources, look at wording and personal data, choose reviewers, open the review. No vote.

Shows what is not ready before anybody presses a button. Reviewers' names are the editor's to see, and nobody else's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from starlette.responses import Response

from comity.domain.errors import Conflict, Invalid, NotFound, Problem
from comity.domain.governance import ReasonFor
from comity.domain.kinds.registry import kind
from comity.domain.lifecycle import obstacles
from comity.domain.lifecycle_facts import GUARDS, State, Verb
from comity.domain.roles import Sector
from comity.domain.source import CREDIBILITY, RELIABILITY
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import triage
from comity.services.check import check_submission, exception_given
from comity.services.examine import Desk, examine, may_triage, sources_of
from comity.services.find import asked, find
from comity.services.reviewers import assigned_reviewers, candidates, could_review, rule_of
from comity.services.unit import Unit
from comity.web import findings
from comity.web.audience import sector_name
from comity.web.forms import Field, Sent, SentForm, filled, general
from comity.web.notices import redirect
from comity.web.quorum_words import conditions
from comity.web.rendering import page
from comity.web.wording import text_of
from comity.web.work import about, purpose_page

router = new_router(prefix="/records/{ref}/triage", include_in_schema=False)

SIMILAR: Final = 5
READY: Final = {
    "sources_graded": "Every source is graded by a second person.",
    "personal_data_clear": "The personal-data check is clean, or an exception was given.",
    "reviewers_assigned": "Reviewers without a conflict are asked who could meet the quorum together.",
}
LISTS: Final[Mapping[str, ReasonFor]] = {"return": "return", "reject": "reject"}


@router.get("")
@capability("publish", "trigger")
def look(ctx: Ctx, ref: str) -> Response:
    """Everything an editor looks at before the review, on one page."""
    desk = _desk(ctx, ref)
    return purpose_page(ctx, desk, "triage") if desk.needs_purpose else _page(ctx, desk)


@router.post("/{step}")
@capability("publish", "trigger")
def act(ctx: Ctx, ref: str, step: str, sent: SentForm) -> Response:
    """One step; what cannot be done is said on the same page with everything typed."""
    desk = _desk(ctx, ref)
    take, done = _STEPS.get(step, (None, ""))
    if take is None or desk.needs_purpose:
        raise NotFound
    try:
        record = take(ctx.unit, desk, sent)
    except Invalid as wrong:
        problems = [replace(one, field=f"{step}.{one.field}") for one in wrong.problems]
        return _page(ctx, desk, sent=sent, step=step, problems=problems, status=422)
    except Conflict as conflict:
        return _page(
            ctx, desk, sent=sent, step=step, problems=[Problem("", "conflict", conflict.sentence)], status=409
        )
    stays = record.state in (State.TRIAGE, State.IN_REVIEW) and step in ("grades", "reviewers", "release")
    return redirect(ctx, f"/records/{ref}/triage" if stays else "/work", done)


def _desk(ctx: Context, ref: str) -> Desk:
    desk = examine(ctx.unit, ref=ref)
    if not may_triage(ctx.unit, desk) or desk.record.state not in (State.TRIAGE, State.IN_REVIEW):
        raise NotFound
    return desk


def _grade(unit: Unit, desk: Desk, sent: Sent) -> Any:
    lines = sources_of(desk.content)
    sent.only(*(f"{part}.{line.path}" for line in lines for part in ("reliability", "credibility", "why")))
    given = [
        triage.Grade(
            line.path,
            _one_of(sent.one(f"reliability.{line.path}"), RELIABILITY),
            _one_of(sent.one(f"credibility.{line.path}"), CREDIBILITY),
            sent.one(f"why.{line.path}"),
        )
        for line in lines
    ]
    return triage.grade_sources(unit, ref=desk.record.ref, grades=given)


def _one_of(text: str, known: Mapping[str, str]) -> str:
    return text if text in known else ""


def _ask(unit: Unit, desk: Desk, sent: Sent) -> Any:
    sent.only("reviewers")
    return triage.assign(unit, ref=desk.record.ref, reviewers=sent.many("reviewers"))


def _release(unit: Unit, desk: Desk, sent: Sent) -> Any:
    sent.only("release.reviewer", "release.text")
    return triage.unassign(
        unit, ref=desk.record.ref, reviewer=sent.one("release.reviewer"), text=sent.one("release.text")
    )


def _begin(unit: Unit, desk: Desk, sent: Sent) -> Any:
    sent.only()
    return triage.begin_review(unit, ref=desk.record.ref)


def _back(*, reject: bool) -> Callable[[Unit, Desk, Sent], Any]:
    def send_back(unit: Unit, desk: Desk, sent: Sent) -> Any:
        name = "reject" if reject else "return"
        sent.only(f"{name}.reason_code", f"{name}.text")
        return triage.send_back(
            unit,
            ref=desk.record.ref,
            reason_code=sent.one(f"{name}.reason_code"),
            text=sent.one(f"{name}.text"),
            reject=reject,
        )

    return send_back


_STEPS: Final[Mapping[str, tuple[Callable[[Unit, Desk, Sent], Any], str]]] = {
    "grades": (_grade, "The grades are recorded."),
    "reviewers": (_ask, "The reviewers are asked."),
    "release": (_release, "The reviewer is no longer asked."),
    "begin": (_begin, "The review is open."),
    "return": (_back(reject=False), "It went back to its author with your reason."),
    "reject": (_back(reject=True), "It was not taken up; its author reads your reason."),
}


def _page(
    ctx: Context,
    desk: Desk,
    *,
    sent: Sent | None = None,
    step: str = "",
    problems: Sequence[Problem] = (),
    status: int = 200,
) -> Response:
    unit, record = ctx.unit, desk.record
    model = kind(record.kind)
    checked = check_submission(
        unit, kind_name=record.kind, content=desk.content, handling=desk.revision.handling, record=record
    )
    tally = could_review(unit, record)
    forms = {name: _reason_form(name, sent if step == name else None, problems) for name in LISTS}
    forms["release"] = _release_form(unit, desk, sent if step == "release" else None, problems)
    return page(
        ctx,
        "review/triage.html",
        status=status,
        sections=text_of(desk.record.kind, desk.content),
        guards=_guards(unit, desk),
        in_triage=record.state is State.TRIAGE,
        grades=_grades(desk, sent if step == "grades" else None),
        people=_people(unit, desk, sent if step == "reviewers" else None),
        could_meet={"met": tally.met, "missing": list(tally.missing)},
        rule=conditions(rule_of(unit, record)),
        similar=_similar(unit, desk),
        overrides=[one for one in desk.said if one.what == "language_override"],
        personal=findings.personal(model, desk.content, checked),
        lifted=exception_given(unit, record.id, desk.revision.id),
        forms=forms,
        general=_told(step, problems),
        **about(ctx, desk),
    )


def _told(step: str, problems: Sequence[Problem]) -> list[str]:
    drawn = ("reason_code", "text") if step in LISTS else ("reviewer", "text") if step == "release" else ()
    known = [Field(f"{step}.{name}", "") for name in drawn]
    return general(known, problems)


def _guards(unit: Unit, desk: Desk) -> list[dict[str, Any]]:
    facts = triage.readiness(unit, desk.record, desk.revision)
    open_ = {one.code.replace("-", "_") for one in obstacles(State.TRIAGE, Verb.BEGIN_REVIEW, facts)}
    return [
        {"ready": name not in open_, "text": GUARDS[name] if name in open_ else said}
        for name, said in READY.items()
    ]


def _grades(desk: Desk, sent: Sent | None) -> list[dict[str, Any]]:
    return [
        {
            "source": line.source,
            "usual": RELIABILITY.get(line.usual, ""),
            "of": "" if line.path.startswith("sources") else f"Claim {int(line.path.split('.')[1]) + 1}",
            "fields": _grade_fields(line.path, line.source, line.usual, sent),
        }
        for line in sources_of(desk.content)
    ]


def _grade_fields(path: str, source: Mapping[str, Any], usual: str, sent: Sent | None) -> list[Field]:
    fields = [
        Field(
            f"reliability.{path}",
            "Reliability of the publisher",
            "select",
            value=str(source.get("reliability") or usual),
            options=tuple(RELIABILITY.items()),
        ),
        Field(
            f"credibility.{path}",
            "Credibility of what it says",
            "select",
            value=str(source.get("credibility") or ""),
            options=tuple(CREDIBILITY.items()),
        ),
        Field(
            f"why.{path}",
            "Why this grade",
            hint="Needed when it is not the usual one.",
            required=False,
            value=str(source.get("grading_reason") or ""),
        ),
    ]
    return filled(fields, sent) if sent else fields


def _people(unit: Unit, desk: Desk, sent: Sent | None) -> list[dict[str, Any]]:
    """Candidates by sector, with what stands in the way; those asked already stay asked."""
    asked_already = assigned_reviewers(desk.record)
    chosen = set(sent.many("reviewers")) if sent else set()
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in candidates(unit, desk.record):
        sector = one.organization.sector.value if one.organization.sector else ""
        row = {
            "id": one.account,
            "name": one.name,
            "organization": one.organization.name,
            "government_funded": one.organization.majority_government_funded,
            "skills": list(one.skills),
            "conflicts": list(one.conflicts),
            "asked": one.account in asked_already,
            "chosen": one.account in chosen,
        }
        groups.setdefault(sector, []).append(row)
    order = [one.value for one in Sector if one.value in groups]
    return [{"sector": sector_name(name), "rows": groups[name]} for name in order]


def _similar(unit: Unit, desk: Desk) -> list[dict[str, str]]:
    """Published records on the same words that this editor may read: a suggestion, not a verdict."""
    if not desk.revision.title:
        return []
    query = asked(text=desk.revision.title, filters={}, sort="relevance", page=1, include_ended=False)
    found = find(unit, query, facets=(), limit=SIMILAR + 1)
    return [
        {
            "href": f"/records/{one.record.ref}",
            "title": "".join(part[0] for part in one.title),
            "ref": one.record.ref,
            "tlp": one.tlp,
        }
        for one in found.items
        if one.record.id != desk.record.id
    ][:SIMILAR]


def _release_form(unit: Unit, desk: Desk, sent: Sent | None, problems: Sequence[Problem]) -> list[Field]:
    """Who may be taken off: those asked. Whether somebody has voted is said when it is tried, and not before."""
    asked_now = assigned_reviewers(desk.record)
    options = tuple(
        (one.account, one.name) for one in candidates(unit, desk.record) if one.account in asked_now
    )
    if not options:
        return []
    fields = [
        Field("release.reviewer", "Reviewer", "choice", options=options),
        Field("release.text", "Why", "prose", "Kept in the log of this record.", max_length=2000),
    ]
    return filled(fields, sent, problems) if sent else fields


def _reason_form(name: str, sent: Sent | None, problems: Sequence[Problem]) -> list[Field]:
    options = tuple(triage.reasons_for(LISTS[name]).items())
    fields = [
        Field(f"{name}.reason_code", "Reason", "choice", options=options),
        Field(f"{name}.text", "In words that the author can read", "prose", max_length=2000),
    ]
    return filled(fields, sent, problems) if sent else fields
