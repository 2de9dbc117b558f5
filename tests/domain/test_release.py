"""The release check: each reason alone, and never a yes where the policy says no (product 4.10.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.access import releasable_to, sent_to
from comity.domain.audience import Audience, Stage, audience_of
from comity.domain.handling import AudienceChoice, Caveat, Handling
from comity.domain.legal_profile import LegalProfile
from comity.domain.peer import PeerState, Purpose
from comity.domain.release import FEED_PURPOSE, REASONS, Party, Released, Version, Withheld, check, in_feed
from comity.domain.rules import allows
from comity.domain.tlp import TLP
from comity.domain.viewer import Viewer
from tests import allies

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HERE = LegalProfile.model_validate(allies.legal_profile("NO"))
THERE = LegalProfile.model_validate(allies.legal_profile("SE"))
ALLY = allies.known(groups=frozenset({"fjord"}))


def audience(tlp: TLP = TLP.GREEN, *, stage: Stage = Stage.LIVE, **handling: Any) -> Audience:
    return audience_of(
        Handling.model_validate({"tlp": tlp, **handling}),
        stage=stage,
        node="nordmark",
        organization="uni-north",
        author="ann",
        assigned=frozenset(),
        trust_group="fjord",
    )


AMBER = audience(TLP.AMBER, releasable_to=["node:sudland"])


def version(facts: Audience | None = None, **changes: Any) -> Version:
    one = Version(
        kind="advisory",
        audience=facts or audience(),
        under_dispute=False,
        severe=False,
        embargo_until=None,
        personal_data="none",
        orcon_waiting=(),
        attachments_clean=True,
        signed=True,
    )
    return replace(one, **changes)


def party(
    profile: LegalProfile | None = THERE, *, agreed: dict[str, Any] | None = None, **changes: Any
) -> Party:
    agreement = allies.AGREEMENT.model_copy(update=agreed or {})
    return Party.of(replace(ALLY, **{"agreement": agreement, **changes}), profile)


def asked(one: Version, to: Party | None = None, **more: Any) -> tuple[str, ...]:
    given_ = {"here": HERE, "purpose": FEED_PURPOSE, "decided": False, "now": NOW, **more}
    answer = check(one, to or party(), **given_)
    return answer.reasons if isinstance(answer, Withheld) else ()


def law(**changes: Any) -> LegalProfile:
    return LegalProfile.model_validate(allies.legal_profile("SE", **changes))


def disclosure(**changes: Any) -> dict[str, Any]:
    return {"disclosure_law": allies.legal_profile()["disclosure_law"] | changes}


@pytest.mark.parametrize("one", [version(audience(TLP.CLEAR)), version(), version(kind="best_practice")])
def test_what_is_clear_or_for_the_trust_group_goes(one: Version) -> None:
    assert check(one, party(), here=HERE, purpose=FEED_PURPOSE, decided=False, now=NOW) == Released()


def test_amber_goes_to_a_named_node_by_a_decision() -> None:
    assert asked(version(AMBER), decided=True, purpose=Purpose.PROTECT_ORGANIZATION.value) == ()
    assert asked(version(AMBER)) == ("no-decision",)
    at_org = audience(TLP.AMBER_STRICT, releasable_to=["org:sudland.uni-far"])
    assert asked(version(at_org), decided=True) == ()


@pytest.mark.parametrize(
    ("one", "to", "reasons"),
    [
        (version(), party(state=PeerState.PROPOSED), ["not-admitted"]),
        (version(), party(state=PeerState.PAUSED), ["paused"]),
        (version(), party(state=PeerState.ENDED), ["ended"]),
        (version(), party(agreed={"ends_on": NOW.date() - timedelta(days=1)}), ["agreement-over"]),
        (version(), party(agreed={"kinds": ("best_practice",)}), ["kind-not-agreed"]),
        (version(), party(agreed={"purposes": ("answer_request",)}), ["purpose-not-agreed"]),
        (version(), party(agreed={"highest_marking": TLP.CLEAR}), ["above-agreement"]),
        (version(), party(groups=frozenset()), ["outside-group"]),
        (version(audience(releasable_to=["node:other"])), None, ["not-named"]),
        (version(audience(TLP.GREEN, caveats=["REL"], releasable_to=["node:other"])), None, ["not-named"]),
        (version(audience(audience={"organizations": ["uni-south"]})), None, ["named-organizations"]),
        (version(audience(stage=Stage.ENDED)), None, ["not-published"]),
        (version(audience(stage=Stage.WORK)), None, ["not-published"]),
        (version(audience(stage=Stage.TOMBSTONE)), None, ["not-published"]),
        (version(embargo_until=NOW + timedelta(seconds=1)), None, ["embargo"]),
        (version(orcon_waiting=("RSI-OTHER-ADV-2026-1",)), None, ["orcon"]),
        (version(attachments_clean=False), None, ["attachments"]),
        (version(signed=False), None, ["unsigned"]),
        (
            version(personal_data="exceptional"),
            None,
            ["personal-data", "may-not-receive", "no-transfer-basis"],
        ),
        (version(personal_data="official_capacity"), None, ["no-transfer-basis"]),
        (version(), party(None), ["no-profile"]),
        (version(), party(law(may_not_receive=["advisory"])), ["may-not-receive"]),
        (
            version(audience(TLP.RED, audience={"persons": ["bo"]}, releasable_to=["node:sudland"])),
            None,
            ["red"],
        ),
    ],
)
def test_each_reason_alone(one: Version, to: Party | None, reasons: list[str]) -> None:
    assert list(asked(one, to)) == reasons


def test_a_disputed_severe_claim_goes_only_to_those_who_take_it_as_disputed() -> None:
    refusing = party(agreed={"accepts_disputes": False})
    assert asked(version(under_dispute=True, severe=True), refusing) == ("disputed",)
    assert asked(version(under_dispute=True, severe=False), refusing) == ()
    assert asked(version(severe=True), refusing) == ()
    assert asked(version(under_dispute=True, severe=True)) == ()


def test_personal_data_of_office_holders_goes_where_our_law_has_a_basis() -> None:
    basis = {
        "data_protection": {
            "regime": "GDPR",
            "authority": "A",
            "transfer_basis": {"SE": "adequacy", "DK": "none"},
        }
    }
    here = LegalProfile.model_validate(allies.legal_profile("NO", **basis))
    one = version(personal_data="official_capacity")
    assert asked(one, here=here) == ()
    danish = party(LegalProfile.model_validate(allies.legal_profile("DK")))
    assert asked(one, danish, here=here) == ("no-transfer-basis",)
    assert asked(one, party(LegalProfile.model_validate(allies.legal_profile("NO"))), here=here) == ()


def test_our_own_profile_may_keep_a_category_here() -> None:
    here = LegalProfile.model_validate(allies.legal_profile("NO", may_not_send=["due_diligence_note"]))
    assert asked(version(kind="due_diligence_note"), here=here) == ("may-not-send",)
    assert asked(version(), here=here) == ()
    assert asked(version(), here=None) == ("no-own-profile",)


@pytest.mark.parametrize(
    ("profile", "reasons"),
    [
        (law(**disclosure(accepts_amber_from_peers=False)), ["does-not-accept-amber"]),
        (law(**disclosure(exemptions_relied_on=[])), ["disclosure-law"]),
        (law(**disclosure(exemptions_relied_on=[], applies_to_operator=False)), []),
        (law(review_due="2026-03-01"), ["profile-overdue"]),
        (law(review_due="2026-03-02"), []),
    ],
)
def test_amber_asks_more_of_their_law_than_green(profile: LegalProfile, reasons: list[str]) -> None:
    """J-10.4: a peer whose profile does not accept AMBER is refused, whatever anybody here decided."""
    assert list(asked(version(AMBER), party(profile), decided=True)) == reasons
    assert asked(version(), party(profile)) == ()


def test_the_last_day_of_an_agreement_still_counts() -> None:
    last = party(agreed={"ends_on": date(2026, 3, 2)})
    assert asked(version(), last, now=datetime(2026, 3, 2, 23, 59, tzinfo=UTC)) == ()
    assert asked(version(), last, now=datetime(2026, 3, 3, tzinfo=UTC)) == ("agreement-over",)


def test_all_reasons_are_told_and_each_is_a_sentence() -> None:
    worst = version(audience(TLP.AMBER, stage=Stage.ENDED), signed=False, personal_data="exceptional")
    answer = check(
        worst, party(None, state=PeerState.PAUSED), here=HERE, purpose="nothing", decided=False, now=NOW
    )
    assert isinstance(answer, Withheld)
    assert answer.reasons == (
        "paused", "purpose-not-agreed", "not-published", "not-named", "no-decision", "personal-data", "no-profile", "unsigned",
    )  # fmt: skip
    assert answer.sentences == tuple(REASONS[code] for code in answer.reasons)
    assert all(sentence.endswith(".") and len(code) <= 60 for code, sentence in REASONS.items())


WORDS = ["node:nordmark", "node:sudland", "node:kestria", "group:fjord", "group:other", "org:sudland.uni-far"]
some_words = st.lists(st.sampled_from(WORDS), max_size=3, unique=True).map(tuple)
handlings = st.builds(
    Handling,
    tlp=st.sampled_from(TLP),
    audience=st.sampled_from(
        [AudienceChoice(), AudienceChoice(organizations=("uni-south",)), AudienceChoice(persons=("bo",))]
    ),
    releasable_to=some_words,
    caveats=st.lists(st.sampled_from(Caveat), max_size=2, unique=True).map(tuple),
)
audiences = st.builds(
    audience_of,
    handlings,
    stage=st.sampled_from(Stage),
    node=st.just("nordmark"),
    organization=st.just("uni-north"),
    author=st.just("ann"),
    assigned=st.just(frozenset()),
    trust_group=st.just("fjord"),
)
parties = st.builds(
    party,
    st.sampled_from([THERE, None]),
    agreed=st.fixed_dictionaries({"highest_marking": st.sampled_from(TLP)}),
    state=st.sampled_from([PeerState.ADMITTED, PeerState.ADMITTED, PeerState.PAUSED]),
    groups=st.frozensets(st.sampled_from(["fjord", "other"])),
)


@given(audiences, parties, st.booleans())
def test_it_never_says_yes_where_the_policy_says_no(facts: Audience, to: Party, decided: bool) -> None:
    if asked(version(facts), to, decided=decided):
        return
    assert allows(releasable_to(to.peer), facts.facts())
    if facts.tlp in (TLP.CLEAR, TLP.GREEN):
        assert allows(sent_to(to.peer), facts.facts())
    else:
        assert facts.tlp is not TLP.RED
        assert decided


@given(audiences, parties)
def test_what_stands_in_the_feed_reaches_no_node_that_was_refused(facts: Audience, to: Party) -> None:
    """Two nodes: one is refused whatever the policy says, the other is asked. Neither gets more than the policy gives it."""
    refused = replace(to.peer, node="kestria", organizations=frozenset({"kestria.uni"}))
    goes = not asked(version(facts), to)
    narrowed = in_feed(
        facts, refused=["kestria"] if goes else ["kestria", "sudland"], released=["sudland"] if goes else []
    )
    assert not allows(sent_to(refused), narrowed.facts())
    assert allows(sent_to(to.peer), narrowed.facts()) == (goes and facts.tlp in (TLP.CLEAR, TLP.GREEN))
    assert in_feed(facts, refused=[], released=["sudland"]) == facts


def test_a_refusal_takes_nothing_from_the_readers_at_home() -> None:
    facts = audience(TLP.CLEAR)
    narrowed = in_feed(facts, refused=["kestria"], released=["sudland"])
    home = Viewer(node="nordmark", groups=frozenset({"fjord"}))
    assert narrowed.releasable & home.release_tokens
    assert narrowed.releasable & Viewer.public("nordmark").release_tokens
    assert narrowed.releasable == {"node:nordmark", "node:sudland"}
