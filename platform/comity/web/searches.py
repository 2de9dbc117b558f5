"""What one follows: saved searches, topics by one click, single records; how often one hears of them, and whether by mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.datastructures import QueryParams
from starlette.responses import Response

from comity import policies
from comity.domain.alert import Period
from comity.domain.errors import Invalid, NotFound
from comity.domain.kinds.registry import KINDS
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import subscribe
from comity.services.unit import Unit
from comity.web.cards import card_of, marking_of_list
from comity.web.forms import Field, Sent, SentForm, filled, general
from comity.web.notices import redirect
from comity.web.query import Address, chips
from comity.web.rendering import page
from comity.web.vocabulary import FACETS, facet_value

router = new_router(include_in_schema=False)

PAGE: Final = "alerts/searches.html"
PERIODS: Final = tuple((one.value, one.label) for one in Period)
NAME: Final = Field(
    "name", "Name", required=False, max_length=120, hint="Left empty, it is named after what it asks."
)
PERIOD: Final = Field("period", "How often", widget="choice", options=PERIODS, value=Period.DAILY.value)
_TOPICS: Final = {"technology_area": "technology_areas", "pathway": "pathways"}


@router.get("/searches")
@capability("signed-in")
def listed(ctx: Ctx) -> Response:
    """Everything one follows; with a search in the address also its preview and the form that saves it."""
    return _page(ctx, Address.read(ctx.request.query_params))


@router.post("/searches")
@capability("signed-in")
def save(ctx: Ctx, sent: SentForm) -> Response:
    """Save a search or follow a topic. What is no facet is not taken."""
    sent.only(*FACETS, "q", "name", "period", "sort", "ended", "page")
    address = _asked(sent)
    try:
        subscribe.save_search(
            ctx.unit,
            name=sent.one("name"),
            text=sent.one("q"),
            filters={name: sent.many(name) for name in FACETS},
            period=sent.one("period") or Period.DAILY.value,
        )
    except Invalid as wrong:
        fields = filled([NAME, PERIOD], sent, wrong.problems)
        told = general([NAME, PERIOD], wrong.problems)
        return _page(ctx, address, status=422, fields=fields, general=told)
    return redirect(ctx, "/searches", "Saved. You will hear of what is published there.")


@router.post("/searches/change")
@capability("signed-in")
def change(ctx: Ctx, sent: SentForm) -> Response:
    """How often, and whether by mail."""
    sent.only("id", "period", "by_mail")
    subscribe.change(
        ctx.unit, subscription_id=_id(sent), period=sent.one("period"), by_mail=sent.ticked("by_mail")
    )
    return redirect(ctx, "/searches", "Changed.")


@router.post("/searches/delete")
@capability("signed-in")
def delete(ctx: Ctx, sent: SentForm) -> Response:
    """Stop following."""
    sent.only("id")
    subscribe.delete(ctx.unit, subscription_id=_id(sent))
    return redirect(ctx, "/searches", "Deleted.")


@router.post("/searches/mail")
@capability("signed-in")
def mail(ctx: Ctx, sent: SentForm) -> Response:
    """Mail about what one opened, is named in or works on."""
    sent.only("wanted")
    subscribe.mail_me(ctx.unit, wanted=sent.ticked("wanted"))
    return redirect(ctx, "/searches", "Changed.")


@router.post("/records/{ref}/follow")
@capability("signed-in")
def follow(ctx: Ctx, ref: str, sent: SentForm) -> Response:
    """Follow one record, or stop (`stop`)."""
    sent.only("stop")
    if sent.ticked("stop"):
        subscribe.unfollow_record(ctx.unit, ref=ref)
        return redirect(ctx, f"/records/{ref}", "You no longer follow this record.")
    subscribe.follow_record(ctx.unit, ref=ref)
    return redirect(ctx, f"/records/{ref}", "You follow this record: you will hear when it changes.")


def address_of(text: str, filters: Mapping[str, Sequence[str]]) -> Address:
    """A saved search as an address of the search page."""
    pairs = [("q", text)] if text else []
    return Address.read(
        QueryParams(pairs + [(name, value) for name, all_ in filters.items() for value in all_])
    )


def _asked(sent: Sent) -> Address:
    return address_of(sent.one("q"), {name: sent.many(name) for name in FACETS})


def _id(sent: Sent) -> int:
    text = sent.one("id")
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise NotFound
    return int(text)


def _page(
    ctx: Context,
    address: Address,
    *,
    status: int = 200,
    fields: list[Field] | None = None,
    general: Sequence[str] = (),
) -> Response:
    account = ctx.identity.account
    found: dict[str, Any] = {"fresh": None, "cards": [], "chips": [], "marking": None}
    if not address.is_empty:
        matches = subscribe.preview(
            ctx.unit, text=address.text, filters={k: sorted(v) for k, v in address.filters.items()}
        )
        cards = [card_of(item, ctx.node, ctx.now) for item in matches.items]
        found = {
            "fresh": address,
            "cards": cards,
            "chips": chips(address, ctx.node),
            "marking": marking_of_list(cards),
        }
    return page(
        ctx,
        PAGE,
        status=status,
        fields=fields or [NAME, PERIOD],
        general=list(general),
        saved=saved_lines(ctx.unit),
        periods=PERIODS,
        topics=_topics(ctx),
        mail_wanted=bool(account.preferences.get(subscribe.MAIL, True)) if account else False,
        mail_is_on=bool(ctx.settings.smtp_url),
        **found,
    )


@dataclass(frozen=True)
class SavedLine:
    """One thing that is followed, with its address."""

    id: int
    name: str
    href: str
    period: str
    by_mail: bool


def saved_lines(unit: Unit) -> list[SavedLine]:
    """Everything the viewer follows, newest first."""
    return [_line(one) for one in subscribe.listed(unit)]


def _line(one: subscribe.Followed) -> SavedLine:
    own = one.subscription
    href = f"/records/{one.record_ref}" if one.record_ref else address_of(own.text, own.filters or {}).href()
    return SavedLine(own.id, own.name, href, own.period, own.by_mail)


def _topics(ctx: Context) -> list[dict[str, Any]]:
    """What can be followed by one click: the vocabularies, whether or not anything is there yet (H-04)."""
    known = policies.taxonomy()
    groups: dict[str, list[str]] = {"kind": list(KINDS)}
    groups |= {facet: list(getattr(known, name)) for facet, name in _TOPICS.items()}
    return [
        {
            "name": facet,
            "label": FACETS[facet],
            "options": [(code, facet_value(facet, code, ctx.node)) for code in codes],
        }
        for facet, codes in groups.items()
    ]
