"""Release decisions: who asks, agrees and carries out; what the check says last of all; what leaves, and to whom (F-02, J-10)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.notice import Release, What
from comity.domain.peer import Agreement, PeerState
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.domain.tlp import TLP
from comity.services import (
    correct,
    draft,
    list_releases,
    onward,
    read,
    release,
    submit,
    weigh_release,
    withdraw,
)
from comity.storage import people, role_grants
from tests.allies import AGREEMENT, legal_profile
from tests.factories import make_account, make_world, person_id
from tests.feed import EVERY, fetch, notices_served, open_exchange, records_served, served
from tests.services.test_onward import told
from tests.story import Story

A, B = "lorvania", "kestria"
AMBER = Handling(
    tlp=TLP.AMBER,
    audience=AudienceChoice(organizations=("uni-north",)),
    releasable_to=(f"node:{A}",),
)


def opened(story: Story, **changes: Any) -> Story:
    open_exchange(story, A, B, **changes)
    with story.unit("system") as unit:
        people.add_account(unit.db, make_account("liaison_two", "gov-security-office"))
        role_grants.add(unit.db, person_id("liaison_two"), Role.GOVERNMENT_LIAISON, by="system", now=unit.now)
    story.world.people["liaison_two"] = ("gov-security-office", (Role.GOVERNMENT_LIAISON,))
    return story


@pytest.fixture
def exchange(story: Story) -> Story:
    """A node with two allies, and a second liaison who can agree to what the first asks."""
    return opened(story)


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Story]:
    """The same on SQLite alone, where the kind of database cannot matter."""
    engine, world = make_world(tmp_path / "node.db")
    yield opened(Story(engine, world))
    engine.dispose()


def amber(story: Story, handling: Handling = AMBER, **more: Any) -> Record:
    return story.published(handling=handling, title="Moonlight questions after talks", **more)


def asked(
    story: Story, record: Record, who: str = "liaison", node: str = A, **more: Any
) -> release.ReleaseDecision:
    given = {"organizations": ["uni-far"], "purpose": "protect_organization", **more}
    with story.unit(who) as unit:
        made = release.ask(unit, ref=record.ref, node=node, **given)
    assert isinstance(made, release.ReleaseDecision)
    return made


def agreed(story: Story, record: Record, **more: Any) -> release.ReleaseDecision:
    made = asked(story, record, **more)
    with story.unit("liaison_two") as unit:
        return release.agree(unit, decision_id=made.id)


def executed(story: Story, record: Record, **more: Any) -> release.ReleaseDecision:
    made = agreed(story, record, **more)
    with story.unit("federation_officer") as unit:
        return release.execute(unit, decision_id=made.id)


def released(story: Story, node: str = A) -> list[Release]:
    return [one.body for one in notices_served(story, node, What.RELEASE) if isinstance(one.body, Release)]


def test_it_goes_to_the_named_organizations_at_the_named_node_and_nowhere_else(exchange: Story) -> None:
    record = amber(exchange)
    assert served(exchange, A, EVERY) == []
    done = executed(exchange, record, conditions="Do not quote it.")
    assert (done.state, done.reasons) == ("executed", ())
    (body,) = released(exchange)
    assert (body.uid, body.version, body.organizations) == (record.uid, "1.0", ("uni-far",))
    assert body.conditions == "Do not quote it."
    assert "Moonlight" in json.dumps(body.record)
    assert records_served(exchange, A, EVERY) == [], "AMBER never stands in the feed itself"
    assert served(exchange, B, EVERY) == []
    with exchange.engine.connect() as connection:
        actions = list(connection.execute(sa.text("SELECT action FROM audit_entry ORDER BY seq")).scalars())
        leaves = list(connection.execute(sa.text("SELECT what, record_uid FROM ledger_leaf")))
    assert [one for one in actions if one.startswith("release.")] == [
        "release.ask", "release.agree", "release.execute",
    ]  # fmt: skip
    assert ("release", record.uid) in [tuple(one) for one in leaves]
    assert "A release to an allied node was carried out or refused." in told(exchange, "liaison")


def test_nothing_of_the_making_of_it_leaves(quick: Story) -> None:
    record = amber(quick)
    executed(quick, record)
    said = json.dumps(released(quick)[0].record)
    for hidden in ("uni-north", "person-", "liaison", "reviewer", "federation", "node:"):
        assert hidden not in said, hidden


def test_each_act_is_anothers(quick: Story) -> None:
    record = amber(quick)
    made = asked(quick, record)
    with quick.unit("liaison") as unit, pytest.raises(NotAllowed):
        release.agree(unit, decision_id=made.id)
    for who in ("contributor", "federation_officer", "data_protection_officer", "editor", "researcher"):
        with quick.unit(who) as unit, pytest.raises((NotFound, NotAllowed)):
            release.agree(unit, decision_id=made.id)
    with quick.unit("federation_officer") as unit, pytest.raises(NotFound):
        release.execute(unit, decision_id=made.id)
    with quick.unit("liaison_two") as unit:
        release.agree(unit, decision_id=made.id)
    for who in ("liaison", "liaison_two", "data_protection_officer"):
        with quick.unit(who) as unit, pytest.raises(NotAllowed):
            release.execute(unit, decision_id=made.id)
    with quick.unit("liaison_two") as unit, pytest.raises(Conflict):
        release.agree(unit, decision_id=made.id)


def test_the_only_one_of_an_originator_agrees_to_what_they_asked(quick: Story) -> None:
    record = quick.published(
        "contributor_ngo", ("reviewer_gov", "reviewer_uni", "reviewer_firm"), handling=AMBER
    )
    made = asked(quick, record, "contributor_ngo")
    with quick.unit("contributor_ngo") as unit:
        assert release.agree(unit, decision_id=made.id).state == "agreed"


def test_the_officer_is_never_the_author(quick: Story) -> None:
    with quick.unit("system") as unit:
        role_grants.add(unit.db, person_id("liaison"), Role.FEDERATION_OFFICER, by="system", now=unit.now)
    quick.world.people["liaison"] = (
        "gov-security-office",
        (Role.GOVERNMENT_LIAISON, Role.FEDERATION_OFFICER),
    )
    try:
        made = agreed(quick, amber(quick))
        with quick.unit("liaison") as unit, pytest.raises(NotAllowed):
            release.execute(unit, decision_id=made.id)
    finally:
        quick.world.people["liaison"] = ("gov-security-office", (Role.GOVERNMENT_LIAISON,))


def test_before_the_yes_the_officers_know_nothing_of_it(quick: Story) -> None:
    record = amber(quick)
    made = asked(quick, record)
    for who in ("federation_officer", "data_protection_officer"):
        with quick.unit(who, writes=False) as unit:
            assert list_releases.waiting(unit) == []
            with pytest.raises(NotFound):
                read.find_record(unit, record.ref)
    with quick.unit("liaison_two") as unit:
        release.agree(unit, decision_id=made.id)
    for who in ("federation_officer", "data_protection_officer"):
        with quick.unit(who, writes=False) as unit:
            assert [line.decision.id for line in list_releases.waiting(unit)] == [made.id]
            assert read.find_record(unit, record.ref).ref == record.ref


NO_AMBER = legal_profile() | {
    "disclosure_law": {
        "applies_to_operator": True,
        "exemptions_relied_on": [],
        "accepts_amber_from_peers": False,
    }
}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"legal_profile": NO_AMBER}, "does-not-accept-amber"),
        ({"agreement": AGREEMENT.model_copy(update={"highest_marking": TLP.GREEN})}, "above-agreement"),
        (
            {"agreement": AGREEMENT.model_copy(update={"purposes": ("inform_community",)})},
            "purpose-not-agreed",
        ),
        ({"agreement": AGREEMENT.model_copy(update={"kinds": ("best_practice",)})}, "kind-not-agreed"),
        ({"state": PeerState.PAUSED}, "paused"),
        ({"organizations": ({"id": "uni-near", "name": "Nearby"},)}, "organization-unknown"),
    ],
)
def test_what_the_check_refuses_sends_no_byte_and_is_kept_with_its_reasons(
    quick: Story, changes: dict[str, Any], reason: str
) -> None:
    """J-10.4, and every other change between the yes and the act."""
    from comity.storage import peers

    record = amber(quick)
    made = agreed(quick, record)
    with quick.unit("system") as unit:
        known = peers.get(unit.db, unit.viewer, A)
        assert known is not None
        peers.save(unit.db, replace(known, **changes))
    with quick.unit("federation_officer", writes=False) as unit:
        assert weigh_release.foresee(unit, decision_id=made.id)
    with quick.unit("federation_officer") as unit:
        done = release.execute(unit, decision_id=made.id)
    assert done.state == "refused"
    assert reason in done.reasons
    assert released(quick) == []
    with quick.unit("liaison", writes=False) as unit:
        (line,) = list_releases.of_record(unit, record)
    assert line.objections
    assert reason not in line.objections, "in words"
    assert isinstance(AGREEMENT, Agreement)


def test_a_node_that_the_handling_does_not_name_is_refused(quick: Story) -> None:
    done = executed(quick, amber(quick), node=B)
    assert done.reasons == ("not-named",)
    assert released(quick, B) == []


def corrected(story: Story, record: Record) -> Record:
    with story.unit("liaison") as unit:
        read.open_with_purpose(unit, ref=record.ref, purpose="review_or_edit")
        correct.begin(unit, ref=record.ref)
        _, revision = draft.working(unit, record.ref)
        content = {**draft.full_content(unit, revision), "assessed": "It is likely that moonlight fades."}
        draft.save(unit, ref=record.ref, content=content, handling=revision.handling)
        record = submit.submit(unit, ref=record.ref)
    for who in ("reviewer_uni", "reviewer_firm", "reviewer_ngo"):
        if record.state == "in_review":
            with story.unit(who) as unit:
                read.open_with_purpose(unit, ref=record.ref, purpose="review_or_edit")
            record = story.voted(record, who)
    assert record.state == "published"
    return record


def test_a_later_version_is_not_released_by_an_earlier_decision(quick: Story) -> None:
    record = amber(quick)
    made = agreed(quick, record)
    corrected(quick, record)
    with quick.unit("federation_officer") as unit:
        done = release.execute(unit, decision_id=made.id)
    assert done.reasons == ("version-changed",)
    done = executed(quick, record)
    corrected(quick, record)
    (body,) = released(quick)
    assert body.version == "2.0"
    assert records_served(quick, A, EVERY) == []


def test_withdrawing_it_seals_what_was_released_and_recalls_it(quick: Story) -> None:
    record = amber(quick)
    executed(quick, record)
    fetch(quick, A)
    with quick.unit("liaison") as unit:
        withdraw.ask(unit, ref=record.ref, reason_code="error", text="It was wrong.")
    with quick.unit("editor") as unit:
        withdraw.acknowledge(unit, ref=record.ref)
    assert released(quick) == [], "nobody is served the body any more"
    (recall,) = notices_served(quick, A, What.RECALL)
    assert recall.body.model_dump()["uid"] == record.uid
    assert notices_served(quick, B) == []


def test_what_was_not_fetched_yet_is_not_served_after_a_withdrawal(quick: Story) -> None:
    record = amber(quick)
    executed(quick, record)
    with quick.unit("liaison") as unit:
        withdraw.ask(unit, ref=record.ref, reason_code="harm", text="It was wrong.")
    with quick.unit("editor") as unit:
        withdraw.acknowledge(unit, ref=record.ref)
    assert "Moonlight" not in json.dumps(served(quick, A, EVERY))


def test_a_second_release_takes_it_from_nobody(quick: Story) -> None:
    from comity.storage import peers

    with quick.unit("system") as unit:
        known = peers.get(unit.db, unit.viewer, A)
        assert known is not None
        both = ({"id": "uni-far", "name": "Far"}, {"id": "uni-near", "name": "Near"})
        peers.save(unit.db, replace(known, organizations=both))
    record = amber(quick)
    executed(quick, record)
    executed(quick, record, organizations=["uni-near"])
    assert [one.organizations for one in released(quick)] == [("uni-far",), ("uni-far", "uni-near")]


@pytest.mark.parametrize("who", ["liaison_two", "federation_officer", "data_protection_officer"])
def test_a_no_stops_it_with_its_reason(quick: Story, who: str) -> None:
    record = amber(quick)
    made = agreed(quick, record)
    with quick.unit(who) as unit, pytest.raises(Invalid):
        release.refuse(unit, decision_id=made.id, text="")
    with quick.unit(who) as unit:
        done = release.refuse(unit, decision_id=made.id, text="It names an office holder.")
    code = "personal-data" if who == "data_protection_officer" else "decision"
    assert (done.state, done.reasons) == ("refused", (f"{code}: It names an office holder.",))
    with quick.unit("federation_officer") as unit, pytest.raises(Conflict):
        release.execute(unit, decision_id=made.id)


def test_what_cannot_be_asked(quick: Story) -> None:
    record, green = amber(quick), quick.published()
    with pytest.raises(Conflict):
        asked(quick, green)
    with pytest.raises(NotFound):
        asked(quick, record, "contributor")
    wrongs: tuple[dict[str, Any], ...] = (
        {"organizations": ["uni-north"]},
        {"organizations": []},
        {"purpose": "x"},
        {"node": "nowhere"},
    )
    for wrong in wrongs:
        with pytest.raises(Invalid):
            asked(quick, record, **wrong)
    with pytest.raises(Invalid):
        asked(quick, record, conditions="x" * 601)


def test_an_orcon_input_of_others_needs_their_yes_first(quick: Story) -> None:
    orcon = replace_handling(AMBER, orcon=True, organizations=("gov-security-office",))
    source = quick.published(
        "contributor_ngo", ("reviewer_gov", "reviewer_uni", "reviewer_firm"), handling=orcon
    )
    related = [{"ref": source.ref, "relation": "builds_on"}]

    def asks(recipient: str) -> None:
        with quick.unit("liaison") as unit:
            request = onward.ask(unit, ref=source.ref, recipient=recipient, purpose="cite")
        with quick.unit("contributor_ngo") as unit:
            onward.answer(unit, request_id=request.id, answer="yes")

    for organization in ("org:uni-north", "org:gov-security-office"):
        asks(organization)
    record = amber(quick, related=related)
    assert executed(quick, record).reasons == ("orcon",)
    asks(f"node:{A}")
    assert executed(quick, record).state == "executed"


def replace_handling(handling: Handling, *, orcon: bool, organizations: tuple[str, ...]) -> Handling:
    audience = AudienceChoice(organizations=organizations)
    return handling.model_copy(update={"orcon": orcon, "audience": audience})


def test_who_takes_no_part_sees_no_decision(quick: Story) -> None:
    record = amber(quick)
    executed(quick, record)
    with quick.unit("researcher", writes=False) as unit:
        assert list_releases.of_record(unit, read.find_record(unit, record.ref)) == []
        assert list_releases.history(unit) == []
    with quick.unit("liaison", writes=False) as unit:
        assert [line.decision.state for line in list_releases.history(unit)] == ["executed"]
