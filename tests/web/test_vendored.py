"""The scripts of others are the bytes that were pinned, and every page loads just those."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from comity.config import STATIC, TEMPLATES

VENDOR = STATIC / "js" / "vendor"


def pinned() -> dict[str, str]:
    lines = (VENDOR / "HASHES").read_text(encoding="utf-8").splitlines()
    pairs = (line.split() for line in lines if line and not line.startswith("#"))
    return {name: digest for digest, name in pairs}


def wrong(folder: Path, hashes: dict[str, str]) -> set[str]:
    present = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    present.pop("HASHES", None)
    return {name for name in present | hashes if present.get(name) != hashes.get(name)}


def test_vendored_files_are_the_pinned_bytes_and_no_others() -> None:
    assert wrong(VENDOR, pinned()) == set()


def test_a_changed_an_added_and_a_missing_file_are_each_found(tmp_path: Path) -> None:
    for name in pinned():
        (tmp_path / name).write_bytes((VENDOR / name).read_bytes())
    assert wrong(tmp_path, pinned()) == set()
    changed, missing, *_ = sorted(pinned())
    (tmp_path / changed).write_bytes(b"alert(1)")
    (tmp_path / missing).unlink()
    (tmp_path / "more.js").write_bytes(b"")
    assert wrong(tmp_path, pinned()) == {changed, missing, "more.js"}


def test_the_base_page_loads_each_vendored_script_with_the_nonce() -> None:
    page = (TEMPLATES / "base.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script ([^>]*)></script>", page)
    assert len(scripts) == page.count("<script")
    assert all('nonce="{{ nonce }}"' in script for script in scripts)
    for name in pinned():
        if name.endswith(".js"):
            assert any(f"js/vendor/{name}" in script for script in scripts), name


def test_own_script_and_styles_reach_for_nothing_outside_and_touch_no_sink() -> None:
    script = (STATIC / "js" / "comity.js").read_text(encoding="utf-8")
    for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("):
        assert sink not in script
    for path in [*STATIC.glob("css/*.css"), STATIC / "js" / "comity.js"]:
        text = path.read_text(encoding="utf-8")
        assert "http:" not in text, path.name
        assert "https:" not in text, path.name
        assert "@import" not in text, path.name
