"""Files of a record: the author's form for them, and handing them out. Always for saving, never shown in the browser."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Annotated, Any, BinaryIO, Final

from fastapi import Depends, Request
from starlette.responses import FileResponse, Response

from comity.domain.errors import Invalid, Problem, SignInNeeded
from comity.domain.tlp import TLP
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.identity import session_secret
from comity.http.route import new_router
from comity.services import attach
from comity.web.forms import Field, Sent, filled
from comity.web.notices import redirect
from comity.web.rendering import page

router = new_router(prefix="/records/{ref}/attachments", include_in_schema=False)

MARKINGS: Final = tuple((one.value, f"TLP:{one.value}") for one in TLP)
FORM: Final = (
    Field("file", "File", widget="file", hint="PDF, office document without macros, picture or plain text."),
    Field(
        "tlp",
        "Marking",
        widget="choice",
        required=False,
        options=(("", "As the record"), *MARKINGS),
        hint="A file may be marked more strictly than its record, never more openly.",
    ),
)
_FORM_FIELDS: Final = 4


async def uploaded(request: Request) -> AsyncIterator[Sent]:
    """The form with its file. Nothing is read from those who did not even bring a session."""
    if not session_secret(request, secure=request.app.state.runtime.settings.secure_cookies):
        raise SignInNeeded
    async with request.form(max_fields=_FORM_FIELDS, max_files=1) as data:
        yield Sent(data)


Upload = Annotated[Sent, Depends(uploaded)]


@router.get("")
@capability("signed-in")
def listed(ctx: Ctx, ref: str) -> Response:
    """The files of one's own record, and the form to add one."""
    return _page(ctx, ref)


@router.post("")
@capability(
    "signed-in", writes=False
)  # the bytes are read and scanned first; the record is changed afterwards
def add(ctx: Ctx, ref: str, sent: Upload) -> Response:
    """Take in one file."""
    sent.only("file", "tlp")
    try:
        attach.check_room(ctx.unit, ref=ref)
        name, stream = _chosen(sent)
        taken = attach.take_in(ctx.settings, name=name, stream=stream)
    except Invalid as wrong:
        return _page(ctx, ref, status=422, fields=filled(FORM, sent, wrong.problems))
    ctx.afterwards(partial(attach.add, ref=ref, taken=taken, tlp=sent.one("tlp")))
    return redirect(ctx, f"/records/{ref}/attachments", "The file was added.")


def _chosen(sent: Sent) -> tuple[str, BinaryIO]:
    files = sent.files("file")
    if not files:
        raise Invalid([Problem("file", "missing", "Choose a file.")])
    if sent.one("tlp") not in ("", *TLP):
        raise Invalid([Problem("tlp", "choice", "Choose a marking.")])
    return files[0].filename or "", files[0].file


@router.post("/{uid}/remove")
@capability("signed-in")
def remove(ctx: Ctx, ref: str, uid: str) -> Response:
    """Take one off."""
    attach.remove(ctx.unit, ref=ref, uid=uid)
    return redirect(ctx, f"/records/{ref}/attachments", "The file was removed.")


@router.get("/{uid}")
@capability("public")
def download(ctx: Ctx, ref: str, uid: str) -> Response:
    """Hand it out for saving. The browser is told nothing that would make it open the file."""
    try:
        handed = attach.hand_out(ctx.unit, ctx.settings, ref=ref, uid=uid)
    except attach.PurposeNeeded:
        return redirect(
            ctx, f"/records/{ref}", "Say why you open this record; then its files can be saved.", level="info"
        )
    ctx.afterwards(partial(attach.log, handed=handed, ref=ref))
    answer = FileResponse(
        handed.path,
        media_type="application/octet-stream",
        filename=handed.attachment.name,
        stat_result=handed.path.stat(),
    )
    del answer.headers["etag"], answer.headers["last-modified"]  # of the bytes, whoever else may have them
    answer.headers["cache-control"] = "no-store"
    return answer


def _page(ctx: Context, ref: str, *, status: int = 200, fields: Sequence[Any] = FORM) -> Response:
    desk = attach.desk(ctx.unit, ref=ref)
    return page(
        ctx,
        "attachments/list.html",
        status=status,
        record=desk.record,
        files=desk.files,
        fields=list(fields),
        may_change=desk.may_change,
        marking={"tlp": desk.tlp},
        most=ctx.settings.max_attachment_bytes,
    )
