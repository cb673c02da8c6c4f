"""What every tracker must do for the hub."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import cast

import pytest

from bridge.domain.errors import RecordMissing, Rejected, Stale, Unavailable, UnknownOutcome
from bridge.domain.operations import ItemField, ItemLink
from bridge.domain.records import (
    AUTHOR,
    HYPERLINKS,
    PROJECT,
    STATUS,
    TYPE,
    Observation,
    Source,
    attachments_of,
    comments_of,
)
from bridge.kit.faults import Fault, FaultKind
from bridge.ports.roles import RelatingTracker, Want
from tests.conformance.line import START
from tests.conformance.pages import page_of
from tests.conformance.rig import TrackerRig
from tests.conformance.stand import Stand

Boards = Stand[TrackerRig]

MARKER = "m-812-bug"
COMMENT = "tb-0123456789abcdef0123"
ONE = ItemLink("https://desk.acme.example/tickets/813", "ticketbridge:l-1")
TWO = ItemLink("https://desk.acme.example/tickets/814", "ticketbridge:l-2")


async def launched(boards: Boards, marker: str = MARKER) -> Observation:
    """An item that the hub made."""
    return await boards.tracker.create_item(boards.rig.launch(marker))


async def _content(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def _links(seen: Observation) -> list[tuple[str, str]]:
    value = seen.value(HYPERLINKS)
    assert isinstance(value, list)
    return [(str(e["url"]), str(e["comment"])) for e in value if isinstance(e, dict)]


async def test_item_is_created_by_one_call_and_known_at_once(boards: Boards) -> None:
    seen = await launched(boards)
    writes = [each for each in boards.rig.line.requests if each.method != "GET"]
    assert len(writes) == 1
    assert list(boards.rig.item_ids()) == [seen.ref.id]
    assert seen.source is Source.WRITE
    read = await boards.tracker.fetch_item(seen.ref.id, Want())
    assert {name: read.facts.get(name) for name in seen.facts} == dict(seen.facts)
    if boards.manifest.links_at_create:
        assert boards.rig.launch(MARKER).back_link in [url for url, _ in _links(read)]
    else:
        # Then a page says so, and the marker is found in another way.
        assert page_of(boards.manifest, "links_at_create")
        assert _links(read) == []
    assert read.text(TYPE) == boards.rig.launch(MARKER).type
    assert read.text(PROJECT)


async def test_created_item_is_found_by_its_marker_and_no_other(boards: Boards) -> None:
    boards.rig.lag(boards.manifest.create_probe_grace)
    one, two = await launched(boards), await launched(boards, "m-812-bug-2")
    made = boards.rig.clock.now()
    boards.rig.clock.advance(seconds=boards.manifest.create_probe_grace.total_seconds())
    for marker, id in ((MARKER, one.ref.id), ("m-812-bug-2", two.ref.id)):
        (found,) = await boards.tracker.find_marked(marker, START)
        assert (found.id, found.marker, found.created_at, found.own) == (id, marker, made, True)
    assert await boards.tracker.find_marked("m-812", START) == []
    assert await boards.tracker.find_marked(MARKER, made + timedelta(days=1)) == []


async def test_clone_by_a_person_is_not_ours(boards: Boards) -> None:
    id = (await launched(boards)).ref.id
    clone = boards.rig.person_clones(id)
    boards.rig.clock.advance(minutes=5)
    found = await boards.tracker.find_marked(MARKER, START)
    assert {each.id: each.own for each in found} == {id: True, clone: False}


@pytest.mark.parametrize("kind", [FaultKind.RESET_AFTER, FaultKind.ANSWER_AFTER])
async def test_create_whose_reply_was_lost_is_unknown_and_found_by_its_marker(
    boards: Boards, kind: FaultKind
) -> None:
    boards.rig.line.strike(Fault("", kind))
    with pytest.raises(UnknownOutcome):
        await launched(boards)
    assert len(boards.rig.line.requests) == 1
    boards.rig.clock.advance(minutes=5)
    boards.restart()
    (found,) = await boards.tracker.find_marked(MARKER, START)
    assert ([found.id], found.own) == (list(boards.rig.item_ids()), True)


async def test_create_that_was_never_sent_is_unavailable(boards: Boards) -> None:
    boards.rig.line.unreachable = True
    with pytest.raises(Unavailable):
        await launched(boards)
    assert list(boards.rig.item_ids()) == []


async def test_answer_of_a_write_says_what_the_vendor_kept(boards: Boards) -> None:
    seen = await launched(boards)
    boards.rig.clock.advance(minutes=1)
    answer = await boards.tracker.set_fields(seen.ref.id, boards.rig.good_values, seen.revision)
    read = await boards.tracker.fetch_item(seen.ref.id, Want())
    assert answer.source is Source.WRITE
    assert (answer.revision, dict(answer.facts)) == (
        read.revision,
        {name: read.facts[name] for name in answer.facts},
    )
    for each in boards.rig.good_values:
        assert answer.value(each.field) == each.value


async def test_write_at_a_foreign_revision_is_stale_and_writes_nothing(boards: Boards) -> None:
    seen = await launched(boards)
    id, old = seen.ref.id, seen.revision
    if old is None:
        # The vendor counts no revisions, and a page says so.
        assert page_of(boards.manifest, "revision")
        return
    boards.rig.person_edits(id, "A person was faster")
    before = boards.rig.state(id)
    link = ItemLink(boards.rig.launch(MARKER).back_link, _links(seen)[0][1])
    attempts: list[Callable[[], Awaitable[object]]] = [
        lambda: boards.tracker.set_fields(id, boards.rig.good_values, old),
        lambda: boards.tracker.set_links(id, [ONE], [], old),
        lambda: boards.tracker.set_links(id, [], [link], old),
        lambda: boards.tracker.set_links(id, [ONE], [link], old),
    ]
    for attempt in attempts:
        with pytest.raises(Stale):
            await attempt()
        assert boards.rig.state(id) == before


async def test_write_goes_on_from_the_revision_of_its_answer(boards: Boards) -> None:
    seen = await launched(boards)
    for each in boards.rig.good_values:
        seen = await boards.tracker.set_fields(seen.ref.id, [each], seen.revision)
    seen = await boards.tracker.set_links(seen.ref.id, [ONE], [], seen.revision)
    seen = await boards.tracker.set_links(seen.ref.id, [], [ONE], seen.revision)
    assert ONE.url not in [url for url, _ in _links(seen)]


async def test_refused_value_names_its_field_and_nothing_is_written(boards: Boards) -> None:
    seen = await launched(boards)
    before = boards.rig.state(seen.ref.id)
    for wrong in boards.rig.wrong_values:
        fields: list[ItemField] = [boards.rig.good_values[0], wrong]
        with pytest.raises(Rejected) as refused:
            await boards.tracker.set_fields(seen.ref.id, fields, seen.revision)
        assert refused.value.field == wrong.field
        assert wrong.field in str(refused.value)
        assert boards.rig.state(seen.ref.id) == before


async def test_cleared_field_is_empty(boards: Boards) -> None:
    seen = await launched(boards)
    text = boards.rig.good_values[-1]
    seen = await boards.tracker.set_fields(seen.ref.id, [text], seen.revision)
    cleared = await boards.tracker.set_fields(
        seen.ref.id, [ItemField(text.field, None)], seen.revision
    )
    read = await boards.tracker.fetch_item(seen.ref.id, Want(frozenset({text.field})))
    assert read.knows(text.field)
    assert not read.value(text.field)
    assert not cleared.value(text.field)


async def test_links_are_set_by_name_and_those_of_people_stay(boards: Boards) -> None:
    seen = await launched(boards)
    id = seen.ref.id
    launch_link = _links(await boards.tracker.fetch_item(id, Want()))
    boards.rig.person_links(id, ONE.url, "a person's own")
    boards.rig.person_links(id, "https://example.com/x", "")
    people = [(ONE.url, "a person's own"), ("https://example.com/x", "")]

    seen = await boards.tracker.set_links(id, [ONE, TWO], [], None)
    ours = [(ONE.url, ONE.comment), (TWO.url, TWO.comment)]
    assert sorted(_links(seen)) == sorted([*launch_link, *people, *ours])
    seen = await boards.tracker.set_links(id, [], [ONE], seen.revision)
    assert sorted(_links(seen)) == sorted([*launch_link, *people, ours[1]])
    again = await boards.tracker.set_links(id, [TWO], [ONE], seen.revision)
    read = await boards.tracker.fetch_item(id, Want())
    assert sorted(_links(again)) == sorted(_links(read)) == sorted(_links(seen))


async def test_link_whose_words_change_stays_one_link_and_is_taken_away_again(
    boards: Boards,
) -> None:
    id, page = (await launched(boards)).ref.id, "https://hub.acme.example/work-items/boards/13"
    first = ItemLink(page, "1 ticket, highest plan Elite & more (ticketbridge:weight)")
    then = ItemLink(page, "3 tickets, 2 customers, highest plan Elite (ticketbridge:weight)")
    boards.rig.person_links(id, page, "a person's own")
    before = _links(await boards.tracker.fetch_item(id, Want()))

    seen = await boards.tracker.set_links(id, [first], [], None)
    assert sorted(_links(seen)) == sorted([*before, (page, first.comment)])
    seen = await boards.tracker.set_links(id, [then], [first], seen.revision)
    assert sorted(_links(seen)) == sorted([*before, (page, then.comment)])
    seen = await boards.tracker.set_links(id, [], [then], seen.revision)
    read = await boards.tracker.fetch_item(id, Want())
    assert sorted(_links(seen)) == sorted(_links(read)) == sorted(before)


async def test_file_is_found_again_by_its_comment_byte_for_byte(boards: Boards) -> None:
    if boards.manifest.max_attachment_bytes == 0:
        assert page_of(boards.manifest, "max_attachment_bytes")
        return
    id, content = (await launched(boards)).ref.id, bytes(range(256)) * 300
    boards.rig.clock.advance(minutes=1)
    parts = _content(content[:1000], content[1000:])
    answer = await boards.tracker.attach(id, "shot ü 1.png", parts, len(content), COMMENT)
    read = await boards.tracker.fetch_item(id, Want(attachments=True))
    assert attachments_of(answer) == attachments_of(read)
    (file,) = attachments_of(read)
    assert (file.name, file.size, file.comment) == ("shot ü 1.png", len(content), COMMENT)
    assert boards.rig.file_content(file.id) == content


async def test_file_beyond_the_limit_is_rejected_and_does_not_hang(boards: Boards) -> None:
    limit, id = boards.manifest.max_attachment_bytes, (await launched(boards)).ref.id
    if limit is None:
        assert page_of(boards.manifest, "max_attachment_bytes")
        return
    before = boards.rig.state(id)
    with pytest.raises(Rejected):
        await boards.tracker.attach(id, "big.bin", _content(b"x"), limit + 1, COMMENT)
    assert boards.rig.state(id) == before


@pytest.mark.parametrize("rewritten", [False, True], ids=["kept", "rewritten"])
async def test_comment_is_found_again_by_id_account_and_marker(
    boards: Boards, rewritten: bool
) -> None:
    id = (await launched(boards)).ref.id
    boards.rig.person_comments(id, f"<p>a colleague quotes {COMMENT}</p>")
    if rewritten:
        boards.rig.rewrite_html()
    made = await boards.tracker.add_comment(id, f"<p>Ann: it fails.</p><p>{COMMENT}</p>")
    boards.restart()
    seen = comments_of(await boards.tracker.fetch_item(id, Want(comments=True)))
    assert [comment.id for comment in seen if comment.own] == [made]
    (comment,) = (each for each in seen if each.id == made)
    assert COMMENT in comment.html
    assert comment.internal


async def test_comment_whose_reply_was_lost_is_unknown_and_found_by_its_marker(
    boards: Boards,
) -> None:
    id = (await launched(boards)).ref.id
    boards.rig.line.strike(Fault("", FaultKind.RESET_AFTER))
    with pytest.raises(UnknownOutcome):
        await boards.tracker.add_comment(id, f"<p>{COMMENT}</p>")
    seen = comments_of(await boards.tracker.fetch_item(id, Want(comments=True)))
    assert [COMMENT in comment.html for comment in seen if comment.own] == [True]


async def test_write_to_what_is_not_there_is_missing(boards: Boards) -> None:
    gone = (await launched(boards)).ref.id
    boards.rig.person_deletes(gone)
    attempts: list[Callable[[str], Awaitable[object]]] = [
        lambda id: boards.tracker.set_fields(id, boards.rig.good_values, None),
        lambda id: boards.tracker.set_links(id, [ONE], [], None),
        lambda id: boards.tracker.attach(id, "a.txt", _content(b"x"), 1, COMMENT),
        lambda id: boards.tracker.add_comment(id, "<p>x</p>"),
    ]
    for attempt in attempts:
        for id in (gone, *boards.rig.unknown_ids):
            with pytest.raises(RecordMissing):
                await attempt(id)


async def test_item_is_known_by_every_form_in_which_people_name_it(boards: Boards) -> None:
    id = (await launched(boards)).ref.id
    seen = await boards.tracker.fetch_item(id, Want())
    for text in (*boards.rig.spellings(id), seen.text("@url"), seen.text("@key")):
        assert await boards.tracker.resolve(text) == id, text


async def test_text_that_names_nothing_of_ours_is_not_resolved(boards: Boards) -> None:
    id = (await launched(boards)).ref.id
    for text in boards.rig.foreign_spellings(id):
        assert await boards.tracker.resolve(text) is None, text


async def test_reference_knows_statuses_types_and_the_own_account(boards: Boards) -> None:
    reference = await boards.tracker.fetch_reference()
    assert [each for each in reference.statuses.values() if each.category is None] == []
    assert {each.closed for each in reference.statuses.values()} == {True, False}
    assert [key for key, each in reference.statuses.items() if key != each.id] == []
    assert boards.rig.launch(MARKER).type in reference.types
    seen = await launched(boards)
    read = await boards.tracker.fetch_item(seen.ref.id, Want())
    assert read.text(STATUS) in reference.statuses
    # By it the hub tells its own changes from those of people.
    assert seen.text(AUTHOR) in reference.account_ids
    assert reference.account_name
    for each in boards.rig.good_values:
        assert not reference.fields[each.field].read_only


async def test_items_with_hyperlinks_are_listed_once_and_the_list_ends(boards: Boards) -> None:
    made = [(await launched(boards, f"m-{n}")).ref.id for n in range(3)]
    for id in made if not boards.manifest.links_at_create else []:
        await boards.tracker.set_links(id, [ONE], [], None)
    listed: list[Observation] = []
    cursor, more = None, True
    while more:
        page = await boards.tracker.list_hyperlinked(cursor)
        cursor, more = page.cursor, page.more
        listed += page.observations
    assert [each.ref.id for each in listed] == made
    assert all(_links(each) for each in listed)
    rest = await boards.tracker.list_hyperlinked(cursor)
    assert (rest.observations, rest.more) == ((), False)


async def test_two_items_are_related_once_however_often_it_is_asked(boards: Boards) -> None:
    if not boards.manifest.relates:
        return  # the two then show a hyperlink to each other, as items of two trackers do
    tracker = cast("RelatingTracker", boards.tracker)
    one, other = [(await launched(boards, each)).ref.id for each in ("m-1", "m-2")]
    for _ in range(3):
        await tracker.relate(one, other)
    assert boards.rig.related(one) == [other]
    assert boards.rig.related(other) == [one]
    with pytest.raises(RecordMissing):
        await tracker.relate(boards.rig.unknown_ids[0], other)
