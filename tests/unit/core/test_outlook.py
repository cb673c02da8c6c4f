"""The first reason and those behind it: plan, connections, queue and findings together."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from bridge.core.changes_told import cause_of_change, move_told
from bridge.core.fingerprints import Observed, after_write
from bridge.core.mentions import mentions
from bridge.core.news import no_news
from bridge.core.outlook import Cause, Judged, Outlook, judge
from bridge.core.reasons import REASONS, sentence
from bridge.core.situation import TicketSituation
from bridge.domain.links import Fingerprint, Launch, LaunchState
from bridge.domain.records import (
    AUTHOR,
    BODY,
    CHANGED_AT,
    COMMENTS,
    CREATED_AT,
    STATUS,
    SUBJECT,
    Presence,
    Value,
)
from tests.unit.core.examples import (
    CREATED,
    NOW,
    TICKET,
    linked,
    observation,
    present,
    ticket,
    ticket_facts,
)
from tests.unit.core.strategies import ordinary_tickets, wild_tickets

MADE = Launch(TICKET, "bug", "boards", "tb", LaunchState.CREATED, CREATED, "12")
PAUSED = {name: Cause("PAUSED", {"connection": name}) for name in ("hubspot", "boards")}


def agreed(*items: Any, **facts: Any) -> TicketSituation:
    """A ticket that shows all there is to show of its item, written an hour ago."""
    shown = {"work_stage": "In development", "work_items": "#12", **facts}
    s = ticket(ticket_facts(**shown), items=items or (linked("12"),), launches=(MADE,))
    return replace(s, fingerprints={"work_eta": Fingerprint("work_eta", "x", None, CREATED)})


def judged(s: TicketSituation, **more: Any) -> Judged:
    return judge(Outlook(s, **more), NOW)


def codes(found: Judged) -> list[str]:
    return [each.code for each in found.also]


def test_ticket_that_agrees_says_so_and_nothing_else() -> None:
    found = judged(agreed())
    assert (found.verdict.code, codes(found)) == ("IN_SYNC", [])


def told(s: TicketSituation) -> str:
    found = judged(s)
    assert found.verdict.code == "IN_SYNC"
    return sentence(found.verdict.code, found.verdict.data, now=NOW)


def test_ticket_that_agrees_says_of_which_item_its_stage_is() -> None:
    reads = '#12 is Active; customers read that as "In development". '
    assert told(agreed()) == f"{reads}Nothing is to be done."
    stage = after_write(
        "work_stage", None, "In development", Observed("In development", True), now=CREATED
    )
    s = agreed()
    since = replace(s, fingerprints={**s.fingerprints, "work_stage": stage})
    assert told(since) == f"{reads}They have since 11:00 UTC, 1 h ago. Nothing is to be done."


def test_ticket_of_several_items_names_the_one_that_decides_its_stage() -> None:
    items = (linked("12", "Removed"), linked("13", "Active"))
    assert told(agreed(*items, work_items="#12, #13")).startswith("#13 is Active; ")


def test_item_tied_to_error_tracking_is_not_named_where_all_agrees() -> None:
    tied = replace(linked("12"), has_origin=True)
    assert told(agreed(tied, work_items=None)).startswith("The work item is Active; ")


def test_value_that_is_still_to_be_written_is_not_called_done() -> None:
    assert judged(agreed(work_stage="Reported to engineering")).verdict.code == "UPDATE_DUE"


def test_silent_tracker_comes_first_where_the_verdict_rests_on_it() -> None:
    boards = {"boards": PAUSED["boards"]}
    assert judged(agreed(), stops=boards).verdict == PAUSED["boards"]
    launch = judged(ticket(), stops=boards)
    assert (launch.verdict, launch.stopped) == (PAUSED["boards"], True)


def test_silent_tracker_comes_second_where_something_else_is_in_the_way() -> None:
    found = judged(agreed(linked("12", "Parked")), stops={"boards": PAUSED["boards"]})
    assert (found.verdict.code, codes(found)) == ("STATUS_UNMAPPED", ["PAUSED"])
    assert found.stopped is False


def test_silent_tracker_does_not_hold_back_what_is_already_known() -> None:
    s = agreed(work_stage="Reported to engineering")
    found = judged(s, stops={"boards": PAUSED["boards"]})
    assert (found.verdict.code, codes(found)) == ("UPDATE_DUE", ["PAUSED"])


def test_connection_that_nothing_of_the_ticket_lives_in_is_not_spoken_of() -> None:
    found = judged(agreed(), stops={"elsewhere": Cause("PAUSED", {"connection": "elsewhere"})})
    assert (found.verdict.code, codes(found)) == ("IN_SYNC", [])


@pytest.mark.parametrize("ref", ["hubspot:812", "boards:12"])
def test_record_that_does_not_get_its_turn_comes_first(ref: str) -> None:
    cause = Cause("WAITING_RETRY", {"record": ref, "ref": ref, "until": NOW.isoformat()})
    assert judged(agreed(), waits={ref: cause}).verdict == cause


def test_field_that_the_helpdesk_refused_is_not_about_to_be_updated() -> None:
    refused = {"work_stage": Cause("FIELD_INVALID", {"field": "work_stage", "reason": "no option"})}
    found = judged(agreed(work_stage="Other"), refused=refused)
    assert found.verdict.code == "FIELD_INVALID"
    assert found.verdict.data["reason"] == "no option"
    # Once it shows what it should, what was refused before does not matter.
    assert judged(agreed(), refused=refused).verdict.code == "IN_SYNC"


def test_findings_of_the_plan_and_of_the_store_are_told_once_each() -> None:
    s = agreed(linked("12", "Parked"))
    kept = Cause("COPY_REJECTED", {"ref": "boards:12", "file": "a.png"})
    [finding] = judged(s).plan.findings
    found = judged(s, open=(Cause(finding.code, finding.data), kept, kept))
    assert (found.verdict.code, codes(found)) == ("STATUS_UNMAPPED", ["COPY_REJECTED"])


def test_finding_of_the_plan_that_is_stored_too_is_told_once() -> None:
    items = (linked("12", "Active", RootCause="a"), linked("13", "Resolved", RootCause="b"))
    s = agreed(*items, work_items="#12, #13")
    [finding] = judged(s).plan.findings
    kept = Cause(finding.code, {"connection": "hubspot", "ref": str(s.ref), **finding.data})
    found = judged(s, open=(kept,))
    assert (found.verdict.code, codes(found)) == ("ROLLUP_HOLDS", ["CONFLICT"])


def test_item_not_found_just_now_is_told_though_its_last_status_counts() -> None:
    item = linked("12")
    assert item.observation is not None
    absent = replace(item, observation=present(item.observation, Presence.ABSENT))
    found = judged(agreed(absent))
    assert (found.verdict.code, codes(found)) == ("IN_SYNC", ["ITEM_UNREADABLE"])


def test_change_that_tickets_do_not_show_is_told_as_such() -> None:
    item = linked("12", **{CHANGED_AT: NOW.isoformat(), AUTHOR: "ana@acme.test"})
    found = judged(agreed(item))
    assert (found.verdict.code, codes(found)) == ("IN_SYNC", ["NOT_CUSTOMER_RELEVANT"])
    assert found.also[0].data["item"] == "#12"


def test_own_write_is_not_told_as_a_change_of_engineering() -> None:
    item = linked("12", **{CHANGED_AT: NOW.isoformat(), AUTHOR: "hub@acme.test"})
    own = replace(item.tracker.reference, account_ids=frozenset({"hub@acme.test"}))
    found = judged(agreed(replace(item, tracker=replace(item.tracker, reference=own))))
    assert codes(found) == []


def test_launch_that_waits_for_values_says_which_and_until_when() -> None:
    at = NOW - timedelta(seconds=2)
    young = observation(TICKET, ticket_facts(**{CREATED_AT: at.isoformat()}), at=at)
    found = judged(ticket(company=None, observation=young)).verdict
    assert (found.code, found.data["missing"]) == ("WAITING_ITEM_CREATE", "customer")
    assert found.data["until"] == (NOW + timedelta(seconds=18)).isoformat()


@given(wild_tickets() | ordinary_tickets())
def test_any_ticket_has_a_reason_that_the_catalogue_knows(s: TicketSituation) -> None:
    found = judge(Outlook(s, stops={"boards": PAUSED["boards"]}), NOW)
    told = {found.verdict.code, *codes(found), *(each.verdict for each in found.fields)}
    assert told <= set(REASONS)


def test_mentions_are_keys_and_addresses_that_people_wrote() -> None:
    note: dict[str, Value] = {"id": "1", "html": "<p>see AB#77</p>", "internal": True}
    public: dict[str, Value] = {"id": "2", "html": "<p>AB#78</p>", "internal": False}
    seen = observation(
        TICKET,
        {
            SUBJECT: "Same as #12?",
            BODY: "<p>PAY-9 and https://dev.azure.com/acme/P/_workitems/edit/31, C#12, a#b</p>",
            COMMENTS: [note, public],
        },
    )
    expected = ("#12", "https://dev.azure.com/acme/P/_workitems/edit/31", "PAY-9", "AB#77")
    assert mentions(seen) == expected


def test_reference_to_error_tracking_is_no_mention() -> None:
    body = "<p>https://acme.sentry.io/issues/4711/</p>"
    assert mentions(observation(TICKET, {SUBJECT: "x", BODY: body})) == ()


def test_event_that_brings_nothing_is_old_news_or_a_repeat() -> None:
    held = observation(TICKET, {STATUS: "2"}, at=NOW, revision=7)
    older = observation(TICKET, {STATUS: "1"}, at=CREATED)
    assert no_news(held, replace(held, revision=6)) == "STALE_EVENT"
    assert no_news(held, older) == "STALE_EVENT"
    assert no_news(held, held) == "DUPLICATE_EVENT"
    assert no_news(held, replace(older, facts={})) == "DUPLICATE_EVENT"
    assert no_news(None, held) == "DUPLICATE_EVENT"


@pytest.mark.parametrize(
    ("cause", "first", "code", "data"),
    [
        ("work item boards:9", "sweep", "EVENT_NEVER_ARRIVED",
         {"connection": "boards", "found_by": "sweep"}),
        ("patrol", "patrol", "EVENT_NEVER_ARRIVED",
         {"connection": "hubspot", "found_by": "patrol"}),
        ("campaign mapping success 1a2b", "campaign mapping success 1a2b", "POLICY_CHANGED",
         {"mapping": "success", "version": "1a2b"}),
    ],
)  # fmt: skip
def test_change_is_told_with_what_began_it(
    cause: str, first: str, code: str, data: dict[str, str]
) -> None:
    assert cause_of_change("hubspot:812", cause, first) == Cause(code, data)


def test_change_that_a_notification_brought_needs_no_words() -> None:
    assert cause_of_change("hubspot:812", "work item boards:9", "delivery:1") is None
    assert move_told("#9", "Platform", None).data == {
        "item": "#9", "before": "Platform", "after": "",
    }  # fmt: skip
