"""The egress gate: what leaves, what waits for a person."""

from __future__ import annotations

import pytest

from bridge.core.detector import suspicion
from bridge.core.guard import Held, release_comment, release_pair
from bridge.domain.texts import Audience, Releasable, Text

HEX = "9fac2ceed9344f2bbfdd1fdacb0ed9b1"

POSITIVE = [
    "https://acme.sentry.io/issues/4509876543/",
    "https://sentry.io/organizations/acme/issues/CLI-G/",
    "https://errors.acme.com/organizations/acme/issues/789/",
    f"https://errors.acme.com/share/issue/{HEX}/",
    f"https://errors.acme.com/share/group/{HEX}/",
    f"https://errors.acme.com/issues/4509876543/events/{HEX}/",
    "https://errors.acme.com/api/0/issues/1117540176/",
    "https%3A%2F%2Facme.sentry.io%2Fissues%2F1",
    "https://acme.s&#101;ntry.io/issues/1",
    "[FRONT-END-9|https://x.test/?referrer=jira_integration]",
    "https://x.test/?referrer=vsts_integration",
    "This ticket was automatically created by Sentry via rule",
    "Fixes CHECKOUT-1AB",
    "<p>Jane Doe wrote:</p><blockquote>it broke</blockquote>",
    "Jane wrote:\n\n{quote}it broke{quote}",
    "**Jane** wrote:\n\n> it broke",
    "Jane wrote:<br><br><blockquote>x</blockquote>",
    "Traceback (most recent call last):",
    'File "/srv/app.py", line 12, in main',
    "TypeError: undefined is not a function",
    "   at com.acme.Checkout.pay(Checkout.java:42)",
    "at pay (https://acme.com/app.js:10:3)",
    "see checkout/pay.py:17",
    f"https://{HEX}@o1.ingest.example.com/42",
]


@pytest.mark.parametrize("text", POSITIVE)
def test_every_shape_of_error_tracking_is_held(text: str) -> None:
    html = f"<p>#customer</p><p>Good news.</p>{text}"
    assert isinstance(release_comment(Text(html, Audience.ENGINEERING)), Held)
    assert isinstance(release_pair(text, Audience.SUPPORT, "r"), Held)


@pytest.mark.parametrize(
    "text",
    [
        "The export works again from version 4.2 on.",
        "ABC-12 and WEB-42 were deployed; see https://acme.atlassian.net/browse/DEMO-7",
        "ISO-8601, UTF-8, COVID-19, CVE-2024-12345, INV-2024-001",
        "the checkout-page is slow, checkout-form-v2 too",
        "Anna wrote to us at 12:30 and is happy.",
        "Released on 2026-03-01 at 10:00 (UTC).",
    ],
)
def test_plain_answer_leaves(text: str) -> None:
    assert suspicion(text) is None
    html = f"<p>#customer</p><p>{text}</p>"
    released = release_comment(Text(html, Audience.ENGINEERING))
    assert isinstance(released, Releasable)
    assert "#customer" not in released.value
    assert released.audience is Audience.SUPPORT


@pytest.mark.parametrize(
    "html",
    ["<p>Hello</p><p>#customer</p>", "<p>#customers</p><p>x</p>", "", "<p>#customer</p>", "<p>"],
)
def test_comment_without_mark_or_words_is_held(html: str) -> None:
    assert isinstance(release_comment(Text(html, Audience.ENGINEERING)), Held)


def test_comment_on_the_marks_own_line_leaves() -> None:
    released = release_comment(Text("<div>#Customer It is fixed.</div>", Audience.ENGINEERING))
    assert isinstance(released, Releasable)
    assert released.value == "<p>It is fixed.</p>"


def test_structure_leaves_and_nothing_that_acts() -> None:
    html = '<p>#customer</p><p onclick="x">a <b>b</b><script>evil()</script>&lt;i&gt;</p>'
    released = release_comment(Text(html, Audience.ENGINEERING))
    assert isinstance(released, Releasable)
    assert released.value == "<p>a <strong>b</strong>&lt;i&gt;</p>"


def test_text_that_came_by_way_of_error_tracking_is_held_whatever_it_says() -> None:
    text = Text("<p>#customer</p><p>fine</p>", Audience.ENGINEERING, ("sentry:12", "boards:7"))
    assert isinstance(release_comment(text), Held)


def test_engineerings_field_never_leaves() -> None:
    held = release_pair("x", Audience.ENGINEERING, "r")
    assert isinstance(held, Held)
    assert held.code == "AUDIENCE_BLOCK"
