"""Issues as observations: ids, states and addresses. There is no place for a text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from bridge.domain import records
from bridge.domain.records import Fact, Reference, StatusInfo
from connectors.sentry.addresses import Place
from connectors.sentry.payloads import Issue

SUBSTATUS = "substatus"
REFERENCE = Reference(
    statuses={
        "unresolved": StatusInfo("unresolved", "Unresolved"),
        "resolved": StatusInfo("resolved", "Resolved", closed=True),
        "ignored": StatusInfo("ignored", "Archived", closed=True),
    }
)
"""The states, which no organization can change."""


def _linked(issue: Issue) -> str:
    """A digest of what is linked to the issue: no address or name of it is kept."""
    said = json.dumps(issue.annotations, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:20] if issue.annotations else ""


def facts_of(issue: Issue, place: Place, now: datetime) -> Mapping[str, Fact]:
    """What is kept of an issue. Sentry tells no time of a state's change: it is that of seeing."""
    values = {
        records.KEY: issue.short_id,
        records.URL: place.page_url(issue.id),
        records.STATUS: issue.status,
        records.PROJECT: issue.project.slug,
        SUBSTATUS: issue.substatus or "",
        records.LINKED: _linked(issue),
    }
    return {name: Fact(value, now) for name, value in values.items()}
