"""Open the exchange with allied nodes: keys, peers, what is served over TAXII, notices, and the transparency log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from comity.storage.tables.base import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_checkpoint",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_ledger_checkpoint")),
    )
    op.create_table(
        "ledger_cosignature",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("witness", sa.String(length=60), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("size", "witness", name=op.f("pk_ledger_cosignature")),
    )
    op.create_table(
        "ledger_node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("level", "index", name=op.f("pk_ledger_node")),
    )
    with op.batch_alter_table("ledger_node", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_node_hash"), ["hash"], unique=False)

    op.create_table(
        "node_key",
        sa.Column("kid", sa.String(length=60), nullable=False),
        sa.Column("jwk", sa.JSON(), nullable=False),
        sa.Column("private_pem", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("statement", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_node_key")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("what", sa.String(length=24), nullable=False),
        sa.Column("origin", sa.String(length=60), nullable=False),
        sa.Column("to", sa.JSON(), nullable=False),
        sa.Column("record_uid", sa.String(length=36), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_origin"), ["origin"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_record_uid"), ["record_uid"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_what"), ["what"], unique=False)

    op.create_table(
        "onward_request",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("outward", sa.Boolean(), nullable=False),
        sa.Column("record_uid", sa.String(length=36), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("node_id", sa.String(length=60), nullable=False),
        sa.Column("recipient", sa.String(length=140), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("passage", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(length=36), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("answered_by", sa.String(length=36), nullable=False),
        sa.Column("answered_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_onward_request")),
    )
    with op.batch_alter_table("onward_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_onward_request_record_uid"), ["record_uid"], unique=False)

    op.create_table(
        "outgoing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.String(length=60), nullable=False),
        sa.Column("notice_id", sa.String(length=120), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try", UTCDateTime(), nullable=True),
        sa.Column("error", sa.String(length=60), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing")),
    )
    with op.batch_alter_table("outgoing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outgoing_next_try"), ["next_try"], unique=False)
        batch_op.create_index(batch_op.f("ix_outgoing_node_id"), ["node_id"], unique=False)

    op.create_table(
        "peer",
        sa.Column("node_id", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("base_url", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("descriptor", sa.JSON(), nullable=False),
        sa.Column("fingerprint", sa.String(length=120), nullable=False),
        sa.Column("agreement", sa.JSON(), nullable=False),
        sa.Column("legal_profile", sa.JSON(), nullable=False),
        sa.Column("organizations", sa.JSON(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("weighed", sa.Integer(), nullable=False),
        sa.Column("weighing", sa.Integer(), nullable=False),
        sa.Column("proposed_at", UTCDateTime(), nullable=False),
        sa.Column("admitted_at", UTCDateTime(), nullable=True),
        sa.Column("state_reason", sa.String(length=300), nullable=False),
        sa.Column("state_since", UTCDateTime(), nullable=False),
        sa.Column("heard_at", UTCDateTime(), nullable=True),
        sa.Column("let_in_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("node_id", name=op.f("pk_peer")),
    )
    with op.batch_alter_table("peer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_peer_state"), ["state"], unique=False)

    op.create_table(
        "peer_key",
        sa.Column("node_id", sa.String(length=60), nullable=False),
        sa.Column("kid", sa.String(length=60), nullable=False),
        sa.Column("jwk", sa.JSON(), nullable=False),
        sa.Column("valid_from", UTCDateTime(), nullable=False),
        sa.Column("valid_until", UTCDateTime(), nullable=True),
        sa.Column("revoked_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("node_id", "kid", name=op.f("pk_peer_key")),
    )
    op.create_table(
        "peer_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.String(length=60), nullable=False),
        sa.Column("what", sa.String(length=24), nullable=False),
        sa.Column("by", sa.String(length=36), nullable=False),
        sa.Column("by_sector", sa.String(length=20), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_peer_step")),
    )
    with op.batch_alter_table("peer_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_peer_step_node_id"), ["node_id"], unique=False)

    op.create_table(
        "peer_token",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("node_id", sa.String(length=60), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_peer_token")),
    )
    with op.batch_alter_table("peer_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_peer_token_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_peer_token_node_id"), ["node_id"], unique=False)

    op.create_table(
        "proposal",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("outward", sa.Boolean(), nullable=False),
        sa.Column("record_uid", sa.String(length=36), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("node_id", sa.String(length=60), nullable=False),
        sa.Column("sector", sa.String(length=20), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("claim", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(length=36), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(length=36), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposal_record_uid"), ["record_uid"], unique=False)

    op.create_table(
        "pull",
        sa.Column("node_id", sa.String(length=60), nullable=False),
        sa.Column("cursor", sa.String(length=400), nullable=False),
        sa.Column("feed", sa.String(length=400), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=60), nullable=False),
        sa.Column("lease_by", sa.String(length=60), nullable=False),
        sa.Column("lease_until", UTCDateTime(), nullable=True),
        sa.Column("worked_at", UTCDateTime(), nullable=True),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("applied", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("ignored", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.Column("poked_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node_id", name=op.f("pk_pull")),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.String(length=60), nullable=False),
        sa.Column("stix_id", sa.String(length=120), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try", UTCDateTime(), nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("resolved_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint(
            "node_id", "stix_id", "version", name=op.f("uq_quarantine_node_id_stix_id_version")
        ),
    )
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quarantine_next_try"), ["next_try"], unique=False)
        batch_op.create_index(batch_op.f("ix_quarantine_node_id"), ["node_id"], unique=False)

    op.create_table(
        "seen_checkpoint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.String(length=60), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=14), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seen_checkpoint")),
        sa.UniqueConstraint("node_id", "size", "root", name=op.f("uq_seen_checkpoint_node_id_size_root")),
    )
    with op.batch_alter_table("seen_checkpoint", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seen_checkpoint_node_id"), ["node_id"], unique=False)

    op.create_table(
        "taxii_collection",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("alias", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(length=600), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("readers", sa.JSON(), nullable=False),
        sa.Column("writers", sa.JSON(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taxii_collection")),
        sa.UniqueConstraint("alias", name=op.f("uq_taxii_collection_alias")),
    )
    op.create_table(
        "taxii_status",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=140), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taxii_status")),
    )
    with op.batch_alter_table("taxii_status", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_taxii_status_at"), ["at"], unique=False)

    op.create_table(
        "trust_group",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("owner", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trust_group")),
    )
    op.create_table(
        "used_assertion",
        sa.Column("node_id", sa.String(length=60), nullable=False),
        sa.Column("jti", sa.String(length=120), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("node_id", "jti", name=op.f("pk_used_assertion")),
    )
    with op.batch_alter_table("used_assertion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_used_assertion_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "foreign_object",
        sa.Column("stix_id", sa.String(length=120), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("node_id", sa.String(length=60), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_foreign_object_record_id_record")
        ),
        sa.PrimaryKeyConstraint("stix_id", "version", name=op.f("pk_foreign_object")),
    )
    with op.batch_alter_table("foreign_object", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_foreign_object_node_id"), ["node_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_foreign_object_record_id"), ["record_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_foreign_object_uid"), ["uid"], unique=False)

    op.create_table(
        "ledger_leaf",
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("what", sa.String(length=24), nullable=False),
        sa.Column("record_uid", sa.String(length=36), nullable=False),
        sa.Column("entry", sa.JSON(), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("audience_id", sa.Integer(), nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["audience_id"], ["audience.id"], name=op.f("fk_ledger_leaf_audience_id_audience")
        ),
        sa.PrimaryKeyConstraint("index", name=op.f("pk_ledger_leaf")),
    )
    with op.batch_alter_table("ledger_leaf", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_leaf_record_uid"), ["record_uid"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_leaf_what"), ["what"], unique=False)

    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.String(length=60), nullable=False),
        sa.Column("stix_id", sa.String(length=120), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_delivery_record_id_record")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "node_id", "stix_id", "version", name=op.f("uq_delivery_node_id_stix_id_version")
        ),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delivery_node_id"), ["node_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_delivery_record_id"), ["record_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_delivery_stix_id"), ["stix_id"], unique=False)

    op.create_table(
        "record_link",
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("relation", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_record_link_record_id_record")),
        sa.PrimaryKeyConstraint("record_id", "relation", "key", name=op.f("pk_record_link")),
    )
    with op.batch_alter_table("record_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_record_link_key"), ["key"], unique=False)

    op.create_table(
        "release_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.String(length=60), nullable=False),
        sa.Column("organizations", sa.JSON(), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("conditions", sa.String(length=600), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("asked_by", sa.String(length=36), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("agreed_by", sa.String(length=36), nullable=False),
        sa.Column("agreed_at", UTCDateTime(), nullable=True),
        sa.Column("executed_by", sa.String(length=36), nullable=False),
        sa.Column("executed_at", UTCDateTime(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_release_decision_record_id_record")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_decision")),
    )
    with op.batch_alter_table("release_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_release_decision_record_id"), ["record_id"], unique=False)

    op.create_table(
        "taxii_object",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("added_us", sa.BigInteger(), nullable=False),
        sa.Column("collection_id", sa.String(length=36), nullable=False),
        sa.Column("stix_id", sa.String(length=120), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("version_us", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("spec_version", sa.String(length=8), nullable=False),
        sa.Column("latest", sa.Boolean(), nullable=False),
        sa.Column("audience_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.Column("revision_id", sa.Integer(), nullable=True),
        sa.Column("origin_node", sa.String(length=80), nullable=False),
        sa.Column("posted_by", sa.String(length=140), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["audience_id"], ["audience.id"], name=op.f("fk_taxii_object_audience_id_audience")
        ),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["taxii_collection.id"],
            name=op.f("fk_taxii_object_collection_id_taxii_collection"),
        ),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_taxii_object_record_id_record")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_taxii_object")),
        sa.UniqueConstraint("added_us", name=op.f("uq_taxii_object_added_us")),
    )
    with op.batch_alter_table("taxii_object", schema=None) as batch_op:
        batch_op.create_index(
            "ix_taxii_object_page",
            ["collection_id", "added_us", "latest", "audience_id", "type", "size"],
            unique=False,
        )
        batch_op.create_index("ix_taxii_object_record", ["record_id"], unique=False)
        batch_op.create_index(
            "ix_taxii_object_versions", ["collection_id", "stix_id", "version_us"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("taxii_object", schema=None) as batch_op:
        batch_op.drop_index("ix_taxii_object_versions")
        batch_op.drop_index("ix_taxii_object_record")
        batch_op.drop_index("ix_taxii_object_page")

    op.drop_table("taxii_object")
    with op.batch_alter_table("release_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_release_decision_record_id"))

    op.drop_table("release_decision")
    with op.batch_alter_table("record_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_record_link_key"))

    op.drop_table("record_link")
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_stix_id"))
        batch_op.drop_index(batch_op.f("ix_delivery_record_id"))
        batch_op.drop_index(batch_op.f("ix_delivery_node_id"))

    op.drop_table("delivery")
    with op.batch_alter_table("foreign_object", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_foreign_object_uid"))
        batch_op.drop_index(batch_op.f("ix_foreign_object_record_id"))
        batch_op.drop_index(batch_op.f("ix_foreign_object_node_id"))

    op.drop_table("foreign_object")
    with op.batch_alter_table("ledger_leaf", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_leaf_what"))
        batch_op.drop_index(batch_op.f("ix_ledger_leaf_record_uid"))

    op.drop_table("ledger_leaf")
    with op.batch_alter_table("used_assertion", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_used_assertion_expires_at"))

    op.drop_table("used_assertion")
    op.drop_table("trust_group")
    with op.batch_alter_table("taxii_status", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_taxii_status_at"))

    op.drop_table("taxii_status")
    op.drop_table("taxii_collection")
    with op.batch_alter_table("seen_checkpoint", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seen_checkpoint_node_id"))

    op.drop_table("seen_checkpoint")
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quarantine_node_id"))
        batch_op.drop_index(batch_op.f("ix_quarantine_next_try"))

    op.drop_table("quarantine")
    op.drop_table("pull")
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposal_record_uid"))

    op.drop_table("proposal")
    with op.batch_alter_table("peer_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_peer_token_node_id"))
        batch_op.drop_index(batch_op.f("ix_peer_token_expires_at"))

    op.drop_table("peer_token")
    with op.batch_alter_table("peer_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_peer_step_node_id"))

    op.drop_table("peer_step")
    op.drop_table("peer_key")
    with op.batch_alter_table("peer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_peer_state"))

    op.drop_table("peer")
    with op.batch_alter_table("outgoing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outgoing_node_id"))
        batch_op.drop_index(batch_op.f("ix_outgoing_next_try"))

    op.drop_table("outgoing")
    with op.batch_alter_table("onward_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_onward_request_record_uid"))

    op.drop_table("onward_request")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notice_what"))
        batch_op.drop_index(batch_op.f("ix_notice_state"))
        batch_op.drop_index(batch_op.f("ix_notice_record_uid"))
        batch_op.drop_index(batch_op.f("ix_notice_origin"))

    op.drop_table("notice")
    op.drop_table("node_key")
    with op.batch_alter_table("ledger_node", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_node_hash"))

    op.drop_table("ledger_node")
    op.drop_table("ledger_cosignature")
    op.drop_table("ledger_checkpoint")
