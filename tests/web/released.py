"""Releases behind open doors: a mapping that has them, and tickets that wait."""

from __future__ import annotations

from datetime import date

from bridge.core.releases import release_id
from bridge.domain.refs import TicketRef
from bridge.domain.releases import Release
from bridge.store import queue, releases
from bridge.store.queue import Mark
from tests.api.doors import Doors
from tests.unit.config.samples import GOOD
from tests.web.editing import in_force

ID = release_id("boards", "10001")
NOTES = "https://acme.example/notes"
WITH_RELEASES = f"""{GOOD}
releases:
  until_then: reported
  groups:
    pilot: {{when: {{field: category, is: Easy}}, after: 0d}}
    everyone: {{}}
  notes_url: {NOTES}/{{release}}
"""


async def learnt(
    doors: Doors,
    name: str = "5.4",
    *,
    vendor_id: str = "10001",
    day: date | None = date(2026, 3, 10),
    released: bool = False,
) -> str:
    """A release that an item is planned for on which a ticket hangs; its id."""
    ticket = TicketRef("hubspot", f"7{vendor_id}")
    async with doors.hub.db.write() as store:
        await queue.mark(doors.hub.db, store, [Mark(ticket, "test")])
    await doors.add_link(ticket, vendor_id)
    id = release_id("boards", vendor_id)
    made = Release(id, "boards", vendor_id, name, day, released)
    async with doors.hub.db.write() as store:
        now = doors.hub.now()
        await releases.learn(
            doors.hub.db, store, f"boards:{vendor_id}", {id: made}, seen_at=now, now=now
        )
    return id


WAITS = {"release_id": ID, "release_name": "5.4", "rollout_group": "pilot"}
"""What the row of a ticket says that waits for release 5.4."""


async def waiting(doors: Doors, id: str, customer: str, group: str, **said: object) -> TicketRef:
    """A ticket that waits for release 5.4."""
    return await doors.add_ticket(
        id, customer=customer, stage_id="reported", stage_label="Reported",
        **{**WAITS, "rollout_group": group, **said},
    )  # fmt: skip


async def release_of_three(doors: Doors, name: str = "5.4") -> str:
    """A release with three tickets of two customers; its id."""
    await in_force(doors, WITH_RELEASES)
    await learnt(doors, name)
    await waiting(doors, "851", "Acme", "pilot")
    await waiting(doors, "852", "Acme", "everyone")
    await waiting(
        doors, "853", "Beta", "everyone", eta="2026-03-20", eta_told="2026-03-12",
        slip="2026-03-12", needs=("to_tell", "with_engineering"),
    )  # fmt: skip
    return ID
