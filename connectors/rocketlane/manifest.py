"""What Rocketlane can and cannot do, with the page that says so."""

from __future__ import annotations

from datetime import timedelta

from bridge.domain.records import EtaKind, EtaSource
from bridge.ports.manifest import Manifest, Role

DUE_DATE = "dueDate"
LONGEST_TEXT = 65_000
"""Ours: no page names a limit."""
LONGEST_NAME = 255
"""Ours too: a name of a length that every screen shows."""

_DOCS = "https://developer.rocketlane.com/docs"
_REST = "https://developer.rocketlane.com/reference"

MANIFEST = Manifest(
    vendor="rocketlane",
    title="Rocketlane",
    roles=frozenset({Role.TRACKER}),
    complete_webhooks=True,
    comment_webhooks=False,
    # No page promises that a list sees a task at once; half a minute is ours.
    create_probe_grace=timedelta(seconds=30),
    max_attachment_bytes=0,
    status_field="status",
    batch_read=1,
    phases=True,
    assigns=True,
    longest_text=LONGEST_TEXT,
    longest_comment=LONGEST_TEXT,
    credential_at="Rocketlane, Settings > API",
    webhooks_at="Rocketlane, Settings > Webhooks",
    eta=(EtaSource(EtaKind.DATE_FIELD, DUE_DATE),),
    sources={
        "complete_webhooks": f"{_DOCS}/event-payload",
        "comment_webhooks": f"{_DOCS}/webhooks-overview",
        "signature": f"{_DOCS}/webhooks-overview",
        "retries": f"{_DOCS}/webhook-delivery",
        "max_attachment_bytes": f"{_REST}/create-task",
        "longest_comment": f"{_REST}/create-comment",
        "batch_read": f"{_REST}/get-task",
        "changes": f"{_REST}/get-all-tasks",
        "revision": f"{_REST}/update-task",
        "assigns": f"{_REST}/add-assignee-to-task",
        "phases": f"{_REST}/get-all-phases",
        "rate": f"{_DOCS}/rate-limiting",
        "paging": f"{_DOCS}/pagination",
    },
)
