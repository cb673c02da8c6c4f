"""What came in, what was decided, and what came of it."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.tables.base import Json, Ms, key, metadata, partial

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    key("connection"),
    sa.Column("received_at", Ms, nullable=False),
    key("content_type"),
    sa.Column("body", sa.LargeBinary),
    sa.Column("size", sa.Integer, nullable=False),
    key("state"),
    sa.Column("reason", sa.Text),
    sa.Column("records", Json),
)
# The newest of a connection are one range of it.
sa.Index("ix_deliveries_connection", deliveries.c.connection, deliveries.c.id)
partial(
    "ix_deliveries_waiting",
    deliveries.c.id,
    where=deliveries.c.state == "received",
)

delivery_keys = sa.Table(
    "delivery_keys",
    metadata,
    sa.Column("connection", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    key("delivery_id"),
    sa.Column("received_at", Ms, nullable=False, index=True),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    key("record_key"),
    key("woken_by"),
    sa.Column("started_at", Ms, nullable=False),
    sa.Column("finished_at", Ms),
    sa.Column("mapping_hash", sa.Text),
    sa.Column("verdict", sa.Text),
    sa.Column("inputs", Json),
    sa.Column("decided", Json),
    sa.Column("trace", sa.Text),
)
sa.Index("ix_runs_record", runs.c.record_key, runs.c.id)
sa.Index("ix_runs_trace", runs.c.trace, runs.c.id)
# Few passes are repairs. The words stand in it as they are: SQLite must see that a query means it.
REPAIRS = runs.c.woken_by.in_([sa.literal_column("'sweep'"), sa.literal_column("'patrol'")])
"""The pass was woken by a sweep or patrol: no webhook had told of what it found."""
partial(
    "ix_runs_repairs",
    runs.c.id,
    runs.c.record_key,
    where=REPAIRS,
)

operations = sa.Table(
    "operations",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    key("run_id", index=True),
    key("record_key"),
    key("connection"),
    key("kind"),
    key("state"),
    sa.Column("started_at", Ms, nullable=False),
    sa.Column("finished_at", Ms),
    sa.Column("request", Json),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
    sa.Column("target_id", sa.Text),
)

transitions = sa.Table(
    "transitions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    key("record_key"),
    sa.Column("at", Ms, nullable=False),
    key("what"),
    sa.Column("before", sa.Text),
    sa.Column("after", sa.Text),
    sa.Column("cause", sa.Text),
)
sa.Index("ix_transitions_record", transitions.c.record_key, transitions.c.id)

findings = sa.Table(
    "findings",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    key("code"),
    key("connection"),
    sa.Column("ref", sa.Text, nullable=False, server_default=""),
    sa.Column("topic", sa.Text, nullable=False, server_default=""),
    key("severity"),
    sa.Column("data", Json, nullable=False),
    sa.Column("first_seen_at", Ms, nullable=False),
    sa.Column("last_seen_at", Ms, nullable=False),
    sa.Column("count", sa.Integer, nullable=False, server_default="1"),
    key("state"),
    sa.UniqueConstraint("code", "connection", "ref", "topic"),
)
sa.Index("ix_findings_state", findings.c.state, findings.c.id)
sa.Index("ix_findings_ref", findings.c.ref)
