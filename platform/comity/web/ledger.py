"""The pages of the transparency log: its newest signed head, who cosigned it, and for a record what was written down, with proofs.

A proof page is a child of its record and passes the same gate: whoever may not know of the record gets the same 404, and one that
opens only with a purpose is opened first (H-04, H-08). Nothing here tells anything of a leaf whose record the reader cannot see.
"""

from __future__ import annotations

import json
from typing import Any, Final

from starlette.responses import Response

from comity.domain.checkpoint import node_of, verifier_key
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import prove, read, sign, sign_head, witness
from comity.services.prove import Written
from comity.web.notices import redirect
from comity.web.rendering import page

router = new_router(include_in_schema=False)

WORDS: Final = {
    "release": "A version was placed where allied nodes read it",
    "withdrawal": "A version was taken back from where allied nodes read it",
    "signed_anew": "A version was signed by another key of the node, and placed again",
    "recall": "Allied nodes were asked to stop using it",
    "key": "A signing key of the node changed",
    "membership": "A trust group or an allied node changed",
}
STEPS: Final = {
    "made": "The node made its first key",
    "rotated": "The node changed its key",
    "revoked": "The node revoked a key",
    "replaced": "The node began anew with a key that people have to confirm",
}


@router.get("/ledger")
@capability("public")
def log(ctx: Ctx) -> Response:
    """How long the log is, its signed head, who cosigned it, and what the node wrote down about itself."""
    head = prove.newest_or_none(ctx.unit)
    return page(
        ctx,
        "ledger/log.html",
        head=head,
        note=sign_head.served(ctx.unit, head) if head else "",
        key=_verifier_key(ctx),
        witnesses=prove.witnesses_of(ctx.unit, head) if head else [],
        own=[_shown(one) for one in prove.about_node(ctx.unit)],
        watched=witness.watched_logs(ctx.unit),
    )


@router.get("/ledger/leaves/{index}.json")
@capability("public")
def leaf(ctx: Ctx, index: int) -> Response:
    """The proof of a leaf about the node itself, to take away."""
    return _file(ctx, prove.one(ctx.unit, index))


@router.get("/records/{ref}/proof")
@capability("public")
def record_proofs(ctx: Ctx, ref: str) -> Response:
    """What the log says of one record."""
    reading = read.read(ctx.unit, ref=ref)
    if reading.needs_purpose:
        return redirect(ctx, f"/records/{reading.record.ref}")
    record = reading.record
    found = prove.about_record(ctx.unit, record)
    return page(
        ctx,
        "ledger/proof.html",
        record=record,
        marking={"tlp": reading.audience.tlp.value},
        tlp=reading.audience.tlp.value,
        copy_of=record.origin_node if record.is_copy(ctx.node.node_id) else "",
        leaves=[_shown(one) for one in found],
        key=_verifier_key(ctx),
    )


@router.get("/records/{ref}/proof/{index}.json")
@capability("public")
def record_proof(ctx: Ctx, ref: str, index: int) -> Response:
    """One of these proofs, to take away."""
    reading = read.read(ctx.unit, ref=ref)
    if reading.needs_purpose:
        return redirect(ctx, f"/records/{reading.record.ref}")
    return _file(ctx, prove.one(ctx.unit, index, of=reading.record))


def _file(ctx: Context, written: Written) -> Response:
    if written.proof is None:
        return page(ctx, "ledger/not_yet.html", status=404)
    text = json.dumps(written.proof.model_dump(mode="json"), ensure_ascii=False, indent=2)
    name = f"{ctx.node.node_id}-leaf-{written.leaf.index}.proof.json"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "private, no-store"}
    return Response(text, media_type="application/json", headers=headers)


def _shown(written: Written) -> dict[str, Any]:
    leaf, proof = written.leaf, written.proof
    said = leaf.entry.get("entry", {})
    return {
        "index": leaf.index,
        "at": leaf.at,
        "says": STEPS.get(str(said.get("step")), "")
        if leaf.what == "key"
        else WORDS.get(leaf.what, leaf.what),
        "commitment": leaf.commitment,
        "salt": leaf.salt,
        "entry": json.dumps(leaf.entry, ensure_ascii=False, indent=2, sort_keys=True),
        "path": list(proof.inclusion) if proof else [],
        "proved": proof is not None,
        "checkpoint": proof.checkpoint if proof else "",
        "witnesses": [node_of(line) for line in proof.checkpoint.splitlines() if line.startswith("\u2014 ")][
            1:
        ]
        if proof
        else [],
    }


def _verifier_key(ctx: Context) -> str:
    """The key under which heads are checked, in the form that tools for signed notes read; empty before the node has one."""
    key = sign.current_public(ctx.unit)
    return verifier_key(key.node, key.jwk) if key else ""
