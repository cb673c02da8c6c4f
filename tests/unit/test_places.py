"""How many records of a connection are claimed at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.engine.places import room_in


@pytest.mark.parametrize(
    ("places", "taken", "room"),
    [(32, 0, 32), (32, 24, 8), (32, 25, 0), (32, 32, 0), (2, 1, 1), (2, 2, 0), (4, 3, 1)],
)
def test_full_connection_takes_the_next_together(places: int, taken: int, room: int) -> None:
    assert room_in(places, taken) == room


@given(st.integers(1, 300), st.integers(0, 300))
def test_room_is_never_more_than_what_is_free_and_comes_before_all_is_idle(
    places: int, taken: int
) -> None:
    assert 0 <= room_in(places, taken) <= max(0, places - taken)
    assert room_in(places, 0) == places
