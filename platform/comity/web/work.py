"""What waits for whom, and where one record stands for those at work on it: state, reasons given, hold, agreement, next steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import Response

from comity import policies
from comity.domain.errors import Invalid
from comity.domain.governance import ReasonFor
from comity.domain.hold import HoldState
from comity.domain.kinds.registry import kind
from comity.domain.roles import Role
from comity.domain.viewer import Viewer
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import ask_access
from comity.services.examine import Desk, Said, examine
from comity.services.offer import LABELS, editable, offers
from comity.services.read import PURPOSES, open_with_purpose
from comity.services.reviewers import rule_of
from comity.services.worklist import Item, worklist
from comity.web.audience import sector_name
from comity.web.forms import Field, SentForm, filled
from comity.web.notices import redirect
from comity.web.quorum_words import conditions, progress
from comity.web.rendering import page
from comity.web.requests import to_answer

router = new_router(include_in_schema=False)

GROUPS: Final = (
    ("to_review", "To review", "Your vote is asked for.", "review"),
    ("triage", "Triage", "Form, sources and language; then reviewers are asked.", "triage"),
    ("withdrawals", "Withdrawals to acknowledge", "The originator has asked.", "withdraw/acknowledge"),
    (
        "orders",
        "Legal orders to confirm",
        "Out of sight for a working day, unless a second person confirms.",
        "restrict/confirm",
    ),
    ("disputes", "Appeals", "First looks and decisions.", "appeals"),
    ("replies", "Named organizations", "To be told, and heard.", "reply"),
    ("holds", "Holds", "Asked for, or in force.", "hold/agree"),
    ("doubts", "In doubt", "Something that these rest on was taken down or is for fewer readers now.", ""),
    ("outside", "Came in without an account", "To check, and to enter.", "contact"),
    ("council", "Appeals before council", "Your voice is asked for.", "appeals/council"),
    ("to_correct", "Corrections to make", "An appeal decided so.", "work"),
    ("conditions", "Markings to look at again", "The time set for them is over.", "handling"),
    ("mine", "Your records", "Drafts and everything you handed in.", "work"),
    ("reviewed", "You have voted", "Still being reviewed.", "review"),
)
"""Lists of `services.worklist`: title, what they are, and where their lines lead."""

PAGES: Final = ("work", "triage", "review")
SAID: Final[Mapping[str, tuple[str, ReasonFor | None]]] = {
    "return": ("Changes were asked for", "return"),
    "reject": ("It was not taken up", "reject"),
    "vote_request_changes": ("A reviewer asked for changes", "return"),
    "vote_reject": ("A reviewer would not take it up", "reject"),
    "reply_notice": ("Named organizations are to be told", None),
    "redact": ("Something was taken out of a reply", "redact"),
    "waiver": ("Prior notice was waived", "waiver"),
    "hold": ("A hold was asked for", "hold"),
    "language_override": ("Wording was kept", None),
    "handling_ends": ("The conditions of the marking were set for a time", None),
    "handling_over": ("The time set for the conditions is over", None),
    "handling_kept": ("The marking was looked at again and stays", None),
    "downgrade": ("The marking was lowered", "downgrade"),
    "personal_data_asked": ("Exceptional handling of personal data was asked for", "override"),
    "personal_data_lifted": ("The personal-data block was lifted", "override"),
    "withdrawal_asked": ("The originator asked to withdraw it", "withdraw"),
    "restrict": ("A legal order restricts it", "restrict"),
    "conflict_found": ("A vote is not counted any more: an interest stands against it", None),
    "conflict_refused": ("No interest stands against a vote", None),
    "restrict_confirmed": ("A second person confirmed the order", None),
    "restrict_lapsed": ("Nobody confirmed the order", None),
    "restriction_lifted": ("The legal order has ended", None),
    "correction": ("A minor correction was made", None),
    "first_look": ("The first look at an appeal", None),
    "dispute_outcome": ("An appeal was decided", "dispute_outcome"),
}


@router.get("/work")
@capability("signed-in")
def lists(ctx: Ctx) -> Response:
    """Everything that waits for the viewer, by role, and their own records."""
    found = worklist(ctx.unit)
    groups = [
        {
            "id": name,
            "title": title,
            "says": says,
            "rows": [_row(item, path, name) for item in getattr(found, name)],
        }
        for name, title, says, path in GROUPS
        if getattr(found, name) or _always(ctx.viewer, name)
    ]
    return page(
        ctx,
        "review/lists.html",
        groups=groups,
        drafts=ctx.viewer.may("draft"),
        asking=len(ask_access.waiting(ctx.unit)),
        requests=to_answer(ctx.unit),
    )


def _always(viewer: Viewer, group: str) -> bool:
    """An empty list is shown to those whose list it is."""
    mine = {"to_review": Role.REVIEWER, "triage": Role.EDITOR, "disputes": Role.OMBUDSPERSON}
    return viewer.may("draft") if group == "mine" else mine.get(group) in viewer.roles


def _row(item: Item, path: str, group: str) -> dict[str, Any]:
    record = item.record
    if group == "mine" and editable(record):
        path = "edit"
    tally = item.tally
    return {
        "href": f"/records/{record.ref}/{path}".rstrip("/"),
        "title": item.title,
        "ref": record.ref,
        "kind": kind(record.kind).label,
        "tlp": item.tlp,
        "state": record.state.value,
        "urgent": record.urgent,
        "since": record.state_since,
        "waiting_for": item.waiting_for if group == "mine" else "",
        "tally": f"{len(tally.counted)} of {tally.rule.needs.approvals}" if tally else "",
    }


@router.get("/records/{ref}/work")
@capability("signed-in")
def standing(ctx: Ctx, ref: str) -> Response:
    """Where it stands, for its author and those at work on it. The author reads every reason (G-09) and every hold (J-07.3)."""
    desk = examine(ctx.unit, ref=ref)
    if desk.needs_purpose:
        return purpose_page(ctx, desk, "work")
    return page(
        ctx,
        "review/standing.html",
        **about(ctx, desk),
        rule=conditions(rule_of(ctx.unit, desk.record)) if desk.tally else [],
    )


@router.post("/records/{ref}/work/open")
@capability("signed-in")
def open_it(ctx: Ctx, ref: str, sent: SentForm) -> Response:
    """Log why the viewer opens an AMBER or stricter record (H-08), and go on to the page they came for."""
    sent.only("purpose", "next")
    to = sent.one("next") if sent.one("next") in PAGES else "work"
    desk = examine(ctx.unit, ref=ref)
    try:
        open_with_purpose(ctx.unit, ref=ref, purpose=sent.one("purpose"))
    except Invalid as wrong:
        return purpose_page(ctx, desk, to, fields=filled([_purpose()], sent, wrong.problems), status=422)
    return redirect(ctx, f"/records/{ref}/{to}")


def purpose_page(
    ctx: Context, desk: Desk, to: str, *, fields: Sequence[Field] = (), status: int = 200
) -> Response:
    """Ask why, before any content is shown."""
    return page(
        ctx,
        "review/purpose.html",
        status=status,
        ref=desk.record.ref,
        tlp=desk.tlp,
        marking={"tlp": desk.tlp, "text": None},
        to=to,
        fields=list(fields) or [_purpose()],
    )


def _purpose() -> Field:
    return Field(
        "purpose",
        "Why do you open it?",
        "choice",
        "It is logged with your name.",
        options=tuple(PURPOSES.items()),
    )


def about(ctx: Context, desk: Desk) -> dict[str, Any]:
    """What every page on one piece of work shows."""
    record = desk.record
    editor = Role.EDITOR in ctx.viewer.roles
    return {
        "ref": record.ref,
        "kind_label": kind(record.kind).label,
        "record_title": desk.revision.title,
        "version": desk.revision.version,
        "state": record.state.value,
        "since": record.state_since,
        "urgent": record.urgent,
        "published": record.is_published,
        "is_author": desk.is_author,
        "tlp": desk.tlp,
        "marking": {"tlp": desk.tlp, "text": None},
        "jobs": jobs(ctx, desk),
        "said": [_said(one) for one in desk.said],
        "hold": _hold(desk),
        "progress": progress(desk.tally, desk.asked_sectors, everything=editor) if desk.tally else None,
        "replies": desk.replies,
    }


def jobs(ctx: Context, desk: Desk) -> list[dict[str, str]]:
    """Links to what this viewer can do on the record now."""
    ref = desk.record.ref
    return [
        {"href": f"/records/{ref}/{path}", "label": LABELS[path], "path": path}
        for path in offers(ctx.unit, desk.record)
    ]


def _said(one: Said) -> dict[str, Any]:
    title, decision = SAID.get(one.what, (one.what.replace("_", " ").capitalize(), None))
    reason = policies.reason_codes().find(decision, one.reason_code) if decision else None
    words = f"{reason.label}. " if reason else ""
    return {
        "at": one.at,
        "title": title,
        "text": f"{words}{one.text}",
        "actor": sector_name(one.sector) if one.sector else "The secretariat",
        "tone": "warn" if one.what in ("return", "reject", "hold", "vote_reject", "restrict") else "",
    }


def _hold(desk: Desk) -> dict[str, Any] | None:
    if desk.hold is None:
        return None
    reason = policies.reason_codes().find("hold", desk.hold.reason_code)
    return {
        "in_force": desk.hold.state == HoldState.IN_FORCE.value,
        "reason": reason.label if reason else desk.hold.reason_code,
        "text": desk.hold.text,
        "ends_at": desk.hold.ends_at,
        "sector": sector_name(desk.hold.sector),
    }
