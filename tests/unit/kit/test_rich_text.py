"""Rich text: read from anything, nothing lost, nothing that acts, written as it was read."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.kit.richtext import clean_html, html_to_text, read_html, read_plain, write_html
from bridge.kit.richtext.cutting import CUT, Whole, fit, fit_line, fit_plain
from bridge.kit.richtext.html_writing import EVERYTHING, WITHOUT_TABLES, Shape
from bridge.kit.richtext.markdown_reading import read_markdown
from bridge.kit.richtext.markdown_writing import write_markdown
from bridge.kit.richtext.model import (
    Code,
    Heading,
    Items,
    Mark,
    Paragraph,
    Quote,
    RichText,
    Rule,
    Table,
    Words,
)
from bridge.kit.richtext.plain import addresses_of, linked_words_of, words_of, write_plain
from bridge.kit.richtext.quiet import JOINER

_TAGS = (
    "p", "div", "b", "i", "u", "s", "code", "pre", "blockquote", "ul", "ol", "li", "h1", "h4",
    "table", "tr", "td", "th", "a", "sub", "sup", "span", "br", "hr", "font", "unheard-of",
)  # fmt: skip
_ATTRIBUTES = (
    "", " href='https://x.example/a?b=1&amp;c=2'", " href='javascript:x()'", " onclick='x()'",
    ' href="mailto:a@x.example"', " data-vss-mention='version:2.0,1'", " style='color:red'",
)  # fmt: skip
_LEAVES = [
    "x", " ", "a b", "\n", "&lt;", "&amp;lt;", "ü ✓", "<br>", "<hr>", "@<1>", "[~a]", "*", "_",
    "`", "#", "1. ", "- ", "+ ", "> ", "|", "~~", "\\", "[x](y)", "![x](y)", "<", ">", "&", "=",
    "<img src='https://x.example/p.png' alt='pic'>", "<script>alert(1)</script>", "<!-- c -->",
    "https://x.example", "\t", "\u00a0", "\u2028", "\x00", "\ud800",
]  # fmt: skip
_HTML = st.recursive(
    st.sampled_from(_LEAVES),
    lambda inner: st.tuples(
        st.sampled_from(_TAGS), st.sampled_from(_ATTRIBUTES), st.lists(inner, max_size=4)
    ).map(lambda each: f"<{each[0]}{each[1]}>{''.join(each[2])}</{each[0]}>"),
    max_leaves=20,
)
_SOURCES = st.lists(_HTML | st.text(max_size=20), max_size=5).map("".join)
_TEXTS = _SOURCES.map(read_html)


def _squeezed(text: str) -> str:
    return "".join(text.replace(JOINER, "").split())


def _seen(text: RichText) -> str:
    return _squeezed(words_of(text))


class _Browser(HTMLParser):
    """What a second reader of the written HTML finds in it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


_SAFE_TAGS = {
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code",
    "table", "tbody", "tr", "td", "th", "hr", "br", "a", "img", "strong", "em", "u", "s", "sub",
    "sup",
}  # fmt: skip


@given(_SOURCES)
@settings(max_examples=100)
def test_whatever_is_read_is_written_harmless(source: str) -> None:
    found = _Browser(clean_html(source))
    assert set(found.tags) <= _SAFE_TAGS
    assert {name for name, _ in found.attributes} <= {"href", "src", "alt"}
    addresses = [value for name, value in found.attributes if name != "alt"]
    assert [each for each in addresses if not re.match("https?://|mailto:", each)] == []


@given(_TEXTS)
@settings(max_examples=100)
def test_html_of_a_text_reads_back_as_the_text(text: RichText) -> None:
    html = write_html(text)
    assert read_html(html) == text
    assert write_html(read_html(html)) == html
    assert _unlabelled("".join(_Browser(html).words)) == _unlabelled(words_of(text))


@given(_TEXTS, st.sets(st.sampled_from([Heading, Code, Rule, Quote, Items, Table])))
@settings(max_examples=100)
def test_no_word_and_no_link_is_lost_whatever_a_target_takes(
    text: RichText, kinds: set[type]
) -> None:
    back = read_html(write_html(text, Shape(kinds=frozenset(kinds))))
    found, meant = _letters(_seen(back)), _letters(_seen(text))
    assert sorted(found) == sorted(meant)
    links = [each for each in addresses_of(text) if not each.endswith(".png")]
    assert addresses_of(back) == links


def _unlabelled(text: str) -> str:
    """The letters without the words that stand for pictures, which a browser shows."""
    return _letters(re.sub(r"\[image: \w+\]|\[image\]", "", text))


def _letters(text: str) -> str:
    """Words alone: bullets, numbers and bars stand for what a target has no frame for."""
    return re.sub(r"[^\w]|\d", "", text)


@given(_TEXTS)
@settings(max_examples=100)
def test_markdown_of_a_text_reads_back_with_every_word_and_link(text: RichText) -> None:
    back = read_markdown(write_markdown(text))
    assert _letters(_seen(back)) == _letters(_seen(text))
    assert [*dict.fromkeys(addresses_of(back))] == [
        *dict.fromkeys(each for each in addresses_of(text) if not each.endswith(".png"))
    ]
    assert "@<" not in write_markdown(RichText(tuple(_without_code(text))))


def _without_code(text: RichText) -> list[Paragraph]:
    return [each for each in text.blocks if isinstance(each, Paragraph)]


@given(_TEXTS)
def test_plain_text_has_every_word_and_every_address(text: RichText) -> None:
    plain = write_plain(text)
    left = iter(_letters(plain))
    assert all(each in left for each in _letters(_seen(text)))  # in this order
    linked = linked_words_of(text)
    links = [each for each in addresses_of(text) if not each.endswith(".png")]
    assert [each for each in links if each not in linked or each not in plain] == []


@given(st.text())
def test_plain_text_means_what_it_says(text: str) -> None:
    read = read_plain(text)
    kept = text.replace("\x00", "").encode("utf-8", "replace").decode()
    assert _seen(read) == _squeezed(kept)
    assert _seen(read_html(write_html(read))) == _squeezed(kept)


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 10_000 + "x" + "</div>" * 10_000,
        "<ul><li>" * 10_000 + "x",
        "<table><tr><td>" * 8_000 + "x",
        "<blockquote>" * 10_000 + "x",
        "".join(f"<font a={i}>" for i in range(8_000)) + "<p>x" * 8_000,
        "<" * 100_000 + "x",
        "<a b='" * 60_000 + ">x",
        "<a b=\"'" * 60_000 + ">x",
        "<a b='>' " * 60_000 + "x",
        "<a " + " " * 300_000 + ">x",
        "<a " + '"" ' * 100_000 + '" x',
        "x<!--" * 60_000,
        "x<script>" + "<script>" * 60_000,
        "x&#" + "9" * 100_000 + ";",
        "<b> </b> " * 10_000 + "x",
        "<pre>" * 10_000 + "x",
    ],
    ids=range(16),
)
def test_source_made_to_be_slow_or_too_deep_is_read(source: str) -> None:
    assert "x" in html_to_text(source)
    assert clean_html(clean_html(source)) == clean_html(source)


@pytest.mark.parametrize("deep", [">" * 3000, "- " * 3000, "1. " * 3000, "[" * 3000, "*a_" * 3000])
def test_markdown_made_to_be_slow_or_too_deep_is_read(deep: str) -> None:
    assert "x" in words_of(read_markdown(f"{deep} x"))


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("<p>a<p>b", "<p>a</p><p>b</p>"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<div><div>a</div>b</div>", "<p>a</p><p>b</p>"),
        ("a<br><br/>b", "<p>a<br><br>b</p>"),
        ("<p> a <b> b</b>\n c </p>", "<p>a <strong>b</strong> c</p>"),
        ("<style>p{}</style><title>t</title>x", "<p>x</p>"),
        ("<p>1 < 2 & 3 > 2</p>", "<p>1 &lt; 2 &amp; 3 &gt; 2</p>"),
        ("<table><tr><td><p>only a frame</p></td></tr></table>", "<p>only a frame</p>"),
        ("<img src='cid:1' alt='shot.png'>", "<p>[image: shot.png]</p>"),
        ("<img src='https://x.example/count.gif' width=1 height=1>x", "<p>x</p>"),
        (
            "<img src='https://x.example/a/shot.png?s=1'>",
            '<p><img src="https://x.example/a/shot.png?s=1" alt="shot.png"></p>',
        ),
        ("<pre>  a\n    b\n</pre>", "<pre><code>  a\n    b</code></pre>"),
        ("<a href=' https://x.example '>x</a>", '<p><a href="https://x.example">x</a></p>'),
        ("<a href='java\nscript:x()'>x</a>", "<p>x</p>"),
        ("<h2>T</h2><hr><h6>t</h6>", "<h2>T</h2><hr><h6>t</h6>"),
    ],
)
def test_html_is_kept_in_one_spelling(source: str, kept: str) -> None:
    assert clean_html(source) == kept


def test_markdown_is_read_as_what_it_means() -> None:
    text = read_markdown(
        "# Steps\n\n1. Press **Export**\n2. *Wait*\n   - a ~~b~~ `c`\n\n> said\n\n"
        "```py\nx = 1\n```\n\n| a | b |\n|---|---|\n| 1 | [l](https://x.example) |\n\n---\n"
        "![pic](https://x.example/p.png) @<8c8c7d32-6b1b-47f4-b2e9-30b477b5ab3d> <b>raw</b>"
    )
    assert write_html(text) == (
        "<h1>Steps</h1><ol><li>Press <strong>Export</strong></li><li><em>Wait</em>"
        "<ul><li>a <s>b</s> <code>c</code></li></ul></li></ol><blockquote><p>said</p></blockquote>"
        "<pre><code>x = 1</code></pre><table><tbody><tr><th>a</th><th>b</th></tr><tr><td>1</td>"
        '<td><a href="https://x.example">l</a></td></tr></tbody></table><hr>'
        '<p><img src="https://x.example/p.png" alt="pic"> '
        "@8c8c7d32-6b1b-47f4-b2e9-30b477b5ab3d <strong>raw</strong></p>"
    )


def test_words_in_markdown_that_look_like_a_tag_are_words() -> None:
    text = read_markdown("a List<String> of <error> and <br>b\n\n<x>\n\n<div>c <y></div>")
    assert words_of(text).split() == [
        "a",
        "List<String>",
        "of",
        "<error>",
        "and",
        "b",
        "<x>",
        "c",
        "<y>",
    ]


def _size(text: RichText) -> int:
    return len(write_html(text, Shape()))


@given(_TEXTS, st.integers(300, 900))
@settings(max_examples=80)
def test_cut_text_fits_begins_as_the_whole_and_names_the_way_on(
    text: RichText, longest: int
) -> None:
    long = RichText(text.blocks + read_plain("it fails again " * 80).blocks)
    cut = fit(long, longest, _size, Whole("https://desk.example/1", "the ticket"))
    assert _size(cut) <= longest
    assert words_of(cut).endswith(f"{CUT}, the rest is in the ticket")
    kept = _letters(_seen(RichText(cut.blocks[:-1])))
    assert _letters(_seen(long)).startswith(kept)
    assert read_html(write_html(cut)) == cut


def test_cut_keeps_the_signature_and_takes_its_link_as_the_way_on() -> None:
    long = read_html(f"<p>{'it fails ' * 400}</p><p>From <a href='https://x.example'>#7</a> tb-1")
    cut = fit(long, 600, _size)
    assert words_of(cut).splitlines()[-2:] == [f"{CUT}, the rest is in #7", "From #7 tb-1"]
    assert addresses_of(cut) == ["https://x.example", "https://x.example"]
    assert 500 < _size(cut) <= 600


def test_text_that_fits_is_not_touched() -> None:
    text = read_html("<p>a</p>")
    assert fit(text, _size(text), _size) is text
    assert fit_line("a  b\nc", 5) == "a b c"
    assert fit_plain("a\nb", 3) == "a\nb"


@pytest.mark.parametrize("sign", ["e\u0301", "👩\u200d💻", "❤\ufe0f", "😀"])
def test_no_sign_is_parted(sign: str) -> None:
    for length in range(20, 40):
        for cut in (fit_line(sign * 40, length), fit_plain(sign * 40, length)):
            left = cut.removesuffix("…").removesuffix(f" {CUT}")
            assert len(cut) <= length
            assert left.replace(sign, "") == ""
            json.dumps(cut).encode()


def test_shapes_are_what_they_say() -> None:
    table = read_html("<table><tr><th>a</th><td>b</td></tr></table>")
    assert "<table>" in write_html(table, Shape(kinds=EVERYTHING))
    assert write_html(table, Shape(kinds=WITHOUT_TABLES)) == "<p>a | b</p>"
    link = RichText((Paragraph((Words("x", frozenset({Mark.STRONG}), "javascript:x()"),)),))
    assert write_html(link) == "<p><strong>x</strong></p>"


def test_link_of_many_lines_does_not_grow_with_its_address() -> None:
    for address in ("https://e.example/" + "x" * 1_900, "https://e.example/" + "x" * 9_000):
        html = f'<a href="{address}">' + "x<br>" * 4_000 + "</a>"
        made = write_html(read_html(html))
        assert len(made) < 10 * len(html)
        assert made.count("x<br") >= 3_900
