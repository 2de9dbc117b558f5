"""Writing through the API: start a draft, save it, see who would read it, submit, take back, correct. Votes are not here.

A body names what to write and never which record: that is the address alone (peers S1), and a field that is not in the model is
refused (S13). Votes and the other steps of the desk are in `api.desk` and `api.steps`, under a scope of their own.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from comity.api.shapes import RecordHead, Shape, head
from comity.domain.errors import Invalid, NotFound, Problem
from comity.domain.handling import Handling
from comity.domain.kinds.registry import KINDS
from comity.domain.record import Record
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import correct, discard, draft, end_handling, submit
from comity.services import preflight as audience
from comity.services.check import check_draft, finding_key
from comity.services.preflight import Readers

router = new_router(prefix="/records", tags=["drafts"])

Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
IfMatch = Annotated[
    str, Header(alias="If-Match", description="The ETag of the draft that the change starts from.")
]


class Taken(BaseModel):
    """A model of what is sent. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class DraftIn(Taken):
    """A new draft. `content` follows the schema of the kind and may be incomplete. Without handling it begins as TLP:AMBER."""

    kind: Annotated[str, StringConstraints(max_length=40)]
    content: dict[str, Any]
    handling: Handling | None = None


class SaveIn(Taken):
    """The whole content of the working version; without `handling` the saved one stays."""

    content: dict[str, Any]
    handling: Handling | None = None


class LoweringIn(Taken):
    """Why a correction lowers the marking: a code of `downgrade` in the policy on reasons, and words."""

    reason_code: Annotated[str, StringConstraints(max_length=80)]
    text: Reason


class SubmitIn(Taken):
    """`overrides` maps the key of a language finding to the reason why the words stay."""

    overrides: dict[str, Reason] = Field(default={}, max_length=200)
    urgent: bool = False
    supersedes: Annotated[str, StringConstraints(max_length=80)] | None = None
    lowering: LoweringIn | None = None


class KeptIn(Taken):
    """Why the marking stays."""

    text: Reason


class PreflightIn(Taken):
    """A handling block to try; null for the one that was saved."""

    handling: Handling | None = None


class MinorIn(Taken):
    """A typo, a link or a format, with a note that stands in the history."""

    content: dict[str, Any]
    note: Reason


class ProblemOut(Shape):
    """What still stands in the way of submission. `key` is there for a language finding, which a reason can override."""

    field: str
    code: str
    message: str
    key: str | None = None


class DraftOut(RecordHead):
    """The working version as its author and those at work on it read it."""

    version: str
    content: dict[str, Any]
    content_hash: str
    handling: dict[str, Any]
    problems: list[ProblemOut]


class GroupOut(Shape):
    """Head-count of one organization."""

    node: str
    organization: str
    name: str
    sector: str
    people: int


class ReadersOut(Shape):
    """`anyone`: also people who are not signed in."""

    anyone: bool
    people: int
    by_sector: dict[str, int]
    groups: list[GroupOut]


class PortionOut(Shape):
    """Claims under a stricter marking, and who reads them."""

    tlp: str
    claims: int
    readers: ReadersOut


class PreflightOut(Shape):
    """Exactly who will be able to read it, and who gains or loses by this edit."""

    tlp: str
    after: ReadersOut
    before: ReadersOut
    gains: ReadersOut
    loses: ReadersOut
    portions: list[PortionOut]
    nodes_beyond: list[str]
    attribution_mode: str = Field(
        description="Whom readers are told it is from: organization, sector_only or anonymous_via_secretariat."
    )


@router.post("", status_code=201)
@capability("draft")
def start(ctx: Ctx, sent: DraftIn, response: Response) -> DraftOut:
    """A new draft of the caller's own organization."""
    if sent.kind not in KINDS:
        raise Invalid([Problem("kind", "choice", f"Choose one of: {', '.join(KINDS)}.")])
    record = draft.start(ctx.unit, kind_name=sent.kind, content=sent.content, handling=sent.handling)
    response.headers["location"] = f"/api/v1/records/{record.ref}/draft"
    return _draft(ctx, record.ref, response)


@router.get("/{ref}/draft")
@capability("draft")
def working(ctx: Ctx, ref: str, response: Response) -> DraftOut:
    """The working version of one of the caller's own records, with what still stands in the way of submission."""
    return _draft(ctx, ref, response)


@router.delete("/{ref}/draft", status_code=204)
@capability("draft")
def throw_away(ctx: Ctx, ref: str) -> None:
    """Delete a draft that was never handed in, with its versions and files. 409 once it was; 404 when it is gone."""
    discard.discard(ctx.unit, ref=ref)


@router.put("/{ref}")
@capability("draft")
def save(ctx: Ctx, ref: str, sent: SaveIn, response: Response, if_match: IfMatch) -> DraftOut:
    """Replace the working version. 409 when somebody saved in between; what was sent is with the caller still."""
    seen = if_match.strip().removeprefix("W/").strip('"')
    draft.save(ctx.unit, ref=ref, content=sent.content, handling=sent.handling, seen=seen)
    return _draft(ctx, ref, response)


@router.post("/{ref}/preflight")
@capability("draft", writes=False)
def preflight(ctx: Ctx, ref: str, sent: PreflightIn) -> PreflightOut:
    """Who will read it once it is published. Nothing is changed."""
    found = audience.preflight(ctx.unit, ref=ref, handling=sent.handling)
    return PreflightOut(
        tlp=found.tlp.value,
        after=_readers(found.after),
        before=_readers(found.before),
        gains=_readers(found.gains),
        loses=_readers(found.loses),
        portions=[
            PortionOut(tlp=one.tlp.value, claims=one.claims, readers=_readers(one.readers))
            for one in found.portions
        ],
        nodes_beyond=list(found.nodes_beyond),
        attribution_mode=found.attribution_mode,
    )


@router.post("/{ref}/submit")
@capability("submit")
def hand_in(ctx: Ctx, ref: str, sent: SubmitIn) -> RecordHead:
    """Submit for review. 422 names every field that stops it."""
    record = submit.submit(
        ctx.unit,
        ref=ref,
        overrides=sent.overrides,
        urgent=sent.urgent,
        supersedes=sent.supersedes,
        lowering=submit.Lowering(sent.lowering.reason_code, sent.lowering.text) if sent.lowering else None,
    )
    return RecordHead.of(record)


@router.post("/{ref}/take-back")
@capability("submit")
def take_back(ctx: Ctx, ref: str) -> RecordHead:
    """Take a submission back to work on it."""
    return RecordHead.of(submit.take_back(ctx.unit, ref=ref))


@router.post("/{ref}/handling/kept")
@capability("correct")
def keep_handling(ctx: Ctx, ref: str, sent: KeptIn) -> RecordHead:
    """Leave the marking as it is after the time that was set for its conditions. 409 while that time runs."""
    return RecordHead.of(end_handling.keep(ctx.unit, ref=ref, text=sent.text))


@router.post("/{ref}/corrections", status_code=201)
@capability("correct")
def begin_correction(ctx: Ctx, ref: str, response: Response) -> DraftOut:
    """Start a substantive correction, which goes through review; the version in force stays up."""
    return _draft(ctx, correct.begin(ctx.unit, ref=ref).ref, response)


@router.delete("/{ref}/corrections")
@capability("correct")
def give_up_correction(ctx: Ctx, ref: str) -> RecordHead:
    """Give up a correction: the version in force stands."""
    return RecordHead.of(correct.keep_version_in_force(ctx.unit, ref=ref))


@router.post("/{ref}/corrections/minor")
@capability("correct")
def correct_minor(ctx: Ctx, ref: str, sent: MinorIn) -> RecordHead:
    """Mend form only, at once: version x.y+1, said openly in the history."""
    return RecordHead.of(correct.minor(ctx.unit, ref=ref, content=sent.content, note=sent.note))


def _draft(ctx: Context, ref: str, response: Response) -> DraftOut:
    record, revision = draft.working(ctx.unit, ref)
    if record.author != ctx.viewer.person:
        raise NotFound
    content = draft.full_content(ctx.unit, revision)
    response.headers["etag"] = f'"{revision.content_hash}"'
    return DraftOut(
        **head(record),
        version=revision.version,
        content=content,
        content_hash=revision.content_hash,
        handling=revision.handling.model_dump(mode="json"),
        problems=_problems(ctx, record, content, revision.handling),
    )


def _problems(ctx: Context, record: Record, content: dict[str, Any], handling: Handling) -> list[ProblemOut]:
    checked = check_draft(ctx.unit, kind_name=record.kind, content=content, handling=handling)
    found = [ProblemOut(field=one.field, code=one.code, message=one.message) for one in checked.problems]
    for language in checked.language:
        said = f"“{language.matched}”: {language.why}"
        found.append(
            ProblemOut(field=language.field, code="language", message=said, key=finding_key(language))
        )
    for personal in checked.personal:
        said = f"“{personal.matched}”: {personal.why}"
        found.append(ProblemOut(field=personal.field, code="personal-data", message=said))
    return found


def _readers(found: Readers) -> ReadersOut:
    return ReadersOut(
        anyone=found.anyone,
        people=found.people,
        by_sector=dict(found.by_sector),
        groups=[
            GroupOut(
                node=one.node,
                organization=one.organization,
                name=one.name,
                sector=one.sector,
                people=one.people,
            )
            for one in found.groups
        ],
    )
