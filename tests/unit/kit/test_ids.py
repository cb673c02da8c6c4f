"""Ids sort by when they were made, also those of one millisecond."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from bridge.kit.ids import _Maker, new_id


@given(st.lists(st.integers(1, 3), min_size=2, max_size=60))
def test_ids_sort_as_they_were_made_and_no_two_are_alike(steps: list[int]) -> None:
    maker, ms, made = _Maker(), 1_790_000_000_000, []
    for step in steps:
        ms += step - 1
        made.append(maker.make(ms))
    assert made == sorted(set(made))
    assert {len(each) for each in made} == {26}


def test_millisecond_without_room_left_goes_on_in_the_next() -> None:
    maker = _Maker()
    maker.make(5)
    maker._random = (1 << 56) - 1
    full = f"{5:012x}{'f' * 14}"
    after = [maker.make(5) for _ in range(3)]
    assert [full, *after] == sorted([full, *after])


def test_id_begins_with_the_time() -> None:
    assert abs(int(new_id()[:12], 16) - time.time() * 1000) < 60_000
