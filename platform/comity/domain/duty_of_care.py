"""Places where people under pressure from a foreign state find help, as each node names them for its country (SG-17). Data only."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from comity.domain.policy import Part, PolicyDocument

Line = Annotated[str, Field(min_length=1, max_length=400)]


class Place(Part):
    """One place: what it is, what it promises about confidence, and how it is reached (an address, a number, a link)."""

    name: Line
    says: Line
    how: Line


class DutyOfCare(PolicyDocument):
    """`policies/duty_of_care.yaml`."""

    places: tuple[Place, ...]
