"""What Zendesk can and cannot do, each limit with the page it comes from."""

from __future__ import annotations

from datetime import timedelta

from bridge.ports.manifest import Manifest, Role

BATCH = 100
"""Tickets that one call shows at most."""
COMMENT_BYTES = 64 * 1024
"""A longer comment is cut without a word."""
FIELD_CHARS = 65_000
"""Ours: no page names a limit of a field of text."""
UPDATES = 30
UPDATES_SPAN = timedelta(minutes=10)
"""So many updates of one ticket by one agent in that time."""

_API = "https://developer.zendesk.com/api-reference"

MANIFEST = Manifest(
    vendor="zendesk",
    title="Zendesk",
    roles=frozenset({Role.HELPDESK}),
    # An event carries the system fields and the one custom field that changed, never the others.
    complete_webhooks=False,
    comment_webhooks=True,
    comments_read="its events hold a comment's plain text only, without its files",
    shared_fields=frozenset({"tags"}),
    status_field="status",
    assignee_field="assignee_id",
    waits=True,
    # Four days after solved by default, by an automation of the account's.
    final_status="closed",
    redacts=True,
    speaks=True,
    follows_up=True,
    # Ours: no page says that audits lag, and none that they don't.
    create_probe_grace=timedelta(seconds=30),
    batch_read=BATCH,
    longest_text=FIELD_CHARS,
    longest_comment=COMMENT_BYTES,
    text_unit="bytes of HTML in comments, characters in fields",
    # Zendesk names no window. A retry may carry the time of the first attempt (not confirmed).
    clock_window=timedelta(minutes=60),
    app_links=True,
    credential_at="Zendesk, Admin Center > Apps and integrations > APIs > API tokens",
    webhooks_at="Zendesk, Admin Center > Apps and integrations > Webhooks",
    fields_at="Zendesk, Admin Center > Objects and rules > Tickets > Fields",
    sources={
        "webhooks": f"{_API}/webhooks/event-types/ticket-events/",
        "clock_window": "https://developer.zendesk.com/documentation/webhooks/verifying/",
        "batch_read": f"{_API}/ticketing/tickets/tickets/#show-multiple-tickets",
        "comments": f"{_API}/ticketing/tickets/ticket_comments/",
        # For good, on closed tickets too; of an e-mail's original by a job that takes a while.
        "redacts": f"{_API}/ticketing/tickets/ticket_comments/"
        "#redact-ticket-comment-in-agent-workspace",
        "speaks": f"{_API}/ticketing/tickets/ticket_comments/",
        "follows_up": "https://developer.zendesk.com/documentation/ticketing/managing-tickets/"
        "creating-and-updating-tickets/#creating-a-follow-up-ticket",
        "create_probe_grace": f"{_API}/ticketing/tickets/ticket_audits/",
        "sweep": f"{_API}/ticketing/ticket-management/incremental_exports/",
        "safe_update": f"{_API}/ticketing/tickets/tickets/#updating-tickets-safely",
        "limits": f"{_API}/introduction/rate-limits/",
        "fields": f"{_API}/ticketing/tickets/ticket_fields/",
        "longest_comment": f"{_API}/ticketing/tickets/ticket_comments/",
        "statuses": f"{_API}/ticketing/tickets/custom_ticket_statuses/",
        "app_links": f"{_API}/ticketing/jira/links/",
    },
)
