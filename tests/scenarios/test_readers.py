"""Who reads is told by the contact's own field, and read as rarely as a customer's (K11, K14)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bridge.domain.refs import TicketRef
from bridge.engine import erasing, escalating, hygiene_filling
from bridge.store.tables import reference_data
from tests.scenarios.saying import later
from tests.scenarios.test_drafts import drafts, press
from tests.scenarios.test_erasing import erase
from tests.scenarios.world import World, open_world
from tests.scenarios.zendesk_shop import MAPPING, open_shop
from tests.shipped import SHIPPED

READS = """
tell:
  audience_from: {property: PLACE, of: contact, values: {PU: power_user}, default: contact}
"""
DETAIL = "Reference "
"""How the sentence begins that only a power user reads."""


def asked(world: World) -> int:
    """How often HubSpot was asked for contacts."""
    return sum(each.path.endswith("/contacts/batch/read") for each in world.calls)


async def kept(world: World) -> list[object]:
    """What the store holds of people."""
    rows = sa.select(reference_data.c.data).where(reference_data.c.kind == "contact")
    async with world.hub.db.read() as connection:
        return [each for (each,) in await connection.execute(rows)]


async def planned_with(world: World, ref: TicketRef) -> list[dict[str, Any]]:
    """What is known of the ticket's people where a person has something made of it."""
    situation = await escalating.situation_of(world.hub, ref)
    return [] if situation is None else [{**e.properties} for e in situation.contacts.values()]


async def checked_later(world: World, ticket: str) -> list[int]:
    """How often contacts were asked for: before, and after each of two checks seven hours later."""
    counted = [asked(world)]
    await later(world, hours=7)
    path = f"/api/v1/tickets/hubspot/{ticket}/check"
    for _ in range(2):
        assert (await world.client.post(path, headers=world.admin)).status_code < 300
        await world.settle()
        counted.append(asked(world))
    return counted


async def test_contact_tells_who_reads_and_is_asked_about_once_in_six_hours(
    tmp_path: Path,
) -> None:
    async with open_world(tmp_path, mapping=SHIPPED + READS.replace("PLACE", "client_role")) as w:
        w.hubspot.add_property("contacts", "client_role")
        low = w.hubspot.add_contact("lo@client.example", "Lo")
        pu = w.hubspot.add_contact("ana@client.example", "Ana", client_role="PU")
        other = w.hubspot.add_contact("bo@client.example", "Bo")
        told, ticket = [], ""
        for people in ([pu], [pu, other, low]):
            ticket = w.hubspot.person_creates_ticket(category="Bug", company_id=w.acme)
            for each in people:
                w.hubspot.person_names_contact(ticket, each)
            await w.settle()
            before = asked(w)
            w.boards.person_moves_state(w.items()[-1].id, "Closed")
            await w.settle()
            # What was read a moment ago is not read again.
            assert asked(w) == before
            [draft] = await drafts(w, ticket=f"hubspot:{ticket}")
            told.append((draft["audience"], DETAIL in draft["text"]))
        # Whoever is new is written in one order, whatever the ticket's: nobody waits in a ring.
        assert await written(w) == [pu, *sorted((low, other))]
        # Several who do not agree are contacts, until one of them has written last.
        assert told == [("power_user", True), ("contact", False)]
        w.hubspot.portal.threads.open(ticket, pu)
        w.hubspot.customer_writes(ticket, "I mean the export.")
        await w.sweep("hubspot")
        stale, [draft] = draft, await drafts(w, ticket=f"hubspot:{ticket}")
        # What waited is worded anew with them, and what was looked at before approves nothing.
        assert (draft["audience"], DETAIL in draft["text"]) == ("power_user", True)
        assert (await press(w, stale, "approve")).json()["code"] == "draft_changed"
        # A message that somebody asks for is worded for the same reader.
        assert (await press(w, draft, "discard")).status_code == 200
        ref = TicketRef("hubspot", ticket)
        assert {"client_role": "PU"} in await planned_with(w, ref)
        assert "To tell" in await hygiene_filling.draft_message(w.hub, ref, by="Kim")
        [asked_for] = await drafts(w, ticket=f"hubspot:{ticket}")
        assert (asked_for["reason"], DETAIL in asked_for["text"]) == ("asked:available", True)
        counted = await checked_later(w, ticket)
        # Once for each of the two tickets at most, and then not again.
        assert counted[0] < counted[1] <= counted[0] + 2
        assert counted[2] == counted[1]
        # Whom the vendor erases is known no more.
        assert {"client_role": "PU"} in await kept(w)
        async with w.hub.db.write() as connection:
            await erasing.erased_at_vendor(w.hub, connection, "hubspot", pu, [])
        assert {"client_role": "PU"} not in await kept(w)


async def written(world: World) -> list[str]:
    """The contacts in the order in which they came into the store."""
    rows = sa.text("SELECT id FROM reference_data WHERE kind = 'contact' ORDER BY rowid")
    async with world.hub.db.read() as connection:
        return [str(id) for (id,) in await connection.execute(rows)]


@pytest.mark.parametrize(
    ("place", "given"), [("role_there", {"role_there": "PU"}), ("tags", {"tags": ["vip", "PU"]})]
)
async def test_zendesk_requester_tells_by_a_field_of_their_own_or_by_a_tag(
    tmp_path: Path, place: str, given: dict[str, Any]
) -> None:
    async with open_shop(tmp_path, mapping=MAPPING + READS.replace("PLACE", place)) as shop:
        number = shop.files()
        shop.zendesk.person_describes_user(
            shop.zendesk.tickets[number].values["requester_id"], **given
        )
        shop.decides(number)
        await shop.world.settle()
        [item] = shop.world.items()
        shop.world.boards.person_moves_state(item.id, "Closed")
        await shop.world.settle()
        [draft] = await drafts(shop.world)
        assert (draft["audience"], DETAIL in draft["text"]) == ("power_user", True)
        # Of people that one field is kept, and nothing at all of whoever is to be forgotten.
        [held] = await kept(shop.world)
        assert held == {place: "PU" if place == "role_there" else "vip;PU"}
        # Their own erasure takes it, and so does that of a ticket which names them.
        asker = shop.zendesk.tickets[number].values["requester_id"]
        mail = shop.zendesk.account.users[asker].email
        whom = {"email": mail} if place == "tags" else {"refs": [f"zendesk:{number}"]}
        await erase(shop.world, **whom)
        assert held not in await kept(shop.world)
