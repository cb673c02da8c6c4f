"""The scene: people's deeds reach the vendors, and waiting in vain is written down."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.cli.demo import cast
from bridge.cli.demo.acts import play
from bridge.cli.demo.acts.parts import Parts
from bridge.cli.demo.cast_desk import DESK_REQUESTS, DeskRequest
from bridge.cli.demo.configuration import MAPPINGS, shipped_mapping
from bridge.cli.demo.outcome import show_picture
from bridge.cli.demo.vendors import KEYS, picture
from tests.unit.demo.well_kept import launch, silent_scene, well_kept


def test_filed_ticket_has_company_category_and_screenshot() -> None:
    scene = silent_scene()
    case = scene.file_ticket(cast.EXPORT_STOPS)
    ticket = scene.vendors.ticket(case.ticket_id)
    assert [company.properties["name"] for company in ticket.companies] == ["Meridian Clinics"]
    assert ticket.properties["hs_ticket_category"] == cast.BUG
    thread = scene.vendors.helpdesk.portal.threads.of_ticket(case.ticket_id)
    assert thread is not None
    sent = [scene.vendors.helpdesk.files[id].content for id in thread.messages[0].file_ids]
    assert sent == [picture(cast.EXPORT_STOPS.screenshot)]


def test_ticket_filed_without_company_has_none() -> None:
    scene = silent_scene()
    case = scene.file_ticket(cast.INVOICE_CUT, company=False)
    assert scene.vendors.ticket(case.ticket_id).companies == []


@pytest.mark.parametrize(
    "request_",
    [
        *(r for r in vars(cast).values() if isinstance(r, cast.Request)),
        *DESK_REQUESTS,
    ],
)
def test_every_screenshot_is_a_small_png(request_: cast.Request | DeskRequest) -> None:
    if request_.screenshot:
        content = picture(request_.screenshot)
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        assert len(content) < 40_000


def test_every_category_is_asked_for() -> None:
    asked = {r.category for r in vars(cast).values() if isinstance(r, cast.Request)}
    assert asked == {
        cast.CUSTOMER_SUCCESS,
        cast.DEVELOPMENT,
        cast.BUG,
        cast.POST_IMPLEMENTATION,
        cast.ADDITIONAL_SCOPE,
    }


async def test_what_never_comes_is_written_down() -> None:
    scene = silent_scene()
    assert not await scene.until(lambda: False, "rain", patience_s=0)
    assert scene.book.missed == ["after 0 s still not: rain"]


async def test_what_comes_is_not_missed() -> None:
    scene = silent_scene()
    scene.act("HubSpot", "somebody did something")
    seen = iter([False, False, True])
    assert await scene.until(lambda: next(seen), "rain")
    assert scene.book.missed == []


async def test_story_without_a_hub_ends_and_says_why() -> None:
    scene = silent_scene()
    scene.patience_s = 0.0
    await play(scene)
    assert scene.book.cases
    assert scene.book.missed[-1].endswith("has no task in Rocketlane to go on with")


def test_work_is_there_only_with_its_picture_and_key() -> None:
    day = well_kept()
    assert day.scene.has_work(day.bug)
    assert not day.scene.has_work(day.question)
    item = day.item(day.bug)
    relations = item.relations
    item.relations = [r for r in relations if r.rel != "AttachedFile"]
    assert not day.scene.has_work(day.bug)
    item.relations = relations
    day.hub_writes(day.bug, **{KEYS: "#99"})
    assert not day.scene.has_work(day.bug)


def test_merged_ticket_is_found_under_its_old_id() -> None:
    day = well_kept()
    new = day.vendors.helpdesk.person_merges(day.bug.ticket_id, day.question.ticket_id)
    assert day.vendors.ticket(day.bug.ticket_id).id == new
    assert day.vendors.ticket_url(day.bug.ticket_id) in day.vendors.ticket_urls(
        day.vendors.ticket(new)
    )
    assert day.scene.has_work(day.bug)


def test_parts_are_found_by_their_subject() -> None:
    day = well_kept()
    parts = Parts()
    assert parts.add(day.bug) is parts[cast.BOARD_BLANK.subject]


def test_picture_of_the_day_names_every_ticket() -> None:
    day = well_kept()
    launch(day, day.wish)
    console = day.scene.narrator.console
    console.quiet, console.width = False, 140
    with console.capture() as captured:
        show_picture(console, day.vendors, day.scene.book)
    told = captured.get()
    for case in day.scene.book.cases:
        assert case.request.subject in told
    assert "stays in HubSpot" in told
    assert "Bug #1 Active" in told


@pytest.mark.parametrize("name", MAPPINGS)
def test_shipped_mapping_is_there(name: str) -> None:
    text = shipped_mapping(name).read_text(encoding="utf-8")
    assert text.count(f"mapping: {Path(name).stem}") == 1


async def test_what_the_hub_must_be_asked_for_is_waited_for() -> None:
    scene = silent_scene()
    scene.act("hub", "somebody did something")
    answers = iter([False, True])

    async def asked() -> bool:
        return next(answers)

    assert await scene.until(asked, "an answer")
