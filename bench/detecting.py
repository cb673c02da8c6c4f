"""Whether reading a text and looking for Sentry in it takes a time that grows with its length.

Texts are made so that patterns with a weakness show it: each is one stretch over and over.
"""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass

from bridge.core.detector import KnownSentry, references, suspicion
from bridge.core.plain_text import lines_of

KNOWN = KnownSentry(
    hosts=frozenset({"errors.acme.com", "sentry.acme.internal:9000"}),
    projects=frozenset({"checkout", "front-end", *(f"project-{each}" for each in range(200))}),
    tracker_keys=frozenset({"WEB"}),
)
PLAIN = (
    "Hello Anna, the export of the visits works again from version 4.2 on; we have looked at the "
    "412 visits of March and at <b>their</b> reports. See "
    "https://acme.atlassian.net/browse/DEMO-7?focus=2 &amp; AB#991.\n"
)
STRETCHES = (
    *("a", "A", "-", "1", " ", "\n", ".", "/", "\\", "<", "&", "%", "=", "*", '"', "{", "@", ":"),
    *("A-", "A1-", "-1A", "a-b_", "CHECKOUT-1 ", "Sentry Issue: ", "sentry CHECKOUT-", "Sentry "),
    *("sentry.io", "sentry.io/", "sentry.io/?", "a.sentry.io/issues/1 ", "https://", "://", "//a"),
    *("sentry.io/issues/a", "errors.acme.com/", "x@sentry.io/?", "\u898bsentry.io/", "sentry-"),
    *("/organizations/a", "/organizations/a/issues/", "/issues/1/events/", "/share/issue/"),
    *("?referrer=jira_integration", "//?referrer=jira_server ", "feedbackSlug=a:1", "/api/0/"),
    *("wrote:", "wrote: ", "wrote:<p", "wrote:<p>", "wrote:\n", 'wrote:"', "{quote", "&gt;"),
    *("at a(", " at a(b", "at a.b", 'File "', 'File "a", line ', "in a", "Error", "Error:", ".py:"),
    *("0123456789abcdef", "0123456789abcdef0123456789abcdef@", "mimecast.com/s/", "url-", "t.co/"),
    *("%25", "%2525", "%41", "&amp;", "&#38;", "&#0", "&#x1f600;", "&lt;b&gt;", "&amp;lt;"),
    *("\\u0041", "\\u005c", "=\n", '="', "='a", '="a\n"', "<b>", "<b ", "</", "<!--", "[.]"),
    *("urldefense./v2/url?u=", "urldefense.com/v2/url?u=-41_", "{color:red}", "**", "`", "~~"),
    *("\u00ad", "\u200b\u200d", "\ufdfa", "\u0130", "\u00df", "\u017f", "\u3002", "\u2014"),
    *("\ud800", "\u00e9", "{[", "]}", '{"a":[', "\u0301\u0327", "\u0f73\u0f71", "\u0455\u0435"),
    *("c2VudHJ5", "aHR0cHM6Ly9hYg==\n", "YUdWc2JHOGdkMjl5YkdRZ2FHVnNiRzg=", "a_b-"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Detecting:
    """`ratio`: the worst growth of time for twice the text (of two such), and by which stretch."""

    ratio: float
    stretch: str
    plain_mb_s: float
    worst_mb_s: float
    slowest: str


def detect(size: int) -> Detecting:
    """Look through texts of `size` and of four times as many signs."""
    worst, stretch, slowest, rate = 0.0, "", "", float("inf")
    for each in STRETCHES:
        one, four = (_seconds(_text(each, size * times)) for times in (1, 4))
        # Over two doublings: linear is 2 for each, quadratic 4; a single one is mostly noise.
        grown = (four / one) ** 0.5
        if grown > worst:
            worst, stretch = grown, each
        mb_s = size * 4 / 1e6 / four
        if mb_s < rate:
            rate, slowest = mb_s, each
    plain = size * 16 / 1e6 / _seconds(_text(PLAIN, size * 16))
    return Detecting(worst, ascii(stretch), plain, rate, ascii(slowest))


def _text(stretch: str, size: int) -> str:
    return (stretch * (size // len(stretch) + 1))[:size]


def _seconds(text: str, times: int = 3) -> float:
    """The least CPU time of some tries: whatever else the machine does only adds to it."""
    took = []
    gc.disable()
    for _ in range(times):
        begin = time.process_time()
        suspicion(text, KNOWN)
        references(text, KNOWN)
        lines_of(text)
        took.append(time.process_time() - begin)
    gc.enable()
    return min(took)
