"""Records as STIX 2.1: valid for others, back without loss, minimal in what leaves."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
import stix2validator
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.fields.values import without_controls
from comity.domain.kinds.base import Kind
from comity.domain.kinds.registry import KINDS
from comity.domain.tlp import TLP
from comity.stix.facts import StixFacts, StixRefused
from comity.stix.record import bundle, from_stix, to_stix
from comity.stix.vocabulary import EXTENSION_ID, marking_of, moment, stamp

NOW = datetime(2026, 11, 22, 9, 30, 15, 123000, tzinfo=UTC)
EVERY_KIND = pytest.mark.parametrize("model", KINDS.values(), ids=list(KINDS))
NOTE = KINDS["due_diligence_note"]


def facts(**changes: Any) -> StixFacts:
    known = StixFacts(
        uid=UUID("01934f3e-7c1a-7b3d-8f00-1234567890ab"),
        ref="RSI-XX-ADV-2026-1",
        version="1.0",
        node="xx",
        node_name="Example node",
        sector="academia",
        organization="Northmoor University",
        tlp=TLP.AMBER_STRICT,
        created=NOW,
        modified=NOW + timedelta(days=1),
        published=NOW,
        handling={"orcon": True, "caveats": ["NOENF"]},
    )
    return replace(known, **changes)


def content(model: type[Kind], **changes: Any) -> Kind:
    return model.model_validate({**copy.deepcopy(dict(model.example)), **changes})


def wire(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = json.loads(json.dumps(objects))
    return read


def main(objects: list[dict[str, Any]]) -> dict[str, Any]:
    return next(one for one in objects if EXTENSION_ID in one.get("extensions", {}))


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


@EVERY_KIND
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_objects_are_valid_stix(model: type[Kind]) -> None:
    objects = to_stix(facts(), content(model))
    result = stix2validator.validate_string(
        json.dumps(bundle(objects)), stix2validator.ValidationOptions(version="2.1")
    )
    assert result.is_valid, result.errors
    assert [one["type"] for one in objects].count(model.stix_type) == 1


@EVERY_KIND
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_validator_that_says_so_can_also_say_no(model: type[Kind]) -> None:
    objects = to_stix(facts(), content(model))
    main(objects)["modified"] = "yesterday"
    result = stix2validator.validate_string(
        json.dumps(bundle(objects)), stix2validator.ValidationOptions(version="2.1")
    )
    assert not result.is_valid


@EVERY_KIND
@pytest.mark.parametrize("tlp", list(TLP))
def test_a_record_comes_back_whole(model: type[Kind], tlp: TLP) -> None:
    parsed = from_stix(wire(to_stix(facts(tlp=tlp, revoked=True), content(model))))
    assert parsed.content == content(model)
    assert parsed.facts == facts(tlp=tlp, revoked=True)


def test_what_ends_its_use_travels() -> None:
    known = facts(expires=NOW + timedelta(days=14), replaced_by="RSI-XX-ADV-2026-2")
    parsed = from_stix(wire(to_stix(known, content(KINDS["advisory"]))))
    assert parsed.facts == known


@EVERY_KIND
def test_the_same_record_is_the_same_bytes(model: type[Kind]) -> None:
    one, other = (json.dumps(bundle(to_stix(facts(), content(model)))) for _ in range(2))
    assert one == other


def test_nothing_is_said_twice() -> None:
    advisory = content(KINDS["advisory"])
    found = list(strings(main(to_stix(facts(), advisory))))
    assert found.count(advisory.title) == 1
    assert found.count(advisory.summary) == 1


def test_every_object_of_the_record_is_marked() -> None:
    objects = to_stix(facts(tlp=TLP.AMBER), content(NOTE))
    named = [
        one
        for one in objects
        if one["type"] == "identity" and one["name"] == "Meridian Institute of Technology"
    ]
    for one in [main(objects), *named]:
        assert one["object_marking_refs"] == [TLP.AMBER.stix_marking_id]
    assert named


def test_an_identity_is_an_organization_and_an_id_stands_for_one_object() -> None:
    everything = [
        one for tlp in TLP for model in KINDS.values() for one in to_stix(facts(tlp=tlp), content(model))
    ]
    assert {one["identity_class"] for one in everything if one["type"] == "identity"} == {"organization"}
    fixed = [one for one in everything if EXTENSION_ID not in one.get("extensions", {})]
    seen: dict[str, Any] = {}
    for one in fixed:
        assert seen.setdefault(one["id"], one) == one
    assert not {one["type"] for one in everything} & {"threat-actor", "intrusion-set", "indicator"}


def test_a_claim_that_is_stricter_than_the_record_stays_behind() -> None:
    data = copy.deepcopy(dict(NOTE.example))
    data["claims"].append(
        {
            **copy.deepcopy(data["claims"][0]),
            "claim_id": "c2",
            "text": "The turbine hall is guarded.",
            "tlp": "RED",
        }
    )
    data["tie_levels"][0]["claims"] = ["c1", "c2"]
    sent = json.dumps(to_stix(facts(), NOTE.model_validate(data)))
    assert "turbine" not in sent
    assert '"c2"' not in sent
    assert "turbine" in json.dumps(to_stix(facts(), NOTE.model_validate(data), lambda tlp: tlp is TLP.RED))


def test_exceptional_personal_data_never_leaves() -> None:
    secret = content(NOTE, personal_data="exceptional", legal_basis={"purpose": "p", "basis": "b"})
    with pytest.raises(StixRefused) as refused:
        to_stix(facts(), secret)
    assert refused.value.reason == "exceptional-personal-data"


def test_an_origin_by_sector_only_does_not_name_the_organization() -> None:
    sent = json.dumps(
        to_stix(
            facts(organization=""),
            content(KINDS["best_practice"], adoption=[], sources=[], evidence_level="asserted"),
        )
    )
    assert "Northmoor" not in sent
    assert "Example node" in sent


def _spoil(objects: list[dict[str, Any]], how: str) -> None:
    one = main(objects)
    extra = one["extensions"][EXTENSION_ID]
    match how:
        case "no-extension":
            one["extensions"] = {}
        case "two-records":
            objects.append(copy.deepcopy(one))
        case "other-type":
            one["type"] = "threat-actor"
        case "other-kind":
            extra["kind"] = "advisory"
        case "unknown-field":
            extra["content"]["nationality"] = "XX"
        case "missing-content":
            del extra["content"]["benefits"]
        case "no-content":
            extra["content"] = "all of it"
        case "foreign-id":
            one["id"] = "note--00000000-0000-4000-8000-000000000000"
        case "bad-time":
            one["modified"] = "2026-11-22T09:30:15"
        case "no-origin":
            del extra["origin"]
        case _:
            raise AssertionError(how)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("no-extension", "not-one-record"),
        ("two-records", "not-one-record"),
        ("other-type", "unknown-kind"),
        ("other-kind", "unknown-kind"),
        ("unknown-field", "invalid-content"),
        ("missing-content", "invalid-content"),
        ("no-content", "malformed"),
        ("foreign-id", "malformed"),
        ("bad-time", "malformed"),
        ("no-origin", "malformed"),
    ],
)
def test_what_cannot_be_a_record_is_refused_with_a_reason(how: str, reason: str) -> None:
    objects = wire(to_stix(facts(), content(NOTE)))
    _spoil(objects, how)
    with pytest.raises(StixRefused) as refused:
        from_stix(objects)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "refs", [[], ["marking-definition--x"], [TLP.CLEAR.stix_marking_id, TLP.AMBER.stix_marking_id]]
)
def test_no_marking_or_two_is_the_most_restrictive(refs: list[str]) -> None:
    assert marking_of(refs) is TLP.RED
    objects = wire(to_stix(facts(tlp=TLP.CLEAR), content(NOTE)))
    main(objects)["object_marking_refs"] = refs
    assert from_stix(objects).facts.tlp is TLP.RED


@given(
    st.text(min_size=1, max_size=60)
    .map(lambda t: without_controls(t).replace("\n", " ").replace("\t", " ").strip())
    .filter(bool)
)
def test_any_title_survives_the_wire(title: str) -> None:
    try:
        advisory = content(KINDS["advisory"], title=title)
    except ValueError:
        return
    assert from_stix(wire(to_stix(facts(), advisory))).content == advisory


def test_times_are_utc_with_milliseconds() -> None:
    paris = datetime(2026, 7, 1, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    assert stamp(paris) == "2026-07-01T10:00:00.000Z"
    assert moment(stamp(NOW)) == NOW
