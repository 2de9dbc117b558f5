"""Reading through the API: search, one record, its versions, and the purpose that AMBER takes."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from comity.domain.handling import Handling
from comity.domain.tlp import TLP
from tests.api.conftest import AMBER, READ, Service
from tests.story import ticked


def test_a_reader_finds_and_reads_a_record(service: Service) -> None:
    record = service.story.published(title="Visits to the quantum laboratory")
    caller = service.caller("reader", *READ)
    found = caller.get("/records", params={"q": "quantum labratory", "facets": "true"}).json()
    assert [item["ref"] for item in found["items"]] == [record.ref]
    assert found["total"] == 1
    assert found["facets"]["tlp"] == {"GREEN": 1}
    assert {"text": "quantum", "hit": True} in found["items"][0]["title"]
    shown = caller.get(f"/records/{record.ref}").json()
    assert shown["title"] == "Visits to the quantum laboratory"
    assert shown["content"]["sources"]
    assert shown["version"] == "1.0"
    assert shown["originator"]["id"] == "gov-security-office"
    assert any("TLP:GREEN" in sentence for sentence in shown["why"])
    assert caller.get(f"/records/{record.uid}").json() == shown


def test_amber_opens_with_a_purpose_that_is_logged_first(service: Service) -> None:
    record = service.story.published(
        "contributor", tlp=TLP.AMBER, reviewers=("reviewer_uni", "reviewer_ngo", "reviewer_gov")
    )
    caller = service.caller("contributor", *AMBER)
    refused = caller.get(f"/records/{record.ref}")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "purpose"
    assert caller.get(f"/records/{record.ref}", params={"purpose": "curiosity"}).status_code == 422
    assert openings(service, record.id) == []
    shown = caller.get(f"/records/{record.ref}", params={"purpose": "protect_own_institution"})
    assert shown.status_code == 200
    assert shown.json()["content"]["title"]
    assert openings(service, record.id) == ["protect_own_institution"]
    assert caller.get(f"/records/{record.ref}").status_code == 200, "an opening counts for a while"
    green_only = service.caller("contributor", *READ)
    assert green_only.get(f"/records/{record.ref}").status_code == 404


def openings(service: Service, record_id: int) -> list[str]:
    with service.story.engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT purpose FROM opening WHERE record_id = :id AND account_id = 'person-contributor'"
            ),
            {"id": record_id},
        )
        return [row[0] for row in rows]


def test_the_handling_is_said_in_sentences_and_its_author_may_leave_it(service: Service) -> None:
    """H-06, and the end of the time that was set for the conditions."""
    end = service.story.now + timedelta(days=1)
    handling = Handling(tlp=TLP.GREEN, affected_party_notice="must_not", handling_ends=end)
    ref = service.story.published(handling=handling).ref
    author = service.caller("liaison")
    said = author.get(f"/records/{ref}").json()["handling_says"]
    assert "Do not tell the organization concerned that it exists." in said
    assert author.post(f"/records/{ref}/handling/kept", json={"text": "It stays."}).status_code == 409
    ticked(service.story, days=2)
    assert (
        service.caller("contributor").post(f"/records/{ref}/handling/kept", json={"text": "x"}).status_code
        == 403
    )
    assert author.post(f"/records/{ref}/handling/kept", json={"text": "It stays."}).status_code == 200
