"""Texts that name things of Sentry, by the number of their shape, and texts that only look so."""

from __future__ import annotations

from bridge.core.detector import KnownSentry

HEX = "9fac2ceed9344f2bbfdd1fdacb0ed9b1"
UUID = "9fac2cee-d934-4f2b-bfdd-1fdacb0ed9b1"
KNOWN = KnownSentry(
    hosts=frozenset({"errors.acme.com", "sentry.acme.internal:9000"}),
    projects=frozenset({"checkout", "checkout-form", "front-end", "pump-station", "web"}),
    tracker_keys=frozenset({"WEB", "DEMO"}),
)

ADDRESSES: list[tuple[str, str, str]] = [
    ("1", "issue", "https://acme.sentry.io/issues/4509876543/"),
    ("1 without slash", "issue", "https://acme.sentry.io/issues/4509876543"),
    ("2", "issue", ("https://acme.sentry.io/issues/4509876543/?project=42&query=is%3Aunresolved"
     "&referrer=issue-stream")),
    ("3", "issue", "https://acme.sentry.io/issues/CHECKOUT-1AB"),
    ("4", "issue", f"https://acme.sentry.io/issues/4509876543/events/{HEX}/"),
    ("4 latest", "issue", "https://acme.sentry.io/issues/4509876543/events/latest/"),
    ("5", "issue", "https://sentry.io/organizations/acme/issues/4509876543/"),
    ("6", "issue", "https://sentry.io/organizations/acme/issues/CLI-G/"),
    ("7", "issue", (f"https://sentry.io/organizations/acme/issues/1/events/{HEX}/"
     "?referrer=jira_integration")),
    ("8", "issue", "https://sentry.io/acme/issues/123"),
    ("9", "issue", "https://sentry.io/acme/front-end/issues/1170820242/"),
    ("10", "issue", "https://us.sentry.io/organizations/acme/issues/32886/"),
    ("11", "share", f"https://sentry.io/share/issue/{HEX}/"),
    ("12", "share", f"https://acme.sentry.io/share/issue/{HEX}/"),
    ("13", "share", f"https://errors.example.com/share/group/{HEX}/"),
    ("14", "issue", "https://sentry.acme.com/organizations/acme/issues/789/"),
    ("15", "issue", "http://sentry.acme.internal:9000/organizations/dev/issues/42/"),
    ("16", "issue", "https://sentry.acme.com/acme/checkout/issues/789/"),
    ("16 configured", "issue", "https://errors.acme.com/acme/checkout/issues/789/"),
    ("17", "replay", f"https://acme.sentry.io/replays/{HEX}/"),
    ("18", "replay", f"https://acme.sentry.io/explore/replays/{HEX}/?t=262"),
    ("18 dashes", "replay", f"https://acme.sentry.io/explore/replays/{UUID}/?t=262"),
    ("18 slug", "replay", f"https://acme.sentry.io/replays/front-end:{HEX}/"),
    ("19", "replay", f"https://sentry.io/organizations/acme/replays/{HEX}/"),
    ("20", "feedback", "https://acme.sentry.io/feedback/?feedbackSlug=checkout%3A5146636313"),
    ("20 issues", "feedback",
     "https://acme.sentry.io/issues/feedback/?feedbackSlug=checkout%3A5146636313&project=1"),
    ("21", "trace", f"https://acme.sentry.io/explore/traces/trace/{HEX}/"),
    ("21 old", "trace", f"https://acme.sentry.io/traces/{HEX}/"),
    ("21 older", "trace", f"https://acme.sentry.io/performance/trace/{HEX}"),
    ("22", "event", f"https://sentry.io/organizations/acme/projects/front-end/events/{HEX}/"),
    ("23", "issue", "https://sentry.io/api/0/issues/1117540176/"),
    ("24", "issue", "https://us.sentry.io/api/0/organizations/acme/issues/1117540176/"),
    ("25", "event", f"https://sentry.io/api/0/projects/acme/front-end/events/{HEX}/"),
    ("26", "alert", "https://acme.sentry.io/organizations/acme/alerts/rules/checkout/77/"),
    ("26 details", "alert", "https://acme.sentry.io/alerts/rules/details/5/"),
    ("26 crons", "monitor", "https://acme.sentry.io/crons/checkout/nightly/"),
    ("26 monitors", "monitor", "https://acme.sentry.io/monitors/12/"),
]  # fmt: skip

WRITTEN: list[tuple[str, str, str]] = [
    ("27", "issue", ("Sentry Issue: [CHECKOUT-1AB|https://acme.sentry.io/issues/1/"
     "?referrer=jira_integration]")),
    ("28", "issue", ("Sentry Issue: [FRONT-END-9](https://acme.sentry.io/issues/1/"
     "?referrer=vsts_integration)")),
    ("28 feedback", "short_id", "Sentry Feedback: [FRONT-END-9](https://errors.test/x)"),
    ("29", "issue", '<p>Sentry Issue: <a href="https://acme.sentry.io/issues/1/">FRONT-END-9</a>'),
    ("29 key", "short_id", '<p>Sentry Issue: <a href="https://errors.test/x">FRONT-END-9</a></p>'),
    ("30", "issue", ("Linked Sentry Issue: [CHECKOUT-1AB|https://acme.sentry.io/issues/1/"
     "?referrer=jira_server]")),
    ("31", "alert", "This ticket was automatically created by Sentry via [rule|https://errors.test]"),
    ("31 boards", "alert",
     "This work item was automatically created by Sentry via [rule](https://errors.test)"),
    ("32", "short_id", "Fixes CHECKOUT-1AB"),
    ("32 digits", "short_id", "see PUMP-STATION-1"),
    ("33", "short_id", "sentry: checkout-19Q is back"),
    ("33 a tracker's key too", "short_id", "In Sentry it is WEB-42"),
    ("34 card", "issue", ('{"type":"doc","content":[{"type":"inlineCard","attrs":'
     '{"url":"https://acme.sentry.io/issues/1/"}}]}')),
    ("34 mark", "issue", ('{"type":"text","text":"here","marks":[{"type":"link","attrs":'
     '{"href":"https:\\/\\/acme.sentry.io\\/issues\\/1\\/"}}]}')),
    ("34 link", "issue", '{"object":{"url":"https:\\u002f\\u002facme.\\u0073entry.io/issues/1"}}'),
    ("35 cloud", "issue", "https://errors.test/a/b?referrer=jira_integration"),
    ("35 server", "issue", "https://errors.test/issues/7/?x=1&referrer=jira_server"),
    ("35 server's other", "issue", "https://errors.test/?referrer=jira_server_integration"),
    ("35 boards", "issue", "https://errors.test/?referrer=vsts_integration"),
]  # fmt: skip

LOOK_ALIKES = [
    "DEMO-123",
    "WEB-42 was deployed",
    "https://docs.sentry.io/platforms/python/",
    "https://blog.sentry.io/2024/issues/why/",
    "https://sentry.io/pricing/",
    "https://sentry.io/welcome/",
    "https://github.com/getsentry/sentry/issues/12345",
    "https://acme.atlassian.net/browse/DEMO-7",
    "https://notsentry.io/issues/123/",
    "https://acme.sentry.io.evil.com/issues/123/",
    "https://sentryinsurance.com/issues/55",
    "https://browser.sentry-cdn.com/7.0.0/bundle.min.js",
    "The sentry at gate CHECKOUT was relieved",
    "ISO-8601, UTF-8, COVID-19",
    "CVE-2024-12345",
    "the checkout-page is slow",
    "checkout-form-v2",
    "FRONT-END-IL",
    "INV-2024-001",
    "pip install sentry-sdk==2.1.0",
    "mailto:sentry@acme.com",
    "https://o447951.ingest.us.sentry.io/api/5899451/envelope/",
    # Nor these, which are not in the vendor's list.
    "https://sentry.io@evil.com/issues/123/",
    "https://sentry.io:443@evil.com/issues/123/",
    "https://evil.com/acme.sentry.io/issues/123/",
    "https://acme.sentry.io/issues/",
    "https://acme.sentry.io/issues/errors-outages/",
    "https://sentry.io.evil.com/issues/123/",
    "https://docs.sentry.io/organizations/acme/issues/123/",
    "somebody@acme.sentry.io",
    "2026-03-02, 550e8400-e29b-41d4-a716-446655440000",
]
