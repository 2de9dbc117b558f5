"""One record as STIX 2.1 objects and back, read off the `Stix` annotations of its kind (product spec 4.10.9).

Advisory becomes `report`, best practice `course-of-action`, due-diligence note `note` about an `identity`. What STIX has a property
for travels there and only there; the rest travels in our extension, so nothing is said twice and nothing can disagree with itself.
`external_references`, `labels`, `confidence` and `object_refs` are a courtesy to readers of plain STIX and are not read back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid5

from pydantic import ValidationError

from comity.domain.fields.shape import shapes
from comity.domain.kinds.base import Kind
from comity.domain.kinds.portions import readable_part
from comity.domain.kinds.registry import KINDS
from comity.domain.tlp import TLP
from comity.stix.facts import Parsed, StixFacts, StixRefused
from comity.stix.vocabulary import (
    AUTHOR,
    EXTENSION_ID,
    NAMESPACE,
    Object,
    extension_definition,
    identity,
    marking_definition,
    marking_of,
    moment,
    object_id,
    stamp,
)

_CONFIDENCE: Final = {"low": 15, "moderate": 50, "high": 85}  # middle of each band (STIX 2.1 appendix A)
_FACETS: Final = ("risk_kinds", "method_families", "technology_areas", "application_families", "pathways")


def _no_portion(_tlp: TLP) -> bool:
    return False


def to_stix(facts: StixFacts, content: Kind, may_carry: Callable[[TLP], bool] = _no_portion) -> list[Object]:
    """All objects of one record, those it refers to first and the record itself last.

    Claims with a marking of their own stay behind unless `may_carry` says otherwise. Raises `StixRefused` for content with
    exceptional personal data, which never leaves its node (SG-02).
    """
    if content.personal_data == "exceptional":
        raise StixRefused("exceptional-personal-data", facts.ref)
    marking = facts.tlp.stix_marking_id
    origin = origin_of(facts)
    data = _compact(readable_part(content.model_dump(mode="json"), may_carry))
    named = [
        identity(entity.name, "organization", entity.entity_id, markings=[marking])
        for entity in content.entities
    ]
    main: Object = {
        "type": content.stix_type,
        "spec_version": "2.1",
        "id": object_id(content.stix_type, facts.uid),
        "created_by_ref": origin["id"],
        "created": stamp(facts.created),
        "modified": stamp(facts.modified),
        "object_marking_refs": [marking],
        "external_references": _references(facts, content),
        **_standard(content, data),
        **_for_type(facts, content, [one["id"] for one in named] or [origin["id"]]),
        "extensions": {EXTENSION_ID: _extension(facts, content, data)},
    }
    if facts.revoked:
        main["revoked"] = True
    return _distinct([marking_definition(facts.tlp), AUTHOR, extension_definition(), origin, *named, main])


def bundle(objects: Iterable[Object]) -> Object:
    """A bundle whose id follows from what is in it, so that the same export is the same bytes."""
    items = _distinct(objects)
    key = "|".join(f"{one['id']}@{one.get('modified', '')}" for one in items)
    return {"type": "bundle", "id": f"bundle--{uuid5(NAMESPACE, key)}", "objects": items}


def from_stix(objects: Sequence[Mapping[str, Any]]) -> Parsed:
    """The one record among the objects. Raises `StixRefused` with a reason; never trusts more than it can check."""
    mains = [
        one
        for one in objects
        if isinstance(one.get("extensions"), Mapping) and EXTENSION_ID in one["extensions"]
    ]
    if len(mains) != 1:
        raise StixRefused("not-one-record", f"{len(mains)} objects carry the record extension")
    main, extra = mains[0], mains[0]["extensions"][EXTENSION_ID]
    if not isinstance(extra, Mapping):
        raise StixRefused("malformed", "the extension is not an object")
    kind = KINDS.get(str(extra.get("kind")))
    if kind is None or kind.stix_type != main.get("type"):
        raise StixRefused("unknown-kind", f"{extra.get('kind')} as {main.get('type')}")
    if not isinstance(extra.get("content"), Mapping):
        raise StixRefused("malformed", "no content")
    data = {**extra["content"], **_read_standard(kind, main)}
    try:
        return Parsed(facts_of(main, extra), kind.model_validate(data))
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise StixRefused("invalid-content", where) from error
    except (KeyError, TypeError, ValueError) as error:
        raise StixRefused("malformed", type(error).__name__) from error


# ---------------------------------------------------------------- writing


def origin_of(facts: StixFacts) -> Object:
    """Who it comes from: the organization, or the node and the sector where the organization is not told."""
    if facts.organization:
        return identity(facts.organization, "organization", facts.node)
    return identity(facts.node_name, "organization", facts.node, facts.sector)


def _properties(kind: type[Kind]) -> dict[str, str]:
    """Field name to STIX property, for this kind's type."""
    return {
        shape.name: kind.stix_properties.get(shape.stix.property, shape.stix.property)
        for shape in shapes(kind)
        if shape.stix is not None
    }


def _standard(content: Kind, data: Mapping[str, Any]) -> Object:
    return {prop: data[name] for name, prop in _properties(type(content)).items() if name in data}


def _for_type(facts: StixFacts, content: Kind, refs: list[str]) -> Object:
    extra: Object = {}
    labels = [str(code).lower() for name in _FACETS for code in getattr(content, name)]
    if labels:
        extra["labels"] = labels
    if content.judgements:
        extra["confidence"] = min(_CONFIDENCE[judgement.confidence] for judgement in content.judgements)
    if content.stix_type == "report":
        extra |= {"published": stamp(facts.published), "report_types": ["threat-report"]}
    if content.stix_type in ("report", "note"):
        extra["object_refs"] = list(dict.fromkeys(refs))
    return extra


def _references(facts: StixFacts, content: Kind) -> list[Object]:
    own: Object = {"source_name": "comity", "external_id": facts.ref}
    cited = [
        {
            "source_name": source.publisher,
            "description": source.title,
            **({"url": source.url} if source.url else {}),
        }
        for source in content.sources
    ]
    return [own, *cited]


def _extension(facts: StixFacts, content: Kind, data: Mapping[str, Any]) -> Object:
    carried = _properties(type(content))
    made = extension_of(facts, content.name)
    made["content"] = {name: value for name, value in data.items() if name not in carried}
    if facts.organization:
        made["origin"]["organization"] = facts.organization
    if handling := _compact(facts.handling):
        made["handling"] = handling
    if facts.expires is not None:
        made["expires"] = stamp(facts.expires)
    if facts.replaced_by:
        made["replaced_by"] = facts.replaced_by
    return made


def extension_of(facts: StixFacts, kind: str) -> Object:
    """What every version of a record says of itself, also the one that has no content."""
    return {
        "extension_type": "property-extension",
        "kind": kind,
        "uid": str(facts.uid),
        "reference": facts.ref,
        "record_version": facts.version,
        "published": stamp(facts.published),
        "origin": {"node": facts.node, "node_name": facts.node_name, "sector": facts.sector},
    }


def _compact(value: Any) -> Any:
    """Without empty values: STIX forbids empty lists, and absence says the same, because what may be empty is so by default."""
    if isinstance(value, Mapping):
        return {key: _compact(item) for key, item in value.items() if item not in (None, "", [], {})}
    if isinstance(value, list | tuple):
        return [_compact(item) for item in value]
    return value


def _distinct(objects: Iterable[Object]) -> list[Object]:
    return list({one["id"]: one for one in objects}.values())


# ---------------------------------------------------------------- reading


def _read_standard(kind: type[Kind], main: Mapping[str, Any]) -> dict[str, Any]:
    return {name: main[prop] for name, prop in _properties(kind).items() if prop in main}


def facts_of(main: Mapping[str, Any], extra: Mapping[str, Any]) -> StixFacts:
    """What an object says of its record beside the content. Raises `KeyError`, `TypeError` or `ValueError`."""
    origin = extra["origin"]
    uid = UUID(extra["uid"])
    if main["id"] != object_id(main["type"], uid):
        raise ValueError("the object's id is not that of the record")
    return StixFacts(
        uid=uid,
        ref=str(extra["reference"]),
        version=str(extra["record_version"]),
        node=str(origin["node"]),
        node_name=str(origin["node_name"]),
        sector=str(origin["sector"]),
        organization=str(origin.get("organization", "")),
        tlp=marking_of(main.get("object_marking_refs", [])),
        created=moment(main["created"]),
        modified=moment(main["modified"]),
        published=moment(extra["published"]),
        revoked=main.get("revoked") is True,
        handling=dict(extra.get("handling", {})),
        expires=moment(extra["expires"]) if "expires" in extra else None,
        replaced_by=str(extra.get("replaced_by", "")),
    )
