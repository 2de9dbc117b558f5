"""The editor: start a record, type, save, look at it, see who will read it. Nothing typed is ever lost (J-05.3, issue 2).

Every button saves first. Another person's save in between is shown beside what was typed and overwritten only knowingly. The
author's part alone is here; what is complete, allowed or neutral is asked of the services.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from comity import policies
from comity.domain.diff import diff
from comity.domain.errors import Conflict, Invalid, NotFound, Problem
from comity.domain.kinds.base import Kind
from comity.domain.kinds.form import Section, form_for, parse_form
from comity.domain.kinds.registry import KINDS, kind
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import draft
from comity.services.check import Checked, check_draft, check_submission
from comity.services.examine import Desk, examine
from comity.services.offer import editable, offers
from comity.services.preflight import preflight
from comity.web import audience, findings, handling_form
from comity.web.forms import Sent, SentForm
from comity.web.handling_form import TypedHandling
from comity.web.notices import redirect
from comity.web.rendering import block, page
from comity.web.rows import new_row, with_row, without_empty_rows
from comity.web.wording import text_of

router = new_router(include_in_schema=False)

PURPOSE_OF_KIND: Final[Mapping[str, str]] = {
    "advisory": "Warns or informs: what is known, what is assessed, what is not known, and what to do about it.",
    "best_practice": "Passes on what works: steps that others can take, with the evidence, the effort and the side effects.",
    "due_diligence_note": "Gathers sourced facts on one partner or programme, unit by unit, with the benefit of engaging.",
}
GOING_ON: Final[Mapping[str, str]] = {"preview": "preview", "readers": "readers", "submit": "submit"}


@dataclass(frozen=True)
class Typed:
    """One form as it came in."""

    content: dict[str, Any]
    handling: TypedHandling
    add: str


@router.get("/drafts/new")
@capability("draft")
def choose(ctx: Ctx) -> Response:
    """The kinds, each with one line on what it is for."""
    kinds = [(name, model.label, PURPOSE_OF_KIND.get(name, "")) for name, model in KINDS.items()]
    return page(ctx, "editor/new.html", kinds=kinds)


@router.post("/drafts/new")
@capability("draft")
def start(ctx: Ctx, sent: SentForm) -> Response:
    """An empty draft at TLP:AMBER of one's own organization."""
    sent.only("kind")
    record = draft.start(ctx.unit, kind_name=sent.one("kind"), content={})
    return redirect(ctx, f"/records/{record.ref}/edit", "Your draft is started. Only you can see it.")


@router.get("/records/{ref}/edit")
@capability("draft")
def edit(ctx: Ctx, ref: str, add: str = "", check: str = "") -> Response:
    """The whole form. `add` opens one more row; `check=1` says everything that stands in the way of handing in."""
    desk = own_desk(ctx, ref)
    if not editable(desk.record):
        return redirect(ctx, f"/records/{ref}/work", "This cannot be edited now.", level="info")
    content = with_row(desk.content, add)
    block_ = handling_form.saved(ctx.unit, desk.revision.handling)
    return draw(ctx, desk, content, block_, complete=check == "1")


@router.post("/records/{ref}/edit")
@capability("draft")
def save(ctx: Ctx, ref: str, sent: SentForm) -> Response:
    """Save, then do what the button says."""
    desk = own_desk(ctx, ref)
    typed = _read(ctx, desk, sent)
    content = _pressed(ctx, desk, typed, sent)
    if typed.handling.handling is None:
        return draw(ctx, desk, content, typed.handling, status=422)
    try:
        saved = draft.save(
            ctx.unit, ref=ref, content=content, handling=typed.handling.handling, seen=sent.one("seen") or ""
        )
    except Conflict as conflict:
        return _collided(ctx, desk, content, typed.handling, conflict)
    except Invalid as wrong:
        return draw(ctx, desk, content, typed.handling, problems=wrong.problems, status=422)
    if typed.add:
        return redirect(ctx, f"/records/{saved.ref}/edit?add={typed.add}#f-{typed.add.replace('.', '-')}")
    do = sent.one("_do")
    if do in GOING_ON:
        return redirect(ctx, f"/records/{saved.ref}/{GOING_ON[do]}")
    query = "?check=1" if do == "check" else ""
    return redirect(ctx, f"/records/{saved.ref}/edit{query}", "Saved.")


@router.post("/records/{ref}/edit/readers")
@capability("draft", writes=False)
def readers_live(ctx: Ctx, ref: str, sent: SentForm) -> Response:
    """The panel “who will be able to read this” for what is typed now, saved or not. For htmx; saves nothing."""
    desk = own_desk(ctx, ref)
    typed = handling_form.typed(ctx.unit, sent, desk.revision.handling)
    found = _readers(ctx, desk, typed)
    return block(ctx, "editor/edit.html", "readers", readers=found, ref=ref)


@router.get("/records/{ref}/readers")
@capability("draft")
def readers(ctx: Ctx, ref: str) -> Response:
    """The same as a page, for what is saved."""
    desk = own_desk(ctx, ref)
    found = _readers(ctx, desk, handling_form.saved(ctx.unit, desk.revision.handling))
    return page(ctx, "editor/readers.html", readers=found, **_about(desk))


@router.get("/records/{ref}/preview")
@capability("draft")
def preview(ctx: Ctx, ref: str) -> Response:
    """As readers will see the text."""
    desk = own_desk(ctx, ref)
    shown = text_of(desk.record.kind, desk.content)
    return page(ctx, "editor/preview.html", sections=shown, **_about(desk))


def own_desk(ctx: Context, ref: str) -> Desk:
    """The desk of the author, and of nobody else."""
    desk = examine(ctx.unit, ref=ref)
    if not desk.is_author:
        raise NotFound
    return desk


def _read(ctx: Context, desk: Desk, sent: Sent) -> Typed:
    parsed = parse_form(kind(desk.record.kind), sent.pairs())
    content, add = without_empty_rows(parsed), new_row(parsed)
    return Typed(content, handling_form.typed(ctx.unit, sent, desk.revision.handling), add)


def _pressed(ctx: Context, desk: Desk, typed: Typed, sent: Sent) -> dict[str, Any]:
    handling = typed.handling.handling or desk.revision.handling
    checked = check_draft(ctx.unit, kind_name=desk.record.kind, content=typed.content, handling=handling)
    return findings.pressed(typed.content, checked, sent)


def _collided(
    ctx: Context, desk: Desk, content: dict[str, Any], typed: TypedHandling, conflict: Conflict
) -> Response:
    """Somebody saved in between, or it was handed in: both texts are shown, and what was typed stays in the form."""
    model, words = kind(desk.record.kind), policies.taxonomy().vocabularies
    changes = diff(model, desk.content, content, words)
    collision = {
        "sentence": conflict.sentence,
        "can_save": editable(desk.record),
        "changes": [{"label": one.label, "parts": one.parts} for one in changes],
    }
    return draw(ctx, desk, content, typed, status=409, collision=collision)


def draw(
    ctx: Context,
    desk: Desk,
    content: Mapping[str, Any],
    typed: TypedHandling,
    *,
    status: int = 200,
    problems: Sequence[Problem] = (),
    complete: bool = False,
    collision: Mapping[str, Any] | None = None,
) -> Response:
    """The form with what was typed and everything that was found in it."""
    model = kind(desk.record.kind)
    handling = typed.handling or desk.revision.handling
    look = check_submission if complete else check_draft
    checked = look(ctx.unit, kind_name=desk.record.kind, content=content, handling=handling)
    told = [*problems, *checked.problems]
    sections = form_for(model, content, told, policies.taxonomy().vocabularies)
    fields = handling_form.fields(ctx.unit, typed, [one for one in told if one.field.startswith("handling.")])
    return page(
        ctx,
        "editor/edit.html",
        status=status,
        sections=sections,
        handling=fields,
        announced=handling_form.announced(),
        readers=_readers(ctx, desk, typed),
        general=_homeless(model, told, sections),
        seen=desk.revision.content_hash,
        collision=collision or {},
        complete=complete,
        offered=[
            path for path in offers(ctx.unit, desk.record) if path in ("take-back", "give-up", "exception")
        ],
        **_found(model, content, checked),
        **_about(desk),
    )


def _found(model: type[Kind], content: Mapping[str, Any], checked: Checked) -> dict[str, Any]:
    return {
        "wording": findings.wording(model, content, checked),
        "personal": findings.personal(model, content, checked),
    }


def _homeless(model: type[Kind], problems: Sequence[Problem], sections: Sequence[Section]) -> list[str]:
    drawn = {name for section in sections for one in section.fields for name in _names(one)}
    own = [one for one in problems if not one.field.startswith("handling")]
    return findings.linked(model, own, drawn)


def _names(one: Any) -> list[str]:
    rows = one.children if one.widget == "groups" else [one.children]
    return [one.name, *(name for row in rows for child in row for name in _names(child))]


def _readers(ctx: Context, desk: Desk, typed: TypedHandling) -> dict[str, Any]:
    if typed.handling is None:
        return {}
    found = preflight(ctx.unit, ref=desk.record.ref, handling=typed.handling)
    return audience.drawn(found, node_name=ctx.node.name, published=desk.record.is_published)


def _about(desk: Desk) -> dict[str, Any]:
    return {
        "ref": desk.record.ref,
        "kind_label": kind(desk.record.kind).label,
        "record_title": desk.revision.title,
        "state": desk.record.state.value,
        "tlp": desk.tlp,
        "marking": {"tlp": desk.tlp, "text": None},
    }
