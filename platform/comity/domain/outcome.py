"""What became of something that an allied node sent: the word of the answer, the reason, and whether anything changed here."""

from __future__ import annotations

from dataclasses import dataclass

from comity.domain.notice import Result


@dataclass(frozen=True)
class Outcome:
    """`reason` is a code and `text` a sentence for the people of the other node. `changed` is false for what was known already."""

    result: Result
    reason: str = ""
    text: str = ""
    changed: bool = True

    @property
    def refused(self) -> bool:
        """Nothing was done."""
        return self.result == "refused"


def refused(reason: str, text: str = "") -> Outcome:
    """The thing was not taken."""
    return Outcome("refused", reason, text, changed=False)


UNCHANGED = Outcome("applied", changed=False)
"""It was here already: delivered twice, or by another way."""
