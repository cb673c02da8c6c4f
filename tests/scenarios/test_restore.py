"""A backup put back: what the hub did since is forgotten, and nothing of it is done twice."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bridge.config.settings import Settings
from bridge.main import open_database
from bridge.store.backup import back_up, restore
from bridge.store.migrate import migrate
from bridge.store.restores import mark_restored
from connectors.azure_devops.simulator import AzureDevOpsSimulator
from connectors.hubspot.simulator import HubSpotSimulator
from tests.postgres import Databases, need_binaries
from tests.scenarios.world import World, open_world

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


@dataclass
class Shelf:
    """One hub after another on the same database, and a backup of it on the shelf."""

    folder: Path
    server: Databases | None
    url: str | None = None
    vendors: tuple[HubSpotSimulator, AzureDevOpsSimulator] | None = None
    taken: list[Path] = field(default_factory=list)

    @asynccontextmanager
    async def hub(self) -> AsyncIterator[World]:
        async with open_world(self.folder, database_url=self.url, vendors=self.vendors) as world:
            self.vendors = world.hubspot, world.boards
            yield world

    def back_up(self) -> None:
        """While the hub runs, as an operator does."""
        file = self.folder / f"backup-{len(self.taken)}"
        if self.url is None:
            back_up(self.folder / "data" / "bridge.sqlite3", file)
        else:
            _tool("pg_dump", "--format=custom", f"--file={file}", self.url)
        self.taken.append(file)

    async def put_back(self) -> None:
        """The newest backup, in place of what is there."""
        if self.server is not None:
            assert self.url is not None
            self.server.drop_database(urlsplit(self.url).path.removeprefix("/"))
            self.server.create_database(urlsplit(self.url).path.removeprefix("/"))
            _tool("pg_restore", "--exit-on-error", f"--dbname={self.url}", str(self.taken[-1]))
        named = {"BRIDGE_DATABASE_URL": self.url} if self.url else {}
        db = open_database(Settings(data_dir=self.folder / "data", **named))  # type: ignore[arg-type]  # by its alias
        try:
            if self.server is None:
                await restore(db, self.taken[-1], db.clock.now())
            else:
                await migrate(db)
                async with db.write() as connection:
                    await mark_restored(db, connection, db.clock.now())
        finally:
            await db.aclose()


def _tool(name: str, *words: str) -> None:
    done = subprocess.run(
        [need_binaries() / name, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(params=["sqlite", "postgresql"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    if request.param == "sqlite":
        return Shelf(tmp_path, None)
    server, url = (request.getfixturevalue(each) for each in ("postgres_server", "postgres_url"))
    return Shelf(tmp_path, server, url)


Since = Callable[[World], Awaitable[None]]


async def _restored_after(shelf: Shelf, before: Since, since: Since) -> None:
    """A life with a backup in the middle, put back at its end."""
    async with shelf.hub() as world:
        await before(world)
        await world.settle()
        shelf.back_up()
        await since(world)
        await world.settle()
    await shelf.put_back()


async def _found_again(world: World) -> None:
    await world.sweep("boards")
    await world.sweep("hubspot")


def _bug(world: World) -> str:
    return world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )


async def _links(world: World) -> list[tuple[str, str]]:
    listed = await world.client.get("/api/v1/links", headers=world.admin)
    return sorted((e["ticket"]["id"], e["work_item"]["id"]) for e in listed.json()["items"])


async def test_item_launched_after_the_backup_is_found_again_and_followed(shelf: Shelf) -> None:
    made: list[str] = []

    async def before(world: World) -> None:
        made.append(_bug(world))

    async def since(world: World) -> None:
        made.append(_bug(world))

    await _restored_after(shelf, before, since)
    async with shelf.hub() as world:
        await _found_again(world)
        assert len(world.items()) == 2
        creates = [each for each in world.writes("boards") if "/workitems/$" in each.path]
        assert creates == []
        linked = await _links(world)
        assert [ticket for ticket, _ in linked] == sorted(made)
        for ticket, item in linked:
            world.boards.person_moves_state(int(item), "Active")
            await world.settle()
            assert world.ticket(ticket)["work_stage"] == "In development"


async def test_category_changed_after_a_forgotten_launch_makes_no_second_item(
    shelf: Shelf,
) -> None:
    made: list[str] = []

    async def before(world: World) -> None:
        made.append(world.hubspot.person_creates_ticket(subject="x", company_id=world.acme))

    async def since(world: World) -> None:
        world.hubspot.person_edits_ticket(made[0], hs_ticket_category="Bug")
        await world.settle()
        world.hubspot.person_edits_ticket(made[0], hs_ticket_category="Development Request")

    await _restored_after(shelf, before, since)
    async with shelf.hub() as world:
        await _found_again(world)
        [item] = world.items()
        assert await _links(world) == [(made[0], str(item.id))]


async def test_copies_made_after_the_backup_are_not_made_again(shelf: Shelf) -> None:
    made: list[str] = []

    async def before(world: World) -> None:
        made.append(_bug(world))

    async def since(world: World) -> None:
        [item] = world.items()
        picture = world.hubspot.person_uploads("screen.png", PICTURE, "image/png")
        world.hubspot.person_adds_note(made[0], "<p>#dev</p><p>Safari only.</p>", [picture])
        world.boards.person_comments(item.id, "<div>#customer</div><div>A fix comes.</div>")
        await world.sweep("hubspot")

    await _restored_after(shelf, before, since)
    async with shelf.hub() as world:
        await _found_again(world)
        assert _copies(world, made[0]) == (1, 1, 1)
        # Everything is looked at once more: what was found is in the ledger again.
        world.hubspot.person_edits_ticket(made[0], subject="Export still fails")
        await _found_again(world)
        assert _copies(world, made[0]) == (1, 1, 1)


def _copies(world: World, ticket: str) -> tuple[int, int, int]:
    """Files and comments that the hub has put on the item, notes that it has put on the ticket."""
    [item] = world.items()
    files = [each for each in item.relations if each.rel == "AttachedFile"]
    comments = [each for each in item.comments if "Safari" in each.text]
    said = [e.properties.get("hs_note_body") or "" for e in world.hubspot.tickets[ticket].notes]
    notes = [each for each in said if "A fix comes." in each]
    return len(files), len(comments), len(notes)


async def test_stage_that_moved_on_after_the_backup_never_goes_back(shelf: Shelf) -> None:
    made: list[str] = []

    async def before(world: World) -> None:
        made.append(_bug(world))

    async def since(world: World) -> None:
        [item] = world.items()
        world.boards.person_moves_state(item.id, "Active")

    await _restored_after(shelf, before, since)
    async with shelf.hub() as world:
        await _found_again(world)
        assert world.ticket(made[0])["work_stage"] == "In development"
        assert world.writes("hubspot") == []


async def test_work_that_went_on_while_the_hub_was_away_reaches_the_ticket(shelf: Shelf) -> None:
    made: list[str] = []

    async def before(world: World) -> None:
        made.append(_bug(world))

    async def since(world: World) -> None: ...

    await _restored_after(shelf, before, since)
    assert shelf.vendors is not None
    _, boards = shelf.vendors
    boards.drop_hooks = 5
    [item] = boards.items.values()
    boards.person_moves_state(item.id, "Resolved")
    boards.drop_hooks = 0
    async with shelf.hub() as world:
        await _found_again(world)
        assert world.ticket(made[0])["work_stage"] == "In testing"
