"""Who receives a message, in words."""

from __future__ import annotations

import pytest

from bridge.core.receivers import Receiver, called

ANA, BEN, NEVER_WROTE = Receiver("1", "Ana"), Receiver("2", "Ben"), Receiver("3", "")


@pytest.mark.parametrize(
    ("people", "all_of_them", "last_of_them"),
    [
        ((), "whoever the helpdesk has on the ticket", "whoever the helpdesk has on the ticket"),
        ((ANA,), "Ana", "Ana"),
        ((ANA, BEN), "Ana, Ben", "whoever wrote last of Ana, Ben"),
        (
            (ANA, NEVER_WROTE),
            "Ana and 1 person more",
            "whoever wrote last of Ana and 1 person more",
        ),
    ],
)
def test_where_only_the_last_to_write_is_answered_nobody_else_is_named_as_a_receiver(
    people: tuple[Receiver, ...], all_of_them: str, last_of_them: str
) -> None:
    assert (called(people), called(people, one=True)) == (all_of_them, last_of_them)
