"""The windows of a sweep: where they begin and end, and when one is read again."""

from __future__ import annotations

import pytest

from connectors.rocketlane.cursors import COMMENTS, OVERLAP, SETTLED, Cursor, opened, parse, turned

NOW = 1_772_442_000_000


def test_cursor_survives_its_text() -> None:
    cursor = Cursor(1, 2, 3, COMMENTS, "t", 4)
    assert parse(cursor.text()) == cursor


@pytest.mark.parametrize(
    "text", [None, "", "7", "[]", "{}", '{"done":"x"}', '{"done":1,"what":"x"}', '{"done":true}']
)
def test_text_that_is_no_cursor_says_nothing(text: str | None) -> None:
    assert parse(text) is None


def test_first_window_begins_where_it_is_told_and_the_next_looks_back() -> None:
    assert opened(None, NOW - 5, NOW) == Cursor(NOW - 5, NOW - 5, NOW + 1)
    assert opened(Cursor(NOW), 0, NOW + 9) == Cursor(NOW, NOW - OVERLAP, NOW + 10)
    under_way = Cursor(1, 2, 3)
    assert opened(under_way, 0, NOW) == under_way


def test_single_page_ends_the_window_or_goes_on_with_comments() -> None:
    window = Cursor(0, 1, NOW)
    assert turned(window, more=False, token=None, total=1, now=NOW, comments=False) == (
        Cursor(NOW),
        False,
    )
    after, more = turned(window, more=False, token=None, total=1, now=NOW, comments=True)
    assert (after, more) == (Cursor(0, 1, NOW, COMMENTS), True)
    assert turned(after, more=False, token=None, total=0, now=NOW, comments=True)[1] is False


def test_window_of_several_pages_ends_where_nothing_can_enter_it() -> None:
    window = Cursor(0, 1, NOW)
    again, more = turned(window, more=True, token="t", total=300, now=NOW, comments=False)
    assert (again, more) == (Cursor(0, 1, NOW - SETTLED), True)
    on, _ = turned(again, more=True, token="t", total=280, now=NOW, comments=False)
    assert (on.token, on.total, on.until) == ("t", 280, NOW - SETTLED)


def test_list_that_became_shorter_is_read_again_from_its_first_page() -> None:
    window = Cursor(0, 1, 9, token="t", total=280)
    again, more = turned(window, more=False, token=None, total=279, now=NOW, comments=False)
    assert (again, more) == (Cursor(0, 1, 9), True)
    end = turned(window, more=False, token=None, total=280, now=NOW, comments=False)
    assert end == (Cursor(9), False)
