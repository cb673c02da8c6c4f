"""What Jira Cloud can and cannot do, with the page that says so."""

from __future__ import annotations

from datetime import timedelta

from bridge.domain.records import EtaKind, EtaSource
from bridge.ports.manifest import Manifest, Role

RELEASE_DATE = "fixVersions.releaseDate"
"""A field of ours: the date of the first fix version that is not released yet."""
DUE_DATE = "duedate"

LONGEST_DOCUMENT = 30_000
"""Characters of a document's JSON: the vendor refuses 32,767, and does not say of what."""
LONGEST_SUMMARY = 254
"""The vendor wants "less than 255 characters"."""
LONGEST_LINE = 255
"""Characters of a field of one line."""

_PLATFORM = "https://developer.atlassian.com/cloud/jira/platform"
_REST = f"{_PLATFORM}/rest/v3"

MANIFEST = Manifest(
    vendor="jira",
    title="Jira",
    roles=frozenset({Role.TRACKER}),
    # A body carries all of an issue but its remote links, and long texts as wiki markup only:
    # what it says is merged in, and an issue whose long texts changed is read.
    complete_webhooks=False,
    comment_webhooks=True,
    comments_read="its webhooks hold comments as wiki markup, not as the documents they are",
    # No page says how long the index lags. The tests of a client against a real site look again
    # for minutes, and see issues vanish that were shown before: a second issue is worse than a
    # late one. https://github.com/MrRefactoring/jira.js
    create_probe_grace=timedelta(minutes=2),
    # Each site has a limit of its own, which is not asked for before every file.
    max_attachment_bytes=None,
    links_at_create=False,
    shared_fields=frozenset({"labels"}),
    status_field="status",
    relates=True,
    subject_field="summary",
    body_field="description",
    longest_subject=LONGEST_SUMMARY,
    longest_text=LONGEST_DOCUMENT,
    longest_comment=LONGEST_DOCUMENT,
    text_unit="characters of the document's JSON",
    batch_read=100,
    credential_at="id.atlassian.com, Security > API tokens (signed in as the hub's account)",
    webhooks_at="Jira, Settings > System > WebHooks",
    eta=(
        EtaSource(EtaKind.DATE_FIELD, RELEASE_DATE),
        EtaSource(EtaKind.DATE_FIELD, DUE_DATE),
    ),
    sources={
        "webhooks": f"{_PLATFORM}/webhooks/",
        "complete_webhooks": f"{_PLATFORM}/webhooks/",
        "comment_webhooks": f"{_PLATFORM}/webhooks/",
        "signature": f"{_PLATFORM}/webhooks/",
        "max_attachment_bytes": f"{_REST}/api-group-issue-attachments/",
        "links_at_create": f"{_REST}/api-group-issue-remote-links/",
        "batch_read": f"{_REST}/api-group-issues/",
        "revision": f"{_REST}/api-group-issues/",
        "deletion_is_final": (
            "https://community.atlassian.com/forums/Jira-articles/"
            "Jira-Image-of-the-Day-Searching-for-Deleted-Items/ba-p/3113167"
        ),
        "changes": f"{_REST}/api-group-issue-search/",
        "relates": f"{_REST}/api-group-issue-links/",
        "longest_comment": f"{_REST}/api-group-issue-comments/",
        "rate": f"{_PLATFORM}/rate-limiting/",
    },
)
