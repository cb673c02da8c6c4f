"""Laws of the preview: nothing for the same mapping; for another, what is then written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bridge.core.plan import plan_item, plan_ticket
from bridge.core.preview import Comparison, compare, lacks
from bridge.core.situation import Earlier, ItemSituation, Plan, Telling, TicketSituation
from bridge.core.values import canonical
from bridge.core.wanted import facts_of_ticket
from bridge.domain.links import Fingerprint
from bridge.domain.mapping import Mapping
from bridge.domain.records import COMMENTS, STATUS, Comment
from tests.unit.core.examples import (
    MAPPING,
    NOW,
    TICKET,
    linked,
    mapping,
    observation,
    ticket,
    ticket_facts,
)
from tests.unit.core.model import REWRITES, Vendor
from tests.unit.core.strategies import ordinary_items, ordinary_tickets, rollups

LATER = NOW + timedelta(days=2)
"""After any freeze of a field has passed."""
PLAIN = Vendor(REWRITES["as it is"])


def compared(s: TicketSituation, draft: Mapping) -> tuple[Comparison, Plan]:
    after = plan_ticket(replace(s, mapping=draft), LATER)
    return compare(str(s.ref), s.observation, plan_ticket(s, LATER), after), after


def at_rest(s: TicketSituation) -> TicketSituation:
    for minute in range(4):
        now = NOW + timedelta(minutes=minute)
        s = PLAIN.ticket(s, plan_ticket(s, now), now)
    return s


def redrafted(rollup: str, label: str, ids: bool) -> Mapping:
    stages = [{**each, "label": f"{label} {each['label']}"} for each in MAPPING["stages"]]
    show = MAPPING["show_on_ticket"]
    shown = {**show, "stage": {**show["stage"], "show": "id" if ids else "label"}}
    return mapping(rollup=rollup, stages=stages, show_on_ticket=shown)


drafts = st.builds(redrafted, rollups, st.sampled_from(["", "Now"]), st.booleans())


@given(ordinary_tickets())
def test_mapping_that_is_in_force_changes_nothing(s: TicketSituation) -> None:
    found, _ = compared(s, s.mapping)
    assert (found.changes, found.launches, found.problems, found.refused) == ((), (), (), ())


@given(ordinary_items())
def test_work_item_under_the_same_mapping_is_left_alone(s: ItemSituation) -> None:
    plan = plan_item(s, "https://hub.test", NOW)
    found = compare(str(s.ref), s.observation, plan, plan)
    assert (found.changes, found.launches, found.problems) == ((), (), ())


@given(ordinary_tickets(), drafts)
def test_preview_is_what_the_helpdesk_then_shows(s: TicketSituation, draft: Mapping) -> None:
    s = at_rest(s)
    found, plan = compared(s, draft)
    seen = s.observation
    after = PLAIN.ticket(replace(s, mapping=draft), plan, LATER).observation
    fields = {each.field for each in found.changes}
    fields |= {"work_stage", "work_eta", "work_items", "root_cause"}
    moved = {
        (name, canonical(seen.value(name)), canonical(after.value(name)))
        for name in fields
        if canonical(seen.value(name)) != canonical(after.value(name))
    }
    told = {
        (each.field, each.before or "", each.after or "")
        for each in found.changes
        if each.field != "note" and (each.before or "") != (each.after or "")
    }
    assert told == moved


def test_stage_that_customers_may_read_is_said_to_be_so() -> None:
    s = at_rest(ticket(items=(linked("1"),)))
    found, _ = compared(s, redrafted("least_advanced", "Now", ids=False))
    assert [(each.field, each.customer_visible) for each in found.changes] == [("work_stage", True)]


def test_field_that_people_hold_is_refused_and_not_a_change() -> None:
    s = at_rest(ticket(items=(linked("1"),)))
    pairs = dict(s.fingerprints)
    pairs["work_stage"] = replace(
        pairs["work_stage"], frozen_until=LATER + timedelta(hours=1), frozen_code="HUMAN_OVERRIDE"
    )
    assert isinstance(pairs["work_stage"], Fingerprint)
    found, _ = compared(
        replace(s, fingerprints=pairs), redrafted("least_advanced", "Now", ids=False)
    )
    assert found.changes == ()
    assert [(each.field, each.code) for each in found.refused] == [("work_stage", "HUMAN_OVERRIDE")]


def test_ticket_whose_customer_would_be_drafted_a_message_is_counted() -> None:
    telling = mapping(stages=[{**each, "tell": "draft"} for each in MAPPING["stages"]])
    s = ticket(items=(linked("1"),))
    assert compared(s, telling)[0].tells
    assert not compared(replace(s, mapping=telling), telling)[0].tells
    assert not compared(replace(s, mapping=telling), mapping())[0].tells
    # What was reached before the draft counts is no news by it.
    later = replace(s, telling=Telling(since=NOW, earlier=(Earlier(s.mapping),)))
    assert not compared(later, telling)[0].tells


def test_fields_that_were_never_read_are_named() -> None:
    seen = ticket(ticket_facts()).observation
    assert lacks(seen, ["hs_ticket_category", "unheard_of"]) == ("unheard_of",)


def test_ticket_that_a_draft_would_close_stands_in_its_preview() -> None:
    told = Comment("m1", "Press it twice", at=(NOW - timedelta(days=9)).isoformat(), internal=False)
    facts = ticket_facts(**{STATUS: "1", COMMENTS: [told.as_value()]})
    seen = observation(TICKET, facts, at=NOW - timedelta(days=9))
    before = ticket(observation=seen, start_mark=NOW - timedelta(days=30))
    closing = {
        "solved": ["New"],
        "solved_after": "2d",
        "to": {"property": "hs_pipeline_stage", "value": "Closed"},
    }
    after = replace(before, mapping=mapping(closing=closing))
    found = compare(str(TICKET), seen, plan_ticket(before, NOW), plan_ticket(after, NOW))
    [change] = [each for each in found.changes if each.field == "hs_pipeline_stage"]
    assert (change.after, change.customer_visible) == ("4", True)


def test_promises_that_a_draft_makes_and_finds_broken_are_counted() -> None:
    draft = mapping(
        promises=[
            {"id": "word", "within": "15m", "kept_by": "told_customer"},
            {"id": "fix", "within": "30d", "kept_by": "stage:available"},
        ]
    )
    s = ticket(items=(linked("99"),))
    found, _ = compared(s, draft)
    assert (found.promises, found.broken) == (2, 1)
    assert "PROMISE_BROKEN" in {each.code for each in found.problems}
    again = compare(str(s.ref), s.observation, *[plan_ticket(replace(s, mapping=draft), LATER)] * 2)
    assert (again.promises, again.broken) == (0, 0)


def test_what_was_said_must_be_known_where_the_draft_closes_tickets() -> None:
    spec = {"solved": ["New"], "solved_after": "2d", "to": {"property": "s", "value": "Closed"}}
    closing, reminding = mapping(closing=spec), mapping(closing={"remind_after": "3d"})
    seen = ticket().observation
    blind = replace(seen, facts={k: v for k, v in seen.facts.items() if k != COMMENTS})
    assert COMMENTS in lacks(blind, facts_of_ticket(closing, linked=False))
    assert COMMENTS in lacks(blind, facts_of_ticket(reminding, linked=True))
    assert COMMENTS not in lacks(blind, facts_of_ticket(reminding, linked=False))
    assert COMMENTS not in lacks(blind, facts_of_ticket(mapping(on_reply="no"), linked=True))
    # But not of what was over before.
    assert COMMENTS not in lacks(blind, facts_of_ticket(closing, linked=False, past=True))
