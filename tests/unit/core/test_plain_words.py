"""Gentle hints for who writes to customers; and that the hub's own words need none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.plain_words import LONG, hints
from bridge.core.told_wording import shipped

_STAGES = ("reported", "scheduled", "in_development", "in_testing", "available", "declined")


@pytest.mark.parametrize("what", [*_STAGES, "eta_slipped", "by_hand", "anything"])
def test_words_that_ship_with_the_hub_need_no_hint(what: str) -> None:
    assert hints(shipped(what)) == []
    assert hints(shipped(what, "power_user")) == []


@pytest.mark.parametrize(
    ("text", "about", "says"),
    [
        ("We " + "very " * LONG + "much want it.", "long", "One sentence has more than 28 words"),
        ("It is RD-4711 now.", "key", "“RD-4711” is a key"),
        ("A NullPointerException came.", "trace", "“NullPointerException” reads like a program"),
        ("See app.py:17 for it.", "trace", "app.py:17"),
        ("The field retry_after was wrong.", "code", "“retry_after”"),
        ("We deployed it.", "word", "“deployed” is our word; a customer may rather read “put in"),
        ("It is in Patch QA now.", "internal", "“Patch QA” is what we call it here"),
    ],
)
def test_what_a_customer_may_stumble_over_is_named(text: str, about: str, says: str) -> None:
    found = {each.about: each.says for each in hints(text, ["Patch QA", "Done"])}
    assert says in found[about]


def test_names_to_be_filled_in_are_no_jargon() -> None:
    assert (
        hints("Hello {{ ticket.subject | default('x_y') }}, we wrote to Acme. Please try it.") == []
    )


@given(st.text(max_size=300))
def test_any_text_is_looked_through(text: str) -> None:
    assert all(each.says for each in hints(text, [text]))
