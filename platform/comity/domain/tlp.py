"""Traffic Light Protocol 2.0 (FIRST, August 2022): five labels, what each means, and their STIX ids.

RED is not "level 4": it means named recipients, so no rule anywhere compares it as a rank with the others. `restriction` exists
only to say which of two markings is the stricter (H-01, H-02) and what a peer may receive at most.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class TLP(StrEnum):
    """The labels exactly as FIRST spells them: capitals, no spaces, never translated."""

    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    AMBER_STRICT = "AMBER+STRICT"
    RED = "RED"

    @property
    def label(self) -> str:
        """As printed: `TLP:AMBER+STRICT`."""
        return f"TLP:{self.value}"

    @property
    def token(self) -> str:
        """As stored in an audience: lowercase ASCII."""
        return self.value.lower()

    @property
    def restriction(self) -> int:
        """Order of strictness, for choosing the stricter of two markings; not a clearance level."""
        return _ORDER.index(self)

    @property
    def meaning(self) -> str:
        """One plain sentence for the reader (H-06)."""
        return _MEANING[self]

    @property
    def stix_marking_id(self) -> str:
        """Fixed id of the marking-definition object (STIX 2.1 TLP 2.0 extension)."""
        return _STIX[self]


_ORDER: Final = (TLP.CLEAR, TLP.GREEN, TLP.AMBER, TLP.AMBER_STRICT, TLP.RED)

_MEANING: Final = {
    TLP.CLEAR: "Anyone may read this and pass it on, subject to copyright.",
    TLP.GREEN: "For the research-security community: share with peers and partner organizations in it, never on a public channel.",
    TLP.AMBER: "For those in your organization who need to know, and its registered clients who must act to protect themselves.",
    TLP.AMBER_STRICT: "For those in your organization who need to know, and nobody outside it.",
    TLP.RED: "For you as a named recipient. Do not pass it on, not even inside your organization.",
}

_STIX: Final = {
    TLP.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    TLP.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    TLP.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    TLP.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    TLP.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}


def parse_tlp(text: str) -> TLP:
    """Read a marking as others write it (`TLP:WHITE`, `tlp:amber+strict`). Unknown means most restrictive: RED."""
    cleaned = text.strip().upper().removeprefix("TLP:").removeprefix("TLP ").replace(" ", "")
    if cleaned == "WHITE":
        return TLP.CLEAR
    return TLP(cleaned) if cleaned in TLP._value2member_map_ else TLP.RED


def strictest(labels: Iterable[TLP]) -> TLP:
    """The marking a derived record takes from its parts (H-01). No parts: RED, because nothing is known."""
    return max(labels, key=lambda label: label.restriction, default=TLP.RED)
