"""What every policy document has in common: a version that is stamped on whatever it decided, and no unknown keys.

Refuses to know where documents are kept or how they are written (`comity.policies` reads them). Source: G-42.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """A piece of a policy document: immutable; an unknown key is an error, because a misspelt rule would be silently no rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PolicyDocument(Part):
    """A whole document. `version` is three numbers, raised by every change that council votes (G-42)."""

    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
