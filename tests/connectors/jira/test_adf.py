"""Documents both ways: what is written fits Atlassian's schema, what is read hides nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from bridge.kit.richtext import clean_html, html_to_text
from connectors.jira.adf_reading import to_html
from connectors.jira.adf_writing import to_document
from connectors.jira.manifest import LONGEST_DOCUMENT
from connectors.jira.simulator import adf
from tests.contracts import need_contracts

ROUND = [
    "<p>As a user</p>",
    "<p>one<br>two</p><p>three</p>",
    "<h2>Steps</h2><ol><li>Press <strong>Export</strong></li></ol>",
    "<ul><li>one<ul><li>two</li></ul></li></ul>",
    "<blockquote><p>He said <em>no</em></p></blockquote>",
    "<pre><code>a &lt; b\n  c</code></pre>",
    '<p>see <a href="https://desk.example/1?a=1&amp;b=2">the ticket</a></p>',
    "<p><code>x</code> H<sub>2</sub>O <s>gone</s> <u>new</u></p>",
    "<table><tbody><tr><th>a</th></tr><tr><td>b</td></tr></tbody></table>",
    "<p>a</p><hr><p>b</p>",
]
AWKWARD = [
    "",
    " \n ",
    "plain & text < 3",
    "<p></p><ul></ul><pre></pre><table></table><blockquote></blockquote><h1><br></h1>",
    "<blockquote><h2>q</h2><blockquote>in</blockquote><hr><table><tr><td>c</table></blockquote>",
    "<ul>loose<li><h3>x</h3><blockquote>y</blockquote><pre>z</pre></li><ul><li>q</ul></ul>",
    "<table><tr><td>a<table><tr><td>in</td></tr></table><ul><li>l</ul></td></tr></table>",
    "<b><code>x <i>y</i> <a href='https://x.example'>z</a></code></b>",
    "<a href='javascript:x()'>go</a><a>bare</a><a href=''>none</a>",
    "<td>cell</td><li>item</li>",
    "<div>" * 80 + "deep" + "</div>" * 80,
    "<ul><li>" * 60 + "deep" + "</li></ul>" * 60,
]


@pytest.fixture(scope="module")
def schema() -> Draft4Validator:
    path = need_contracts("jira") / "adf-schema.full.json"
    return Draft4Validator(json.loads(path.read_text()))


@pytest.mark.parametrize("html", [*ROUND, *AWKWARD])
def test_written_document_fits_the_published_schema(schema: Draft4Validator, html: str) -> None:
    document = to_document(html)
    assert [fault.message[:200] for fault in schema.iter_errors(document)] == []
    assert adf.breaches(document) == []


_TAGS = (
    "p", "div", "b", "i", "u", "s", "code", "pre", "blockquote", "ul", "ol", "li", "h1", "h4",
    "table", "tr", "td", "th", "a", "sub", "sup", "span", "br", "hr",
)  # fmt: skip
_HTML = st.recursive(
    st.sampled_from(["x", " ", "a b", "\n", "&lt;", "ü ✓", "<br>", "<hr>"]),
    lambda inner: st.tuples(st.sampled_from(_TAGS), st.lists(inner, max_size=3)).map(
        lambda each: f"<{each[0]} href='https://x.example/{each[0]}'>{''.join(each[1])}</{each[0]}>"
    ),
    max_leaves=12,
)


@given(parts=st.lists(_HTML | st.text(), max_size=4))
@settings(max_examples=80)
def test_any_html_becomes_a_document_that_fits_and_keeps_its_words(
    schema: Draft4Validator, parts: list[str]
) -> None:
    html = "".join(parts)
    document = to_document(html)
    assert schema.is_valid(document)
    assert adf.breaches(document) == []
    meant = "".join(html_to_text(clean_html(html)).split())
    assert "".join(html_to_text(to_html(document)).split()) == meant


@pytest.mark.parametrize("html", ROUND)
def test_html_survives_the_way_there_and_back(html: str) -> None:
    assert to_html(to_document(html)) == html
    assert to_html(adf.rewritten(to_document(html))) == html


def test_text_that_is_too_long_is_cut_and_keeps_its_mark(schema: Draft4Validator) -> None:
    html = "<p>Ann: " + "it fails. " * 6000 + "</p><p>tb-0123456789abcdef0123</p>"
    document = to_document(html)
    assert schema.is_valid(document)
    assert len(json.dumps(document, ensure_ascii=False)) <= LONGEST_DOCUMENT
    read = to_html(document)
    assert "Ann: it fails." in read
    assert read.endswith("<p>tb-0123456789abcdef0123</p>")


SENTRY = "https://acme.sentry.io/issues/4242/"
HIDDEN: list[dict[str, Any]] = [
    {"type": "text", "text": "x", "marks": [{"type": "link", "attrs": {"href": SENTRY}}]},
    {"type": "inlineCard", "attrs": {"url": SENTRY}},
    {"type": "inlineCard", "attrs": {"data": {"@type": "Object", "url": SENTRY}}},
    {"type": "inlineCard", "attrs": {"data": {"generator": {"href": SENTRY}}}},
    {"type": "mention", "attrs": {"id": "1", "text": SENTRY}},
    {"type": "status", "attrs": {"text": SENTRY, "color": "red"}},
]
BLOCKS: list[dict[str, Any]] = [
    {"type": "blockCard", "attrs": {"url": SENTRY}},
    {"type": "embedCard", "attrs": {"url": SENTRY, "layout": "wide"}},
    {"type": "mediaSingle", "content": [{"type": "media", "attrs": {"url": SENTRY}}]},
    {"type": "unheardOf", "content": [{"type": "newer", "content": [HIDDEN[1]]}]},
    {"type": "expand", "attrs": {"title": SENTRY}, "content": []},
    {"type": "extension", "attrs": {"text": SENTRY, "extensionKey": "x"}},
]


@pytest.mark.parametrize(
    "node", [*({"type": "paragraph", "content": [n]} for n in HIDDEN), *BLOCKS]
)
def test_address_in_an_attribute_is_seen(node: dict[str, Any]) -> None:
    assert "acme.sentry.io/issues/4242" in to_html(adf.document(node))


@pytest.mark.parametrize(
    "node",
    [
        {"type": "inlineCard", "attrs": {"url": "javascript:x()"}},
        {"type": "text", "text": "x", "marks": [{"type": "link", "attrs": {"href": "data:x"}}]},
        {"type": "text", "text": "<script>x()</script>"},
        {"type": "mention", "attrs": {"text": "<img src=x onerror=x()>"}},
    ],
)
def test_document_does_nothing_in_a_browser(node: dict[str, Any]) -> None:
    html = to_html(adf.document({"type": "paragraph", "content": [node]}))
    assert "<script" not in html
    assert "<img" not in html
    assert "href=" not in html


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "content", "attrs", "marks", "text", "level"]), inner
        )
    ),
    max_leaves=10,
)


@given(_JSON)
def test_any_json_is_read_without_an_error(value: Any) -> None:
    assert isinstance(to_html(value), str)


def test_nesting_without_end_is_read_and_hides_nothing() -> None:
    node: dict[str, Any] = {"type": "inlineCard", "attrs": {"url": SENTRY}}
    for _ in range(5000):
        node = {"type": "panel", "content": [node]}
    assert SENTRY in to_html(adf.document(node))
