"""The tables that may quote people, and what is left of a row that does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bridge.store import drafts, escalations, held, releases
from bridge.store.notices import FORGOTTEN
from bridge.store.tables import (
    audit_log,
    findings,
    held_texts,
    jobs,
    launches,
    notices,
    operations,
    records,
    reference_data,
    release_exceptions,
    runs,
    ticket_views,
    transitions,
)
from bridge.store.tables import drafts as told


@dataclass(frozen=True, slots=True)
class Words:
    """A table that may quote people: by which column it is walked, and what is left of a row."""

    table: sa.Table
    walk: sa.ColumnElement[str]
    blank: Mapping[str, Any]
    only: sa.ColumnElement[bool]


_ALL = sa.true()
WORDS: dict[str, Words] = {
    each.table.name: each
    for each in (
        Words(runs, runs.c.id, {"inputs": sa.null(), "decided": sa.null()}, _ALL),
        Words(operations, operations.c.id, {"request": sa.null(), "detail": ""}, _ALL),
        Words(transitions, transitions.c.id, {"before": None, "after": None}, _ALL),
        Words(findings, findings.c.id, {"data": {}}, _ALL),
        Words(audit_log, audit_log.c.id, {"detail": {}}, _ALL),
        # A job under way needs what it was told, another erasure above all.
        Words(
            jobs, jobs.c.id, {"params": {}, "result": sa.null()}, jobs.c.finished_at.is_not(None)
        ),
        Words(
            ticket_views,
            ticket_views.c.ticket_key,
            {"subject": "", "search": "", "customer": None},
            _ALL,
        ),
        Words(notices, notices.c.id, FORGOTTEN, _ALL),
        Words(held_texts, held_texts.c.id, held.FORGOTTEN, _ALL),
        Words(told, told.c.id, drafts.ERASED, _ALL),
        Words(escalations.TABLE, escalations.TABLE.c.id, escalations.FORGOTTEN, _ALL),
        Words(release_exceptions, releases.EXCEPTION, {"reason": ""}, _ALL),
        Words(launches, launches.c.origin_ticket_key, {"reason": ""}, _ALL),
        Words(records, records.c.key, {"last_error": None}, _ALL),
        Words(
            reference_data,
            reference_data.c.id,
            {"data": {"name": "", "properties": {}}, "read_at": 0},
            reference_data.c.kind == "company",
        ),
    )
}
# One whose company nobody knows is found by the name alone, which stays with what was said of it.
WORDS["set apart"] = Words(
    release_exceptions,
    releases.EXCEPTION,
    {"customer": ""},
    release_exceptions.c.customer_id != "",
)
# Whoever looks after a customer goes alone, and the customer's words stay.
WORDS["owners"] = Words(ticket_views, ticket_views.c.ticket_key, {"owner": None}, _ALL)
TABLES = tuple(WORDS)
"""The tables that are searched for what somebody is called, in their order."""
