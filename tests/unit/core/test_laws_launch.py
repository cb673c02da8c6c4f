"""The law of launches: whatever happens to a ticket, a route launches once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.launching import launch_marker
from bridge.core.plan import plan_ticket
from bridge.core.situation import TicketSituation
from bridge.domain.links import Launch, LaunchState, LinkState
from bridge.domain.operations import LaunchItem, ProbeLaunch
from bridge.domain.records import STATUS, Fact, Presence
from bridge.domain.refs import TicketRef
from tests.unit.core.examples import NOW, linked, present, ticket


def _categorised(
    s: TicketSituation, value: str | list[str] | None, now: datetime
) -> TicketSituation:
    fact = Fact(list(value) if isinstance(value, list) else value, now)
    seen = replace(
        s.observation, facts={**s.observation.facts, "hs_ticket_category": fact}, seen_at=now
    )
    return replace(s, observation=seen)


def _ended(s: TicketSituation, state: LaunchState) -> TicketSituation:
    """Every unclear launch comes to this end; a created item is linked."""
    rows, items = [], list(s.items)
    for row in s.launches:
        if row.state is LaunchState.INTENDED:
            id = f"{row.ticket.id}-{row.route}"
            row = replace(row, state=state)
            if state is LaunchState.CREATED:
                row = replace(row, work_item_id=id)
                items.append(linked(id, "New"))
        rows.append(row)
    return replace(s, launches=tuple(rows), items=tuple(items))


def _merged_in(s: TicketSituation, now: datetime) -> TicketSituation:
    """Another ticket's launch row moves here, as a merge does in one transaction."""
    if any(each.route == "feature" for each in s.launches):
        return s
    other = TicketRef("hubspot", "700")
    row = Launch(
        other, "feature", "boards", launch_marker(other, "feature"), LaunchState.CREATED, now,
        "700-feature",
    )  # fmt: skip
    return replace(s, launches=(*s.launches, row))


def _gone(s: TicketSituation) -> TicketSituation:
    items = tuple(
        replace(each, observation=present(each.observation, Presence.DELETED))
        for each in s.items
        if each.observation is not None
    )
    return replace(s, items=items)


Happening = Callable[[TicketSituation, datetime], TicketSituation]


def _category(value: str | list[str] | None) -> Happening:
    return lambda s, now: _categorised(s, value, now)


def _status(value: str) -> Happening:
    def happen(s: TicketSituation, now: datetime) -> TicketSituation:
        facts = {**s.observation.facts, STATUS: Fact(value, now)}
        return replace(s, observation=replace(s.observation, facts=facts))

    return happen


def _by_hand(route: str) -> Happening:
    return lambda s, _: replace(s, launch_by_hand=s.launch_by_hand | {route})


def _broken(s: TicketSituation, _: datetime) -> TicketSituation:
    lost = (replace(each, link=replace(each.link, state=LinkState.BROKEN)) for each in s.items)
    return replace(s, items=tuple(lost))


HAPPENINGS: dict[str, Happening] = {
    "category Bug": _category("Bug"),
    "category Feature": _category("Feature"),
    "category Success": _category("Success"),
    "no category": _category(None),
    "both categories": _category(["Bug", "Feature"]),
    "by hand bug": _by_hand("bug"),
    "by hand feature": _by_hand("feature"),
    "unlink": lambda s, _: replace(s, items=()),
    "item deleted": lambda s, _: _gone(s),
    "link broken": _broken,
    "merged in": _merged_in,
    "closed": _status("4"),
    "reopened": _status("1"),
    "create answers": lambda s, _: _ended(s, LaunchState.CREATED),
    "create refused": lambda s, _: _ended(s, LaunchState.REJECTED),
    "probe undecided": lambda s, _: _ended(s, LaunchState.UNDECIDED),
    "time": lambda s, _: s,
}


@settings(max_examples=300)
@given(st.lists(st.sampled_from(sorted(HAPPENINGS)), max_size=14))
def test_route_launches_once_whatever_happens(happenings: list[str]) -> None:
    s, now = ticket(), NOW
    sent: Counter[str] = Counter()
    for what in ("time", *happenings):
        s = HAPPENINGS[what](s, now)
        known = {each.route for each in s.launches}
        for operation in plan_ticket(s, now).operations:
            if isinstance(operation, LaunchItem):
                assert operation.route not in known
                sent[operation.route] += 1
                row = Launch(
                    s.ref, operation.route, "boards", operation.marker, LaunchState.INTENDED, now
                )
                s = replace(s, launches=(*s.launches, row))
            elif isinstance(operation, ProbeLaunch):
                rows = (
                    replace(each, probes=each.probes + 1) if each.route == operation.route else each
                    for each in s.launches
                )
                s = replace(s, launches=tuple(rows))
        now += timedelta(minutes=7)
    assert sent["bug"] == 1
    assert all(count == 1 for count in sent.values())
