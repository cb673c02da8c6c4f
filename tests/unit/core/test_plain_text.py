"""HTML as lines: what people read of it, also where it is none."""

from __future__ import annotations

import pytest

from bridge.core.plain_text import lines_of


@pytest.mark.parametrize("begun", ["<a ", "<!--", "<a b='", "<", "<![CDATA["])
def test_tags_that_never_end_leave_the_words_of_the_whole_ones(begun: str) -> None:
    html = f"<p>first</p><p>second</p>{begun * 20_000}"
    assert lines_of(html)[:2] == ["first", "second"]


def test_a_few_signs_that_are_no_tags_change_nothing() -> None:
    html = "<p>a < b &amp; c</p>" + "<p>if x < y</p>" * 20
    assert lines_of(html) == ["a < b & c", *["if x < y"] * 20]
