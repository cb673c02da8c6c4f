"""Who is told what on Teams and by e-mail, and by which links people acknowledge it."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.tables.base import Json, Ms, key, metadata, partial

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    key("ticket_key", index=True),
    key("route"),
    key("channel"),
    key("recipient"),
    # The recipient's hash: nobody is told twice though the address is forgotten.
    key("whom"),
    key("state"),
    sa.Column("until_acknowledged", sa.Boolean, nullable=False),
    sa.Column("resend_ms", sa.BigInteger, nullable=False),
    sa.Column("content", Json),
    sa.Column("sends", sa.Integer, nullable=False, server_default="0"),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", Ms, nullable=False),
    sa.Column("due_at", Ms),
    sa.Column("sent_at", Ms),
    sa.Column("acknowledged_at", Ms),
    sa.Column("acknowledged_by", sa.Text, nullable=False, server_default=""),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
)
partial(
    "ix_notices_due",
    notices.c.channel,
    notices.c.due_at,
    where=notices.c.due_at.is_not(None),
)

notice_tokens = sa.Table(
    "notice_tokens",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    key("notice_id", index=True),
)
