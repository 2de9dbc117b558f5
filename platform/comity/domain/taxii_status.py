"""What became of one POST, object by object, as the standard writes it (TAXII 2.1 §4.3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from comity.domain.taxii import stamp


@dataclass
class Status:
    """Filled while the objects are taken."""

    successes: list[dict[str, str]] = field(default_factory=list)
    failures: list[dict[str, str]] = field(default_factory=list)

    def took(self, stix_id: str, version: str, message: str = "") -> None:
        """A success. The message says what is not plain from it."""
        self.successes.append({"id": stix_id, "version": version} | ({"message": message} if message else {}))

    def refused(self, obj: object, message: str) -> None:
        """A failure, as far as the object says what it is."""
        given = obj if isinstance(obj, Mapping) else {}
        version = given.get("modified", given.get("created", ""))
        said = {"id": str(given.get("id", ""))[:120], "version": str(version)[:40], "message": message[:400]}
        self.failures.append(said)

    def resource(self, status_id: str, at: int) -> dict[str, Any]:
        """Its JSON. `at` is when the POST came; nothing is ever pending, and no list is empty."""
        taken, failed = len(self.successes), len(self.failures)
        counts = {
            "total_count": taken + failed,
            "success_count": taken,
            "failure_count": failed,
            "pending_count": 0,
        }
        said = {"id": status_id, "status": "complete", "request_timestamp": stamp(at), **counts}
        lists = {"successes": self.successes, "failures": self.failures}
        return said | {name: found for name, found in lists.items() if found}
