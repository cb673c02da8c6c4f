"""What a field names, what a hyperlink means, and what is too doubtful to be linked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.core.adoption import Doubt, Pair, names_in, resolved, route_of, settled
from bridge.core.launching import launch_marker
from bridge.domain.refs import WorkItemRef
from tests.unit.core.examples import TICKET, mapping

pairs = st.builds(
    Pair,
    ticket=st.sampled_from(["hubspot:1", "hubspot:2"]),
    item=st.sampled_from(["boards:1", "boards:2", "boards:3"]),
    how=st.just("a hyperlink"),
    marker=st.sampled_from(["", "tb-1", "tb-2"]),
)


def test_keys_and_addresses_are_told_apart_from_signals() -> None:
    words, signals = names_in("AB#1, 2;https://dev.azure.com/acme/_workitems/edit/3  sentry.io/4")
    assert words == ["AB#1", "2", "https://dev.azure.com/acme/_workitems/edit/3"]
    assert signals == ["sentry.io/4"]


def test_key_that_two_trackers_know_is_a_doubt() -> None:
    one, other = WorkItemRef("boards", "1"), WorkItemRef("mobile", "1")
    assert isinstance(resolved(TICKET, "1", [one], "named"), Pair)
    assert isinstance(resolved(TICKET, "1", [one, other], "named"), Doubt)
    assert isinstance(resolved(TICKET, "1", [], "named"), Doubt)


def test_marker_leads_back_to_the_route_that_launched() -> None:
    known = mapping()
    [route, *_] = [each.id for each in known.routes if each.launch is not None]
    assert route_of(launch_marker(TICKET, route), TICKET, known) == route
    assert route_of("tb-of-nobody", TICKET, known) is None


@given(st.lists(pairs, max_size=8))
def test_no_marker_is_ever_linked_to_two_items(found: list[Pair]) -> None:
    kept, doubts = settled(found)
    assert len({(each.ticket, each.item) for each in kept}) == len(kept)
    marked = [(each.ticket, each.marker) for each in kept if each.marker]
    assert len(set(marked)) == len(marked)
    told = {(each.ticket, item) for each in doubts for item in each.item.split(", ")}
    assert told.isdisjoint((each.ticket, each.item) for each in kept)
    # Nothing is lost: what is not linked is told.
    assert {(e.ticket, e.item) for e in found} == told | {(e.ticket, e.item) for e in kept}
