"""Pages for single steps on a record: each shows what follows from it before it is taken. Whoever may not take it finds nothing.

A step that is not offered to this viewer answers exactly as a record that does not exist (S4, H-04).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from starlette.responses import Response

from comity.domain.errors import Conflict, Invalid, NotFound, Problem
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import restrict
from comity.services.offer import offers
from comity.services.read import find_record, marking_of
from comity.services.unit import Unit
from comity.web.forms import Field, Sent, SentForm, filled, general
from comity.web.notices import redirect
from comity.web.rendering import page
from comity.web.step import Answers, Step
from comity.web.steps import BY_PATH, STEPS, page_of

router = new_router(prefix="/records/{ref}", include_in_schema=False)

NEW: Final = "new"
"""Where a step made another record, one goes on with that."""

OUT_OF_SIGHT: Final = {"restrict/lift": frozenset({Role.EDITOR}), "restrict/confirm": restrict.CONFIRMING}
"""An order may forbid even the tombstone, so it is confirmed and ended by the reference in the log, without seeing the record."""


def _shown(path: str) -> Callable[..., Response]:
    @capability("signed-in")
    def show(ctx: Ctx, ref: str) -> Response:
        """The steps of one matter that this viewer may take."""
        record, offered = _offered(ctx, ref, path)
        if (
            not offered
            and page_of(path) == "correct"
            and record
            and "correct/minor" in offers(ctx.unit, record)
        ):
            return redirect(ctx, f"/records/{ref}/correct/minor")
        if not offered or (path != page_of(path) and BY_PATH[path] not in offered):
            raise NotFound
        return _page(ctx, ref, record, sorted(offered, key=lambda one: one.path != path))

    return show


def _taken(path: str) -> Callable[..., Response]:
    @capability("signed-in")
    def take(ctx: Ctx, ref: str, sent: SentForm) -> Response:
        """Take one step; what was typed stays when it cannot be taken."""
        step = BY_PATH[path]
        record, offered = _offered(ctx, ref, path)
        if step not in offered:
            raise NotFound
        fields = _fields(ctx.unit, ref, step)
        sent.only(*(one.name for one in fields))
        try:
            made = step.act(ctx.unit, ref, Answers(sent, _slug(step)))
        except Invalid as wrong:
            return _page(ctx, ref, record, offered, at=step, sent=sent, problems=wrong.problems, status=422)
        except Conflict as conflict:
            told = [Problem("", "conflict", conflict.sentence)]
            return _page(ctx, ref, record, offered, at=step, sent=sent, problems=told, status=409)
        return redirect(ctx, _next(ref, step, made), step.words.done)

    return take


def _next(ref: str, step: Step, made: object) -> str:
    if step.to == NEW and isinstance(made, Record):
        return f"/records/{made.ref}/edit"
    if step.to.startswith("/"):
        return step.to
    if step.to:
        return f"/records/{ref}/{step.to}"
    return f"/records/{ref}"


def _offered(ctx: Context, ref: str, path: str) -> tuple[Record | None, list[Step]]:
    """The record and the steps of this page that are open to this viewer now."""
    record = _record(ctx, ref, path)
    names = set(offers(ctx.unit, record)) if record else {path}
    found = [one for one in STEPS if page_of(one.path) == page_of(path) and one.offer in names]
    return record, [one for one in found if not one.needs or _choices(ctx.unit, ref, one)]


def _record(ctx: Context, ref: str, path: str) -> Record | None:
    try:
        return find_record(ctx.unit, ref)
    except NotFound:
        if OUT_OF_SIGHT.get(path, frozenset()) & ctx.viewer.roles:
            return None
        raise


def _slug(step: Step) -> str:
    return step.path.replace("/", "-")


def _fields(unit: Unit, ref: str, step: Step) -> list[Field]:
    return [replace(one, name=f"{_slug(step)}.{one.name}") for one in step.ask(unit, ref)]


def _choices(unit: Unit, ref: str, step: Step) -> bool:
    return any(one.options for one in step.ask(unit, ref) if one.name == step.needs)


def _page(
    ctx: Context,
    ref: str,
    record: Record | None,
    steps: Sequence[Step],
    *,
    at: Step | None = None,
    sent: Sent | None = None,
    problems: Sequence[Problem] = (),
    status: int = 200,
) -> Response:
    tlp = marking_of(ctx.unit, record).value if record else ""
    forms = [_form(ctx.unit, ref, step, sent if step is at else None, problems) for step in steps]
    first = at or steps[0]
    return page(
        ctx,
        "review/steps.html",
        status=status,
        ref=ref,
        tlp=tlp,
        heading=first.words.title,
        state=record.state.value if record else "",
        marking={"tlp": tlp, "text": None} if tlp else None,
        forms=forms,
        general=forms[steps.index(first)]["general"] if at else [],
    )


def _form(unit: Unit, ref: str, step: Step, sent: Sent | None, problems: Sequence[Problem]) -> dict[str, Any]:
    fields = _fields(unit, ref, step)
    own = [replace(one, field=f"{_slug(step)}.{one.field}") if one.field else one for one in problems]
    return {
        "action": f"/records/{ref}/{step.path}",
        "title": step.words.title,
        "says": step.words.says,
        "button": step.words.button,
        "tone": step.tone,
        "fields": filled(fields, sent, own) if sent else fields,
        "general": general(fields, own) if sent else [],
    }


for _step in STEPS:
    router.add_api_route(f"/{_step.path}", _shown(_step.path), methods=["GET"])
    router.add_api_route(f"/{_step.path}", _taken(_step.path), methods=["POST"])


@router.get("/appeals")
@capability("signed-in")
def appeals(ctx: Ctx, ref: str) -> Response:
    """Appeals against a record that wait for the ombudsperson, or for a member of the panel."""
    record, found = _offered(ctx, ref, "appeals")
    if record is None or not {"appeals", "appeals/decide"} & set(offers(ctx.unit, record)):
        raise NotFound
    if not found:
        return redirect(ctx, f"/records/{ref}", "No appeal waits here.", level="info")
    return _page(ctx, ref, record, found)
