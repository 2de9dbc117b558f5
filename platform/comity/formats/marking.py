"""Reads the marking of a foreign document (TLP 1.0 and 2.0). What nobody knows counts as RED, and RED is never imported."""

from __future__ import annotations

from typing import Final

from comity.domain.tlp import TLP, parse_tlp
from comity.formats.rows import BadDocument

_TLP_1: Final = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": TLP.CLEAR,
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": TLP.GREEN,
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": TLP.AMBER,
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": TLP.RED,
}
STIX_MARKINGS: Final = {**_TLP_1, **{tlp.stix_marking_id: tlp for tlp in TLP}}
"""Ids of the TLP 1.0 and 2.0 marking definitions."""


def read_marking(text: str) -> TLP | None:
    """`TLP:WHITE` is CLEAR; nothing is None. Raises `BadDocument` for RED and for what nobody knows."""
    if not text:
        return None
    tlp = parse_tlp(text)
    if tlp is TLP.RED and "RED" not in text.upper():
        raise BadDocument(
            "marking", f"“{text[:40]}” is not a marking of TLP 2.0, so it counts as RED and is not imported."
        )
    refuse_red(tlp)
    return tlp


def refuse_red(tlp: TLP | None) -> None:
    """RED is for the named recipients of one exchange; a file on a disk names nobody."""
    if tlp is TLP.RED:
        raise BadDocument(
            "marking", "TLP:RED is for named recipients only and cannot be imported from a file."
        )
