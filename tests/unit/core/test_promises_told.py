"""Promises as sentences, and what a plan gives at a severity."""

from __future__ import annotations

import pytest

from bridge.core.promises_told import policies, promise_told, span_told
from bridge.core.scales_told import scales_told
from tests.web.rich_mapping import RICH, known_of

MAPPING = known_of(RICH).mapping


@pytest.mark.parametrize(
    ("span", "said"),
    [("1bd", "1 business day"), ("4bh", "4 business hours"), ("15m", "15 minutes"), ("x", "x")],
)
def test_span_is_said_in_full(span: str, said: str) -> None:
    assert span_told(span) == said


def test_promise_is_said_with_whom_it_is_for_and_who_acts() -> None:
    update, answer, seen = (promise_told(each, MAPPING) for each in MAPPING.promises)
    assert update == (
        "Where plan is Elite: the customer hears from us at least every 1 business day, until the "
        "ticket is solved, by the hours of support. The clock rests while it is the customer's "
        "turn. On call is told by mail 2 business hours before it is due and when it breaks."
    )
    assert answer == (
        "Where severity is high and category is Bug: somebody has set its severity and taken it by "
        "this table: high, Elite: within 1 business hour; high, Standard: within 4 business hours; "
        "low: nothing is promised, by the hours of night where plan is Elite, support otherwise. "
        "On call and development leads are told by mail when it breaks. On call is told by "
        "internal when it breaks, again every 15 minutes until they say they know."
    )
    assert seen == (
        "Every ticket: the ticket shows “Available” within 1 hour where severity is high, within "
        "2 business days otherwise, by the hours of support. Nobody is told when it is broken; the "
        "pages show it."
    )


@pytest.mark.parametrize(
    ("plan", "severity", "gives"),
    [
        (
            "Elite",
            None,
            {
                "Update to the customer": "at least every 1 business day, by the hours of support",
                "Answer": "where severity is high and category is Bug: within 1 business hour",
                "Seen": "where severity is high: within 1 hour; otherwise: within 2 business "
                "days, by the hours of support",
            },
        ),
        ("standard", "low", {"Seen": "within 2 business days, by the hours of support"}),
        (
            "Standard",
            "high",
            {
                "Answer": "where severity is high and category is Bug: within 4 business hours",
                "Seen": "within 1 hour, by the hours of support",
            },
        ),
    ],
)
def test_plan_gives_what_its_promises_say_at_that_severity(
    plan: str, severity: str | None, gives: dict[str, str]
) -> None:
    assert {each.title: each.says for each in policies(MAPPING, plan, severity)} == gives


def test_ticket_stands_at_its_severity_and_plan() -> None:
    told = scales_told(MAPPING, "elite", "HIGH")
    assert told.here is not None
    assert told.here.criteria == "The system is inoperable."
    assert [each.there_for for each in told.levels] == ["", "product is web or app"]
    assert told.plan is not None
    assert (told.plan.label, told.plan.channels) == ("Elite", "E-mail, phone")
    assert told.plan.gives[1].says.endswith("and category is Bug: within 1 business hour")
    bug, wish = (scales_told(MAPPING, "Elite", "high", each).plan for each in ("Bug", "Wish"))
    assert bug is not None
    assert bug.gives[1].says == "within 1 business hour"
    assert wish is not None
    assert [each.title for each in wish.gives] == ["Update to the customer", "Seen"]
    assert scales_told(None, "Elite", "high").levels == ()
