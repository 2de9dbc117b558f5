"""The page of one record: to read, to open with a purpose, to take along. Child routes pass the same gate as the record.

Whoever may not know of a record gets the same 404 here, on every child and with every query (H-04, peers S4 and S36).
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any, Final

from starlette.responses import Response

from comity.domain.errors import Invalid, Problem
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import export, read, subscribe
from comity.services.read import Reading
from comity.services.sharing import sharing
from comity.web import record_view, sharing_view
from comity.web.forms import SentForm
from comity.web.notices import redirect
from comity.web.record_actions import actions
from comity.web.record_body import body
from comity.web.rendering import page
from comity.web.vocabulary import age, in_words, kind_name

router = new_router(prefix="/records", include_in_schema=False)

_JSON: Final = "application/json"
_STIX: Final = "application/stix+json;version=2.1"


@router.get("/{ref}.json")
@capability("public")
def as_json(ctx: Ctx, ref: str) -> Response:
    """The record with its marking first and last (H-07)."""
    return _exported(ctx, ref, "json")


@router.get("/{ref}/stix")
@capability("public")
def as_stix(ctx: Ctx, ref: str) -> Response:
    """The record as a STIX 2.1 bundle."""
    return _exported(ctx, ref, "stix")


@router.get("/{ref}")
@capability("public")
def record(ctx: Ctx, ref: str) -> Response:
    """What it says now, in a named version, or as it stood on a day."""
    asked = ctx.request.query_params
    version, day = asked.get("version") or None, asked.get("as_of") or ""
    moment = _end_of(day) if day else None
    reading = read.read(ctx.unit, ref=ref, version=version, as_of=moment)
    if reading.needs_purpose:
        return _ask_purpose(ctx, reading)
    if reading.revision is None or (reading.record.tombstone is not None and not (version or moment)):
        return _tombstone(ctx, reading)
    return page(ctx, "record/record.html", **_shown(ctx, reading, day))


@router.post("/{ref}/open")
@capability("signed-in")
def open_with_purpose(ctx: Ctx, ref: str, sent: SentForm) -> Response:
    """Log who opens it and why, then show it (H-08)."""
    sent.only("purpose")
    before = read.read(ctx.unit, ref=ref)
    try:
        found = read.open_with_purpose(ctx.unit, ref=ref, purpose=sent.one("purpose"))
    except Invalid as wrong:
        return _ask_purpose(ctx, before, problems=[one.message for one in wrong.problems])
    since = record_view.changed_since(read.read(ctx.unit, ref=ref), _last_opened(before))
    return redirect(ctx, f"/records/{found.ref}" + (f"?since={since}" if since else ""))


def _last_opened(reading: Reading) -> int | None:
    return reading.last_opened.revision_id if reading.last_opened else None


def _end_of(day: str) -> datetime:
    """The last moment of a day, in UTC."""
    try:
        return datetime.combine(date.fromisoformat(day), time(), UTC) + timedelta(days=1, microseconds=-1)
    except (ValueError, OverflowError) as bad:
        raise Invalid([Problem("as_of", "malformed", "Enter a day such as 2026-03-14.")]) from bad


def _exported(ctx: Context, ref: str, form: str) -> Response:
    reading = read.read(ctx.unit, ref=ref)
    if reading.needs_purpose:
        return redirect(ctx, f"/records/{reading.record.ref}")
    made = export.as_stix(ctx.unit, reading) if form == "stix" else export.as_json(ctx.unit, reading)
    if ctx.viewer.signed_in:
        ctx.afterwards(partial(export.remember, reading=reading, form=form))
    name = f"{reading.record.ref}.{'stix.json' if form == 'stix' else 'json'}"
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "private, no-store",
        "x-tlp": record_view.marking(reading)["tlp"],
    }
    text = json.dumps(made, ensure_ascii=False, indent=2)
    return Response(text, media_type=_STIX if form == "stix" else _JSON, headers=headers)


def _ask_purpose(ctx: Context, reading: Reading, *, problems: list[str] | None = None) -> Response:
    purposes = list(read.PURPOSES.items())
    return page(
        ctx,
        "record/purpose.html",
        status=422 if problems else 200,
        reading=reading,
        purposes=purposes,
        problems=problems or [],
        marking={"tlp": reading.audience.tlp.value},
        last=reading.last_opened,
        purpose_words=dict(read.PURPOSES),
    )


def _tombstone(ctx: Context, reading: Reading) -> Response:
    stone = dict(reading.record.tombstone or {})
    for name in ("withdrawn_at", "published_at"):
        stone[name] = datetime.fromisoformat(stone[name]) if stone.get(name) else None
    return page(
        ctx,
        "record/tombstone.html",
        reading=reading,
        actions=actions(ctx.unit, reading.record),
        stone=stone,
        kind=kind_name(reading.record.kind),
        marking={"tlp": reading.audience.tlp.value},
        readable=[one for one in record_view.history(reading) if reading.revision is not None],
    )


def _shown(ctx: Context, reading: Reading, day: str) -> dict[str, Any]:
    record = reading.record
    shared = sharing(ctx.unit, record, reading.content)
    since = ctx.request.query_params.get("since", "") or record_view.changed_since(
        reading, _last_opened(reading)
    )
    return {
        "reading": reading,
        "record": record,
        "title": reading.content.get("title") or record.ref,
        "summary": reading.content.get("summary") or "",
        "kind": kind_name(record.kind),
        "subtype": in_words(record.subtype),
        "severity": in_words(str(reading.content.get("severity", ""))),
        "urgency": in_words(str(reading.content.get("urgency", ""))),
        "language": str(reading.content.get("language", "en")),
        "handling": record_view.handling_words(reading, ctx.now),
        "marking": record_view.marking(reading),
        "notices": [
            *record_view.notices(reading, ctx.now, since=since),
            *sharing_view.notices(shared, ctx.node.node_id, record.origin_node),
        ],
        "sharing": sharing_view.section(ctx.unit, shared),
        "body": body(ctx.settings, reading, ctx.now.date()),
        "replies": record_view.replies(reading),
        "disputes": record_view.disputes(reading),
        "agreement": record_view.agreement(reading),
        "origin": record_view.origin(reading, ctx.node),
        "history": record_view.history(reading),
        "actions": actions(ctx.unit, record),
        "followed": subscribe.follows(ctx.unit, record_id=record.id),
        "no_export": export.refusal(ctx.unit, reading),
        "openers": _openers(ctx, reading),
        "valid_from": record_view.valid_from(reading),
        "age": age(record.published_at, ctx.now),
        "today": ctx.now.date(),
        "as_of": day,
        "files": list(reading.files),
    }


def _openers(ctx: Context, reading: Reading) -> list[dict[str, Any]]:
    """Who opened it, as counts by organization: for its originator and for those who audit (J-06.4)."""
    viewer, record = ctx.viewer, reading.record
    mine = viewer.person is not None and viewer.organization == record.organization
    if not record.is_published or not (mine or viewer.may("read_audit_log", "yes")):
        return []
    counts = read.readers_by_organization(ctx.unit, record.ref)
    return [{"organization": name, "count": count} for name, count in sorted(counts.items())]
