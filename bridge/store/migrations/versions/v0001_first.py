"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "aliases",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "alias", name=op.f("pk_aliases")),
    )
    op.create_index(op.f("ix_aliases_record_key"), "aliases", ["record_key"], unique=False)
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_tokens_digest")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), server_default="", nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("marked", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
    )
    op.create_table(
        "connection_state",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("start_mark", sa.BigInteger(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("swept_at", sa.BigInteger(), nullable=True),
        sa.Column("throttled_until", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("paused_by", sa.Text(), nullable=True),
        sa.Column("paused_reason", sa.Text(), nullable=True),
        sa.Column("paused_at", sa.BigInteger(), nullable=True),
        sa.Column("probes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("down_since", sa.BigInteger(), nullable=True),
        sa.Column("last_delivery_at", sa.BigInteger(), nullable=True),
        sa.Column("last_write_at", sa.BigInteger(), nullable=True),
        sa.Column("repairs", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_connection_state")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("records", JSON, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index(op.f("ix_deliveries_connection"), "deliveries", ["connection"], unique=False)
    op.create_index(
        "ix_deliveries_waiting",
        "deliveries",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'received'"),
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_table(
        "delivery_keys",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "key", name=op.f("pk_delivery_keys")),
    )
    op.create_index(
        op.f("ix_delivery_keys_received_at"), "delivery_keys", ["received_at"], unique=False
    )
    op.create_table(
        "findings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), server_default="", nullable=False),
        sa.Column("topic", sa.Text(), server_default="", nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), server_default="1", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
        sa.UniqueConstraint(
            "code", "connection", "ref", "topic", name=op.f("uq_findings_code_connection_ref_topic")
        ),
    )
    op.create_index("ix_findings_ref", "findings", ["ref"], unique=False)
    op.create_index("ix_findings_state", "findings", ["state", "id"], unique=False)
    op.create_table(
        "fingerprints",
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("pair", JSON, nullable=False),
        sa.PrimaryKeyConstraint("record_key", "field", name=op.f("pk_fingerprints")),
    )
    op.create_table(
        "launches",
        sa.Column("origin_ticket_key", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("ticket_key", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("marker", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("intended_at", sa.BigInteger(), nullable=False),
        sa.Column("work_item_id", sa.Text(), nullable=True),
        sa.Column("probes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("origin_ticket_key", "route", name=op.f("pk_launches")),
        sa.UniqueConstraint("connection", "marker", name=op.f("uq_launches_connection_marker")),
    )
    op.create_index("ix_launches_recent", "launches", ["connection", "intended_at"], unique=False)
    op.create_index(op.f("ix_launches_ticket_key"), "launches", ["ticket_key"], unique=False)
    op.create_table(
        "ledger",
        sa.Column("target_key", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("marker", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=True),
        sa.Column("intended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("target_key", "source", name=op.f("pk_ledger")),
    )
    op.create_table(
        "mapping_versions",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("helpdesk", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("activated_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("hash", "name", name=op.f("pk_mapping_versions")),
    )
    op.create_table(
        "operations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("request", JSON, nullable=True),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("target_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operations")),
    )
    op.create_index(op.f("ix_operations_run_id"), "operations", ["run_id"], unique=False)
    op.create_table(
        "record_references",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "connection", "kind", "id", "record_key", name=op.f("pk_record_references")
        ),
    )
    op.create_index(
        op.f("ix_record_references_record_key"), "record_references", ["record_key"], unique=False
    )
    op.create_table(
        "records",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("observation", JSON, nullable=True),
        sa.Column("presence", sa.Text(), server_default="present", nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("absent_since", sa.BigInteger(), nullable=True),
        sa.Column("not_older_than", sa.BigInteger(), nullable=True),
        sa.Column("mirror_digest", sa.Text(), nullable=True),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("patrolled_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("dirty_generation", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("done_generation", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("dirty_since", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("not_before", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("claim_class", sa.SmallInteger(), server_default="2", nullable=False),
        sa.Column("woken_by", sa.Text(), server_default="", nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_token", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("dead", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('ticket', 'work_item', 'signal', 'timer')", name=op.f("ck_records_kind")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_records")),
        sa.UniqueConstraint("key", "kind", name=op.f("uq_records_key_kind")),
    )
    op.create_index(
        "ix_records_absent",
        "records",
        ["connection", "absent_since"],
        unique=False,
        sqlite_where=sa.text("absent_since IS NOT NULL"),
        postgresql_where=sa.text("absent_since IS NOT NULL"),
    )
    op.create_index(
        "ix_records_due",
        "records",
        ["claim_class", "due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_records_patrol",
        "records",
        ["connection", "patrolled_at"],
        unique=False,
        sqlite_where=sa.text("active"),
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "reference_data",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "kind", "id", name=op.f("pk_reference_data")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("woken_by", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("mapping_hash", sa.Text(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("inputs", JSON, nullable=True),
        sa.Column("decided", JSON, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index("ix_runs_record", "runs", ["record_key", "id"], unique=False)
    op.create_table(
        "ticket_needs",
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("ticket_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("need", "ticket_key", name=op.f("pk_ticket_needs")),
    )
    op.create_index(
        op.f("ix_ticket_needs_ticket_key"), "ticket_needs", ["ticket_key"], unique=False
    )
    op.create_table(
        "ticket_views",
        sa.Column("ticket_key", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=True),
        sa.Column("stage_id", sa.Text(), nullable=True),
        sa.Column("stage_label", sa.Text(), nullable=True),
        sa.Column("eta", sa.Text(), nullable=True),
        sa.Column("keys", sa.Text(), server_default="", nullable=False),
        sa.Column("route", sa.Text(), nullable=True),
        sa.Column("verdict", sa.Text(), server_default="IN_SYNC", nullable=False),
        sa.Column("needs", JSON, nullable=False),
        sa.Column("closed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("search", sa.Text(), server_default="", nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_key", name=op.f("pk_ticket_views")),
    )
    op.create_index(
        "ix_ticket_views_connection", "ticket_views", ["connection", "ticket_key"], unique=False
    )
    op.create_index(op.f("ix_ticket_views_customer"), "ticket_views", ["customer"], unique=False)
    op.create_index(op.f("ix_ticket_views_stage_id"), "ticket_views", ["stage_id"], unique=False)
    op.create_table(
        "transitions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transitions")),
    )
    op.create_index("ix_transitions_record", "transitions", ["record_key", "id"], unique=False)
    op.create_table(
        "links",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ticket_key", sa.Text(), nullable=False),
        sa.Column("ticket_kind", sa.Text(), server_default="ticket", nullable=False),
        sa.Column("work_item_key", sa.Text(), nullable=False),
        sa.Column("work_item_kind", sa.Text(), server_default="work_item", nullable=False),
        sa.Column("route", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('active', 'broken', 'ended')", name=op.f("ck_links_state")),
        sa.CheckConstraint("ticket_kind = 'ticket'", name=op.f("ck_links_ticket_is_ticket")),
        sa.CheckConstraint(
            "work_item_kind = 'work_item'", name=op.f("ck_links_work_item_is_work_item")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_key", "ticket_kind"], ["records.key", "records.kind"], name="fk_links_ticket"
        ),
        sa.ForeignKeyConstraint(
            ["work_item_key", "work_item_kind"],
            ["records.key", "records.kind"],
            name="fk_links_work_item",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
    )
    op.create_index(op.f("ix_links_ticket_key"), "links", ["ticket_key"], unique=False)
    op.create_index(op.f("ix_links_work_item_key"), "links", ["work_item_key"], unique=False)
    op.create_index(
        "uq_links_live",
        "links",
        ["ticket_key", "work_item_key"],
        unique=True,
        sqlite_where=sa.text("state != 'ended'"),
        postgresql_where=sa.text("state != 'ended'"),
    )
    op.create_table(
        "origins",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("signal_key", sa.Text(), nullable=False),
        sa.Column("signal_kind", sa.Text(), server_default="signal", nullable=False),
        sa.Column("work_item_key", sa.Text(), nullable=False),
        sa.Column("work_item_kind", sa.Text(), server_default="work_item", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("signal_kind = 'signal'", name=op.f("ck_origins_signal_is_signal")),
        sa.CheckConstraint(
            "work_item_kind = 'work_item'", name=op.f("ck_origins_work_item_is_work_item")
        ),
        sa.ForeignKeyConstraint(
            ["signal_key", "signal_kind"], ["records.key", "records.kind"], name="fk_origins_signal"
        ),
        sa.ForeignKeyConstraint(
            ["work_item_key", "work_item_kind"],
            ["records.key", "records.kind"],
            name="fk_origins_work_item",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_origins")),
        sa.UniqueConstraint(
            "signal_key", "work_item_key", name=op.f("uq_origins_signal_key_work_item_key")
        ),
    )
    op.create_index(op.f("ix_origins_signal_key"), "origins", ["signal_key"], unique=False)
    op.create_index(op.f("ix_origins_work_item_key"), "origins", ["work_item_key"], unique=False)
    op.create_table(
        "relations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("a_key", sa.Text(), nullable=False),
        sa.Column("a_kind", sa.Text(), server_default="work_item", nullable=False),
        sa.Column("b_key", sa.Text(), nullable=False),
        sa.Column("b_kind", sa.Text(), server_default="work_item", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("a_kind = 'work_item'", name=op.f("ck_relations_a_is_work_item")),
        sa.CheckConstraint("b_kind = 'work_item'", name=op.f("ck_relations_b_is_work_item")),
        sa.ForeignKeyConstraint(
            ["a_key", "a_kind"], ["records.key", "records.kind"], name="fk_relations_a"
        ),
        sa.ForeignKeyConstraint(
            ["b_key", "b_kind"], ["records.key", "records.kind"], name="fk_relations_b"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relations")),
        sa.UniqueConstraint("a_key", "b_key", name=op.f("uq_relations_a_key_b_key")),
    )
    op.create_index(op.f("ix_relations_a_key"), "relations", ["a_key"], unique=False)
    op.create_index(op.f("ix_relations_b_key"), "relations", ["b_key"], unique=False)
