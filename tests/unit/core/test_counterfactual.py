"""What would have to be otherwise: found by planning again, never said unless it comes true."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from bridge.core.counterfactual import would_update_if
from bridge.core.outlook import Cause, Outlook
from bridge.core.situation import TicketSituation
from bridge.domain.links import Fingerprint, Launch, LaunchState, LinkState
from bridge.domain.records import STATUS, FieldInfo, Presence, Reference
from tests.unit.core.examples import (
    BOARDS,
    CREATED,
    HELPDESK,
    NOW,
    TICKET,
    linked,
    mapping,
    observation,
    present,
    ticket,
    ticket_facts,
)
from tests.unit.core.strategies import ordinary_tickets, wild_tickets

MADE = Launch(TICKET, "bug", "boards", "tb", LaunchState.CREATED, CREATED, "12")
SHOWING = {"work_stage": "In development", "work_items": "#12"}


def said(s: TicketSituation, **more: Any) -> list[str]:
    return [each.sentence for each in would_update_if(Outlook(s, **more), NOW)]


def working(*items: Any, **changes: Any) -> TicketSituation:
    """A ticket whose bug was launched and which shows it in development."""
    facts = ticket_facts(**{**SHOWING, **changes.pop("facts", {})})
    return ticket(facts, items=items, launches=(MADE,), **changes)


def pair(**changes: Any) -> Any:
    part = {"ticket": "root_cause", "work_item": "RootCause", "owner": "work_item", **changes}
    return mapping(fields=[part])


def test_status_without_a_stage_names_the_neighbouring_stages_and_statuses() -> None:
    assert said(working(linked("12", "Parked"))) == [
        'Would show "In testing" if the mapping gave "Parked" the stage "In testing".',
        (
            'Would show "Reported to engineering" if the mapping gave "Parked" the stage '
            '"Reported to engineering".'
        ),
        'Would show "In testing" if #12 left "Parked" for "Resolved".',
        'Would show "Reported to engineering" if #12 left "Parked" for "New".',
    ]


def test_item_that_holds_the_roll_up_is_named_with_the_next_status() -> None:
    s = working(linked("12", "Active"), linked("13", "Closed"), facts={"work_items": "#12, #13"})
    assert said(s) == [
        'Would show "In testing" if #12 reached "Resolved".',
        'Would show "Available to you" if #12 reached "Closed".',
        'Would show "Available to you" and set Work items to "#13" if the link to #12 ended.',
    ]


def test_two_items_that_hold_the_roll_up_are_named_together() -> None:
    items = (linked("12", "Active"), linked("14", "Active"), linked("13", "Resolved"))
    [first, _] = said(working(*items, facts={"work_items": "#12, #14, #13"}))
    assert first == 'Would show "In testing" if #12, #14 reached "Resolved".'


def test_step_on_is_said_though_another_field_stays_held() -> None:
    items = (linked("12", "Active", RootCause="a"), linked("13", "Resolved", RootCause="b"))
    s = working(*items, facts={"work_items": "#12, #13"})
    assert said(s)[0] == 'Would show "In testing" if #12 reached "Resolved".'


def test_fields_are_called_as_people_call_them() -> None:
    def labelled(reference: Reference, name: str, label: str) -> Reference:
        return replace(reference, fields={name: FieldInfo(name, label, "text")})

    boards = labelled(BOARDS.reference, "RootCause", "Cause of the fault")
    two = (linked("12", RootCause="a"), linked("13", RootCause="b"))
    items = [replace(e, tracker=replace(e.tracker, reference=boards)) for e in two]
    s = working(*items, reference=labelled(HELPDESK, "root_cause", "Root cause"))
    assert (
        'Would set Root cause to "a" if all linked items said "a" in Cause of the fault.' in said(s)
    )


def test_broken_link_would_be_mended_or_ended() -> None:
    s = working(linked("12", "Resolved", state=LinkState.BROKEN), linked("13", "Closed"))
    changes = [each.partition(" if ")[2] for each in said(s)]
    assert changes == ["#12 could be seen again.", "the link to #12 ended."]


@pytest.mark.parametrize(
    ("situation", "sentence"),
    [
        (
            ticket(ticket_facts(hs_ticket_category=None)),
            'Would create a Bug in boards if its category were "Bug".',
        ),
        (
            ticket(ticket_facts(hs_ticket_category="Success")),
            'Would create a Feature in boards if its category were "Feature".',
        ),
        (
            ticket(start_mark=NOW),
            "Would create a Bug in boards if somebody launched it by hand.",
        ),
        (
            ticket(launches_last_hour=200),
            (
                "Would create a Bug in boards if fewer than 200 items had been created within the "
                "hour."
            ),
        ),
        (ticket(company=None), "Would create a Bug in boards if customer was filled in."),
        (ticket(trackers={}), "Would create a Bug in boards if boards were connected."),
        (
            ticket(launches=(replace(MADE, state=LaunchState.REJECTED, work_item_id=None),)),
            "Would create a Bug in boards if it were tried again.",
        ),
        (
            ticket(observation=present(observation(TICKET, ticket_facts()), Presence.MISSING)),
            "Would create a Bug in boards if the ticket could be seen again.",
        ),
        (
            working(linked("12", "Resolved"), facts={STATUS: "4"}),
            'Would show "In testing" if the ticket were open again ("New").',
        ),
        (
            working(linked("12", RootCause="a"), linked("13", RootCause="b")),
            'Would set root_cause to "a" if all linked items said "a" in RootCause.',
        ),
        (
            working(linked("12", RootCause="a"), mapping=pair(audience="engineering")),
            "Would fill root_cause if the mapping let support read RootCause.",
        ),
        (
            working(linked("12", RootCause="z"), mapping=pair(values={"a": "b"})),
            'Would fill root_cause if the mapping said what "z" of RootCause means.',
        ),
        (
            working(linked("12", RootCause="https://sentry.io/issues/5")),
            "Would fill root_cause if RootCause held no trace of error tracking.",
        ),
    ],
)
def test_what_is_in_the_way_is_answered_with_what_would_help(
    situation: TicketSituation, sentence: str
) -> None:
    assert sentence in said(situation)


def test_frozen_field_is_written_once_its_time_is_over() -> None:
    until = NOW + timedelta(hours=3)
    frozen = Fingerprint("work_stage", "s", "c", CREATED, (), (), until, "HUMAN_OVERRIDE")
    s = working(linked("12", "Active"), facts={"work_stage": "Mine"})
    s = replace(s, fingerprints={"work_stage": frozen})
    assert said(s) == [
        'Would show "In development" if nobody changed Stage until 15:00 UTC, in 3 h.'
    ]


def test_paused_helpdesk_would_be_written_to_once_resumed() -> None:
    stops = {"hubspot": Cause("PAUSED", {"connection": "hubspot"})}
    assert said(working(linked("12", "Resolved")), stops=stops) == [
        'Would show "In testing" if hubspot were resumed.'
    ]


def test_two_connections_that_are_silent_must_both_come_back() -> None:
    stops = {
        "hubspot": Cause("AUTH_EXPIRED", {"connection": "hubspot"}),
        "boards": Cause("REMOTE_DOWN", {"connection": "boards"}),
    }
    assert said(ticket(), stops=stops) == [
        (
            "Would create a Bug in boards if the connection to hubspot were renewed and boards "
            "answered again."
        )
    ]


def test_silent_tracker_is_followed_again_once_resumed() -> None:
    stops = {"boards": Cause("PAUSED", {"connection": "boards"})}
    pairs = {name: Fingerprint(name, "x", None, CREATED) for name in ("work_eta", "root_cause")}
    s = replace(working(linked("12", "Active")), fingerprints=pairs)
    assert said(s, stops=stops) == ["Would follow the work again if boards were resumed."]


def test_change_that_would_help_nothing_is_not_said() -> None:
    # Two statuses without a stage: giving one of them a stage moves nothing.
    s = working(linked("12", "Parked"), linked("13", "Blocked"))
    assert not [each for each in said(s) if "the mapping gave" in each]


def test_ticket_with_nothing_in_its_way_has_no_alternatives() -> None:
    assert said(working(linked("12", "Active"))) == []
    assert said(working(linked("12", "Resolved"))) == []


@given(wild_tickets() | ordinary_tickets())
def test_alternatives_of_any_ticket_are_few_and_each_has_an_effect(s: TicketSituation) -> None:
    found = would_update_if(Outlook(s), NOW)
    assert len(found) <= 6
    assert all(each.change and each.effect for each in found)
    assert found == would_update_if(Outlook(s), NOW)
