"""Whose customers a ticket is of: by the owner whom the helpdesk names, whoever that is now."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from bridge.domain.access import AccessRole, Actor
from bridge.engine import signing_in
from bridge.engine.references import UNKNOWN_AGE
from tests.scenarios.world import BRIDGE_YAML, World, open_world
from tests.scenarios.zendesk_shop import MAPPING, open_shop
from tests.shipped import SHIPPED

BY_TICKET = "roles:\n  csm: [{owner: hubspot_owner_id}]\n"
BY_CUSTOMER = "roles:\n  csm: [{association: company, property: csm_email}]\n"
ADA, GRACE = "Ada@Acme.com", "grace@acme.com"


def mapping(roles: str) -> str:
    """The ready-made mapping, with these roles."""
    plain = re.sub(r"(?m)^roles:\n(?:  .+\n)+", "", SHIPPED)
    return plain.replace("\nstages:", f"\n{roles}\nstages:", 1)


async def mine(world: World, email: str, helpdesk: str = "hubspot") -> list[str]:
    """The tickets that somebody of that address finds under *mine*."""
    person = Actor(email, AccessRole.CSM)
    secret = await signing_in.invite(world.hub, person, by="a test", email=email)
    world.client.cookies.clear()
    await world.client.post(f"/sign-in/{secret}")
    answer = await world.client.get("/", params={"mine": "yes"})
    assert answer.status_code == 200, answer.text
    return sorted(set(re.findall(rf'href="/tickets/{helpdesk}/([^"]+)"', answer.text)))


async def test_ticket_goes_with_its_owner(tmp_path: Path) -> None:
    async with open_world(tmp_path, mapping=mapping(BY_TICKET)) as world:
        hubspot = world.hubspot
        ada = hubspot.add_owner(ADA, "Ada", "Lovelace")
        grace = hubspot.add_owner(GRACE, "Grace", "Hopper")
        first = hubspot.person_creates_ticket(category="Bug", hubspot_owner_id=ada)
        nobodys = hubspot.person_creates_ticket(category="Bug")
        await world.settle()
        assert await mine(world, ADA) == [first]
        hubspot.person_edits_ticket(first, hubspot_owner_id=grace)
        hubspot.person_edits_ticket(nobodys, hubspot_owner_id=ada)
        await world.settle()
        assert await mine(world, ADA) == [nobodys]
        assert await mine(world, GRACE) == [first]
        hubspot.person_edits_ticket(first, hubspot_owner_id=None)
        await world.settle()
        assert await mine(world, GRACE) == []


async def test_owner_who_is_new_at_the_helpdesk_is_looked_up(tmp_path: Path) -> None:
    async with open_world(tmp_path, mapping=mapping(BY_TICKET)) as world:
        hubspot = world.hubspot
        ada = hubspot.add_owner(ADA, "Ada", "Lovelace")
        ticket = hubspot.person_creates_ticket(category="Bug", hubspot_owner_id=ada)
        await world.settle()
        known, read_at = world.hub.references["hubspot"]
        # What was read of the helpdesk is older than the newcomer.
        long_ago = read_at - UNKNOWN_AGE - timedelta(seconds=1)
        world.hub.references["hubspot"] = known, long_ago
        grace = hubspot.add_owner(GRACE, "Grace", "Hopper")
        hubspot.person_edits_ticket(ticket, hubspot_owner_id=grace)
        await world.settle()
        assert await mine(world, GRACE) == [ticket]
        assert await mine(world, ADA) == []


async def test_tickets_of_a_customer_go_with_whoever_looks_after_it(tmp_path: Path) -> None:
    async with open_world(tmp_path, mapping=mapping(BY_CUSTOMER)) as world:
        hubspot = world.hubspot
        hubspot.add_property("companies", "csm_email")
        hubspot.subscribe_all()
        hubspot.person_edits_company(world.acme, csm_email=ADA)
        tickets = sorted(
            hubspot.person_creates_ticket(category="Bug", company_id=world.acme) for _ in range(2)
        )
        await world.settle()
        assert await mine(world, ADA) == tickets
        hubspot.person_edits_company(world.acme, csm_email=GRACE)
        await world.settle()
        assert await mine(world, ADA) == []
        assert await mine(world, GRACE) == tickets


async def test_group_of_that_name_has_no_customers_of_its_own(tmp_path: Path) -> None:
    people = BRIDGE_YAML + "people:\n  csm: [ada@acme.com]\n"
    async with open_world(tmp_path, mapping=mapping(BY_TICKET), bridge_yaml=people) as world:
        world.hubspot.person_creates_ticket(category="Bug")
        await world.settle()
        assert await mine(world, ADA) == []


async def test_zendesk_ticket_goes_with_its_assignee(tmp_path: Path) -> None:
    roles = "roles:\n  csm: [{owner: assignee_id}]\nstages:"
    async with open_shop(tmp_path, mapping=MAPPING.replace("stages:", roles, 1)) as shop:
        ada = shop.zendesk.add_agent("Ada", ADA)
        grace = shop.zendesk.add_agent("Grace", GRACE)
        ticket = shop.files()
        shop.zendesk.person_edits_ticket(ticket, assignee_id=ada)
        await shop.world.settle()
        assert await mine(shop.world, ADA, "zendesk") == [str(ticket)]
        shop.clock.seconds += 2
        shop.zendesk.person_edits_ticket(ticket, assignee_id=grace)
        await shop.world.settle()
        assert await mine(shop.world, ADA, "zendesk") == []
        assert await mine(shop.world, GRACE, "zendesk") == [str(ticket)]
