"""What Sentry can and cannot do, with the page that says so."""

from __future__ import annotations

from bridge.ports.manifest import Manifest, Role

_DOCS = "https://docs.sentry.io"
_PLATFORM = f"{_DOCS}/organization/integrations/integration-platform"

MANIFEST = Manifest(
    vendor="sentry",
    title="Sentry",
    roles=frozenset({Role.SIGNALS}),
    # A delivery is reduced before it is stored, and its order is not promised: it is only a hint.
    complete_webhooks=False,
    # There are webhooks for comments. The hub never subscribes to them: what it does not
    # receive it can't leak.
    comment_webhooks=False,
    # Issues are read one by one: no batch read by id is documented.
    batch_read=20,
    credential_at="Sentry, Settings > Developer Settings > the internal integration > Tokens",
    webhooks_at="Sentry, Settings > Developer Settings > the internal integration > Webhook URL",
    sources={
        "complete_webhooks": f"{_PLATFORM}/webhooks/",
        "comment_webhooks": f"{_PLATFORM}/webhooks/comments/",
        "signature": f"{_PLATFORM}/webhooks/",
        "retries": "https://github.com/getsentry/sentry (utils/sentry_apps/webhooks.py)",
        "forms": f"{_PLATFORM}/ui-components/issue-link/",
        "batch_read": f"{_DOCS}/api/events/list-an-organizations-issues/",
        "changes": f"{_DOCS}/api/events/list-an-organizations-issues/",
        "rate": f"{_DOCS}/api/ratelimits/",
    },
)
