"""Texts between the tools: structure, pictures, limits, and what must not leave with them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.kit.richtext import html_to_text, read_html
from bridge.kit.richtext.plain import addresses_of
from tests.scenarios.test_mirror import bug
from tests.scenarios.world import World, open_world
from tests.scenarios.zendesk_shop import Shop, open_shop

REPRO = "Microsoft.VSTS.TCM.ReproSteps"
PICTURE = b"\x89PNG picture"
STEPS = (
    "<h2>Steps</h2><ol><li>Press <strong>Export</strong></li></ol><pre><code>a\n  b</code></pre>"
    '<p>see <a href="https://acme.example/help">help</a></p>'
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as world:
        yield world


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path) as shop:
        yield shop


def notes(world: World) -> list[str]:
    """The bodies of HubSpot's notes by the hub."""
    bodies = [each.properties["hs_note_body"] or "" for each in world.hubspot.notes.values()]
    return [each for each in bodies if "From <a " in each]


async def test_answer_for_the_customer_keeps_its_structure_and_names_its_source(
    world: World,
) -> None:
    _, item = await bug(world)
    world.boards.person_comments(item, f"<div><b>#customer</b> Do this:</div>{STEPS}")
    await world.settle()
    [note] = notes(world)
    assert note.startswith(f"<p>Do this:</p>{STEPS}<p>From <a href=")
    [source] = [each for each in addresses_of(read_html(note)) if "_workitems" in each]
    assert source.endswith(f"/edit/{item}")


@pytest.mark.parametrize(
    "hidden",
    [
        '<a href="https://acme.sentry.io/issues/1/">here</a>',
        '<img src="https://acme.sentry.io/avatar/shot.png" alt="shot">',
        "sen<b>try</b>",
        "<pre>Traceback (most recent call last):</pre>",
        "<table><tr><td>see</td><td>FRONT-1AB</td></tr></table>",
        "<ul><li>Jane wrote:</li></ul><blockquote>it broke</blockquote>",
    ],
)
async def test_error_tracking_is_held_wherever_in_the_structure_it_stands(
    world: World, hidden: str
) -> None:
    _, item = await bug(world)
    world.boards.person_comments(item, f"<div>#customer</div><div>Good news. {hidden}</div>")
    await world.settle()
    assert notes(world) == []
    assert "HELD_FOR_REVIEW" in await world.findings()


async def test_note_longer_than_the_helpdesk_takes_arrives_cut_with_the_way_on(
    world: World,
) -> None:
    _, item = await bug(world)
    words = "<p>" + "It is as we said. " * 300 + "</p>"
    world.boards.person_comments(item, f"<div>#customer</div>{words * 20}")
    await world.settle()
    [note] = notes(world)
    assert 60_000 < len(note) <= 65_536
    lines = html_to_text(note).splitlines()
    assert lines[-2] == f"… cut here, the rest is in #{item}"
    assert "COPY_REJECTED" not in await world.findings()


async def test_description_of_a_form_keeps_its_structure_and_names_its_pictures(
    world: World,
) -> None:
    content = f'{STEPS}<p><img src="https://acme.example/shot.png" onerror="x()"></p>'
    world.hubspot.person_creates_ticket(
        "Export fails", content=content, category="Bug", company_id=world.acme
    )
    await world.settle()
    [item] = world.items()
    # Whatever file the picture is, it hangs on the item only once the item is there.
    assert item.fields[REPRO] == f"{STEPS}<p>[image: shot.png]</p>"


async def test_picture_in_a_note_for_engineers_is_shown_from_the_copied_file(shop: Shop) -> None:
    ticket, item = await shop.bug()
    shop.clock.seconds += 5
    shop.zendesk.customer_writes(ticket, "A picture.", files=[("shot.png", PICTURE, "image/png")])
    [file] = shop.zendesk.tickets[ticket].comments[-1].attachments
    address = shop.zendesk.account.files.render(file)["content_url"]
    shop.clock.seconds += 5
    shop.zendesk.agent_writes(ticket, "#dev", public=False)
    note = shop.zendesk.tickets[ticket].comments[-1]
    note.html_body = f'<p>#dev Look:</p><p><img src="{address}" alt="shot.png"> so.</p>'
    await shop.world.settle()
    seen = shop.world.boards.items[int(item)]
    [copied] = [each for each in seen.relations if each.rel == "AttachedFile"]
    [comment] = [each.text for each in seen.comments if "Look:" in each.text]
    [shown] = [each for each in addresses_of(read_html(comment)) if "/wit/attachments/" in each]
    assert shown.partition("?")[0].endswith(copied.url.partition("?")[0].rpartition("/")[2])
    assert len(seen.comments) == 1
