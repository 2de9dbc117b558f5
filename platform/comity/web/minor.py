"""Mend a typo, a link or a format of a published record: no vote, said openly in its history (4.5.1). More than that is refused.

Only the fields in which form can be mended are on the page; everything else is taken from the version in force, whatever is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from comity import policies
from comity.domain.errors import Conflict, Invalid, NotFound, Problem
from comity.domain.fields.shape import shapes
from comity.domain.kinds.form import Section, form_for, parse_form
from comity.domain.kinds.registry import kind
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import correct
from comity.services.offer import offers
from comity.services.read import Reading, read
from comity.web.forms import Field, SentForm, filled
from comity.web.notices import redirect
from comity.web.rendering import page
from comity.web.rows import new_row, with_row, without_empty_rows

router = new_router(prefix="/records/{ref}/correct/minor", include_in_schema=False)

NOTE = Field("_note", "What was mended", hint="Shown in the history of the record.", max_length=300)


@router.get("")
@capability("signed-in")
def form(ctx: Ctx, ref: str, add: str = "") -> Response:
    """The text in force, ready to be mended."""
    reading = _reading(ctx, ref)
    if reading.needs_purpose:
        return redirect(ctx, f"/records/{ref}")
    return _page(ctx, reading, with_row(reading.content, add))


@router.post("")
@capability("signed-in")
def mend(ctx: Ctx, ref: str, sent: SentForm) -> Response:
    """The next minor version, or everything typed with what is wrong."""
    reading = _reading(ctx, ref)
    if reading.revision is None:
        raise NotFound
    model = kind(reading.record.kind)
    parsed = parse_form(model, sent.pairs())
    typed, add = without_empty_rows(parsed), new_row(parsed)
    mendable = [one.name for one in shapes(model) if _mendable(one.name, reading.content)]
    content = {name: value for name, value in reading.content.items() if name not in mendable}
    content |= {name: typed[name] for name in mendable if name in typed}
    note = filled([NOTE], sent)[0]
    if add:
        return _page(ctx, reading, with_row(content, add), note=note)
    if sent.one("seen") != reading.revision.content_hash:
        return _page(
            ctx, reading, content, note=note, problems=[Problem("", "changed", Conflict.sentence)], status=409
        )
    try:
        record = correct.minor(ctx.unit, ref=ref, content=content, note=sent.one("_note"))
    except Invalid as wrong:
        note = filled(
            [NOTE],
            sent,
            [Problem("_note", one.code, one.message) for one in wrong.problems if one.field == "note"],
        )[0]
        return _page(ctx, reading, content, note=note, problems=wrong.problems, status=422)
    except Conflict as conflict:
        told = [Problem("", "conflict", conflict.sentence)]
        return _page(ctx, reading, content, note=note, problems=told, status=409)
    return redirect(
        ctx, f"/records/{record.ref}", "The correction is published, with your note in the history."
    )


def _mendable(name: str, content: Mapping[str, Any]) -> bool:
    return policies.minor_corrections().mendable(name, str(content.get("language") or ""))


def _reading(ctx: Context, ref: str) -> Reading:
    reading = read(ctx.unit, ref=ref)
    if "correct/minor" not in offers(ctx.unit, reading.record):
        raise NotFound
    return reading


def _page(
    ctx: Context,
    reading: Reading,
    content: Mapping[str, Any],
    *,
    note: Field = NOTE,
    problems: Sequence[Problem] = (),
    status: int = 200,
) -> Response:
    model = kind(reading.record.kind)
    drawn = form_for(model, content, problems, policies.taxonomy().vocabularies)
    kept = [Section(one.title, [f for f in one.fields if _mendable(f.name, content)]) for one in drawn]
    names = {f.name for section in kept for f in section.fields}
    told = [
        one.message for one in problems if one.field.partition(".")[0] not in names and one.field != "note"
    ]
    tlp = reading.audience.tlp.value
    return page(
        ctx,
        "editor/minor.html",
        status=status,
        ref=reading.record.ref,
        sections=[one for one in kept if one.fields],
        note=note,
        general=list(dict.fromkeys(told)),
        seen=reading.revision.content_hash if reading.revision else "",
        record_title=reading.revision.title if reading.revision else "",
        tlp=tlp,
        marking={"tlp": tlp, "text": None},
    )
