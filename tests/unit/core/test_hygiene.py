"""What has come apart: each rule raises its finding, and falls silent when it is mended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.core.ends import watched_until
from bridge.core.hygiene import (
    ASSIGN,
    CHECK,
    CODES,
    END_PAST,
    FINDINGS_OLD,
    ITEM_DONE,
    LAUNCH,
    NO_SEVERITY,
    NOT_INHERITED,
    NOT_LINKED,
    OWNERS_MISSING,
    TICKET_CLOSED,
    TICKET_GONE,
    UNACKNOWLEDGED,
    hygiene_of,
    old_findings,
    repair_of,
)
from bridge.core.instants import LAST
from bridge.core.notices import whom
from bridge.core.plan import plan_ticket
from bridge.core.reasons import REASONS, finding_what_to_do
from bridge.core.situation import Telling, TicketSituation
from bridge.domain.links import Launch, LaunchState, LinkState
from bridge.domain.mapping_hygiene import EndsOn, EscalatedBy, Hygiene
from bridge.domain.notices import Notice, NoticeState
from bridge.domain.records import ASSIGNEE, STATUS, Presence
from bridge.domain.refs import WorkItemRef
from tests.unit.core.examples import (
    CREATED,
    MAPPING,
    NOW,
    TICKET,
    linked,
    mapping,
    observation,
    present,
    ticket,
    ticket_facts,
)
from tests.unit.core.test_notices import HIGH, LEADS, TELLING, telling_mapping

SPEC = Hygiene()
DAY = timedelta(days=1)
MADE = mapping()


def codes(s: TicketSituation, spec: Hygiene = SPEC, now: Any = NOW) -> list[str]:
    return [each.code for each in hygiene_of(s, spec, now)]


def facts(**more: Any) -> Any:
    return observation(TICKET, ticket_facts(**more))


def test_bug_without_its_work_item_is_told_and_launched_by_one_press() -> None:
    [found] = hygiene_of(ticket(), SPEC, NOW)
    assert (found.code, found.ref, found.data["route"]) == (NOT_LINKED, "hubspot:812", "bug")
    assert repair_of(found.code, found.data) == LAUNCH
    assert codes(ticket(items=(linked("1"),))) == []


def test_what_is_on_its_way_or_older_than_the_hub_is_left_in_peace() -> None:
    launch = Launch(TICKET, "bug", "boards", "tb-1", LaunchState.INTENDED, CREATED, None)
    assert codes(ticket(launches=(launch,))) == []
    young = facts(**{"@created_at": (NOW - timedelta(minutes=59)).isoformat()})
    assert codes(ticket(observation=young)) == []
    assert codes(ticket(start_mark=NOW)) == []
    assert codes(ticket(start_mark=None)) == []
    assert codes(ticket(observation=facts(hs_ticket_category="Success"))) == []


@pytest.mark.parametrize(
    ("value", "words", "told"),
    [("yes", [], True), ("Yes", ["yes"], True), ("no", ["yes"], False), (None, [], False)],
)
def test_field_may_say_that_a_ticket_is_engineerings(
    value: Any, words: list[str], told: bool
) -> None:
    spec = Hygiene(escalated=EscalatedBy(property="escalated", in_=words))
    s = ticket(observation=facts(hs_ticket_category="Success", escalated=value), start_mark=NOW)
    found = hygiene_of(s, spec, NOW)
    assert [each.code for each in found] == ([NOT_LINKED] if told else [])
    if told:
        assert repair_of(NOT_LINKED, found[0].data) == CHECK


def test_done_work_whose_ticket_stays_open_is_told_after_some_days() -> None:
    s = ticket(items=(linked("1", "Closed"), linked("2", "Removed")))
    assert codes(s, now=CREATED + 3 * DAY - timedelta(seconds=1)) == []
    [found] = hygiene_of(s, SPEC, CREATED + 3 * DAY)
    assert (found.code, found.data["items"], found.data["days"]) == (ITEM_DONE, "#1, #2", "3")
    assert codes(s, Hygiene(done_after=DAY), CREATED + DAY) == [ITEM_DONE]
    one_open = ticket(items=(linked("1", "Closed"), linked("2", "Active")))
    assert codes(one_open, now=CREATED + 30 * DAY) == []
    unseen = replace(linked("2"), observation=None)
    assert codes(ticket(items=(linked("1", "Closed"), unseen)), now=CREATED + 30 * DAY) == []


def test_closed_ticket_is_told_for_each_item_that_is_worked_on_still() -> None:
    closed = facts(**{STATUS: "4"})
    s = ticket(observation=closed, items=(linked("1"), linked("2", "Closed"), linked("3", "New")))
    found = hygiene_of(s, SPEC, NOW + 30 * DAY)
    assert [(each.code, each.topic) for each in found] == [
        (TICKET_CLOSED, "boards:1"), (TICKET_CLOSED, "boards:3"),
    ]  # fmt: skip
    assert codes(ticket(observation=closed)) == []


@pytest.mark.parametrize(
    ("people", "told"),
    [(None, True), ("Ana", True), ("Ana, Ben", False), ("Ana, Ben, Cy", False)],
)
def test_task_of_several_owners_is_told_when_fewer_own_it(people: str | None, told: bool) -> None:
    """H15, H20."""
    launch = {**MAPPING["routes"][1]["launch"], "assignees": ["csm", "implementation_lead"]}
    routes = [MAPPING["routes"][0], {**MAPPING["routes"][1], "launch": launch}]
    s = ticket(mapping=mapping(routes=routes), items=(linked("1", **{ASSIGNEE: people}),))
    assert (OWNERS_MISSING in codes(s)) is told
    done = ticket(mapping=mapping(routes=routes), items=(linked("1", "Closed"),))
    assert OWNERS_MISSING not in codes(done)


def test_owners_whom_the_hub_cannot_put_on_a_task_are_named_to_whoever_can() -> None:
    """H15."""
    launch = {**MAPPING["routes"][1]["launch"], "assignees": ["csm", "implementation_lead"]}
    data = mapping(routes=[MAPPING["routes"][0], {**MAPPING["routes"][1], "launch": launch}])
    item, told = linked("1", **{ASSIGNEE: "Ana"}), Telling(people={"csm": ("kim@acme.example",)})
    s = ticket(mapping=data, items=(item,), telling=told)
    [found] = [each for each in hygiene_of(s, SPEC, NOW) if each.code == OWNERS_MISSING]
    assert repair_of(found.code, found.data) is CHECK
    assert finding_what_to_do(found) == (
        "See that it has them. Open it in boards and put kim@acme.example on it. Nobody plays "
        "implementation_lead: say who does, at the customer in the helpdesk or under people in "
        "bridge.yaml."
    )
    takes = replace(item, tracker=replace(item.tracker, assigns=True))
    able = hygiene_of(replace(s, items=(takes,)), SPEC, NOW)
    [found] = [each for each in able if each.code == OWNERS_MISSING]
    assert repair_of(found.code, found.data) is ASSIGN
    assert "The hub puts those of its rule on it (kim@acme.example)" in finding_what_to_do(found)


@pytest.mark.parametrize(
    ("said", "told"),
    [("2026-03-01", True), ("2099-01-01", False), (None, False), ("soon", False)],
)
def test_what_was_given_for_a_time_is_told_once_its_last_day_is_past(
    said: str | None, told: bool
) -> None:
    """C11: of a closed ticket too."""
    spec = Hygiene(ends=[EndsOn(property="access_until", label="Access")])
    for more in ({}, {STATUS: "4"}):
        s = ticket(observation=facts(access_until=said, **more))
        assert (END_PAST in codes(s, spec, NOW + 365 * DAY)) is told
    today = ticket(observation=facts(access_until=NOW.date().isoformat()))
    assert END_PAST not in codes(today, spec)


@pytest.mark.parametrize("said", ["2026-03-01", "9999-12-31", None, "soon"])
def test_closed_ticket_is_looked_after_for_what_it_was_given_for_thirty_days_more(
    said: str | None,
) -> None:
    made = mapping(hygiene={"ends": [{"property": "access_until"}]})
    s = ticket(mapping=made, observation=facts(access_until=said, **{STATUS: "4"}))
    until = {"2026-03-01": datetime(2026, 3, 31, tzinfo=UTC), "9999-12-31": LAST}.get(said or "")
    before = datetime(2026, 3, 30, 23, tzinfo=UTC)
    assert watched_until(s, before) == plan_ticket(s, before).wake_at == until
    assert (watched_until(s, datetime(2026, 3, 31, tzinfo=UTC)) is None) is (until != LAST)
    assert watched_until(replace(s, mapping=MADE), before) is None


def notice(recipient: str, state: NoticeState) -> Notice:
    return Notice(f"n-{recipient}", "bug", "mail", recipient, whom(recipient), state=state)


@pytest.mark.parametrize(
    ("states", "missing"),
    [
        ([], ", ".join(LEADS)),
        ([NoticeState.ACKNOWLEDGED, NoticeState.UNHEARD], LEADS[1]),
        ([NoticeState.ACKNOWLEDGED, NoticeState.ACKNOWLEDGED], None),
        ([NoticeState.DUE, NoticeState.OVER], None),
        ([NoticeState.REFUSED, NoticeState.DUE], LEADS[0]),
    ],
)
def test_high_bug_is_told_for_each_lead_of_whom_nobody_heard(
    states: list[NoticeState], missing: str | None
) -> None:
    """H12."""
    notices = tuple(notice(*each) for each in zip(LEADS, states, strict=False))
    given: dict[str, Any] = {"mapping": telling_mapping(HIGH), "telling": TELLING}
    s = ticket(items=(linked("1"),), notices=notices, **given)
    found = hygiene_of(s, SPEC, NOW)
    assert [each.data["people"] for each in found if each.code == UNACKNOWLEDGED] == (
        [missing] if missing else []
    )
    taken = replace(s, items=(linked("1", **{ASSIGNEE: "Ana"}),))
    assert UNACKNOWLEDGED not in codes(taken)
    low = replace(s, observation=facts(hs_ticket_priority="LOW"))
    assert UNACKNOWLEDGED not in codes(low)


def test_bug_without_a_severity_is_told_where_no_default_says_it() -> None:
    source = {"property": "hs_ticket_priority", "values": {"HIGH": "high"}}
    without = mapping(ticket={**MAPPING["ticket"], "severity": source})
    empty = facts(hs_ticket_priority=None)
    s = ticket(mapping=without, observation=empty, items=(linked("1"),))
    assert codes(s) == [NO_SEVERITY]
    assert codes(replace(s, observation=facts())) == []
    assert codes(replace(s, mapping=mapping())) == []


@pytest.mark.parametrize("presence", [Presence.MISSING, Presence.DELETED])
def test_link_of_a_ticket_that_is_not_in_the_helpdesk_is_told_for_each_item(
    presence: Presence,
) -> None:
    """H2."""
    broken = linked("1", state=LinkState.BROKEN)
    s = ticket(observation=present(facts(), presence), items=(broken, linked("2")))
    assert codes(s) == [TICKET_GONE, TICKET_GONE]
    assert codes(replace(s, items=())) == []


def test_item_that_hangs_on_an_earlier_ticket_alone_is_told() -> None:
    found = hygiene_of(ticket(items=(linked("1"),)), SPEC, NOW, [WorkItemRef("boards", "7")])
    assert [(each.code, each.data["item"]) for each in found] == [(NOT_INHERITED, "boards:7")]


def test_findings_that_grow_old_are_told_by_their_cause_and_never_about_themselves() -> None:
    since = NOW - 14 * DAY
    groups = [("STATUS_UNMAPPED", 3, since), ("CONFLICT", 1, since + DAY), (ITEM_DONE, 5, since)]
    [found] = old_findings("hubspot", groups, SPEC, NOW)
    assert (found.code, found.topic, found.ref) == (FINDINGS_OLD, "STATUS_UNMAPPED", None)
    assert (found.data["count"], found.data["days"]) == ("3", "14")


def test_every_cause_has_its_texts_and_one_press() -> None:
    assert set(CODES) <= set(REASONS)
    assert {each for each in REASONS if each.startswith("HYGIENE_")} == set(CODES)
    assert all(repair_of(each, {}).label for each in CODES)
