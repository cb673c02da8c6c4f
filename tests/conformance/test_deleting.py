"""Every tracker takes the hub's own copies away again, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bridge.domain.errors import RecordMissing, Unavailable
from bridge.domain.records import attachments_of, comments_of
from bridge.kit.faults import Fault, FaultKind
from bridge.ports.roles import Want
from tests.conformance.pages import page_of
from tests.conformance.test_tracker import COMMENT, Boards, launched

OTHER = "tb-of-another-file"


async def _content() -> AsyncIterator[bytes]:
    yield b"x" * 100


async def test_own_comment_is_deleted_once_and_those_of_people_stay(boards: Boards) -> None:
    id = (await launched(boards)).ref.id
    boards.rig.person_comments(id, "<p>a colleague's</p>")
    made = await boards.tracker.add_comment(id, f"<p>{COMMENT}</p>")
    await boards.tracker.delete_comment(id, made)
    await boards.tracker.delete_comment(id, made)
    seen = comments_of(await boards.tracker.fetch_item(id, Want(comments=True)))
    assert ["colleague" in each.html for each in seen] == [True]


async def test_file_is_taken_away_by_its_comment(boards: Boards) -> None:
    if boards.manifest.max_attachment_bytes == 0:
        assert page_of(boards.manifest, "max_attachment_bytes")
        return
    id = (await launched(boards)).ref.id
    for comment in (COMMENT, OTHER):
        await boards.tracker.attach(id, "a.txt", _content(), 100, comment)
    assert await boards.tracker.delete_file(id, COMMENT)
    assert not await boards.tracker.delete_file(id, COMMENT)
    seen = await boards.tracker.fetch_item(id, Want(attachments=True))
    assert [each.comment for each in attachments_of(seen)] == [OTHER]


async def test_deletion_without_an_answer_may_be_repeated(boards: Boards) -> None:
    id = (await launched(boards)).ref.id
    made = await boards.tracker.add_comment(id, f"<p>{COMMENT}</p>")
    boards.rig.line.strike(Fault("^DELETE", FaultKind.RESET_AFTER))
    with pytest.raises(Unavailable):
        await boards.tracker.delete_comment(id, made)
    await boards.tracker.delete_comment(id, made)
    seen = await boards.tracker.fetch_item(id, Want(comments=True))
    assert comments_of(seen) == []


async def test_deletion_at_an_item_that_is_gone_is_missing(boards: Boards) -> None:
    gone = (await launched(boards)).ref.id
    boards.rig.person_deletes(gone)
    for id in (gone, *boards.rig.unknown_ids):
        with pytest.raises(RecordMissing):
            await boards.tracker.delete_comment(id, "1")
        with pytest.raises(RecordMissing):
            await boards.tracker.delete_file(id, COMMENT)


async def test_what_a_deletion_leaves_is_said_with_its_page(boards: Boards) -> None:
    if boards.manifest.deletion_leaves:
        assert page_of(boards.manifest, "deletion_leaves")
