"""Records, which are also the queue, and what joins them."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.tables.base import Json, Ms, key, metadata, partial

records = sa.Table(
    "records",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    key("kind"),
    key("connection"),
    key("vendor_id"),
    sa.Column("observation", Json),
    sa.Column("presence", sa.Text, nullable=False, server_default="present"),
    sa.Column("read_at", Ms),
    sa.Column("absent_since", Ms),
    sa.Column("not_older_than", Ms),
    sa.Column("mirror_digest", sa.Text),
    sa.Column("merged_into", sa.Text),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("patrolled_at", Ms, nullable=False, server_default="0"),
    # the queue
    sa.Column("dirty_generation", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("done_generation", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("dirty_since", Ms),
    sa.Column("due_at", Ms),
    sa.Column("not_before", Ms, nullable=False, server_default="0"),
    sa.Column("claim_class", sa.SmallInteger, nullable=False, server_default="2"),
    sa.Column("woken_by", sa.Text, nullable=False, server_default=""),
    sa.Column("trace", sa.Text),
    sa.Column("lease_owner", sa.Text),
    sa.Column("lease_token", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("lease_until", Ms, nullable=False, server_default="0"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("dead", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("last_error", sa.Text),
    sa.UniqueConstraint("key", "kind"),
    sa.CheckConstraint("kind IN ('ticket', 'work_item', 'signal', 'timer')", name="kind"),
)
partial(
    "ix_records_due",
    records.c.claim_class,
    records.c.due_at,
    where=records.c.due_at.is_not(None),
)
partial(
    "ix_records_waits",
    records.c.not_before,
    where=records.c.not_before > 0,
)
partial(
    "ix_records_patrol",
    records.c.connection,
    records.c.patrolled_at,
    where=records.c.active,
)
partial(
    "ix_records_absent",
    records.c.connection,
    records.c.absent_since,
    where=records.c.absent_since.is_not(None),
)
partial(
    "ix_records_newest",
    records.c.connection,
    records.c.read_at,
    where=records.c.read_at.is_not(None),
)

aliases = sa.Table(
    "aliases",
    metadata,
    sa.Column("connection", sa.Text, primary_key=True),
    sa.Column("alias", sa.Text, primary_key=True),
    key("record_key", index=True),
)


def end(table: str, name: str, kind: str) -> list[sa.schema.SchemaItem]:
    """One end of a join: its key and kind, held to a record of that very kind (rule O30)."""
    return [
        key(f"{name}_key", index=True),
        sa.Column(f"{name}_kind", sa.Text, nullable=False, server_default=kind),
        sa.CheckConstraint(f"{name}_kind = '{kind}'", name=f"{name}_is_{kind}"),
        sa.ForeignKeyConstraint(
            [f"{name}_key", f"{name}_kind"],
            ["records.key", "records.kind"],
            name=f"fk_{table}_{name}",
        ),
    ]


links = sa.Table(
    "links",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    *end("links", "ticket", "ticket"),
    *end("links", "work_item", "work_item"),
    sa.Column("route", sa.Text),
    key("state"),
    sa.Column("created_at", Ms, nullable=False),
    key("created_by"),
    sa.Column("ended_at", Ms),
    sa.Column("ended_by", sa.Text),
    sa.CheckConstraint("state IN ('active', 'broken', 'ended')", name="state"),
)
partial(
    "uq_links_live",
    links.c.ticket_key,
    links.c.work_item_key,
    unique=True,
    where=links.c.state != "ended",
)

relations = sa.Table(
    "relations",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    *end("relations", "a", "work_item"),
    *end("relations", "b", "work_item"),
    sa.Column("created_at", Ms, nullable=False),
    key("created_by"),
    sa.UniqueConstraint("a_key", "b_key"),
)

origins = sa.Table(
    "origins",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    *end("origins", "signal", "signal"),
    *end("origins", "work_item", "work_item"),
    sa.Column("created_at", Ms, nullable=False),
    key("created_by"),
    sa.Column("removed_at", Ms),
    sa.UniqueConstraint("signal_key", "work_item_key"),
)

launches = sa.Table(
    "launches",
    metadata,
    sa.Column("origin_ticket_key", sa.Text, primary_key=True),
    sa.Column("route", sa.Text, primary_key=True),
    key("ticket_key", index=True),
    key("connection"),
    key("marker"),
    key("state"),
    sa.Column("intended_at", Ms, nullable=False),
    sa.Column("work_item_id", sa.Text),
    sa.Column("probes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("connection", "marker"),
)
sa.Index("ix_launches_recent", launches.c.connection, launches.c.intended_at)

wishes = sa.Table(
    "wishes",
    metadata,
    sa.Column("ticket_key", sa.Text, primary_key=True),
    sa.Column("route", sa.Text, primary_key=True),
    sa.Column("asked_at", Ms, nullable=False),
    key("asked_by"),
    # The work item whose link ends once the new one is made.
    sa.Column("ends", sa.Text),
)

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("target_key", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    key("content"),
    key("state"),
    key("marker"),
    sa.Column("target_id", sa.Text),
    sa.Column("intended_at", Ms),
)

fingerprints = sa.Table(
    "fingerprints",
    metadata,
    sa.Column("record_key", sa.Text, primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("pair", Json, nullable=False),
)
