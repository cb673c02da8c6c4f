"""Which old tickets a backfill launches, and why not the others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.core.backfill import judge, reads_customer
from bridge.core.facts import Facts
from bridge.domain.records import Presence
from tests.unit.core.examples import COMPANY, TICKET, mapping, ticket


def facts() -> Facts:
    s = ticket()
    return Facts(TICKET, s.observation, s.mapping, s.reference, COMPANY)


def test_open_ticket_of_a_launching_route_is_launched() -> None:
    assert judge(facts(), linked=False, launched=()).route == "bug"
    assert judge(facts(), linked=False, launched=(), only="bug").route == "bug"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"linked": True, "launched": ()}, "LINKED"),
        ({"linked": True, "launched": ("bug",)}, "LAUNCHED"),
        ({"linked": False, "launched": ("feature",)}, "LAUNCHED"),
        ({"linked": False, "launched": (), "only": "feature"}, "OTHER_ROUTE"),
    ],
)
def test_ticket_with_a_past_is_left_alone(said: dict[str, object], reason: str) -> None:
    judged = judge(facts(), **said)  # type: ignore[arg-type]  # a table of keywords
    assert (judged.route, judged.reason) == (None, reason)


def test_ticket_that_is_gone_is_left_alone() -> None:
    known = facts()
    gone = replace(known, observation=replace(known.observation, presence=Presence.DELETED))
    assert judge(gone, linked=False, launched=()).reason == "GONE"


def test_mapping_that_asks_for_the_customer_is_known() -> None:
    elite = {"all": [{"field": "category", "is": "Bug"}, {"not": {"field": "plan", "is": "Elite"}}]}
    assert not reads_customer(mapping())
    assert reads_customer(mapping(routes=[{"id": "elite", "when": elite, "stay": True}]))
