"""What an operator types and reads, on a real database; and what a command never prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from comity.app import create_app
from comity.cli.main import app
from comity.config import get_settings
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.tlp import TLP
from comity.services.runtime import Runtime
from comity.storage.engine import open_engine
from tests.cli.conftest import Run
from tests.factories import World
from tests.story import Story


@pytest.fixture
def story(empty: Run) -> Story:
    """The world of the factories in the database that the commands read."""
    path = Path(get_settings().database_url.removeprefix("sqlite:///"))
    from comity.services import migrate

    migrate.migrate(get_settings().database_url)
    engine = open_engine(f"sqlite:///{path}", pool_size=2)
    return Story(engine, World().put(engine))


def test_nothing_runs_on_an_empty_database_and_it_says_what_to_do(empty: Run) -> None:
    for words in (
        ("user", "list"),
        ("doctor",),
        ("index", "check"),
        ("serve",),
        ("worker",),
        ("audit", "verify"),
    ):
        told = empty(*words)
        assert told.exit_code == 3, words
        assert "comity migrate up" in told.stderr


def test_a_schema_goes_up_and_says_so(empty: Run) -> None:
    assert empty("migrate", "check").exit_code == 1
    assert empty("migrate", "up").exit_code == 0
    assert "as the code expects" in empty("migrate", "check").output
    assert "comity node set-up" in empty("user", "list").stderr


def test_a_node_is_set_up_once(run: Run) -> None:
    assert "nordmark" in run("node", "show").output
    again = run(*"node set-up --node-id x1 --name X --country NO --language en --trust-group fjord".split())
    assert again.exit_code == 1
    assert "set up already" in again.stderr


PROFILE = """
jurisdiction: "NO"
data_protection: {regime: GDPR, authority: Datatilsynet, transfer_basis: {SE: adequacy}}
disclosure_law: {applies_to_operator: true, accepts_amber_from_peers: true}
defamation: {standard: A statement of fact must be true., prior_notice_advised: true}
retention_months: {records: 120, assessments: 60, submissions: 24, audit: 84}
reviewed_on: 2026-09-01
review_due: 2027-09-01
"""


def test_a_node_says_who_pays_and_under_which_law_it_works(run: Run, tmp_path: Path) -> None:
    """G-44, 4.10.5: the settings of any country, changed later and shown to anybody."""
    path = tmp_path / "law.yaml"
    path.write_text(PROFILE, encoding="utf-8")
    changed = run(
        *("node", "change", "--legal-profile", str(path)),
        *(
            "--funding",
            "Membership fees=60",
            "--funding",
            "A fund for science=40",
            "--contact",
            "d@x.example",
        ),
    )
    assert changed.exit_code == 0, changed.output
    assert run("node", "change", "--name", "Nordmark Exchange").exit_code == 0
    shown = run("node", "show").output
    for words in (
        "Nordmark Exchange",
        "d@x.example",
        "Membership fees 60 %",
        "2027-09-01",
        "country        NO",
    ):
        assert words in shown, words
    portal = create_app(get_settings())
    page = (
        TestClient(portal, base_url="http://127.0.0.1:8400", headers={"accept": "text/html"})
        .get("/about")
        .text
    )
    for words in ("Datatilsynet", "A fund for science", "SE: adequacy"):
        assert words in page, words


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("data_protection: none", "legal_profile.data_protection"),
        (
            "retention_months: {records: 0, assessments: 60, submissions: 24, audit: 84}",
            "retention_months.records",
        ),
        ("classified_material: accepted", "legal_profile.classified_material"),
        ("review_due: 2026-01-01", "legal_profile.review_due"),
        ("secret_law: yes", "legal_profile.secret_law"),
    ],
)
def test_a_legal_profile_that_is_wrong_changes_nothing(
    run: Run, tmp_path: Path, line: str, field: str
) -> None:
    path = tmp_path / "law.yaml"
    name = line.partition(":")[0]
    kept = [one for one in PROFILE.splitlines() if not one.startswith(f"{name}:")]
    path.write_text("\n".join([*kept, line]), encoding="utf-8")
    told = run("node", "change", "--legal-profile", str(path), "--name", "Another")
    assert told.exit_code == 1
    assert f"{field}:" in told.stderr
    assert "Another" not in run("node", "show").output


@pytest.mark.parametrize("funding", ["Fees", "Fees=0", "=10", "Fees=101", "Fees=much"])
def test_a_source_of_money_has_a_name_and_a_share(run: Run, funding: str) -> None:
    told = run("node", "change", "--funding", funding)
    assert told.exit_code == 1
    assert "funding:" in told.stderr


def test_a_bad_value_is_named_by_its_field(empty: Run) -> None:
    empty("migrate", "up")
    told = empty(
        *"node set-up --node-id n1 --name Nordmark --country norway --language en --trust-group fjord".split()
    )
    assert told.exit_code == 1
    assert "country: Enter the country as two capital letters" in told.stderr


def test_the_first_people_get_links_and_no_passwords(run: Run) -> None:
    told = run(
        "user", "add", "ed@sec.example", "--name", "Ed", "--organization", "secretariat", "--role", "editor"
    )
    assert told.exit_code == 0, told.output
    secret = re.search(r"secret=(\S+)", told.output)
    assert secret
    engine = open_engine(get_settings().database_url)
    with engine.connect() as db:
        kept = repr(db.execute(sa.text("SELECT * FROM account")).all())
    engine.dispose()
    assert secret.group(1) not in kept
    assert "editor" in run("user", "list").output
    fresh = run("user", "invite", "ed@sec.example")
    assert secret.group(1) not in fresh.output
    assert "secret=" in fresh.output


def test_duties_stay_separate_on_the_command_line_too(run: Run) -> None:
    run("user", "add", "op@op.example", "--name", "Op", "--organization", "operator", "--role", "node_admin")
    told = run("user", "role", "grant", "op@op.example", "auditor")
    assert told.exit_code == 1
    assert "auditor" not in run("user", "list").output
    assert run("user", "role", "revoke", "op@op.example", "node_admin").exit_code == 0
    assert run("user", "role", "grant", "nobody@op.example", "reader").exit_code == 1


def test_the_log_is_verified_and_damage_is_told(run: Run) -> None:
    whole = run("audit", "verify")
    assert whole.exit_code == 0
    length, head = re.findall(r"(\d+) entries, last hash (\w{64})", whole.output)[0]
    run("user", "add", "ed@sec.example", "--name", "Ed", "--organization", "secretariat")
    assert run("audit", "verify", "--length", length, "--head", head).exit_code == 0
    engine = open_engine(get_settings().database_url)
    with engine.begin() as db:
        db.execute(sa.text("UPDATE audit_entry SET action = 'other' WHERE seq = 2"))
    engine.dispose()
    broken = run("audit", "verify")
    assert broken.exit_code == 1
    assert "broken at entry 2" in broken.stderr
    assert "MEND  audit" in run("doctor").output


def test_explain_says_why_without_a_word_of_the_content_and_is_logged(story: Story, empty: Run) -> None:
    handling = Handling(tlp=TLP.AMBER, audience=AudienceChoice(organizations=("uni-north",)))
    record = story.published(handling=handling, title="A canary in the title")
    allowed = empty("explain", record.ref, "--as", "researcher@uni-north.example.org")
    refused = empty("explain", record.ref, "--as", "researcher_south@uni-south.example.org")
    public = empty("explain", record.ref, "--as", "public")
    assert "may read it" in allowed.output
    assert "Your organization is one of its named recipients." in allowed.output
    for told in (refused, public):
        assert "may not know of it" in told.output
        assert "canary" not in told.output
    assert "org:uni-north" in refused.output
    assert empty("explain", "RSI-no-ADV-2026-1", "--as", "public").exit_code == 1
    engine = open_engine(get_settings().database_url)
    with engine.connect() as db:
        logged = db.scalar(sa.text("SELECT count(*) FROM audit_entry WHERE action = 'access.explained'"))
    engine.dispose()
    assert logged == 3


def test_a_drifted_index_is_seen_and_mended(story: Story, empty: Run) -> None:
    lost, stale, kept = (story.published() for _ in range(3))
    assert empty("index", "check").exit_code == 0
    with story.unit("system") as unit:
        unit.index.remove([lost.id])
        unit.index.move([stale.id], kept.audience_id + 1000)
    told = empty("index", "check")
    assert told.exit_code == 1
    assert f"missing: {lost.ref}" in told.output
    assert f"stale: {stale.ref}" in told.output
    assert "MEND  index" in empty("doctor").output
    assert empty("index", "repair").exit_code == 0
    assert empty("index", "check").exit_code == 0
    assert "0 missing" in empty("index", "rebuild", "--prune").output
    with story.unit("system") as unit:
        story.engine.dispose()
        unit.db.execute(
            sa.text("UPDATE search_entry SET record_id = 99999 WHERE record_id = :id"), {"id": lost.id}
        )
        unit.db.execute(
            sa.text("UPDATE search_state SET record_id = 99999 WHERE record_id = :id"), {"id": lost.id}
        )
    assert "too much: number 99999" in empty("index", "check", "--quick").output
    empty("index", "repair")
    assert empty("index", "check").exit_code == 0


def test_who_read_counts_and_is_itself_logged(story: Story, empty: Run) -> None:
    record = story.published(tlp=TLP.AMBER)
    told = empty("audit", "who-read", record.ref)
    assert "1  secretariat" in told.output
    runtime = Runtime(get_settings())
    with runtime.system_unit("test", writes=False) as unit:
        from comity.storage import audit

        assert "audit.who_read" in [link.entry.action for link in audit.links(unit.db, unit.viewer)]
    runtime.close()


def test_the_doctor_sees_wrong_readers_double_duties_and_no_worker(story: Story, empty: Run) -> None:
    record = story.published()
    assert "MEND  worker" in empty("doctor").output
    with story.unit("system") as unit:
        unit.db.execute(
            sa.text("UPDATE role_grant SET account_id = 'person-node-admin' WHERE role = 'auditor'")
        )
        other = "SELECT id FROM audience WHERE stage = 'work' LIMIT 1"
        unit.db.execute(
            sa.text(f"UPDATE record SET audience_id = ({other}) WHERE ref = :ref"), {"ref": record.ref}
        )
    told = empty("doctor")
    assert told.exit_code == 1
    assert "person-node-admin is both" in told.output
    assert f"1 records have other readers than follow: {record.ref}" in told.output


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"COMITY_HOST": "0.0.0.0"}, "sign-ins would travel in the clear"),
        ({"COMITY_HOST": "0.0.0.0", "COMITY_PUBLIC_URL": "https://x.example"}, "demonstration node"),
    ],
)
def test_it_does_not_serve_to_the_world_what_is_open(
    story: Story, empty: Run, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], words: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    told = empty("serve")
    assert told.exit_code == 3
    assert words in told.stderr


def test_every_command_says_what_it_does() -> None:
    import typer.main

    def walk(command: object, words: str) -> list[str]:
        below = getattr(command, "commands", {})
        found = [] if getattr(command, "help", None) else [words]
        return found + [one for name, each in below.items() for one in walk(each, f"{words} {name}")]

    assert walk(typer.main.get_command(app), "comity") == []
