"""Drafting as a liaison does it in a browser: J-05.1, .3 and .4, nothing typed is lost, nothing is widened by leaving it out."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from comity.domain.handling import AudienceChoice, Caveat, Handling
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record
from comity.domain.roles import Sector
from comity.domain.tlp import TLP
from comity.services import draft
from tests.story import NOW, Story, example
from tests.web.conftest import Browser, Portal
from tests.web.forms_of_a_page import changed, form_of, send


@pytest.fixture
def tale(portal: Portal) -> Story:
    portal.moment = NOW
    return Story(portal.engine, portal.world)


def edit_of(record: Record) -> str:
    return f"/records/{record.ref}/edit"


def stored(tale: Story, record: Record, who: str = "liaison") -> tuple[dict[str, Any], Handling]:
    with tale.unit(who) as unit:
        _, revision = draft.working(unit, record.ref)
        return draft.full_content(unit, revision), revision.handling


def save(tale: Story, browser: Browser, record: Record, **new: Any) -> Any:
    return send(browser("liaison"), edit_of(record), edit_of(record), **new)


def test_a_draft_starts_empty_and_only_its_author_finds_it(tale: Story, browser: Browser) -> None:
    client = browser("liaison")
    assert "Partner due-diligence note" in client.get("/drafts/new").text
    made = client.post("/drafts/new", data={"kind": "advisory"})
    assert made.status_code == 303
    at = made.headers["location"]
    page = client.get(at)
    assert page.status_code == 200
    assert "Untitled draft" in page.text
    for who in ("researcher", "editor", "reviewer_uni", "node_admin", "reader"):
        assert browser(who).get(at).status_code in (403, 404)


def test_somebody_without_the_right_cannot_start_one(browser: Browser) -> None:
    assert browser("reader").post("/drafts/new", data={"kind": "advisory"}).status_code == 403
    assert browser("liaison").post("/drafts/new", data={"kind": "rumour"}).status_code == 404


def test_saving_the_untouched_form_changes_nothing(tale: Story, browser: Browser) -> None:
    """S2: what the form shows is what it sends, for the text and for every field of the handling block."""
    handling = Handling(
        tlp=TLP.AMBER,
        audience=AudienceChoice(
            sectors=(Sector.ACADEMIA,), organizations=("uni-north",), persons=("person-researcher",)
        ),
        releasable_to=("node:nordmark",),
        orcon=True,
        caveats=(Caveat.NOENF, Caveat.NOTIFY),
        permitted_actions="may_raise_with_partner",
        attribution_mode="sector_only",
        attribution="must_not",
    )
    record = tale.drafted(handling=handling)
    before = stored(tale, record)
    answer = save(tale, browser, record, _do="save")
    assert answer.status_code == 303
    assert stored(tale, record)[1] == before[1]
    kept = stored(tale, record)[0]
    assert {name for name in before[0] if before[0][name] not in (None, [], "")} <= kept.keys()
    assert kept["title"] == before[0]["title"]
    assert kept["sources"][0]["title"] == before[0]["sources"][0]["title"]


NARROW = Handling(
    tlp=TLP.AMBER_STRICT,
    audience=AudienceChoice(
        sectors=(Sector.ACADEMIA,), organizations=("uni-north",), persons=("person-researcher",)
    ),
    orcon=True,
    caveats=(Caveat.NOENF, Caveat.NOTIFY),
)


@pytest.mark.parametrize(
    "name",
    [
        "tlp", "audience.sectors", "audience.roles", "audience.organizations", "audience.persons", "releasable_to", "orcon",
        "caveats", "permitted_actions", "attribution_mode", "attribution", "affected_party_notice", "embargo_until",
        "handling_ends", "delay_reason",
    ],
)  # fmt: skip
def test_a_handling_field_that_is_not_sent_stays_as_it_was(tale: Story, browser: Browser, name: str) -> None:
    """S2, partial-update matrix: omitted."""
    record = tale.drafted(handling=NARROW)
    client = browser("liaison")
    pairs = form_of(client.get(edit_of(record)).text, edit_of(record))
    full = f"handling.{name}"
    sent = changed([pair for pair in pairs if pair[0] != full and pair != ("_shown", full)], _do="save")
    assert client.post(edit_of(record), data=sent).status_code == 303
    assert stored(tale, record)[1] == NARROW


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tlp", "PUBLIC"), ("tlp", ""), ("audience.sectors", "everyone"), ("audience.roles", "god"),
        ("audience.organizations", "no such"),
        ("releasable_to", "world"), ("caveats", "NONE"), ("permitted_actions", "anything"), ("attribution", "yes"),
        ("attribution_mode", "public_source"),
        ("embargo_until", "next week"), ("audience.persons", "stranger@example.org"),
    ],
)  # fmt: skip
def test_a_foreign_handling_value_saves_nothing_and_keeps_what_was_typed(
    tale: Story, browser: Browser, name: str, value: str
) -> None:
    """S2, partial-update matrix: foreign and empty; the saved block is never widened by it."""
    record = tale.drafted(handling=NARROW)
    answer = save(
        tale,
        browser,
        record,
        title="Typed in the same breath",
        **{f"handling__{name.replace('.', '__')}": value},
    )
    assert answer.status_code == 422
    assert "Typed in the same breath" in answer.text
    assert stored(tale, record)[1] == NARROW


def test_an_author_empties_a_list_knowingly(tale: Story, browser: Browser) -> None:
    record = tale.drafted(handling=NARROW)
    answer = save(tale, browser, record, handling__audience__sectors=None)
    assert answer.status_code == 303
    assert stored(tale, record)[1].audience.sectors == ()


def test_another_save_in_between_is_shown_and_nothing_is_lost(tale: Story, browser: Browser) -> None:
    record = tale.drafted()
    client = browser("liaison")
    opened = form_of(client.get(edit_of(record)).text, edit_of(record))
    with tale.unit("liaison") as unit:
        draft.save(unit, ref=record.ref, content=example(title="Saved in the other window"))
    answer = client.post(edit_of(record), data=changed(opened, title="Typed in this window", _do="save"))
    assert answer.status_code == 409
    assert 'value="Typed in this window"' in answer.text
    assert "Saved" in answer.text
    assert "other window" in re.sub(r"<[^>]+>", "", answer.text)
    assert stored(tale, record)[0]["title"] == "Saved in the other window"
    again = form_of(answer.text, edit_of(record))
    assert client.post(edit_of(record), data=changed(again, _do="save")).status_code == 303
    assert stored(tale, record)[0]["title"] == "Typed in this window"


def test_without_saying_what_was_seen_nothing_is_overwritten(tale: Story, browser: Browser) -> None:
    record = tale.drafted()
    answer = save(tale, browser, record, title="Blind", seen=None)
    assert answer.status_code == 409
    assert stored(tale, record)[0]["title"] != "Blind"


def test_what_is_typed_after_handing_in_elsewhere_is_still_shown(tale: Story, browser: Browser) -> None:
    record = tale.drafted()
    client = browser("liaison")
    opened = form_of(client.get(edit_of(record)).text, edit_of(record))
    tale.submitted(record)
    answer = client.post(edit_of(record), data=changed(opened, title="An hour of work"))
    assert answer.status_code == 409
    assert "An hour of work" in answer.text


def test_rows_are_added_and_removed_without_script(tale: Story, browser: Browser) -> None:
    record = tale.drafted()
    client = browser("liaison")
    count = len(stored(tale, record)[0]["sources"])
    answer = send(client, edit_of(record), edit_of(record), _add="sources", title="Kept while adding")
    assert answer.status_code == 303
    at = answer.headers["location"].split("#")
    assert at[1] == f"f-sources-{count}"
    page = client.get(at[0])
    assert f'name="sources.{count}.title"' in page.text
    assert 'value="Kept while adding"' in page.text
    gone = changed(form_of(page.text, edit_of(record)), _do="save", sources__0___remove="on")
    gone["sources.0._remove"] = ["on"]
    assert client.post(edit_of(record), data=gone).status_code == 303
    assert len(stored(tale, record)[0].get("sources") or []) == count - 1


def test_a_malformed_field_is_named_linked_and_kept(tale: Story, browser: Browser) -> None:
    """J-05.3."""
    record = tale.drafted()
    client = browser("liaison")
    answer = send(client, edit_of(record), edit_of(record), expires_at="in the spring", _do="save")
    page = client.get(answer.headers["location"])
    assert "There is a problem" in page.text
    assert 'href="#f-expires_at"' in page.text
    assert 'id="f-expires_at"' in page.text
    assert 'value="in the spring"' in page.text


@pytest.mark.parametrize("field", ["not_known", "benefits", "expires_at"])
def test_what_is_missing_stops_handing_in_with_a_link_to_the_field(
    tale: Story, browser: Browser, field: str
) -> None:
    """J-05.3."""
    record = tale.drafted()
    client = browser("liaison")
    send(client, edit_of(record), edit_of(record), **{field: ""})
    at = f"/records/{record.ref}/submit"
    answer = send(client, at, at, confirmed="on")
    assert answer.status_code == 422
    assert f"{edit_of(record)}?check=1#f-{field}" in answer.text
    page = client.get(f"{edit_of(record)}?check=1")
    assert f'href="#f-{field}"' in page.text


BIASED = "Chinese students should be reported to the dean."


def test_wording_is_flagged_rewritten_by_one_press_and_everything_else_typed_stays(
    tale: Story, browser: Browser
) -> None:
    """J-05.4."""
    record = tale.drafted(known=BIASED)
    client = browser("liaison")
    page = client.get(edit_of(record))
    assert "Wording to look at" in page.text
    key = re.search(r'name="_rewrite" value="([0-9a-f]+)"', page.text)
    assert key
    answer = send(client, edit_of(record), edit_of(record), _rewrite=key[1], summary="Typed before pressing.")
    assert answer.status_code == 303
    content = stored(tale, record)[0]
    assert "Chinese students" not in content["known"]
    assert content["summary"] == "Typed before pressing."


def test_keeping_the_words_needs_a_reason_that_reviewers_read(tale: Story, browser: Browser) -> None:
    """J-05.4."""
    record = tale.drafted(known=BIASED)
    client = browser("liaison")
    at = f"/records/{record.ref}/submit"
    refused = send(client, at, at, confirmed="on")
    assert refused.status_code == 422
    key = re.search(r'name="_why\.([0-9a-f]+)"', refused.text)
    assert key
    done = send(client, at, at, confirmed="on", **{f"_why__{key[1]}": "The words of the programme itself."})
    assert done.status_code == 303
    desk = browser("editor").get(f"/records/{record.ref}/triage")
    assert "The words of the programme itself." in desk.text


def test_personal_data_is_replaced_by_a_role_or_removed(tale: Story, browser: Browser) -> None:
    record = tale.drafted(known="Ask Professor Ada Example, ada.example@uni.example.org, before you answer.")
    client = browser("liaison")
    page = client.get(edit_of(record))
    assert "Personal data" in page.text
    key = re.search(r'name="_replace" value="([0-9a-f]+)"', page.text)
    assert key
    send(client, edit_of(record), edit_of(record), _replace=key[1], **{f"_words__{key[1]}": "the dean"})
    assert "the dean" in stored(tale, record)[0]["known"]
    at = f"/records/{record.ref}/submit"
    assert send(client, at, at, confirmed="on").status_code == 422


def test_the_confirmation_shows_exactly_who_reads_who_agrees_and_who_is_told(
    tale: Story, browser: Browser
) -> None:
    """J-05.1: three sectors if an entity is named."""
    record = tale.drafted(kind_name="due_diligence_note")
    page = unescape(browser("liaison").get(f"/records/{record.ref}/submit").text)
    assert "Three organizations agree" in page
    assert "They come from three sectors." in page
    assert "Who will be told" in page
    assert "University of the North" in page
    assert (
        "Gain access by this edit" not in page
    )  # nothing is in force yet: everybody who will read it is counted above
    plain = tale.drafted()
    assert "They come from two sectors." in unescape(
        browser("liaison").get(f"/records/{plain.ref}/submit").text
    )


def test_an_edit_of_a_published_record_says_who_gains_and_who_loses(tale: Story, browser: Browser) -> None:
    record = tale.published()
    client = browser("liaison")
    client.post(f"/records/{record.ref}/correct")
    send(client, edit_of(record), edit_of(record), handling__audience__sectors=["academia"])
    page = client.get(f"/records/{record.ref}/readers").text
    assert "Lose access by this edit" in page
    assert "Polar Batteries" in page
    assert "Nobody gains access." in page


def test_clear_says_anyone_in_words(tale: Story, browser: Browser) -> None:
    record = tale.drafted(tlp=TLP.CLEAR)
    page = browser("liaison").get(f"/records/{record.ref}/readers").text
    assert "Anyone" in page
    assert "with or without an account" in page


def test_nothing_is_handed_in_unseen(tale: Story, browser: Browser) -> None:
    record = tale.drafted()
    client, at = browser("liaison"), f"/records/{record.ref}/submit"
    assert send(client, at, at).status_code == 422
    opened = form_of(client.get(at).text, at)
    with tale.unit("liaison") as unit:
        draft.save(unit, ref=record.ref, content=example(title="Changed after looking"))
    answer = client.post(at, data=changed(opened, confirmed="on"))
    assert answer.status_code == 409
    assert "has changed since this page was shown" in answer.text
    done = send(client, at, at, confirmed="on")
    assert done.status_code == 303
    with tale.unit("liaison") as unit:
        assert draft.working(unit, record.ref)[0].state is State.TRIAGE


def test_the_live_panel_counts_what_is_typed_and_saves_nothing(tale: Story, browser: Browser) -> None:
    record = tale.drafted(tlp=TLP.GREEN)
    client = browser("liaison")
    typed = changed(
        form_of(client.get(edit_of(record)).text, edit_of(record)), handling__tlp="CLEAR", title="Not saved"
    )
    answer = client.post(f"{edit_of(record)}/readers", data=typed, headers={"hx-request": "true"})
    assert answer.status_code == 200
    assert "Anyone" in answer.text
    assert "<html" not in answer.text
    assert stored(tale, record)[1].tlp is TLP.GREEN


def test_a_record_of_somebody_else_is_not_there(tale: Story, browser: Browser) -> None:
    """S1: the object in the address is the object that is changed, and only its author changes it."""
    record = tale.drafted(title="Visible to nobody")
    absent = "/records/RSI-nordmark-ADV-2026-000000"
    for who in ("researcher", "contributor", "contributor_ngo", "editor"):
        client = browser(who)
        for page in ("edit", "submit", "readers", "preview", "work"):
            there, nothing = client.get(f"/records/{record.ref}/{page}"), client.get(f"{absent}/{page}")
            assert there.status_code == nothing.status_code == 404
            assert "Visible to nobody" not in there.text
        for action in ("edit", "submit", "edit/readers"):
            assert (
                client.post(
                    f"/records/{record.ref}/{action}", data={"seen": "x", "title": "Mine now"}
                ).status_code
                == 404
            )


def test_hostile_text_stays_text(tale: Story, browser: Browser) -> None:
    hostile = "<script>alert(1)</script>"
    record = tale.drafted(
        title=hostile, known=f"{hostile} Chinese students should be reported", summary=hostile
    )
    client = browser("liaison")
    for page in ("edit?check=1", "submit", "readers", "preview", "work"):
        assert hostile not in client.get(f"/records/{record.ref}/{page}").text
