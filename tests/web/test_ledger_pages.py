"""The log's pages: open to all in what tells nothing, closed in what tells something, and proofs that hold without the portal."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from comity.domain import ledger as tree
from comity.domain.checkpoint import from_verifier_key
from comity.domain.commitment import commitment
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.proof import check, read_proof
from comity.domain.record import Record
from comity.domain.strict_json import parse
from comity.domain.tlp import TLP
from comity.services import set_up, sign_head
from comity.services.notarize import notarize
from comity.services.unit import Unit
from comity.storage import ledger, peers, witnessed
from tests.allies import known
from tests.story import NOW, Story
from tests.web.conftest import Browser, Portal

SECRET = "Quietly withheld procurement matter"


@dataclass
class Logged:
    """A public record in the log, and one that the public must not learn of."""

    portal: Portal
    open: Record
    hidden: Record

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        with self.portal.runtime.system_unit("test") as unit:
            yield unit


@pytest.fixture
def logged(portal: Portal) -> Logged:
    portal.moment = NOW
    with portal.runtime.system_unit("test") as unit:
        set_up.open_to_others(unit)
    story = Story(portal.engine, portal.world)
    shown = story.published(tlp=TLP.CLEAR, title="Open matter of the harbour")
    choice = AudienceChoice(organizations=("uni-north",))
    hidden = story.published(handling=Handling(tlp=TLP.AMBER, audience=choice), title=SECRET)
    portal.moment = story.now + timedelta(minutes=1)
    with portal.runtime.system_unit("test") as unit:
        for record in (shown, hidden):
            if not ledger.leaves_of(unit.db, unit.viewer, record.uid):
                entry = {"object": f"report--{record.uid}", "sha256": "ab" * 32}
                notarize(unit, "release", record_uid=record.uid, entry=entry, audience_id=record.audience_id)
        notarize(unit, "membership", entry={"group": "quiet-group", "version": 1})
        sign_head.sign_head(unit)
    return Logged(portal, shown, hidden)


def leaf_of(logged: Logged, record: Record) -> ledger.Leaf:
    with logged.unit() as unit:
        return ledger.leaves_of(unit.db, unit.viewer, record.uid)[0]


def test_the_page_of_a_record_leads_to_a_proof_that_holds_offline(logged: Logged, browser: Browser) -> None:
    window = browser()
    assert f'href="/records/{logged.open.ref}/proof"' in window.get(f"/records/{logged.open.ref}").text
    shown = window.get(f"/records/{logged.open.ref}/proof").text
    leaf = leaf_of(logged, logged.open)
    for part in (leaf.commitment, leaf.salt, logged.open.uid):
        assert part in shown
    (href,) = set(re.findall(r'href="(/records/[^"]+\.json)"', shown))
    answer = window.get(href)
    assert (
        answer.headers["content-disposition"]
        == f'attachment; filename="nordmark-leaf-{leaf.index}.proof.json"'
    )
    proof = read_proof(parse(answer.content))
    key = from_verifier_key((re.search(r"--key (\S+)</pre>", shown) or pytest.fail("no key"))[1])
    found = check(proof, lambda node: [key] if node == "nordmark" else [], now=NOW + timedelta(days=1))
    assert (found.index, found.entry["record"]) == (leaf.index, logged.open.uid)


def test_who_may_not_read_a_record_gets_the_same_404_for_its_proofs(logged: Logged, browser: Browser) -> None:
    leaf = leaf_of(logged, logged.hidden)
    for who in ("", "reader", "researcher_south", "auditor"):
        window = browser(who)
        nothing = window.get("/records/RSI-nordmark-ADV-2026-999999/proof")
        for path in (
            f"/records/{logged.hidden.ref}/proof",
            f"/records/{logged.hidden.ref}/proof/{leaf.index}.json",
            f"/records/{logged.hidden.uid}/proof",
            f"/records/{logged.open.ref}/proof/{leaf.index}.json",
            f"/ledger/leaves/{leaf.index}.json",
            f"/ledger/leaves/{leaf_of(logged, logged.open).index}.json",
            "/ledger/leaves/999999.json",
            "/ledger/leaves/-1.json",
        ):
            answer = window.get(path)
            assert answer.status_code == nothing.status_code == 404, (who, path)
            assert without_noise(answer.text) == without_noise(nothing.text), (who, path)


def without_noise(text: str) -> str:
    """A page without what differs from answer to answer anyhow."""
    return re.sub(r'nonce-?="?[^" ]+|nonce="[^"]+"|[0-9a-f]{32}|/records/[^"<]*|/ledger/[^"<]*', "", text)


def test_s36_nothing_of_the_log_tells_the_public_what_a_hidden_leaf_says(
    logged: Logged, browser: Browser
) -> None:
    leaf = leaf_of(logged, logged.hidden)
    window = browser()
    size = window.get("/federation/v1/ledger/checkpoint").text.split("\n")[1]
    pages = ["/ledger", "/transparency", "/federation/v1/ledger/checkpoint", "/.well-known/comity.json"]
    pages += [f"/federation/v1/ledger/inclusion?size={size}&index={n}" for n in range(int(size))]
    pages += [f"/federation/v1/ledger/consistency?first={n}&second={size}" for n in range(1, int(size))]
    pages += [f"/records/{logged.open.ref}/proof"]
    told = "\n".join(window.get(path).text for path in pages)
    assert f"<dd>{size}</dd>" in told, "the number of leaves is all that is known"
    for hidden in (
        SECRET,
        "Quietly",
        logged.hidden.ref,
        logged.hidden.uid,
        leaf.salt,
        leaf.commitment,
        "quiet-group",
    ):
        assert hidden not in told, hidden


def test_whoever_guesses_the_whole_entry_of_a_hidden_leaf_still_cannot_find_it(
    logged: Logged, browser: Browser
) -> None:
    """Even the right guess, word for word, is one of 2^256 leaves without the salt."""
    leaf = leaf_of(logged, logged.hidden)
    guess = json.loads(json.dumps(leaf.entry))
    window = browser()
    size = window.get("/federation/v1/ledger/checkpoint").text.split("\n")[1]
    with logged.unit() as unit:
        salts = [one.salt for one in ledger.walk(unit.db) if one.index != leaf.index]
        other = [tree.leaf_hash(bytes.fromhex(one.commitment)).hex() for one in ledger.walk(unit.db)]
    for salt in ["00" * 32, *salts]:
        tried = tree.leaf_hash(commitment(guess, bytes.fromhex(salt))).hex()
        answer = window.get(f"/federation/v1/ledger/inclusion?size={size}&leaf={tried}")
        assert answer.status_code == 404
        assert tried not in other
    right = tree.leaf_hash(commitment(guess, bytes.fromhex(leaf.salt))).hex()
    found = window.get(f"/federation/v1/ledger/inclusion?size={size}&leaf={right}")
    assert found.json()["index"] == leaf.index, "whoever was given the salt can check"


def test_an_amber_record_is_opened_with_a_purpose_before_its_proofs(logged: Logged, browser: Browser) -> None:
    window = browser("security_officer")
    path = f"/records/{logged.hidden.ref}/proof"
    leaf = leaf_of(logged, logged.hidden)
    for closed in (path, f"{path}/{leaf.index}.json"):
        answer = window.get(closed)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/records/{logged.hidden.ref}")
        assert leaf.salt not in answer.text
    window.post(f"/records/{logged.hidden.ref}/open", data={"purpose": "protect_own_institution"})
    assert leaf.salt in window.get(path).text
    assert window.get(f"{path}/{leaf.index}.json").json()["salt"] == leaf.salt


def test_the_log_page_shows_the_head_its_witnesses_and_the_keys(logged: Logged, browser: Browser) -> None:
    with logged.unit() as unit:
        head = ledger.newest_checkpoint(unit.db)
        assert head is not None
        before = browser().get("/ledger").text
        line = "\u2014 comity/kestria AAAAAAAAAAAA"
        ledger.put_cosignature(unit.db, ledger.Cosignature(head.size, "kestria", line, unit.now))
    assert "Nobody has cosigned this head yet" in before
    shown = browser().get("/ledger").text
    assert head.root in shown
    assert "<li>kestria," in shown
    assert "The node made its first key" in shown
    assert "A trust group or an allied node changed" not in shown
    assert "A trust group or an allied node changed" in browser("auditor").get("/ledger").text
    key = re.search(r'href="(/ledger/leaves/\d+\.json)"', shown)
    assert key is not None
    proof = browser().get(key[1]).json()
    assert proof["entry"]["what"] == "key"
    assert all(len(b64decode(one)) == 32 for one in proof["inclusion"])


def test_a_log_that_is_not_one_is_told_at_the_top_and_in_the_list(logged: Logged, browser: Browser) -> None:
    with logged.unit() as unit:
        for node in ("sudland", "kestria"):
            peers.add(unit.db, known(node))
            seen = witnessed.Seen(node, 4, "aa" * 32, "note", witnessed.CONSISTENT, unit.now)
            witnessed.add(unit.db, seen)
        other = witnessed.Seen("kestria", 4, "bb" * 32, "note", witnessed.EQUIVOCATION, unit.now)
        witnessed.add(unit.db, other)
    shown = browser().get("/ledger").text
    assert 'role="alert"' in shown
    assert "Kestria Exchange shows more than one log" in shown
    assert shown.count("More than one log") == 1
    assert shown.count("One log that only grew") == 1


def test_a_node_whose_log_is_empty_says_so(portal: Portal, browser: Browser) -> None:
    shown = browser().get("/ledger")
    assert shown.status_code == 200
    assert "Nothing is in the log yet." in shown.text


def test_a_leaf_that_no_head_covers_yet_is_said_to_come(logged: Logged, browser: Browser) -> None:
    with logged.unit() as unit:
        index = notarize(
            unit, "recall", record_uid=logged.open.uid, entry={}, audience_id=logged.open.audience_id
        )
    shown = browser().get(f"/records/{logged.open.ref}/proof").text
    assert "load this page again" in shown
    assert browser().get(f"/records/{logged.open.ref}/proof/{index}.json").status_code == 404
