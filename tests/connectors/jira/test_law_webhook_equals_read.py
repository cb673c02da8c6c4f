"""Law: whatever people do, a webhook says of an issue what a read of it says, or asks for one."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain.events import Delivery, Event
from bridge.domain.records import AUTHOR
from bridge.ports.roles import Want
from tests.conformance.line import LetterBox
from tests.connectors.jira.client_kit import Site, jira_site

_DEEDS = st.one_of(
    st.tuples(st.just("summary"), st.sampled_from(["a", 'Quotes " <b>', "ü ✓"])),
    st.tuples(st.just("description"), st.sampled_from(["*bold* text", "h1. Title", None])),
    st.tuples(
        st.just("labels"), st.lists(st.sampled_from(["x", "y", "ticketbridge"]), unique=True)
    ),
    st.tuples(st.just("priority"), st.sampled_from([{"name": "High"}, {"name": "Low"}])),
    st.tuples(st.just("duedate"), st.sampled_from(["2026-12-24", None])),
    st.tuples(st.just("fixVersions"), st.sampled_from([[], [{"name": "1.4"}], [{"name": "1.5"}]])),
    st.tuples(st.just("choice"), st.sampled_from([{"value": "High"}, None])),
    st.tuples(st.just("words"), st.sampled_from(["one", "2026-12-24", "*rich*", None])),
    st.tuples(st.just("move"), st.sampled_from(["To Do", "In Progress"])),
    st.tuples(st.just("project"), st.sampled_from(["OPS", "DEMO"])),
)


async def _event(site: Site) -> Event | None:
    """The newest event of what the site has to tell."""
    box = LetterBox()
    async with box.client() as client:
        await site.sim.deliver(client)
    found: list[Event] = []
    for letter in box.empty():
        delivery = Delivery("d", "jira", letter.body, "application/json", site.clock.now())
        hints = site.connection.receiver.normalise(delivery)
        if isinstance(hints, tuple):
            found += [each for each in hints if isinstance(each, Event)]
    return found[-1] if found else None


def _do(site: Site, id: str, ids: dict[str, str], deed: str, value: Any) -> None:
    sim = site.sim
    if deed == "move":
        sim.person_moves_status(id, value)
    elif deed == "project":
        sim.person_moves_project(id, value)
    elif deed != "fixVersions" or sim.issue(id).project.key == "DEMO":
        sim.person_edits(id, {ids.get(deed, deed): value})


@given(deeds=st.lists(_DEEDS, min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
async def test_law_webhook_equals_read(deeds: list[tuple[str, Any]]) -> None:
    async with jira_site() as site:
        sim = site.sim
        sim.add_project("OPS", "Operations")
        sim.add_version("1.4", release_date="2026-12-01")
        sim.add_version("1.5", release_date="2027-01-01")
        choice, words = sim.add_field("C", "option", ("High",)), sim.add_field("W", "text")
        sim.add_webhook("https://bridge.example.com/webhooks/jira", "hub-jira-secret-1")
        id = sim.person_creates("Export fails", description="It *stops*.")
        await _event(site)
        known: dict[str, Any] = {}
        for deed, value in deeds:
            site.later(seconds=2)
            _do(site, id, {"choice": choice.id, "words": words.id}, deed, value)
            event = await _event(site)
            seen = await site.tracker.fetch_item(id, Want())
            read = {n: f.value for n, f in seen.facts.items() if n != AUTHOR}
            if event is None:  # nothing was different
                continue
            told = {n: f.value for n, f in event.facts.items() if n != AUTHOR}
            assert event.facts[AUTHOR].value == seen.value(AUTHOR) == sim.ana.account_id
            assert {name: read[name] for name in told} == told
            if not event.thin and known:
                assert known | told == read
            known = read
