"""What may stand on a shelf, and who may use it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from comity.domain.collection import Collection, Kind
from comity.domain.peer import Peer
from comity.domain.scopes import Scope, narrowed
from comity.domain.shelf import MARKINGS, Examined, NotForShelf, examine
from comity.domain.signing import SIGNATURE
from comity.domain.tlp import TLP
from comity.domain.viewer import Viewer
from tests.factories import NODE, NOW, World

ID = "indicator--11111111-1111-4111-8111-111111111111"
V = "2026-01-01T00:00:00.000Z"
AMBER, GREEN, CLEAR = (one.stix_marking_id for one in (TLP.AMBER, TLP.GREEN, TLP.CLEAR))


def an_object(**more: Any) -> dict[str, Any]:
    return {"type": "indicator", "spec_version": "2.1", "id": ID, "created": V, "modified": V, **more}


def examined(obj: object) -> Examined:
    return examine(obj, usual=TLP.GREEN, exchanged={"comity-notice", "extension-definition--ours"})


@pytest.mark.parametrize(
    ("marked", "tlp"),
    [
        ({}, TLP.GREEN),
        ({"object_marking_refs": [CLEAR]}, TLP.CLEAR),
        ({"object_marking_refs": [CLEAR, GREEN]}, TLP.GREEN),
        ({"object_marking_refs": ["marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"]}, TLP.CLEAR),
        ({"object_marking_refs": [CLEAR], "granular_markings": [{"marking_ref": GREEN, "selectors": ["x"]}]}, TLP.GREEN),
        ({"granular_markings": [{"lang": "en", "selectors": ["name"]}]}, TLP.GREEN),
    ],
)  # fmt: skip
def test_an_object_is_as_strict_as_its_strictest_marking(marked: dict[str, Any], tlp: TLP) -> None:
    assert examined(an_object(**marked)) == Examined(ID, "indicator", V, tlp)


@pytest.mark.parametrize(
    "marked",
    [
        {"object_marking_refs": [AMBER]},
        {"object_marking_refs": [CLEAR, AMBER]},
        {"object_marking_refs": ["marking-definition--fa42a846-8d90-4e51-bc29-71d5b4802168"]},
        {"object_marking_refs": CLEAR},
        {"object_marking_refs": [None]},
        {"object_marking_refs": {}},
        {"granular_markings": [{"marking_ref": AMBER, "selectors": ["name"]}]},
        {"granular_markings": [{"lang": "en", "marking_ref": AMBER, "selectors": ["name"]}]},
        {"granular_markings": "x"},
        {"granular_markings": [None]},
        {"granular_markings": [{"selectors": ["name"]}]},
    ],
)
def test_what_is_marked_stricter_or_in_an_unknown_way_is_refused(marked: dict[str, Any]) -> None:
    with pytest.raises(NotForShelf) as refused:
        examined(an_object(**marked))
    assert refused.value.reason == "marking"


def test_the_markings_of_both_versions_of_tlp_are_known() -> None:
    assert len(MARKINGS) == 9


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "id"), ({"id": "not-an-id"}, "id"), ({"id": 5}, "id"), ({"id": ID.upper()}, "id"),
        ({"id": ID.replace("indicator", "malware")}, "id"), ({"id": ID + "x"}, "id"), ({"id": ID[:-1]}, "id"),
        ({"type": None}, "type"), ({"type": 5}, "type"), ({"type": ""}, "type"), ({"type": "x" * 61}, "type"),
        ({"modified": "yesterday"}, "time"), ({"modified": 5}, "time"), ({"modified": "2026-01-01T00:00:00.1234567Z"}, "time"),
        ({"spec_version": None}, "spec-version"), ({"spec_version": "2.0"}, "spec-version"),
        ({"spec_version": 2.1}, "spec-version"),
        ({"type": "comity-notice", "id": ID.replace("indicator", "comity-notice")}, "exchanged"),
        ({"extensions": {SIGNATURE: {}}}, "exchanged"), ({"extensions": {"extension-definition--ours": {}}}, "exchanged"),
    ],
)  # fmt: skip
def test_a_bad_object_is_refused_by_name(change: dict[str, Any], reason: str) -> None:
    given = {name: value for name, value in an_object(**change).items() if value is not None}
    with pytest.raises(NotForShelf) as refused:
        examined(given)
    assert refused.value.reason == reason


@pytest.mark.parametrize("obj", [None, "x", 5, [], ["x"]])
def test_what_is_no_object_is_refused(obj: object) -> None:
    with pytest.raises(NotForShelf) as refused:
        examined(obj)
    assert refused.value.reason == "not-an-object"


def test_a_cyber_observable_may_leave_out_the_version_of_the_standard() -> None:
    found = examined(
        {"type": "ipv4-addr", "id": ID.replace("indicator", "ipv4-addr"), "value": "203.0.113.7"}
    )
    assert (found.version, found.type) == ("", "ipv4-addr")


# ---------------------------------------------------------------- who may use a collection

WORLD = World()
SHELF = Collection(ID[-36:], "shelf", "Shelf", "", Kind.SHELF, "GREEN", ("any",), ("org:uni-north",), NOW)


def machine(who: str, *scopes: Scope) -> Viewer:
    viewer = WORLD.viewer(who)
    return replace(viewer, powers=narrowed(viewer.powers, scopes), scopes=frozenset(scopes))


@pytest.mark.parametrize(
    ("readers", "who", "may"),
    [
        (("any",), "public", True), (("any",), "reader", True), ((), "reader", False), (("node:nordmark",), "public", False),
        (("node:nordmark",), "reader", True), (("group:fjord",), "reader", True), (("group:fjord",), "public", False),
        (("org:uni-north",), "researcher", True), (("org:uni-north",), "reader", False), (("sector:academia",), "researcher", True),
        (("sector:academia",), "reader", False), (("node:kestria",), "reader", False),
    ],
)  # fmt: skip
def test_readers_are_named(readers: tuple[str, ...], who: str, may: bool) -> None:
    assert replace(SHELF, readers=readers).can_read(WORLD.viewer(who)) is may


@pytest.mark.parametrize(
    ("readers", "may"),
    [(("any",), True), (("node:kestria",), True), (("group:fjord",), True), (("node:nordmark",), False),
     (("org:uni-north",), False)],
)  # fmt: skip
def test_an_allied_node_is_meant_by_its_name_and_its_groups(readers: tuple[str, ...], may: bool) -> None:
    ally = Viewer.allied(NODE.node_id, Peer("kestria", frozenset({"fjord"}), TLP.GREEN))
    shelf = replace(SHELF, readers=readers, writers=readers)
    assert shelf.can_read(ally) is may
    assert not shelf.can_write(ally)
    assert replace(shelf, kind=Kind.INBOX).can_write(ally)
    assert not replace(shelf, kind=Kind.INBOX).can_read(ally)
    assert not replace(shelf, kind=Kind.RECORDS).can_write(ally)


def test_writing_takes_the_scope_the_role_and_the_name() -> None:
    assert SHELF.can_write(machine("researcher", Scope.WRITE_OBJECTS))
    assert not SHELF.can_write(machine("researcher", Scope.READ_RECORDS, Scope.WRITE_DRAFTS))
    assert not SHELF.can_write(machine("researcher_south", Scope.WRITE_OBJECTS))
    anybody = replace(SHELF, writers=("any",))
    assert anybody.can_write(machine("researcher_south", Scope.WRITE_OBJECTS))
    assert not anybody.can_write(machine("reader", Scope.WRITE_OBJECTS))
    assert not anybody.can_write(WORLD.viewer("public"))
    for kind in (Kind.INBOX, Kind.RECORDS):
        assert not replace(anybody, kind=kind).can_write(machine("researcher", Scope.WRITE_OBJECTS))


def test_a_person_whose_organization_is_not_verified_is_a_stranger() -> None:
    gone = replace(WORLD.viewer("researcher"), organization=None, sector=None, groups=frozenset())
    assert not replace(SHELF, readers=("node:nordmark",)).can_read(gone)
    assert replace(SHELF, readers=("any",)).can_read(gone)
