"""Drafts that wait follow who reads them; words of a person's own stay as they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bridge.core.drafting import ASKED, draft_digest
from bridge.core.plan import plan_ticket
from bridge.core.situation import TicketSituation
from bridge.domain.drafts import Draft, DraftState, Said
from bridge.domain.records import COMMENTS, CONTACTS, Comment, Contact
from tests.unit.core.examples import CREATED, NOW, TICKET, observation, ticket_facts
from tests.unit.core.test_drafting import ETA, MINUTE, due, kept, situation, told

DETAIL = "Reference "
READS = {"property": "role", "of": "contact", "values": {"PU": "power_user"}}
TOLD = told({"audience_from": READS}, available="draft")
PEOPLE = {"1": Contact("1", {"role": "PU"}), "2": Contact("2", {"role": "user"})}


def written(s: TicketSituation, *who: tuple[str, str]) -> TicketSituation:
    """The ticket on which these people wrote, in that order."""
    said = [
        Comment(f"c{n}", "<p>?</p>", f"V-{id}", name, (NOW - MINUTE * (9 - n)).isoformat(), False,
                inbound=True).as_value()
        for n, (id, name) in enumerate(who)
    ]  # fmt: skip
    facts: dict[str, Any] = {COMMENTS: said, CONTACTS: ["1", "2"]}
    return replace(s, observation=observation(TICKET, ticket_facts(**facts)))


ANA, BO = ("1", "Ana"), ("2", "Bo")


def drafted(**more: Any) -> TicketSituation:
    """A stage drafted while the power user was the last to write."""
    s = written(situation(mapping=TOLD, contacts=PEOPLE), ANA)
    plan = plan_ticket(s, NOW)
    s = kept(s, plan.drafts, plan.reached)
    [one] = s.drafts
    assert one.html.startswith("<p>Hello Ana,</p>")
    assert DETAIL in one.html
    return replace(s, drafts=(replace(one, **more),))


def later(s: TicketSituation) -> Draft:
    """The draft after the next pass, and after one that changes nothing more."""
    after = kept(s, plan_ticket(s, NOW + MINUTE).drafts, None)
    assert not plan_ticket(after, NOW + MINUTE).drafts
    return after.drafts[0]


@pytest.mark.parametrize("error", ["", "approved for Ana, and it would go to Bo now"])
def test_draft_that_waits_is_worded_for_who_wrote_since(error: str) -> None:
    s = drafted(error=error)
    one = later(written(s, ANA, BO))
    assert one.html.startswith("<p>Hello Bo,</p>")
    assert DETAIL not in one.html
    # Whoever looked at it before approves nothing by that.
    assert one.digest == draft_digest(one.html) != s.drafts[0].digest
    # And back again.
    assert DETAIL in later(written(replace(s, drafts=(one,)), ANA, BO, ANA)).html


def test_message_that_somebody_asked_for_follows_too() -> None:
    s = drafted(id="d-asked", reason=f"{ASKED}available")
    assert DETAIL not in later(written(s, ANA, BO)).html


@pytest.mark.parametrize(
    "more",
    [
        {"html": "<p>Hello Ana, it is done.</p>"},
        {"reason": "by_hand"},
        {"state": DraftState.APPROVED, "approved_by": "Kim", "approved_at": NOW},
        {"state": DraftState.DISCARDED},
    ],
)
def test_words_of_a_persons_own_and_what_was_decided_stay(more: dict[str, Any]) -> None:
    s = written(drafted(**more), ANA, BO)
    assert plan_ticket(s, NOW + MINUTE).drafts.reworded == ()


def test_moved_date_follows_too_and_stands_for_the_same_day() -> None:
    day = ETA + timedelta(days=8)
    s = replace(due(day), mapping=TOLD, contacts=PEOPLE)
    s = replace(s, said=(Said("m1", CREATED, "ada", "d1", None, ETA),))
    s = written(s, ANA)
    s = kept(s, plan_ticket(s, NOW).drafts, None)
    assert DETAIL in s.drafts[0].html
    one = later(written(s, ANA, BO))
    assert (one.reason, one.eta, "20 May 2026" in one.html) == ("eta", day, True)
    assert DETAIL not in one.html
