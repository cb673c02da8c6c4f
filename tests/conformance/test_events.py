"""What webhooks hint at: the right records, and nothing that a read would not say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bridge.domain.events import Event
from bridge.domain.operations import ItemLink
from bridge.domain.records import AUTHOR, COMMENTS, Presence
from bridge.ports.roles import Want
from tests.conformance.line import START
from tests.conformance.pages import comes_back, page_of
from tests.conformance.rig import Rig
from tests.conformance.stand import NAME, Stand, listed

_LINK = ItemLink("https://desk.acme.example/tickets/812", "ticketbridge:m-812")
_DEEDS: dict[str, Callable[[Rig, str], object]] = {
    "edit": lambda rig, id: rig.person_edits(id, "Export fails again"),
    "delete": lambda rig, id: rig.person_deletes(id),
}


def _ids(events: list[Event]) -> set[str]:
    return {event.id for event in events if not event.via_alias}


@pytest.mark.parametrize("deed", _DEEDS)
async def test_change_by_a_person_names_the_record_and_no_other(
    stand: Stand[Rig], deed: str
) -> None:
    stand.rig.person_creates("Other")
    id = stand.rig.person_creates()
    stand.rig.subscribe()
    stand.rig.clock.advance(seconds=5)
    _DEEDS[deed](stand.rig, id)
    events = await stand.events()
    assert _ids(events) == {id}
    assert {event.kind for event in events} == {stand.records.kind}


async def test_new_and_restored_record_are_named(stand: Stand[Rig]) -> None:
    stand.rig.subscribe()
    id = stand.rig.person_creates()
    assert _ids(await stand.events()) == {id}
    stand.rig.person_deletes(id)
    await stand.events()
    if not comes_back(stand.manifest):
        return
    stand.rig.clock.advance(seconds=5)
    stand.rig.person_restores(id)
    assert _ids(await stand.events()) == {id}


async def test_changes_of_two_records_at_once_name_both(stand: Stand[Rig]) -> None:
    one, two = stand.rig.person_creates("One"), stand.rig.person_creates("Two")
    stand.rig.subscribe()
    stand.rig.person_edits(one, "First")
    stand.rig.person_edits(two, "Second")
    assert _ids(await stand.events()) == {one, two}


async def test_deletion_is_told_as_such_or_left_to_a_read(stand: Stand[Rig]) -> None:
    id = stand.rig.person_creates()
    stand.rig.subscribe()
    stand.rig.person_deletes(id)
    for event in await stand.events():
        assert event.thin or event.presence is Presence.DELETED


async def test_event_goes_to_the_account_of_its_connection(stand: Stand[Rig]) -> None:
    stand.rig.subscribe()
    stand.rig.person_creates()
    assert {event.account for event in await stand.events()} == {stand.connection.account}


async def test_event_says_nothing_else_than_a_read_of_the_same_revision(
    stand: Stand[Rig],
) -> None:
    id = stand.rig.person_creates("Export fails", "<p>Press <b>Export</b></p>")
    if stand.connection.tracker is not None:
        # Every item that concerns the hub bears a link of it.
        await stand.tracker.set_links(id, [_LINK], [], None)
    stand.rig.subscribe()
    whole: list[bool] = []
    for words in ("Export fails on Mondays", 'Quotes " and <b> & "ü"', "Three"):
        stand.rig.clock.advance(seconds=5)
        stand.rig.person_edits(id, words)
        events = await stand.events()
        read = await stand.records.fetch(id, Want())
        assert read.ref.connection == NAME
        for event in events:
            whole.append(event.whole)
            if event.whole:
                assert (event.revision, dict(event.facts)) == (read.revision, dict(read.facts))
            # Only an event may know who made the change; a read then says nothing of it.
            told = {n: f.value for n, f in event.facts.items() if n != AUTHOR and read.knows(n)}
            assert told == {name: read.value(name) for name in told}
            assert event.thin or any(fact.value == words for fact in event.facts.values())
    assert whole
    assert all(whole) is stand.manifest.complete_webhooks
    if not stand.manifest.complete_webhooks:
        assert page_of(stand.manifest, "complete_webhooks", "webhooks")


async def test_comment_of_a_person_is_announced_or_found_by_the_sweep(stand: Stand[Rig]) -> None:
    id = stand.rig.person_creates()
    stand.rig.subscribe()
    stand.rig.clock.advance(minutes=10)
    _, cursor = await stand.sweep(None, START, Want(comments=True))
    stand.rig.clock.advance(minutes=10)
    stand.rig.person_comments(id, "<p>#dev It fails on Mondays.</p>")
    events = await stand.events()
    if stand.manifest.comment_webhooks:
        assert [e for e in events if e.id == id and (e.thin or COMMENTS in e.facts)]
    else:
        assert _ids(events) <= {id}
        assert page_of(stand.manifest, "comment_webhooks", "webhooks")
    stand.rig.clock.advance(minutes=10)
    pages, _ = await stand.sweep(cursor, START, Want(comments=True))
    assert listed(pages) == {id}
