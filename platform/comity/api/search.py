"""Search and browse. The engine and the page of results are the same as in the portal: one service, the caller's own viewer.

Totals and counts are of what this caller may read. RED is never found, not even by its named readers (H-03).
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from comity.api.shapes import Shape, TextPart, text_parts
from comity.domain.errors import Invalid, Problem
from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router
from comity.services import find
from comity.services.find import Found

router = new_router(tags=["search"])

Value = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Values = Annotated[list[Value], Field(max_length=20)]

_SPECIAL = frozenset({"q", "sort", "page", "limit", "ended", "typing", "facets"})


class Search(BaseModel):
    """The query string. A facet may be named several times: any of its values; different facets: all of them."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(
        default="", max_length=400, description="Words and “quoted phrases”; there are no operators."
    )
    sort: Literal["relevance", "newest", "oldest", "title"] = "relevance"
    page: int = Field(default=1, ge=1, le=50)
    limit: int = Field(default=20, ge=1, le=100)
    ended: bool = Field(default=False, description="Also what was superseded, has expired or was withdrawn.")
    typing: bool = Field(default=False, description="The last word may be unfinished.")
    facets: bool = Field(default=False, description="Count the facets of all that was found.")
    kind: Values = []
    subtype: Values = []
    technology_area: Values = []
    pathway: Values = []
    method_family: Values = []
    application_family: Values = []
    entity_type: Values = []
    tie_level: Values = []
    country: Values = []
    sector: Values = []
    node: Values = []
    tlp: Values = []
    severity: Values = []
    evidence_level: Values = []
    status: Values = []
    provenance: Values = []

    def filters(self) -> dict[str, list[str]]:
        """The facets that were named."""
        return {name: value for name, value in self if name not in _SPECIAL and value}


class HitOut(Shape):
    """One result. `originator` is empty where the record is not given under an organization's name."""

    ref: str
    uid: str
    kind: str
    subtype: str
    state: str
    tlp: str
    title: list[TextPart]
    snippet: list[TextPart]
    originator: str
    sector: str
    published_at: str | None
    expires_at: str | None
    under_dispute: bool
    has_reply: bool
    first_action: dict[str, str]


class SearchAnswer(Shape):
    """`total` is exact up to 1,000; above that `total_is_capped` is true. `match` says how forgiving
    the search had to be: `all`, `similar` or `some` of the words.
    """

    items: list[HitOut]
    total: int
    total_is_capped: bool
    match: str
    page: int
    pages: int
    facets: dict[str, dict[str, int]]


class Suggestions(Shape):
    """Titles and names of readable records."""

    items: list[str]


@router.get("/records")
@capability("public")
def search(ctx: Ctx, query: Annotated[Search, Query()]) -> SearchAnswer:
    """Records the caller may read that match, a page at a time."""
    if not query.q.isprintable():
        raise Invalid([Problem("q", "control-character", "Invisible control characters are not accepted.")])
    asked = find.asked(
        text=query.q,
        filters=query.filters(),
        sort=query.sort,
        page=query.page,
        include_ended=query.ended,
        typing=query.typing,
    )
    shown = find.SHOWN_FACETS if query.facets else ()
    answer = find.find(ctx.unit, asked, facets=shown, limit=query.limit)
    return SearchAnswer.model_construct(
        items=[_hit(item) for item in answer.items],
        total=answer.total,
        total_is_capped=answer.total_is_capped,
        match=answer.match,
        page=answer.page,
        pages=answer.pages,
        facets={name: dict(counts) for name, counts in answer.facets.items()},
    )


@router.get("/suggestions")
@capability("public")
def suggest(ctx: Ctx, q: Annotated[str, Query(min_length=1, max_length=100)]) -> Suggestions:
    """What to complete a few typed letters to."""
    return Suggestions(items=list(find.suggest(ctx.unit, q)))


def _hit(found: Found) -> HitOut:
    """Built without a second validation: every value comes from a typed row, and there are up to a hundred of them."""
    record = found.record
    return HitOut.model_construct(
        ref=record.ref,
        uid=record.uid,
        kind=record.kind,
        subtype=record.subtype,
        state=record.state.value,
        tlp=found.tlp,
        title=text_parts(found.title),
        snippet=text_parts(found.snippet),
        originator=found.originator,
        sector=record.sector,
        published_at=record.published_at.isoformat() if record.published_at else None,
        expires_at=record.expires_at.isoformat() if record.expires_at else None,
        under_dispute=record.under_dispute,
        has_reply=found.has_reply,
        first_action={name: str(value) for name, value in found.action.items()},
    )
