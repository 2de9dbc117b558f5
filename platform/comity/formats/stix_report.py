"""STIX 2.1 (OASIS Standard, June 2021): each `report` of a bundle becomes an advisory draft.

Reads report (§4.16), the identities that made them, TLP markings of both versions, and the names of techniques, tools and courses
of action they refer to. Threat actors and individuals are left out: an import never records an organization as an actor. What
the report concludes stays the publisher's: it is cited, graded by nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from comity.domain.tlp import TLP, strictest
from comity.formats.bulletin import CHECK, NO_BENEFITS, NOT_KNOWN
from comity.formats.csaf import language
from comity.formats.documents import files, refused
from comity.formats.fields import Fields
from comity.formats.marking import STIX_MARKINGS, read_marking, refuse_red
from comity.formats.prose import Cleaner, first_sentences, unique, web_addresses
from comity.formats.rows import BadDocument, Item, Limits, Refused, Row
from comity.formats.strict_json import parse

_NAMED: Final = frozenset({"attack-pattern", "malware", "tool", "vulnerability", "infrastructure"})


def read(path: Path, limits: Limits) -> Iterator[Row]:
    """Every report of every bundle at `path` (a JSON file, folder or zip)."""
    position = 0
    for raw in files(path, limits):
        if isinstance(raw, Refused):
            position += 1
            yield Refused(position, raw.foreign_id, raw.problems, raw.where)
            continue
        try:
            objects = _objects(Fields(parse(raw.data, depth=limits.depth)))
        except BadDocument as error:
            position += 1
            yield refused(position, raw.where, error)
            continue
        for report in objects.values():
            if report.get("type") == "report":
                position += 1
                yield _row(position, raw.where, Fields(report), objects)


def _objects(bundle: Fields) -> dict[str, Mapping[str, Any]]:
    """The newest version of each object, by id."""
    if bundle.text("type") != "bundle":
        raise BadDocument("type", "This is not a STIX bundle.", "type")
    found: dict[str, Mapping[str, Any]] = {}
    for one in bundle.nodes("objects"):
        known = found.get(one.needed("id"))
        if known is None or str(known.get("modified", "")) < one.text("modified"):
            found[one.text("id")] = one.data
    return found


def _row(position: int, where: str, report: Fields, objects: Mapping[str, Mapping[str, Any]]) -> Row:
    try:
        return item(position, report, objects)
    except BadDocument as error:
        return refused(position, where, error, report.text("id")[:200] or None)


def item(position: int, report: Fields, objects: Mapping[str, Mapping[str, Any]]) -> Item:
    """One report with the objects of its bundle. Raises `BadDocument`."""
    if report.text("spec_version") != "2.1":
        raise BadDocument("version", "This is not a STIX 2.1 report.", "spec_version")
    if report.data.get("revoked") is True:
        raise BadDocument("withdrawn", "The publisher has revoked this.", "revoked")
    clean = Cleaner()
    named = [Fields(objects[ref]) for ref in report.texts("object_refs") if ref in objects]
    return Item(
        position=position,
        foreign_id=report.identifier("id"),
        kind="advisory",
        content=_content(report, named, _publisher(report, objects), clean),
        publisher=_publisher(report, objects),
        tlp=_marking(report, objects),
        source_date=report.time("modified") or report.time("published"),
        warnings=clean.warnings,
        cleaned=True,
    )


def _publisher(report: Fields, objects: Mapping[str, Mapping[str, Any]]) -> str:
    maker = Fields(objects.get(report.text("created_by_ref"), {}))
    return "" if maker.text("identity_class") == "individual" else maker.text("name")


def _marking(report: Fields, objects: Mapping[str, Mapping[str, Any]]) -> TLP | None:
    """The strictest of the markings; a statement (a copyright line, say) is no marking. Unknown references count as RED."""
    if any(mark.text("marking_ref") for mark in report.nodes("granular_markings")):
        why = "Parts of this report are marked on their own, which an import cannot keep."
        raise BadDocument("marking", why, "granular_markings")
    found: list[TLP] = []
    for ref in report.texts("object_marking_refs"):
        definition = Fields(objects.get(ref, {}))
        if ref in STIX_MARKINGS:
            found.append(STIX_MARKINGS[ref])
        elif definition.text("definition_type") == "tlp":
            found.append(read_marking(definition.node("definition").needed("tlp")) or TLP.RED)
        elif definition.text("definition_type") != "statement":
            raise BadDocument(
                "marking",
                "A marking that is not known counts as RED and is not imported.",
                "object_marking_refs",
            )
    tlp = strictest(found) if found else None
    refuse_red(tlp)
    return tlp


def _content(report: Fields, named: list[Fields], publisher: str, clean: Cleaner) -> dict[str, Any]:
    name = report.needed("name")
    text = report.text("description")
    summary = clean.line(first_sentences(text or name, 590), 600)
    kinds = report.texts("report_types")
    content: dict[str, Any] = {
        "subtype": "threat_note"
        if any(kind.startswith(("threat", "attack", "campaign")) for kind in kinds)
        else "situational",
        "title": clean.line(name, 160),
        "summary": summary,
        "language": language(report.text("lang")),
        "severity": "info",
        "known": clean.prose(text or name, 20_000),
        "not_known": NOT_KNOWN,
        "benefits": NO_BENEFITS,
        "body": clean.prose(_named(named), 60_000),
        "sources": [_source(report, name, publisher, clean)],
        "recommended_actions": _actions(named, clean),
        "external_refs": [{"system": "STIX", "id": report.text("id")}],
    }
    return {field: value for field, value in content.items() if value}


def _named(named: list[Fields]) -> str:
    things = unique(one.text("name") for one in named if one.text("type") in _NAMED)
    return "## The report refers to\n\n" + "\n".join(f"- {name}" for name in things[:200]) if things else ""


def _source(report: Fields, name: str, publisher: str, clean: Cleaner) -> dict[str, Any]:
    source: dict[str, Any] = {
        "title": clean.name(name),
        "publisher": clean.name(publisher) or "Publisher not named in the bundle",
        "type": "institution_website",
    }
    links = web_addresses(ref.text("url") for ref in report.nodes("external_references"))
    if links:
        source["url"] = links[0]
    if date := report.time("published"):
        source["published"] = date.date().isoformat()
    return source


def _actions(named: list[Fields], clean: Cleaner) -> list[dict[str, Any]]:
    courses = [one for one in named if one.text("type") == "course-of-action"]
    texts = unique(clean.prose(one.text("description") or one.text("name"), 2_000) for one in courses)
    steps = [{"do": text, "who": "system administrator"} for text in texts[:8]]
    return [*steps, {"do": CHECK, "who": "research group", "small_institution": True}]
