"""What somebody finds who clones this today: two commands on the first screen, a lock without addresses, no traces of us."""

from __future__ import annotations

import re
import subprocess
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.sources import ROOT, tracked

FIRST_SCREEN = 30
THIS = "tests/architecture/test_clone.py"

MACHINE = re.compile(
    r"(?<![\w.~}])/(root|home/\w+|work|Users/\w+)/[\w.]"  # somebody's own folders
    r"|https?://(?!127\.|localhost)[\w.-]*(pypi\.org|pythonhosted|npmjs|artifactory|nexus|devpi)[\w./-]*/(simple|packages|npm)"
    r"|--(extra-)?index-url|--find-links\s*[=/\w]",
)


def test_the_first_screen_shows_the_two_commands() -> None:
    screen = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:FIRST_SCREEN])
    assert "make demo" in screen
    assert "make test" in screen


def test_ci_runs_what_a_newcomer_runs() -> None:
    run = ROOT / ".ci" / "run"
    assert re.search(r"\bmake test\b", run.read_text(encoding="utf-8"))
    assert run.stat().st_mode & 0o100
    planned = subprocess.run(
        ["make", "-n", "test"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for tool in ("ensure_chromium", "ensure_postgres", "ruff", "mypy", "lint-imports", "bandit", "pytest"):
        assert tool in planned


def test_the_lock_pins_everything_by_hash_and_names_no_address() -> None:
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pins = re.findall(
        r"^([\w.\-]+)(?:\[[^\]]*\])?==\S+.*?\\\n((?:    --hash=sha256:\w{64}.*\n)+)", lock, re.MULTILINE
    )
    named = re.findall(r"^([\w.\-]+)(?:\[[^\]]*\])?==", lock, re.MULTILINE)
    assert len(named) > 50
    assert [name for name, _hashes in pins] == named
    assert "://" not in lock


def test_the_lock_holds_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [
        Requirement(line) for line in project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    ]
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    locked = {
        canonicalize_name(name): version
        for name, version in re.findall(r"^([\w.\-]+)==(\S+)", lock, re.MULTILINE)
    }
    missing = [
        str(one)
        for one in asked
        if not one.specifier.contains(locked.get(canonicalize_name(one.name), "0"), prereleases=True)
    ]
    assert missing == [], "run: make lock"


def test_no_tracked_file_speaks_of_somebodys_machine() -> None:
    traces = {}
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        data = path.read_bytes()
        if (
            name != THIS
            and b"\0" not in data[:1000]
            and (found := MACHINE.search(data.decode("utf-8", "replace")))
        ):
            traces[name] = found.group(0)
    assert traces == {}


def test_the_check_itself_sees_a_trace() -> None:
    assert MACHINE.search("see /" + "root/notes.txt")
    assert MACHINE.search("pip install --index-url https://x")
    assert not MACHINE.search("https://example.org/work/list and ~/work/x and platform/work/y")


def test_no_link_in_the_documentation_leads_nowhere() -> None:
    broken = {
        f"{path.relative_to(ROOT)}: {target}"
        for path in tracked()
        if path.suffix == ".md"
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8"))
        if "://" not in target and not (path.parent / target).exists()
    }
    assert broken == set()


def test_every_page_of_the_documentation_is_in_its_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")} - {
        "README.md"
    }
    assert {page for page in pages if f"]({page})" not in index} == set()
