"""What e-mail can and cannot do, each limit with the page it comes from."""

from __future__ import annotations

from bridge.ports.manifest import Manifest, Role

MANIFEST = Manifest(
    vendor="email",
    title="E-mail",
    roles=frozenset({Role.NOTIFIER}),
    complete_webhooks=False,
    comment_webhooks=False,
    addressed=True,
    mails=True,
    credential_at="whoever runs the mail server (a mailbox's password, or one for applications)",
    sources={
        "webhooks": "https://www.rfc-editor.org/rfc/rfc5321",
        "signature": "https://www.rfc-editor.org/rfc/rfc5321",
        "batch_read": "https://www.rfc-editor.org/rfc/rfc5321",
        "tls": "https://www.rfc-editor.org/rfc/rfc3207",
        "threads": "https://www.rfc-editor.org/rfc/rfc5322#section-3.6.4",
        "mails": "https://www.rfc-editor.org/rfc/rfc5321",
        "automatic": "https://www.rfc-editor.org/rfc/rfc3834",
    },
)
