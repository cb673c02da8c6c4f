"""What the gate holds: whatever looks like error tracking, in every form it is written in."""

from __future__ import annotations

import json

import pytest

from bridge.core.detector import suspicion
from tests.unit.core.sentry_texts import HEX, KNOWN

NAMES = [
    "Jane Doe",
    "李小龙",
    "Владимир Ильич",
    "محمد",
    "José-María O'Neill (QA)",
    "jane@acme.com",
    "N" * 200,
    "",
    "wrote: wrote:",
]


def adf(name: str, *, key_order: bool = True) -> str:
    said = {"type": "paragraph", "content": [{"type": "text", "text": f"{name} wrote:"}]}
    inner = [{"type": "paragraph", "content": [{"type": "text", "text": "it broke"}]}]
    quote = {"type": "blockquote", "content": inner}
    if not key_order:
        quote = dict(reversed(quote.items()))
        said = dict(reversed(said.items()))
    return json.dumps({"type": "doc", "version": 1, "content": [said, quote]})


@pytest.mark.parametrize("name", NAMES)
def test_a_quoted_person_is_held_in_every_form_that_integrations_write(name: str) -> None:
    for text in (
        f"{name} wrote:\n\n{{quote}}it broke{{quote}}",
        f"{name} wrote:\n\n<blockquote>it broke</blockquote>",
        f"<p>{name} wrote:</p><blockquote><p>it broke</p></blockquote>",
        f"<div>{name} wrote:<br /><br /><blockquote>it broke</blockquote></div>",
        f"<p><strong>{name}</strong> wrote:&nbsp;</p>\n<p></p><pre>it broke</pre>",
        f"&lt;p&gt;{name} wrote:&lt;/p&gt;&lt;blockquote&gt;it broke",
        f"**{name}** wrote:\n\n> it broke",
        f"{name} wrote:\r\n\r\n&gt; it broke",
        f"{name} wrote\uff1a\n> it broke",
        f"{name} wrote:",
        adf(name),
        adf(name, key_order=False),
    ):
        assert suspicion(text) == "attribution", text


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ("sentry", "we saw it in sentry"),
        ("sentry", "pip install sentry-sdk==2.1.0"),
        ("sentry", "The sentry at gate CHECKOUT was relieved"),
        ("sentry", "sen\u00adtry and s&#101;ntry"),
        ("sentry", "look into s.e.n.t.r.y / s e n t r y"),
        ("sentry", "acme.sen\ntry.io has it"),
        ("sentry", "have a look into s3ntry"),
        ("sentry", "\U0001f1f8\U0001f1ea\U0001f1f3\U0001f1f9\U0001f1f7\U0001f1fe"),
        ("sentry", "sen\u2800try, \u0455\u0435\u043ftr\u0443, s\u0301e\u0336ntry"),
        ("sentry", "c2VlIHRoZSBlcnJvciBpbiBTZW50cnk="),
        ("sentry", b"https://acme.sentry.io/issues/1/".hex()),
        ("sentry", "".join(f"={each:02X}" for each in b"see it in sentry")),
        ("sentry", "\u202e/1/seussi/oi.yrtnes.emca//:sptth"),
        ("sentry", "sen\ud800try"),
        ("short id", "was _CHECKOUT-1AB_ again"),
        ("attribution", "Jane Doe wrote:\r it broke"),
        ("event", f"Event ID: {HEX}"),
        ("event", f"trace_id={HEX}"),
        ("stack trace", "java.lang.NullPointerException in checkout"),
        ("stack trace", "ZeroDivisionError"),
        ("opaque address", "https://u12.ct.sendgrid.net/ls/click?upn=u001.abc"),
        ("opaque address", "https://d1.hubspotlinks.com/Ctc/abc"),
        ("opaque address", "https://rb.gy/abc"),
        ("address", "https://x.test/organizations/acme/issues/"),
        ("address", "https://x.test/?referrer=jira_server"),
        ("short id", "ask about CHECKOUT-1AB"),
        ("short id", "ask about checkout, CHECKOUT-1AB-"),
        ("data source", f"dsn={HEX}@o1.ingest.test/42"),
        ("data source", f"https://{HEX}:{HEX}@errors.test/42"),
        ("stack trace", "  at Acme.Checkout.Pay(String x) in C:\\src\\Pay.cs:line 12"),
        ("stack trace", "#0 /var/www/pay.php(12): pay()"),
        ("stack trace", "thread 'main' panicked at src/main"),
        ("stack trace", "at java.base/java.lang.Thread.run(Thread.java:833)"),
        ("stack trace", "&lt;p&gt;TypeError: x&lt;/p&gt;"),
        ("stack trace", "from app/models/pay.rb:12:in 'pay'"),
        ("opaque address", "https://protect-eu.mimecast.com/s/AbC1CnZ4xC8o2vUXyzAB"),
        ("opaque address", "see bit.ly/3xYzAb"),
    ],
)
def test_what_may_come_from_error_tracking_is_held_and_named(shape: str, text: str) -> None:
    assert suspicion(text) == shape


def test_a_known_host_is_the_same_machine_at_each_port_unless_one_is_known() -> None:
    for address in ("errors.acme.com:8443", "ask ERRORS.acme.com:80/x", "errors.\u0430cme.com"):
        assert suspicion(address, KNOWN) == "address"
    assert suspicion("myerrors.acme.com:8443, errors.acme.com.example", KNOWN) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The export works again from version 4.2 on.",
        "Anna wrote to us at 12:30 and is happy.",
        "She wrote: we are glad that it works, thank you.",
        "ABC-12 and WEB-42 were deployed; see https://acme.atlassian.net/browse/DEMO-7",
        "AB#12, https://dev.azure.com/acme/Platform/_workitems/edit/991?focus=2",
        "ISO-8601, UTF-8, COVID-19, CVE-2024-12345, INV-2024-001, RFC-2119",
        "checkout-form-v2 has a new checkout-page; FRONT-END-IL stays.",
        "Rates rose by 5 % (100%25 in 2025) &amp; fell again — as planned…",
        "https://acme.zendesk.com/agent/tickets/12?query=a%20b#c, https://habit.ly/x",
        "12.04.2026 10:00:00, 10.0.0.1:8080, 2001:db8::1, C:\\Users\\anna\\file.txt",
        "見て、 https://example.jp/案件/12 。",
        # Other scripts, accents, numbers of things, and what only looks like base64.
        "Экспорт снова работает, см. версию 4.2. Извините за неудобства!",
        "\u0397 εξαγωγή λειτουργεί ξανά. Ñandú, Łódź, Ångström, naïve café, Straße.",
        "The order 9fac2ceed9344f2bbfdd1fdacb0ed9b1 is on its way; error-free since May.",
        "https://acme.example/very/long/path/without/anything/suspicious/in/it/at/all?a=3D&b=41",
        "SGVsbG8gQW5uYSwgdGhlIGV4cG9ydCB3b3JrcyBhZ2Fpbi4=",
        "sent. Ry said: the sentries were sent, try again at the entry",
        '{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"ok"}]}]}',
    ],
)
def test_an_ordinary_answer_leaves(text: str) -> None:
    assert suspicion(text, KNOWN) is None
