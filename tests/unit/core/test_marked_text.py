"""The mark at the beginning of a text: found however it is marked up, taken off alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.guard import Held, release_comment
from bridge.core.marked_text import after_mark, all_said, is_blank
from bridge.domain.texts import Audience, Text
from bridge.kit.richtext import read_html, write_html
from bridge.kit.richtext.plain import words_of


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<p>#dev</p><p>a <b>b</b></p>", "<p>a <strong>b</strong></p>"),
        ("<p>#DEV a <b>b</b></p>", "<p>a <strong>b</strong></p>"),
        ("<p><b>#d</b>ev<br>a</p>", "<p>a</p>"),
        ("<b>#dev</b> a", "<p>a</p>"),
        ("&#35;dev&nbsp;a", "<p>a</p>"),
        ("<hr><h2>#dev Title</h2>x", "<h2>Title</h2><p>x</p>"),
        ("<ul><li>#dev a</li><li>b</li></ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<ul><li>#dev</li><li>b</li></ul>", "<ul><li>b</li></ul>"),
        ("<blockquote>#dev a</blockquote>", "<blockquote><p>a</p></blockquote>"),
        ("<pre>#dev\n  a</pre>", "<pre><code>  a</code></pre>"),
        (
            "<table><tr><td></td><td>#dev a</td></tr></table>",
            "<table><tbody><tr><td></td><td>a</td></tr></tbody></table>",
        ),
        ("<p>#dev<img src='https://x.example/p.png'></p>",
         '<p><img src="https://x.example/p.png" alt="p.png"></p>'),
        ("<p>#dev</p>", ""),
    ],
)  # fmt: skip
def test_mark_is_taken_off_and_the_structure_stays(html: str, left: str) -> None:
    text = after_mark(read_html(html), "#dev")
    assert text is not None
    assert write_html(text) == left


@pytest.mark.parametrize(
    "html",
    ["", "<p>a #dev</p>", "<p>#developers</p>", "<p>a</p><p>#dev</p>", "<p># dev</p>", "<hr>",
     "<table><tr><td>a</td><td>#dev</td></tr></table>", "<img alt='x'>#dev"],
)  # fmt: skip
def test_text_that_does_not_begin_with_the_mark_is_not_marked(html: str) -> None:
    assert after_mark(read_html(html), "#dev") is None


@given(st.text())
def test_mark_costs_no_word(words: str) -> None:
    text = read_html(f"<p>#dev</p>{words}")
    left = after_mark(text, "#dev")
    assert left is not None
    assert "#dev" + "".join(words_of(left).split()) == "".join(words_of(text).split())
    assert is_blank(left) is not bool(words_of(left).strip())


HIDDEN = [
    '<a href="https://acme.sentry.io/issues/1">x</a>',
    '<img src="https://acme.sentry.io/1.png" alt="x">',
    "<img src='https://x.example/a%73entry.png'>",
    "<h3>sen<em>try</em></h3>",
    "<table><tr><td>a</td><td>se<b>ntry</b></td></tr></table>",
    "<ul><li><blockquote><pre>at pay (https://acme.com/app.js:10:3)</pre></blockquote></li></ul>",
    "<script>// sentry</script>fine",
    "<!-- sentry -->fine",
    "<p title='sentry'>fine</p>",
]


@pytest.mark.parametrize("hidden", HIDDEN)
def test_gate_sees_the_source_and_all_that_the_result_leads_to(hidden: str) -> None:
    html = f"<p>#customer</p><p>Good news.</p>{hidden}"
    assert isinstance(release_comment(Text(html, Audience.ENGINEERING)), Held)


def test_all_said_is_words_and_addresses() -> None:
    said = all_said(
        read_html(
            "<ul><li><a href='https://x.example/1'>a</a></li></ul><img src='https://y.example'>"
        )
    )
    assert {"a", "https://x.example/1", "https://y.example"} <= {*said.split("\n")}
