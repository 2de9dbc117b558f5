"""Keys and the log at the operator's terminal: what is printed, what is refused, and that no secret ever is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from comity.cli.main import app
from comity.config import get_settings
from comity.domain.checkpoint import verifier_key
from comity.services import prove, sign, sign_head
from comity.services.runtime import Runtime
from comity.storage import node_keys, peers, witnessed
from comity.storage.engine import open_engine
from tests.allies import known
from tests.cli.conftest import Run

WHY = ("--reason", "The yearly change of the key.")


def kids(run: Run) -> list[str]:
    return re.findall(r"^\w+ +([\w-]{43}) ", run("key", "list").output, re.MULTILINE)


def test_a_new_node_has_a_key_a_feed_an_inbox_and_a_log(run: Run) -> None:
    listed = run("key", "list").output
    assert listed.startswith("active")
    assert re.search(r"fingerprint [0-9a-f]{64}$", listed, re.MULTILINE)
    assert "The log is whole: 1 leaves, 0 signed heads" in run("ledger", "verify").output
    note = run("ledger", "head").output
    assert note.startswith("comity/nordmark\n1\n")
    assert "1 signed heads" in run("ledger", "verify").output


def test_a_node_of_before_gets_its_key_when_it_is_migrated(run: Run) -> None:
    engine = open_engine(get_settings().database_url, pool_size=2)
    with engine.begin() as connection:
        for table in ("node_key", "taxii_collection", "ledger_leaf", "ledger_node"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
        connection.execute(sa.text("DELETE FROM sequence WHERE name = 'ledger'"))
    assert kids(run) == []
    assert run("ledger", "head").exit_code == 1
    assert run("key", "rotate", *WHY).exit_code == 1
    assert run("migrate", "up").exit_code == 0
    assert len(kids(run)) == 1
    first = kids(run)
    assert run("migrate", "up").exit_code == 0
    assert kids(run) == first
    engine.dispose()


def test_keys_are_rotated_and_revoked_with_a_reason(run: Run) -> None:
    (first,) = kids(run)
    assert run("key", "rotate").exit_code == 2
    assert run("key", "rotate", "--reason", "short").exit_code == 1
    told = run("key", "rotate", *WHY)
    assert told.exit_code == 0, told.output
    assert "Fingerprint: " in told.output
    _, second = kids(run)
    assert run("key", "revoke", "nothing", *WHY).exit_code == 1
    assert run("key", "revoke", second, "--reason", "A backup was stolen.").exit_code == 0
    listed = run("key", "list").output
    assert [line.split()[0] for line in listed.splitlines()[::2]] == ["retired", "revoked", "active"]
    assert "A backup was stolen." in listed
    assert first != second
    assert "PRIVATE" not in listed + told.output
    refused = run("key", "replace", "--reason", "The passphrase is lost.")
    assert refused.exit_code == 1
    assert "can be opened" in refused.stderr


def test_a_node_whose_passphrase_is_lost_says_so_and_begins_anew(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMITY_KEY_PASSPHRASE", "the first line")
    get_settings.cache_clear()
    run("key", "rotate", *WHY)
    assert "lies open" not in run("doctor").output
    monkeypatch.setenv("COMITY_KEY_PASSPHRASE", "another line")
    get_settings.cache_clear()
    sign._opened.clear()
    assert "comity key replace" in run("doctor").output
    assert run("key", "rotate", *WHY).exit_code == 1
    told = run("key", "replace", "--reason", "The passphrase is lost.")
    assert told.exit_code == 0, told.output
    assert "Tell every ally" in told.output
    assert "comity key replace" not in run("doctor").output


def test_a_passphrase_is_asked_for_and_changed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def typed(words: str) -> int:
        return CliRunner().invoke(app, ["key", "passphrase"], input=f"{words}\n{words}\n").exit_code

    before = kids(run)
    assert typed("too short") == 1
    assert typed("a line of some length") == 0
    sign._opened.clear()
    assert "comity key replace" in run("doctor").output, "the setting is still the old one"
    monkeypatch.setenv("COMITY_KEY_PASSPHRASE", "a line of some length")
    get_settings.cache_clear()
    assert "comity key replace" not in run("doctor").output
    assert kids(run) == before


@pytest.fixture
def proof(run: Run, tmp_path: Path) -> tuple[Path, str]:
    """A proof file of the node's first leaf, and its verifier key."""
    runtime = Runtime(get_settings())
    with runtime.system_unit("test") as unit:
        sign_head.sign_head(unit)
        found = prove.one(unit, 0).proof
        key = node_keys.history(unit.db)[0]
    runtime.close()
    assert found is not None
    path = tmp_path / "leaf.proof.json"
    path.write_text(json.dumps(found.model_dump(mode="json")), encoding="utf-8")
    return path, verifier_key("nordmark", key.jwk)


def test_a_proof_is_checked_with_the_keys_of_the_node_or_with_none(
    run: Run, proof: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, key = proof
    told = run("ledger", "verify", str(path))
    assert told.exit_code == 0, told.output
    assert "leaf 0 of the log of nordmark" in told.output
    monkeypatch.setenv("COMITY_DATABASE_URL", "sqlite:////nowhere/at/all.db")
    get_settings.cache_clear()
    offline = run("ledger", "verify", str(path), "--key", key)
    assert offline.exit_code == 0, offline.output
    assert offline.output == told.output


def test_a_proof_that_does_not_hold_is_refused_by_its_reason(run: Run, proof: tuple[Path, str]) -> None:
    path, key = proof
    bent = json.loads(path.read_text(encoding="utf-8"))
    bent["entry"]["entry"]["step"] = "revoked"
    cases = {
        "not-in-the-log": json.dumps(bent),
        "malformed": "{}",
        "appears twice": '{"a": 1, "a": 2}',
        "not JSON": "…",
    }
    for reason, text in cases.items():
        path.write_text(text, encoding="utf-8")
        told = run("ledger", "verify", str(path), "--key", key)
        assert told.exit_code == 1, reason
        assert reason in told.stderr
    for wrong in ("comity/nordmark+00000000+AAAA", key[:-4] + "AAA=", "x"):
        assert run("ledger", "verify", str(path), "--key", wrong).exit_code == 1
    assert run("ledger", "verify", str(path.parent / "none.json")).exit_code == 1


def test_a_damaged_log_is_told_and_ends_with_one(run: Run) -> None:
    engine = open_engine(get_settings().database_url, pool_size=2)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE ledger_leaf SET salt = 'x'"))
    engine.dispose()
    told = run("ledger", "verify")
    assert told.exit_code == 1
    assert "damaged at leaf 0" in told.stderr
    assert "damaged at leaf 0" in run("doctor").output


def test_people_take_a_log_up_anew_that_they_looked_into(run: Run) -> None:
    runtime = Runtime(get_settings())
    with runtime.system_unit("test") as unit:
        peers.add(unit.db, known("kestria"))
        for root, state in (("aa", witnessed.CONSISTENT), ("bb", witnessed.EQUIVOCATION)):
            witnessed.add(unit.db, witnessed.Seen("kestria", 4, root * 32, "note", state, unit.now))
    assert "kestria showed more than one log" in run("doctor").output
    assert run("ledger", "explain", "kestria", "--reason", "short").exit_code == 1
    assert run("ledger", "explain", "nowhere", "--reason", "It was restored from a backup.").exit_code == 1
    told = run("ledger", "explain", "kestria", "--reason", "It was restored from a backup.")
    assert told.exit_code == 0, told.output
    assert "kestria showed" not in run("doctor").output
    with runtime.system_unit("test") as unit:
        assert [one.state for one in witnessed.of_size(unit.db, "kestria", 4)] == ["explained", "explained"]
    runtime.close()
