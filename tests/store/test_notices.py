"""Stored notices: made once, sent at least once, acknowledged for all ways, moved and forgotten."""

from __future__ import annotations

from datetime import timedelta

from bridge.core.guard import release_composed
from bridge.core.notices import notice_id, whom
from bridge.domain.notices import Content, Notice, NoticeState
from bridge.domain.refs import TicketRef
from bridge.store import notices, records, retention
from bridge.store.notices import DueNotice
from tests.store.kit import Store, seen, ticket

LEAD, OTHER_LEAD = "lead.one@acme.com", "lead.two@acme.com"
KEY = "hubspot:1"
RESEND = timedelta(minutes=15)


def notice(recipient: str = LEAD, channel: str = "mail", on: str = "1") -> Notice:
    return Notice(
        id=notice_id(TicketRef("hubspot", on), "bug", channel, recipient),
        route="bug",
        channel=channel,
        recipient=recipient,
        whom=whom(recipient),
        until_acknowledged=True,
        resend=RESEND,
        content=Content(
            release_composed("High bug: Quillanthe Ltd", [], "test"),
            (("Subject", release_composed("Quillanthe is blank", [], "test")),),
            held=("Customer",),
        ),
    )


async def add(store: Store, *new: Notice, on: str = "1") -> None:
    async with store.db.write() as connection:
        await notices.add(store.db, connection, f"hubspot:{on}", new, store.clock.now())


async def held(store: Store, on: str = "1") -> list[Notice]:
    async with store.db.read() as connection:
        return await notices.of_ticket(connection, f"hubspot:{on}")


async def due(store: Store, channel: str = "mail") -> DueNotice:
    async with store.db.read() as connection:
        found = await notices.next_due(connection, channel, store.clock.now())
    assert isinstance(found, DueNotice)
    return found


async def send(store: Store, token: str = "t", state: NoticeState = NoticeState.DUE) -> DueNotice:
    """Send the next notice by mail; `state` is what becomes of it."""
    found = await due(store)
    again = store.clock.now() + RESEND if state is NoticeState.DUE else None
    async with store.db.write() as connection:
        assert await notices.try_to_send(connection, found, token)
    async with store.db.write() as connection:
        await notices.note_sent(connection, found, state, again, store.clock.now())
    return found


async def test_notice_is_kept_whole_and_once(store: Store) -> None:
    await add(store, notice())
    await add(store, notice(), notice(OTHER_LEAD))
    found = await held(store)
    assert {each.id for each in found} == {notice().id, notice(OTHER_LEAD).id}
    assert notice() in found


async def test_one_process_alone_sends_it(store: Store) -> None:
    await add(store, notice())
    found = await due(store)
    async with store.db.write() as connection:
        assert await notices.try_to_send(connection, found, "one")
    async with store.db.write() as connection:
        assert not await notices.try_to_send(connection, found, "two")


async def test_notice_whose_sender_died_is_due_still_with_the_same_id(store: Store) -> None:
    await add(store, notice())
    found = await due(store)
    async with store.db.write() as connection:
        await notices.try_to_send(connection, found, "one")
    again = await due(store)
    assert (again.notice, again.tries) == (found.notice, 1)


async def test_try_that_never_went_out_is_taken_back_with_its_link(store: Store) -> None:
    await add(store, notice())
    found = await due(store)
    async with store.db.write() as connection:
        await notices.try_to_send(connection, found, "one")
        await notices.take_back(connection, found, "one")
        assert await notices.asked_by(connection, "one") is None
    assert await due(store) == found
    async with store.db.write() as connection:
        await notices.try_to_send(connection, found, "two")
        await notices.note_sent(
            connection, found, NoticeState.DUE, store.clock.now(), store.clock.now()
        )
        # Whoever comes too late changes nothing.
        await notices.take_back(connection, found, "one")
        assert await notices.asked_by(connection, "two") is not None
    again = await due(store)
    assert (again.notice.sends, again.tries) == (1, 0)


async def test_what_is_repeated_is_due_again_when_its_time_comes(store: Store) -> None:
    await add(store, notice())
    await send(store)
    async with store.db.read() as connection:
        later = await notices.next_due(connection, "mail", store.clock.now())
    assert later == store.clock.now() + RESEND
    store.clock.advance(RESEND)
    assert (await due(store)).notice.sends == 1


async def test_acknowledging_ends_it_for_this_person_by_every_way(store: Store) -> None:
    await add(store, notice(), notice(channel="internal"), notice(OTHER_LEAD))
    async with store.db.write() as connection:
        found = await notices.next_due(connection, "internal", store.clock.now())
        assert isinstance(found, DueNotice)
        await notices.try_to_send(connection, found, "secret")
        asked = await notices.asked_by(connection, "secret")
        assert asked is not None
        await notices.acknowledge(connection, asked, "Ana", store.clock.now())
        assert await notices.asked_by(connection, "another") is None
        again = await notices.asked_by(connection, "secret")
    assert again is not None
    assert (again.acknowledged_by, again.acknowledged_at) == ("Ana", store.clock.now())
    states = {(each.recipient, each.channel): each.state for each in await held(store)}
    assert states == {
        (LEAD, "mail"): NoticeState.ACKNOWLEDGED,
        (LEAD, "internal"): NoticeState.ACKNOWLEDGED,
        (OTHER_LEAD, "mail"): NoticeState.DUE,
    }


async def test_acknowledgement_that_comes_while_it_is_sent_stays(store: Store) -> None:
    await add(store, notice())
    found = await due(store)
    async with store.db.write() as connection:
        await notices.try_to_send(connection, found, "t")
        asked = await notices.asked_by(connection, "t")
        assert asked is not None
        await notices.acknowledge(connection, asked, "Ana", store.clock.now())
        again = store.clock.now() + RESEND
        await notices.note_sent(connection, found, NoticeState.DUE, again, store.clock.now())
        assert await notices.next_due(connection, "mail", again) is None
    [kept] = await held(store)
    assert (kept.state, kept.sends) == (NoticeState.ACKNOWLEDGED, 1)


async def test_stopped_before_it_went_out_it_goes_out_once(store: Store) -> None:
    await add(store, notice(), notice(OTHER_LEAD))
    sent = await send(store)
    async with store.db.write() as connection:
        await notices.stop(connection, [notice().id, notice(OTHER_LEAD).id])
    states = {each.id: each.state for each in await held(store)}
    assert states[sent.notice.id] is NoticeState.OVER
    await send(store, "t2")
    store.clock.advance(RESEND)
    async with store.db.read() as connection:
        assert await notices.next_due(connection, "mail", store.clock.now()) is None


async def test_merged_ticket_takes_its_notices_along(store: Store) -> None:
    await store.observe(seen(ticket("1"), {"@subject": "x"}))
    await store.observe(seen(ticket("2"), {"@subject": "y"}))
    await add(store, notice())
    async with store.db.write() as connection:
        await records.merge_records(
            store.db, connection, "hubspot:1", ticket("2"), store.clock.now()
        )
    assert await held(store) == []
    assert [each.told for each in await held(store, on="2")] == [notice().told]


async def test_erased_notice_says_nothing_and_is_known_still(store: Store) -> None:
    await add(store, notice())
    await send(store)
    async with store.db.write() as connection:
        await notices.forget(connection, KEY)
        assert await notices.asked_by(connection, "t") is None
    [kept] = await held(store)
    assert (kept.content, kept.recipient, kept.state) == (None, "", NoticeState.OVER)
    assert kept.told == notice().told


async def test_words_of_what_is_over_are_pruned_and_of_what_is_due_are_not(store: Store) -> None:
    await add(store, notice(), notice(OTHER_LEAD))
    over = await send(store, state=NoticeState.UNHEARD)
    store.clock.advance(timedelta(days=40))
    async with store.db.write() as connection:
        await retention.blank_notices(connection, "", store.clock.now() - timedelta(days=30))
    contents = {each.id: each.content is None for each in await held(store)}
    assert contents.pop(over.notice.id)
    assert list(contents.values()) == [False]


async def test_dropped_notice_is_taken_up_again_unless_somebody_has_acknowledged_it(
    store: Store,
) -> None:
    mia, bob = notice(), notice(OTHER_LEAD)
    await add(store, mia, bob)
    await send(store, "token")
    now = store.clock.now()
    async with store.db.write() as connection:
        await notices.drop(connection, [mia.id, bob.id])
        asked = await notices.asked_by(connection, "token")
        assert asked is not None
        await notices.acknowledge(connection, asked, "Ana", now)
        await notices.take_up(connection, [mia, bob], now)
    states = {each.id: each.state for each in await held(store)}
    assert states.pop(asked.notice.id) is NoticeState.ACKNOWLEDGED
    assert list(states.values()) == [NoticeState.DUE]
    again = await due(store)
    assert (again.notice.id, again.notice.content is not None) == (next(iter(states)), True)
