"""The tables. Times are BIGINT milliseconds since the epoch: the same on both engines.

A record's row is also its place in the queue (design: docs/architecture.md): `dirty_generation`
counts what has happened, `done_generation` what has been dealt with, `due_at` says when to look.
"""

from bridge.store.tables.base import metadata
from bridge.store.tables.endings import closures, escalations
from bridge.store.tables.held import held_texts
from bridge.store.tables.history import (
    deliveries,
    delivery_keys,
    findings,
    operations,
    runs,
    transitions,
)
from bridge.store.tables.hygiene import days_done
from bridge.store.tables.notices import notice_tokens, notices
from bridge.store.tables.promises import promises, timelines
from bridge.store.tables.releases import (
    release_exceptions,
    release_items,
    release_reached,
    releases,
)
from bridge.store.tables.setup import (
    api_tokens,
    audit_log,
    connection_state,
    jobs,
    mapping_versions,
    record_references,
    reference_data,
    restores,
)
from bridge.store.tables.told import drafts, said
from bridge.store.tables.views import (
    ticket_needs,
    ticket_views,
)
from bridge.store.tables.visitors import sessions, sign_in_links
from bridge.store.tables.work import (
    aliases,
    fingerprints,
    launches,
    ledger,
    links,
    origins,
    records,
    relations,
    wishes,
)

__all__ = [
    "aliases",
    "api_tokens",
    "audit_log",
    "closures",
    "connection_state",
    "days_done",
    "deliveries",
    "delivery_keys",
    "drafts",
    "escalations",
    "findings",
    "fingerprints",
    "held_texts",
    "jobs",
    "launches",
    "ledger",
    "links",
    "mapping_versions",
    "metadata",
    "notice_tokens",
    "notices",
    "operations",
    "origins",
    "promises",
    "record_references",
    "records",
    "reference_data",
    "relations",
    "release_exceptions",
    "release_items",
    "release_reached",
    "releases",
    "restores",
    "runs",
    "said",
    "sessions",
    "sign_in_links",
    "ticket_needs",
    "ticket_views",
    "timelines",
    "transitions",
    "wishes",
]
