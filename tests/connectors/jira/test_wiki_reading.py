"""Wiki markup as rich text: what Jira means by it, and never an error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.kit.richtext import write_html
from bridge.kit.richtext.plain import words_of
from connectors.jira.adf_reading import to_html
from connectors.jira.adf_writing import to_document
from connectors.jira.simulator import adf
from connectors.jira.simulator.wiki import to_wiki
from connectors.jira.wiki_reading import read_wiki

TABLE = (
    '<table><tbody><tr><td><a href="https://x.example">l</a></td></tr><tr><td>d</td></tr>'
    "</tbody></table>"
)


@pytest.mark.parametrize(
    ("wiki", "html"),
    [
        ("h2. Steps\nand *so* _on_", "<h2>Steps</h2><p>and <strong>so</strong> <em>on</em></p>"),
        ("* a\n** b\n* c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
        ("# a\n# b\n\nc", "<ol><li>a</li><li>b</li></ol><p>c</p>"),
        ("{code:java}\nint x;\n{code}", "<pre><code>int x;</code></pre>"),
        ("{noformat}*x*{noformat}", "<pre><code>*x*</code></pre>"),
        ("{quote}a\nb{quote}c", "<blockquote><p>a<br>b</p></blockquote><p>c</p>"),
        ("bq. said", "<blockquote><p>said</p></blockquote>"),
        ("a\n----\nb", "<p>a</p><hr><p>b</p>"),
        ("[the page|https://x.example/a?b=1]",
         '<p><a href="https://x.example/a?b=1">the page</a></p>'),
        ("https://x.example", '<p><a href="https://x.example">https://x.example</a></p>'),
        ("[go|javascript:x()]", "<p>[go|javascript:x()]</p>"),
        ("!shot.png|thumbnail!", "<p>[image: shot.png]</p>"),
        ("[~accountid:5b10]", "<p>@5b10</p>"),
        ("{{a*b*c}} 2*3*4 snake_case_word", "<p><code>a*b*c</code> 2*3*4 snake_case_word</p>"),
        ("||a||b||\n|c|d|",
         "<table><tbody><tr><th>a</th><th>b</th></tr><tr><td>c</td><td>d</td></tr></tbody></table>"),
        ("|[l|https://x.example]|\n|d|", TABLE),
        ("{color:red}red{color} \\*plain\\*", "<p>red *plain*</p>"),
        ("{code}never ends", "<p>{code}never ends</p>"),
    ],
)  # fmt: skip
def test_markup_is_read_as_what_it_means(wiki: str, html: str) -> None:
    assert write_html(read_wiki(wiki)) == html


@pytest.mark.parametrize(
    "html",
    [
        "<h2>Steps</h2><ul><li>a<ul><li>b</li></ul></li></ul>",
        "<p>a <strong>b</strong> <em>c</em></p><hr><p>d</p>",
        "<pre><code>a\n  b</code></pre>",
        '<p>see <a href="https://x.example/a">x</a></p>',
        "<blockquote><p>q</p></blockquote>",
    ],
)
def test_both_versions_of_the_api_say_the_same(html: str) -> None:
    document = adf.rewritten(to_document(html))
    assert to_html(document) == to_html(to_wiki(document)) == html


@given(st.text(st.sampled_from("ab *_#-|{}[]!~\\:/.\nh1codequte")))
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert words_of(read_wiki(text)) is not None


@pytest.mark.parametrize(
    "text",
    ["*" * 50_000, "|" * 50_000, "[a|" * 20_000, "{quote}" * 20_000, "{code}" * 20_001,
     "_a" * 30_000, "!a" * 10_000, "{{" * 5_000, "# " * 20_000, "\\" * 50_000,
     ("*" * 19 + " x\n") * 3_000],
)  # fmt: skip
def test_markup_made_to_be_slow_or_too_deep_is_read(text: str) -> None:
    assert "end" in words_of(read_wiki(f"{text}\n\nend"))
