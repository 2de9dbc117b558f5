"""RFC 8785: the bytes that are signed are those of the test files that other implementations agree on."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.domain.canonical import canonical_json
from comity.domain.strict_json import parse

FILES = Path(__file__).parent / "vectors" / "jcs"
"""Test files of cyberphone/json-canonicalization at 19d51d7f (Apache-2.0)."""
NAMES = sorted(path.name.removesuffix(".input.json") for path in FILES.glob("*.input.json"))


def test_the_files_are_there() -> None:
    assert NAMES == ["arrays", "french", "structures", "unicode", "values", "weird"]


@pytest.mark.parametrize("name", NAMES)
def test_the_canonical_bytes_are_those_of_the_rfc(name: str) -> None:
    read = parse((FILES / f"{name}.input.json").read_bytes()) if name != "arrays" else None
    if read is None:  # its root is a list, which no signed object is
        import json

        read = json.loads((FILES / f"{name}.input.json").read_bytes())
    written = canonical_json(read)
    assert written == (FILES / f"{name}.output.json").read_bytes()
    assert canonical_json(parse(written) if written[:1] == b"{" else read) == written
