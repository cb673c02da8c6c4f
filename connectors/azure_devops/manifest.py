"""What Azure DevOps Boards can and cannot do, with the page that says so."""

from __future__ import annotations

from datetime import timedelta

from bridge.domain.records import EtaKind, EtaSource
from bridge.ports.manifest import Manifest, Role

TARGET_DATE = "Microsoft.VSTS.Scheduling.TargetDate"
DUE_DATE = "Microsoft.VSTS.Scheduling.DueDate"

LONGEST_TEXT = 1_000_000
LONGEST_LINE = 255
"""Characters of a title, and of any field of one line."""

_DOCS = "https://learn.microsoft.com/en-us/azure/devops"
_LIMITS = "/".join((_DOCS, "organizations", "settings", "work", "object-limits"))
_REST = "https://learn.microsoft.com/en-us/rest/api/azure/devops"

MANIFEST = Manifest(
    vendor="azure_devops",
    title="Azure DevOps Boards",
    roles=frozenset({Role.TRACKER}),
    complete_webhooks=True,
    comment_webhooks=True,
    comments_read="its webhooks hold no comment as such: who wrote, edited or deleted which",
    # No page promises that a query sees an item at once; half a minute is ours.
    create_probe_grace=timedelta(seconds=30),
    max_attachment_bytes=60 * 1024 * 1024,
    max_links=1000,
    shared_fields=frozenset({"system.tags"}),
    status_field="System.State",
    relates=True,
    subject_field="System.Title",
    body_field="System.Description",
    longest_subject=LONGEST_LINE,
    longest_text=LONGEST_TEXT,
    longest_comment=LONGEST_TEXT,
    batch_read=200,
    comment_count="System.CommentCount",
    credential_at="Azure DevOps, User settings > Personal access tokens",
    webhooks_at="Azure DevOps, Project settings > Service hooks",
    deletion_leaves=(
        "Azure DevOps keeps deleted comments and files in the history of the work item; "
        "only deleting the work item permanently removes them."
    ),
    eta=(
        EtaSource(EtaKind.DATE_FIELD, TARGET_DATE),
        EtaSource(EtaKind.DATE_FIELD, DUE_DATE),
        EtaSource(EtaKind.ITERATION_END),
    ),
    sources={
        "complete_webhooks": f"{_DOCS}/service-hooks/events#work-item-updated",
        "comment_webhooks": f"{_DOCS}/service-hooks/events#work-item-commented-on",
        "signature": f"{_DOCS}/service-hooks/services/webhooks",
        "retries": f"{_DOCS}/service-hooks/troubleshoot",
        "max_attachment_bytes": _LIMITS,
        "longest_comment": _LIMITS,
        "max_links": _LIMITS,
        "batch_read": f"{_REST}/wit/work-items/get-work-items-batch",
        "changes": f"{_REST}/wit/reporting-work-item-revisions/read-reporting-revisions-get",
        "deletion_leaves": f"{_REST}/wit/comments/delete",
        "relates": f"{_REST}/wit/work-items/update",
        "rate": f"{_DOCS}/integrate/concepts/rate-limits",
    },
)
