"""Small documents of each format, all invented, for the readers' tests."""

from __future__ import annotations

import gzip
import json
import zipfile
from copy import deepcopy
from pathlib import Path
from typing import Any

SHARED = Path(__file__).parents[3] / "shared" / "data"

CSAF: dict[str, Any] = {
    "document": {
        "category": "csaf_security_advisory",
        "csaf_version": "2.0",
        "title": "Halden Instruments M2 Controller",
        "lang": "en-US",
        "distribution": {"tlp": {"label": "WHITE"}},
        "publisher": {"category": "coordinator", "name": "CISA", "namespace": "https://cisa.example/"},
        "acknowledgments": [{"names": ["Someone Thanked"], "organization": "Thanked Labs"}],
        "notes": [
            {"category": "summary", "title": "Risk", "text": "Commands are accepted without a password."},
            {"category": "legal_disclaimer", "title": "Legal", "text": "As is."},
            {
                "category": "general",
                "title": "Practice",
                "text": "Write to Dr. Maria Example, maria.example@halden.example.",
            },
        ],
        "references": [
            {"category": "self", "url": "https://cisa.example/icsa-26-001-01.json"},
            {"category": "self", "url": "https://cisa.example/icsa-26-001-01"},
            {"category": "external", "url": "javascript:alert(1)"},
        ],
        "tracking": {
            "id": "ICSA-26-001-01",
            "status": "final",
            "version": "2",
            "initial_release_date": "2026-01-05T00:00:00Z",
            "current_release_date": "2026-02-05T00:00:00Z",
        },
    },
    "product_tree": {
        "branches": [
            {
                "category": "vendor",
                "name": "Halden Instruments",
                "branches": [{"category": "product_name", "name": "M2"}],
            }
        ]
    },
    "vulnerabilities": [
        {
            "cve": "CVE-2026-0001",
            "cwe": {"id": "CWE-306", "name": "Missing Authentication"},
            "notes": [{"category": "summary", "text": "Port 7042 takes <script>alert(1)</script> commands."}],
            "scores": [{"cvss_v3": {"baseScore": 8.1}}],
            "remediations": [
                {"category": "vendor_fix", "details": "Update to 3.2."},
                {"category": "mitigation", "details": "Use a network of its own."},
            ],
        }
    ],
}

OSV: dict[str, Any] = {
    "id": "GO-2026-0042",
    "summary": "Path traversal in example.org/archive",
    "details": "An archive may write outside its folder.",
    "aliases": ["CVE-2026-0042"],
    "published": "2026-03-01T10:00:00Z",
    "modified": "2026-03-02T10:00:00Z",
    "affected": [
        {
            "package": {"name": "example.org/archive", "ecosystem": "Go"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.4.2"}]}],
        }
    ],
    "references": [{"type": "FIX", "url": "https://example.org/fix"}],
}

_TLP_GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
_TLP1_WHITE = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"

STIX: dict[str, Any] = {
    "type": "bundle",
    "id": "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d",
    "objects": [
        {"type": "identity", "id": "identity--1", "name": "Example CERT", "identity_class": "organization"},
        {"type": "identity", "id": "identity--2", "name": "Private Person", "identity_class": "individual"},
        {"type": "attack-pattern", "id": "attack-pattern--1", "name": "Spearphishing Link"},
        {"type": "threat-actor", "id": "threat-actor--1", "name": "Blamed Organization"},
        {
            "type": "course-of-action",
            "id": "course-of-action--1",
            "name": "Train",
            "description": "Open links from bookmarks.",
        },
        {
            "type": "report",
            "spec_version": "2.1",
            "id": "report--1",
            "created_by_ref": "identity--1",
            "created": "2026-01-01T00:00:00.000Z",
            "modified": "2026-02-01T00:00:00.000Z",
            "published": "2026-01-01T00:00:00.000Z",
            "name": "Booking lures",
            "description": "Messages that look like bookings.",
            "report_types": ["threat-report"],
            "object_refs": ["attack-pattern--1", "course-of-action--1", "threat-actor--1", "identity--2"],
            "object_marking_refs": [_TLP_GREEN],
        },
    ],
}

RECORD: dict[str, Any] = {
    "kind": "advisory",
    "id": "SAMPLE-2026-7",
    "publisher": "Comity samples",
    "tlp": "CLEAR",
    "published": "2026-01-15",
    "content": {
        "subtype": "situational",
        "title": "A sample",
        "summary": "It stands alone.",
        "severity": "low",
        "known": "Something is known.",
        "not_known": "The rest.",
        "benefits": "Much.",
        "sources": [{"title": "S", "publisher": "Comity samples", "type": "institution_website"}],
        "recommended_actions": [{"do": "Look.", "who": "researcher", "small_institution": True}],
    },
}


def changed(base: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with the value at a dotted path replaced."""
    copy = deepcopy(base)
    node: Any = copy
    *parents, last = path.split(".")
    for part in parents:
        node = node[int(part)] if part.isdigit() else node[part]
    node[int(last) if last.isdigit() else last] = value
    return copy


def lines_file(path: Path, documents: list[Any], *, packed: bool = False) -> Path:
    """One document a line; texts are written as they are."""
    text = "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in documents).encode()
    path.write_bytes(gzip.compress(text) if packed else text)
    return path


def zip_file(path: Path, members: dict[str, Any]) -> Path:
    """A zip archive of JSON documents or of bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, one in members.items():
            archive.writestr(name, one if isinstance(one, bytes) else json.dumps(one))
    return path
