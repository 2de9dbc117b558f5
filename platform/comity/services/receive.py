"""Take one object from an allied node's machine: verify it and do what the notice asks (exchange rules 3 and 5).

Only a signed notice of the node that posts it is taken. What becomes of it is told to that machine at once, in the status, besides
the signed answer that the handler may send later.
"""

from __future__ import annotations

from typing import Any

from comity.domain.errors import ComityError
from comity.domain.notice import Outcome
from comity.domain.signing import Refused, verify_object
from comity.domain.taxii_status import Status
from comity.domain.viewer import Viewer
from comity.services.obey import obey
from comity.services.sign import key_of
from comity.services.unit import Unit
from comity.stix.notices import is_notice


def receive(unit: Unit, obj: dict[str, Any], status: Status) -> None:
    """Put into `status` what became of the object. `unit` is that of the allied node's machine."""
    outcome = _outcome(unit, obj)
    said = ": ".join(part for part in (outcome.reason, outcome.text) if part)
    if outcome.refused:
        status.refused(obj, said or "refused")
    else:
        status.took(str(obj.get("id"))[:120], str(obj.get("modified", ""))[:40], said or outcome.result)


def _outcome(unit: Unit, obj: dict[str, Any]) -> Outcome:
    if unit.viewer.peer is None:
        return Outcome.refusal("not-a-node", "Only allied nodes post here.")
    sender = unit.viewer.peer.node
    job = unit.acting_as(Viewer.system(unit.viewer.node, f"obey a notice of {sender}"))
    if not is_notice(obj):
        return Outcome.refusal(
            "not-a-notice", "Only notices are posted here. Records are read from the feed of their node."
        )

    try:
        with unit.db.begin_nested():
            return obey(job, verify_object(obj, key_of(job), now=unit.now), sender=sender)
    except Refused as bad:
        return Outcome.refusal(bad.reason)
    except ComityError as error:
        return Outcome.refusal(error.code, error.sentence)
