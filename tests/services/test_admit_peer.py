"""An ally is admitted by council after a confirmed key and two legal profiles, and not before (J-09.1, F-05, S29)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from comity.domain.descriptor import fingerprint
from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, SignInNeeded
from comity.domain.peer import Agreement, KnownPeer, PeerState
from comity.domain.peering import Standing
from comity.domain.signing import SigningKey
from comity.domain.tlp import TLP
from comity.services import admit_peer, pause_peer, peer_steps, propose_peer
from comity.services.look_at_node import Found
from comity.services.unit import Unit
from comity.storage import ledger, outbox, peers
from tests import allies
from tests.factories import NOW, person_id
from tests.place import Place

COUNCIL = ("council_gov", "council_uni", "council_ngo")
WHY = "Its institutes work with ours, and both ask for it."
KEY: SigningKey = allies.new_key("sudland")


def found(**changes: Any) -> Found:
    """What the other node says of itself."""
    jwk = KEY.key.as_dict(private=False)
    key = {
        "kid": KEY.kid,
        "jwk": {name: jwk[name] for name in ("kty", "crv", "x")},
        "valid_from": allies.SINCE.isoformat(),
    }
    where = "https://sudland.example"
    said = {
        "type": "comity-node", "id": "sudland", "name": "Sudland Exchange", "country": "SE", "languages": ["sv"],
        "modified": NOW.isoformat(), "base_url": where, "token_endpoint": f"{where}/federation/v1/token",
        "taxii": {"discovery": f"{where}/taxii2/", "api_root": f"{where}/taxii2/api/", "records": "r", "inbox": "i"},
        "ledger": {"origin": "sudland", "key": "k", "checkpoint": f"{where}/checkpoint"},
        "protocol": {"current": 1, "understood": [1]}, "keys": [key], "legal_profile": allies.legal_profile(),
    }  # fmt: skip
    given = {
        "node_id": "sudland",
        "fingerprint": fingerprint(KEY.kid),
        "keys": (allies.public(KEY),),
        "descriptor": said,
        "base_url": where,
        "name": "Sudland Exchange",
        "country": "SE",
        "legal_profile": allies.legal_profile(),
    }
    return Found(**{**given, **changes})


class Admission:
    """The steps of an admission, each by the person whose step it is."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def do(self, who: str, act: Callable[[Unit], Any], **later: float) -> Any:
        with self.place.unit(who, now=NOW + timedelta(**later)) as unit:
            return act(unit)

    def propose(self, agreement: Agreement = allies.AGREEMENT, **said: Any) -> KnownPeer:
        peer: KnownPeer = self.do(
            "federation_officer",
            lambda unit: propose_peer.propose(unit, found=found(**said), agreement=agreement, text=WHY),
        )
        return peer

    def confirm(self, who: str = "council_uni", said: str = fingerprint(KEY.kid)) -> None:
        how = "By telephone with their officer, whom we have met."
        self.do(who, lambda unit: propose_peer.confirm(unit, node_id="sudland", fingerprint=said, how=how))

    def review(self, who: str = "federation_officer") -> None:
        text = "Both keep AMBER from disclosure on the ground of confidence."
        self.do(who, lambda unit: admit_peer.review_profiles(unit, node_id="sudland", text=text))

    def acknowledge(self) -> None:
        self.do("data_protection_officer", lambda unit: admit_peer.acknowledge(unit, node_id="sudland"))

    def vote(self, *whos: str, agrees: bool = True) -> Standing:
        standing: Standing | None = None
        for who in whos or COUNCIL:
            text = "" if agrees else "We have not heard enough about their law."
            standing = self.do(who, partial(admit_peer.vote, node_id="sudland", agrees=agrees, text=text))
        assert standing is not None
        return standing

    def apply(self, who: str = "node_admin", **later: float) -> KnownPeer:
        peer: KnownPeer = self.do(who, lambda unit: admit_peer.apply(unit, node_id="sudland"), **later)
        return peer

    def all_of_it(self) -> KnownPeer:
        self.propose()
        self.confirm()
        self.review()
        self.acknowledge()
        self.vote()
        return self.apply()

    def peer(self) -> KnownPeer:
        peer = self.do("system", lambda unit: peers.get(unit.db, unit.viewer, "sudland"))
        assert isinstance(peer, KnownPeer)
        return peer


@pytest.fixture
def admission(place: Place) -> Admission:
    return Admission(place)


@pytest.fixture
def here(sqlite_place: Place) -> Admission:
    return Admission(sqlite_place)


def test_an_ally_is_admitted_when_everything_is_in_hand(admission: Admission) -> None:
    peer = admission.all_of_it()
    assert peer.state is PeerState.ADMITTED
    assert peer.agreement == allies.AGREEMENT
    assert admission.peer().connected(NOW)
    with admission.place.unit("council_uni") as unit:
        steps = peers.steps(unit.db, unit.viewer, "sudland")
        assert [one.what for one in steps] == [
            "proposed", "confirmed", "reviewed", "acknowledged", "voted", "voted", "voted", "admitted",
        ]  # fmt: skip
        assert [one.by_sector for one in steps if one.what == "voted"] == [
            "government",
            "academia",
            "civil_society",
        ]
    with admission.place.unit("system") as unit:
        events = [event.what for event in outbox.after(unit.db, 0, limit=100)]
        assert "peer.admitted" in events
        assert ledger.size(unit.db) == 1
    assert [one for one in admission.place.audited() if one.startswith("peer.")] == [
        f"peer.{one.what}" for one in steps
    ]


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ("confirm", "fingerprint"),
        ("review", "two legal profiles"),
        ("acknowledge", "data protection officer"),
        ("vote", "majority of the members"),
    ],
)
def test_nothing_can_be_left_out(here: Admission, left_out: str, said: str) -> None:
    """J-09.1: nor by the operator, nor by a job of the node."""
    here.propose()
    for step in ("confirm", "review", "acknowledge", "vote"):
        if step != left_out:
            getattr(here, step)()
    for who in ("node_admin", "system"):
        with pytest.raises(Conflict, match=said):
            here.apply(who)
    assert here.peer().state is PeerState.PROPOSED
    assert here.peer().agreement is None
    getattr(here, left_out)()
    assert here.apply().state is PeerState.ADMITTED


def test_council_needs_three_sectors_and_a_majority(here: Admission) -> None:
    here.propose()
    here.confirm()
    here.review()
    here.acknowledge()
    assert not here.vote("council_gov", "council_uni").complete
    assert not here.vote("council_ngo", agrees=False).complete
    with pytest.raises(Conflict, match="3 sectors must agree"):
        here.apply()
    assert here.vote("council_firm").complete  # three of four, from three sectors
    assert here.vote("council_ngo").complete  # whose last word counts


def test_a_profile_that_changes_after_the_review_is_read_anew(here: Admission) -> None:
    here.propose()
    here.confirm()
    here.review()
    here.acknowledge()
    here.vote()
    changed = found(legal_profile=allies.legal_profile(disclosure_law={
        "applies_to_operator": True, "exemptions_relied_on": [], "accepts_amber_from_peers": True,
    }))  # fmt: skip
    here.do("federation_officer", lambda unit: propose_peer.refresh(unit, node_id="sudland", found=changed))
    with pytest.raises(Conflict, match="two legal profiles"):
        here.apply()
    here.review()
    assert here.apply().state is PeerState.ADMITTED


@pytest.mark.parametrize("profile", [{}, {"data_protection": "GDPR"}])
def test_a_node_without_a_readable_profile_is_not_admitted(here: Admission, profile: dict[str, Any]) -> None:
    here.propose(legal_profile=profile)
    with pytest.raises(Conflict, match="legal profile"):
        here.review()
    here.confirm()
    here.acknowledge()
    here.vote()
    with pytest.raises(Conflict, match="shows no legal profile"):
        here.apply()


def test_whoever_typed_the_address_does_not_confirm_the_fingerprint(here: Admission) -> None:
    here.propose()
    with pytest.raises(NotAllowed, match="Somebody else"):
        here.confirm("federation_officer")
    with pytest.raises(Invalid, match="attention"):
        here.confirm(said="ab12" * 16)
    assert here.do("system", lambda unit: peers.keys(unit.db, unit.viewer, "sudland")) == []
    read_out = fingerprint(KEY.kid)
    here.confirm("node_admin", " ".join(read_out[at : at + 4] for at in range(0, 64, 4)))
    keys = here.do("system", lambda unit: peers.keys(unit.db, unit.viewer, "sudland"))
    assert [one.kid for one in keys] == [KEY.kid]


def test_another_key_is_confirmed_like_the_first(here: Admission) -> None:
    """S29: what was confirmed is a key, not an address."""
    here.propose()
    here.review()
    here.acknowledge()
    here.vote()
    other = found(fingerprint="cd" * 32)
    here.do("federation_officer", lambda unit: propose_peer.refresh(unit, node_id="sudland", found=other))
    with pytest.raises(Invalid):
        here.confirm()
    with pytest.raises(Conflict, match="fingerprint"):
        here.apply()


def test_after_the_confirmation_a_key_that_follows_from_nothing_is_not_taken(here: Admission) -> None:
    here.all_of_it()
    forged = found(fingerprint="cd" * 32, keys=(allies.public(allies.new_key("sudland")),))
    with pytest.raises(Conflict, match="keys of this node"):
        here.do(
            "federation_officer", lambda unit: propose_peer.refresh(unit, node_id="sudland", found=forged)
        )
    assert here.peer().fingerprint == fingerprint(KEY.kid)


def test_everybody_takes_their_own_step_alone(here: Admission) -> None:
    for who in ("council_uni", "node_admin", "data_protection_officer", "editor", "researcher", "public"):
        with pytest.raises((NotAllowed, SignInNeeded)), here.place.unit(who) as unit:
            propose_peer.propose(unit, found=found(), agreement=allies.AGREEMENT, text=WHY)
    here.propose()
    for who in ("federation_officer", "node_admin", "editor", "data_protection_officer"):
        with pytest.raises(NotAllowed):
            here.vote(who)
    for who in ("federation_officer", "council_uni", "data_protection_officer", "editor"):
        with pytest.raises(NotAllowed):
            here.apply(who)
    with pytest.raises(NotAllowed), here.place.unit("council_uni") as unit:
        admit_peer.acknowledge(unit, node_id="sudland")
    with pytest.raises(NotFound), here.place.unit("council_uni") as unit:
        admit_peer.vote(unit, node_id="nowhere", agrees=True)


def test_another_agreement_needs_the_same_quorum(here: Admission) -> None:
    here.all_of_it()
    wider = allies.AGREEMENT.model_copy(update={"kinds": ("advisory",), "highest_marking": TLP.GREEN})
    here.do(
        "federation_officer",
        lambda unit: propose_peer.offer(unit, node_id="sudland", agreement=wider, text=WHY),
    )
    with pytest.raises(Conflict, match="two legal profiles"):
        here.apply()
    assert here.peer().agreement == allies.AGREEMENT
    here.review()
    here.acknowledge()
    here.vote()
    epoch = here.peer().epoch
    assert here.apply().agreement == wider
    assert here.peer().epoch == epoch + 1
    with pytest.raises(Conflict, match="before council"):
        here.vote()


def test_an_offer_asks_every_voice_again(here: Admission) -> None:
    here.propose()
    here.confirm()
    here.review()
    here.acknowledge()
    here.vote()
    shorter = allies.AGREEMENT.model_copy(update={"ends_on": date(2027, 1, 1)})
    here.do(
        "federation_officer",
        lambda unit: propose_peer.offer(unit, node_id="sudland", agreement=shorter, text=WHY),
    )
    with here.place.unit("council_uni") as unit:
        standing = peer_steps.standing_of(unit, here.peer())
    assert standing.offer == shorter
    assert standing.votes == ()
    assert standing.confirmed_by == person_id("council_uni")


@pytest.mark.parametrize(
    "changes",
    [
        {"highest_marking": TLP.RED},
        {"kinds": ("rumour",)},
        {"purposes": ("curiosity",)},
        {"ends_on": NOW.date() - timedelta(days=1)},
        {"groups": ("Fjord!",)},
    ],
)
def test_some_agreements_cannot_be_offered(here: Admission, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        here.propose(allies.AGREEMENT.model_copy(update=changes))


def test_a_node_is_proposed_once_and_not_to_itself(here: Admission) -> None:
    here.propose()
    with pytest.raises(Conflict, match="known already"):
        here.propose()
    with pytest.raises(Invalid):
        here.propose(node_id="nordmark")


def test_a_pause_is_one_step_and_gives_back_what_council_gave(here: Admission) -> None:
    here.all_of_it()
    for who, act in (
        ("node_admin", pause_peer.pause),
        ("federation_officer", pause_peer.resume),
        ("federation_officer", pause_peer.pause),
    ):
        before = here.peer()
        moved = here.do(who, partial(act, node_id="sudland", reason="They asked us to."))
        assert moved.connected(NOW) is (act is pause_peer.resume)
        assert moved.epoch == before.epoch + 1
    with pytest.raises(NotAllowed), here.place.unit("council_uni") as unit:
        pause_peer.resume(unit, node_id="sudland", reason="We would rather go on.")
    with here.place.unit("public") as unit:
        assert peers.get(unit.db, unit.viewer, "sudland") is not None  # that it is paused is no secret


def test_the_end_is_final_and_a_new_beginning_asks_for_everything(here: Admission) -> None:
    here.all_of_it()
    here.do(
        "federation_officer", lambda unit: pause_peer.end(unit, node_id="sudland", reason="They closed down.")
    )
    with pytest.raises(Conflict), here.place.unit("federation_officer") as unit:
        pause_peer.resume(unit, node_id="sudland", reason="They opened again.")
    peer = here.propose()
    assert (peer.state, peer.agreement) == (PeerState.PROPOSED, None)
    here.review()
    here.acknowledge()
    here.vote()
    with pytest.raises(Conflict, match="fingerprint"):
        here.apply()


def test_a_proposal_that_was_closed_stays_unknown_to_others(here: Admission) -> None:
    here.propose()
    here.do(
        "federation_officer", lambda unit: pause_peer.end(unit, node_id="sudland", reason="They withdrew it.")
    )
    with here.place.unit("researcher") as unit:
        assert peers.get(unit.db, unit.viewer, "sudland") is None


def test_the_clock_pauses_whose_agreement_is_over(here: Admission) -> None:
    here.propose(allies.AGREEMENT.model_copy(update={"ends_on": NOW.date()}))
    here.confirm()
    here.review()
    here.acknowledge()
    here.vote()
    here.apply()
    assert here.do("system", pause_peer.pause_due) == []
    assert here.do("system", pause_peer.pause_due, days=1) == ["sudland"]
    assert here.peer().state is PeerState.PAUSED
    with pytest.raises(Conflict, match="end date"):
        here.do(
            "node_admin",
            lambda unit: pause_peer.resume(unit, node_id="sudland", reason="Go on as before."),
            days=1,
        )
