"""A work item's own pass: links back and the fields that tickets own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.core.fingerprints import Observed, after_write
from bridge.core.item_links import ALL_TICKETS
from bridge.core.launching import launch_marker
from bridge.core.plan import plan_item
from bridge.core.situation import Plan
from bridge.domain.links import LinkState
from bridge.domain.operations import SetItemFields, SetItemLinks
from bridge.domain.records import HYPERLINKS, Presence, Source, Value
from bridge.domain.refs import TicketRef
from tests.unit.core.examples import NOW, TICKET, item, item_facts, linked_ticket, present

OWN = f"ticketbridge:{launch_marker(TICKET, 'bug')}"


def links(plan: Plan) -> SetItemLinks:
    return next(each for each in plan.operations if isinstance(each, SetItemLinks))


def has_links(plan: Plan) -> bool:
    return any(isinstance(each, SetItemLinks) for each in plan.operations)


def rows(*links: tuple[str, str]) -> dict[str, Value]:
    shown: list[Value] = [{"url": url, "comment": comment} for url, comment in links]
    return item_facts("99", **{HYPERLINKS: shown})


def test_linked_ticket_is_linked_back_with_its_marker() -> None:
    operation = links(plan_item(item(linked_ticket()), None, NOW))
    assert [(e.url, e.comment) for e in operation.add] == [("https://app.hubspot.test/812", OWN)]
    assert (operation.remove, operation.revision) == ((), 3)


def test_marker_of_the_shell_goes_before_the_derived_one() -> None:
    s = item(linked_ticket(), markers={"hubspot:812": "tb-mine"})
    assert links(plan_item(s, None, NOW)).add[0].comment == "ticketbridge:tb-mine"


def test_link_that_is_there_stays_though_the_vendor_rewrote_its_address() -> None:
    s = item(linked_ticket(), facts=rows(("https://app.hubspot.test/812/", OWN)))
    assert not has_links(plan_item(s, None, NOW))


def test_only_our_own_link_of_an_unlinked_ticket_is_removed() -> None:
    theirs = ("https://wiki.test", "design notes")
    s = item(facts=rows(("https://x.test", "ticketbridge:tb-0"), theirs))
    operation = links(plan_item(s, None, NOW))
    assert [each.comment for each in operation.remove] == ["ticketbridge:tb-0"]


def test_broken_link_keeps_its_hyperlink() -> None:
    lost = linked_ticket()
    lost = replace(lost, link=replace(lost.link, state=LinkState.BROKEN))
    assert not has_links(plan_item(item(lost, facts=rows(("u", OWN))), None, NOW))


def test_more_than_fifty_tickets_lead_to_one_page() -> None:
    many = [linked_ticket(str(n)) for n in range(60)]
    operation = links(plan_item(item(*many), "https://hub.test/", NOW))
    assert len(operation.add) == 51
    page = operation.add[-1]
    assert (page.url, page.comment) == ("https://hub.test/work-items/boards/99", ALL_TICKETS)
    back = rows(*[(each.url, each.comment) for each in operation.add])
    assert not has_links(plan_item(item(*many, facts=back), "https://hub.test", NOW))
    fewer = links(plan_item(item(*many[:50], facts=back), "https://hub.test", NOW))
    assert [each.comment for each in fewer.remove] == [ALL_TICKETS]


def test_links_never_seen_are_read_first_and_vendors_without_links_get_none() -> None:
    facts = {name: value for name, value in item_facts("99").items() if name != HYPERLINKS}
    s = item(linked_ticket(), facts=facts)
    assert plan_item(s, None, NOW).read_self is False
    thin = replace(s, observation=replace(s.observation, source=Source.WEBHOOK))
    assert plan_item(thin, None, NOW).read_self is True


def test_field_owned_by_the_ticket_is_written_by_its_table() -> None:
    plan = plan_item(item(linked_ticket(hs_ticket_priority="MEDIUM")), None, NOW)
    (write,) = [each for each in plan.operations if isinstance(each, SetItemFields)]
    assert [(each.field, each.value) for each in write.fields] == [("Priority", 2)]
    assert write.revision == 3


@pytest.mark.parametrize(
    ("priorities", "code"), [(("HIGH", "LOW"), "CONFLICT"), (("URGENT",), "VALUE_UNMAPPED")]
)
def test_field_is_not_written_where_tickets_disagree_or_the_table_ends(
    priorities: tuple[str, ...], code: str
) -> None:
    tickets = [linked_ticket(str(n), hs_ticket_priority=p) for n, p in enumerate(priorities)]
    plan = plan_item(item(*tickets), None, NOW)
    assert not any(isinstance(each, SetItemFields) for each in plan.operations)
    assert [each.code for each in plan.findings] == [code]


def test_closed_ticket_has_no_say() -> None:
    closed = replace(linked_ticket("1", hs_ticket_priority="LOW"), closed=True)
    plan = plan_item(item(closed, linked_ticket("2", hs_ticket_priority="HIGH")), None, NOW)
    assert plan.findings == ()


def test_enforced_field_is_restored_as_such() -> None:
    pair = after_write("Priority", None, 1, Observed(1, True), now=NOW)
    facts = item_facts("99", Priority=4)
    plan = plan_item(item(linked_ticket(), facts=facts, fingerprints={"Priority": pair}), None, NOW)
    (write,) = [each for each in plan.operations if isinstance(each, SetItemFields)]
    assert write.fields[0].restore is True


@pytest.mark.parametrize("presence", [p for p in Presence if p is not Presence.PRESENT])
def test_item_that_can_not_be_seen_is_left_alone(presence: Presence) -> None:
    s = item(linked_ticket())
    plan = plan_item(replace(s, observation=present(s.observation, presence)), None, NOW)
    assert (plan.operations, plan.verdict) == ((), "ITEM_UNREADABLE")


def test_ticket_never_seen_is_looked_at_first() -> None:
    plan = plan_item(item(replace(linked_ticket("5"), observation=None)), None, NOW)
    assert plan.look_first == (TicketRef("hubspot", "5"),)
    assert plan.operations == ()
