"""What HubSpot can and cannot do, each limit with the page it comes from."""

from __future__ import annotations

from datetime import timedelta

from bridge.ports.manifest import Manifest, Role

NOTE_CHARS = 65_536
FIELD_CHARS = 65_000
"""Ours: no page names a limit of a property of text."""
BATCH = 100
HISTORY_BATCH = 50
"""A batch read that asks for histories takes half as many."""

MANIFEST = Manifest(
    vendor="hubspot",
    title="HubSpot",
    roles=frozenset({Role.HELPDESK}),
    # A property event carries one property; it is merged in.
    complete_webhooks=False,
    # Messages of conversations are announced, notes are not.
    comment_webhooks=False,
    # The search index trails by seconds up to about a minute.
    create_probe_grace=timedelta(seconds=90),
    status_field="hs_pipeline_stage",
    assignee_field="hubspot_owner_id",
    batch_read=BATCH,
    longest_text=FIELD_CHARS,
    longest_comment=NOTE_CHARS,
    clock_window=timedelta(minutes=5),
    creates_fields=True,
    # In the conversation of a ticket that has one; its closed tickets can still be written in.
    speaks=True,
    answers_last=True,
    directs=True,
    # A form or the API makes tickets without a conversation.
    shows_mail=True,
    credential_at="HubSpot, Settings > Development",
    webhooks_at="HubSpot, the webhooks of the app (targetUrl, one subscription per property)",
    fields_at="HubSpot, Settings > Properties > Ticket properties",
    sources={
        "webhooks": "https://developers.hubspot.com/docs/api/webhooks",
        "clock_window": "https://developers.hubspot.com/docs/api/webhooks/validating-requests",
        "batch_read": "https://developers.hubspot.com/docs/api/crm/tickets",
        "create_probe_grace": "https://developers.hubspot.com/docs/api/crm/search",
        "creates_fields": "https://developers.hubspot.com/docs/api/crm/properties",
        "notes": "https://developers.hubspot.com/docs/api/crm/notes",
        # Its messages can be read and sent; none of its calls changes one that was sent.
        "redacts": "https://developers.hubspot.com/docs/api/conversations/conversations",
        "speaks": "https://developers.hubspot.com/docs/api/conversations/conversations",
        "shows_mail": "https://developers.hubspot.com/docs/api/crm/email",
        "longest_comment": "https://developers.hubspot.com/docs/api/crm/notes",
        "limits": "https://developers.hubspot.com/docs/api/usage-details",
        "errors": "https://developers.hubspot.com/docs/api/error-handling",
        "versions": "https://developers.hubspot.com/changelog",
    },
)
