"""The sweep's list: every change is in it, wherever pages end and whatever happens meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bridge.domain.records import SUBJECT, Source
from bridge.ports.roles import ChangedPage, Want
from tests.conformance.line import START
from tests.conformance.pages import comes_back
from tests.conformance.rig import Rig
from tests.conformance.rigs import RIGS
from tests.conformance.stand import NAME, Stand, listed, standing

_WANT = Want()
_LAG = timedelta(seconds=20)


@dataclass
class History:
    """What people did, and what of it no page has shown since."""

    stand: Stand[Rig]
    cursor: str | None = None
    subjects: dict[str, list[str]] = field(default_factory=dict)
    unseen: set[str] = field(default_factory=set)
    more: bool = False

    def create(self, count: int) -> None:
        for _ in range(count):
            self._changed(self.stand.rig.person_creates("0"), "0")

    def edit(self, place: int) -> None:
        if self.subjects:
            id = [*self.subjects][place % len(self.subjects)]
            words = str(len(self.subjects[id]))
            self.stand.rig.person_edits(id, words)
            self._changed(id, words)

    def delete(self, place: int) -> None:
        """The list need not show it (a deletion is found by its webhook, or by the patrol)."""
        if self.subjects:
            id = [*self.subjects][place % len(self.subjects)]
            self.stand.rig.person_deletes(id)
            del self.subjects[id]
            self.unseen.discard(id)

    def wait(self, seconds: int) -> None:
        self.stand.rig.clock.advance(seconds=seconds)

    def restart(self, _: int) -> None:
        self.stand.restart()

    def _changed(self, id: str, words: str) -> None:
        self.subjects.setdefault(id, []).append(words)
        self.unseen.add(id)

    async def turn_page(self) -> ChangedPage:
        page = await self.stand.records.list_changed(self.cursor, START, _WANT)
        self.cursor, self.more = page.cursor, page.more
        for seen in page.observations:
            assert (seen.source, seen.ref.connection) == (Source.LIST, NAME)
            held = self.subjects.get(seen.ref.id)
            if held is not None:
                assert not seen.knows(SUBJECT) or seen.value(SUBJECT) in held
                if seen.value(SUBJECT) == held[-1]:
                    self.unseen.discard(seen.ref.id)
        self.unseen -= set(page.changed_ids)
        return page

    async def sweep(self) -> list[ChangedPage]:
        pages = [await self.turn_page()]
        while self.more:
            pages.append(await self.turn_page())
            assert len(pages) < 50
        return pages


_STEPS = st.one_of(
    st.tuples(st.just("create"), st.sampled_from([1, 2, 3, 199, 200, 201])),
    st.tuples(st.just("edit"), st.integers(0, 999)),
    st.tuples(st.just("edit"), st.integers(0, 999)),
    st.tuples(st.just("delete"), st.integers(0, 999)),
    st.tuples(st.just("wait"), st.sampled_from([0, 1, 15, 61, 200])),
    st.tuples(st.just("restart"), st.just(0)),
    st.tuples(st.just("turn_page"), st.just(0)),
    st.tuples(st.just("sweep"), st.just(0)),
)


@pytest.mark.parametrize("lag", [timedelta(0), _LAG], ids=["at once", "lagging"])
@pytest.mark.parametrize("vendor", RIGS)
@given(steps=st.lists(_STEPS, max_size=14))
# Fourteen steps are read as they are; making them fewer would move records about for minutes.
@settings(max_examples=25, phases=(Phase.explicit, Phase.reuse, Phase.generate))
async def test_every_change_is_listed_whatever_happens_between_the_pages(
    vendor: str, lag: timedelta, steps: list[tuple[str, int]]
) -> None:
    async with standing(RIGS[vendor]) as stand:
        stand.rig.lag(lag)
        history = History(stand)
        for name, number in steps:
            if name in ("turn_page", "sweep"):
                await getattr(history, name)()
            else:
                getattr(history, name)(number)
        if history.more:
            await history.sweep()
        stand.rig.clock.advance(minutes=5)
        await history.sweep()
        assert history.unseen == set()
        stand.rig.clock.advance(minutes=10)
        await history.sweep()
        stand.rig.clock.advance(minutes=10)
        assert listed(await history.sweep()) == set()


async def test_change_between_two_pages_is_not_lost(stand: Stand[Rig]) -> None:
    history = History(stand)
    history.create(450)
    history.wait(300)
    shown = listed([await history.turn_page()])
    assert history.more
    unshown = next(id for id in reversed(history.subjects) if id not in shown)
    for id in (next(iter(shown)), unshown):
        stand.rig.person_edits(id, "moved on")
        history.subjects[id].append("moved on")
        history.unseen.add(id)
    await history.sweep()
    history.wait(300)
    await history.sweep()
    assert history.unseen == set()


async def test_first_sweep_begins_at_the_given_time(stand: Stand[Rig]) -> None:
    old = stand.rig.person_creates("old")
    since = stand.rig.clock.advance(hours=1)
    new = stand.rig.person_creates("new")
    stand.rig.clock.advance(minutes=5)
    pages, _ = await stand.sweep(None, since, _WANT)
    assert new in listed(pages)
    assert old not in listed(pages)


async def test_cursor_of_one_process_is_taken_up_by_the_next(stand: Stand[Rig]) -> None:
    history = History(stand)
    history.create(3)
    history.wait(600)
    await history.sweep()
    stand.restart()
    history.wait(600)
    history.edit(1)
    history.wait(600)
    assert listed(await history.sweep()) == {[*history.subjects][1]}


async def test_restored_record_is_listed(stand: Stand[Rig]) -> None:
    if not comes_back(stand.manifest):
        return
    history = History(stand)
    history.create(1)
    (id,) = history.subjects
    stand.rig.person_deletes(id)
    history.wait(600)
    await history.sweep()
    history.wait(600)
    stand.rig.person_restores(id)
    history.wait(600)
    assert listed(await history.sweep()) == {id}


@pytest.mark.parametrize("cursor", ["", "of another age", "{}", "null", "7"])
async def test_cursor_that_says_nothing_begins_again(stand: Stand[Rig], cursor: str) -> None:
    history = History(stand, cursor=cursor)
    history.create(2)
    history.wait(300)
    await history.sweep()
    assert history.unseen == set()
