"""Mappings, connections, reference data and who may do what."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.tables.base import Json, Ms, key, metadata

mapping_versions = sa.Table(
    "mapping_versions",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    key("helpdesk"),
    key("source"),
    key("state"),
    sa.Column("created_at", Ms, nullable=False),
    key("created_by"),
    sa.Column("activated_at", Ms),
)

connection_state = sa.Table(
    "connection_state",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("start_mark", Ms, nullable=False),
    sa.Column("cursor", sa.Text),
    sa.Column("swept_at", Ms),
    sa.Column("throttled_until", Ms, nullable=False, server_default="0"),
    sa.Column("paused_by", sa.Text),
    sa.Column("paused_reason", sa.Text),
    sa.Column("paused_at", Ms),
    sa.Column("probes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("down_since", Ms),
    sa.Column("last_delivery_at", Ms),
    sa.Column("last_write_at", Ms),
    sa.Column("repairs", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("rate_at", Ms, nullable=False, server_default="0"),
    sa.Column("launches_counted_from", Ms, nullable=False, server_default="0"),
)

reference_data = sa.Table(
    "reference_data",
    metadata,
    sa.Column("connection", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("data", Json, nullable=False),
    sa.Column("read_at", Ms, nullable=False),
)

record_references = sa.Table(
    "record_references",
    metadata,
    sa.Column("connection", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("record_key", sa.Text, primary_key=True, index=True),
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    key("name"),
    key("role"),
    sa.Column("digest", sa.Text, nullable=False, unique=True),
    sa.Column("created_at", Ms, nullable=False),
    key("created_by"),
    sa.Column("expires_at", Ms),
    sa.Column("revoked_at", Ms),
)

audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("at", Ms, nullable=False),
    key("actor"),
    key("action"),
    key("target"),
    sa.Column("detail", Json, nullable=False),
)
sa.Index("ix_audit_log_action", audit_log.c.action, audit_log.c.target)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    key("kind"),
    key("target"),
    key("state"),
    sa.Column("params", Json, nullable=False),
    sa.Column("cursor", sa.Text, nullable=False, server_default=""),
    sa.Column("done", sa.Integer, nullable=False, server_default="0"),
    sa.Column("total", sa.Integer),
    sa.Column("result", Json),
    sa.Column("error", sa.Text),
    sa.Column("created_at", Ms, nullable=False),
    key("created_by"),
    sa.Column("updated_at", Ms, nullable=False),
    sa.Column("finished_at", Ms),
)
sa.Index("ix_jobs_kind", jobs.c.kind, jobs.c.id)

restores = sa.Table(
    "restores",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("restored_at", Ms, nullable=False),
    sa.Column("known_until", Ms, nullable=False),
)
