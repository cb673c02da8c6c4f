"""One Zendesk account: everything that its parts share."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from connectors.zendesk.simulator.dials import Dials
from connectors.zendesk.simulator.fields import TicketFields
from connectors.zendesk.simulator.files import Files
from connectors.zendesk.simulator.jobs import Jobs
from connectors.zendesk.simulator.numbers import Numbers
from connectors.zendesk.simulator.outbox import Outbox
from connectors.zendesk.simulator.problems import forbidden, not_found
from connectors.zendesk.simulator.records import SYSTEM_ID, By, Organization, Ticket, User
from connectors.zendesk.simulator.render import ticket_body
from connectors.zendesk.simulator.stamps import stamp
from connectors.zendesk.simulator.statuses import Statuses
from connectors.zendesk.simulator.tokens import Tokens
from connectors.zendesk.simulator.triggers import Triggers
from connectors.zendesk.simulator.webhooks import Webhooks

_T = TypeVar("_T")


class Account:
    """State of the account; the API and the people act on it."""

    def __init__(
        self,
        dials: Dials,
        clock: Callable[[], datetime],
        rng: random.Random,
        *,
        base_url: str,
        account_id: int,
        api_token: str,
    ) -> None:
        self.dials = dials
        self.now = clock
        self.rng = rng
        self.base_url = base_url
        self.account_id = account_id
        now = clock()
        self.numbers = Numbers(rng)
        self.users: dict[int, User] = {}
        self.organizations: dict[int, Organization] = {}
        self.tickets: dict[int, Ticket] = {}
        self.groups: dict[int, dict[str, Any]] = {}
        self.brands: dict[int, dict[str, Any]] = {}
        self.forms: dict[int, dict[str, Any]] = {}
        self.person_fields: dict[str, dict[int, dict[str, Any]]] = {
            "user_fields": {},
            "organization_fields": {},
        }
        self.jira_links: list[dict[str, Any]] = []
        self.statuses = Statuses(dials, self.numbers, now)
        self.fields = TicketFields(self.numbers, now)
        self.files = Files(dials, self.numbers, base_url)
        self.jobs = Jobs(dials)
        self.tokens = Tokens(self.numbers, api_token)
        self.webhooks = Webhooks(dials, self.numbers, clock)
        self.triggers = Triggers()
        self.outbox = Outbox(dials, account_id, self.numbers, rng, clock, self.webhooks)

    def add_user(
        self, name: str, email: str | None, role: str, organization_id: int | None = None
    ) -> User:
        """A new person."""
        now, number = self.now(), self.numbers.long()
        user = User(number, name, email, role, now, now, organization_id)
        user.serial = self.numbers.serial()
        self.users[number] = user
        return user

    def user(self, user_id: Any) -> User:
        """A person by id, or 404."""
        return found(self.users, user_id)

    def organization(self, organization_id: Any) -> Organization:
        """A live organisation by id, or 404."""
        organization = found(self.organizations, organization_id)
        if organization.deleted:
            raise not_found()
        return organization

    def ticket(self, ticket_id: Any) -> Ticket:
        """A live ticket by id, or 404."""
        ticket = found(self.tickets, ticket_id)
        if not ticket.live:
            raise not_found()
        return ticket

    def is_staff(self, user_id: int) -> bool:
        """Agents, admins and the vendor itself."""
        known = self.users.get(user_id)
        return user_id == SYSTEM_ID or (known is not None and known.is_staff)

    def need_admin(self, by: By) -> None:
        """403 for everybody but admins."""
        if self.user(by.user_id).role != "admin":
            raise forbidden(as_object=self.dials.forbidden_as_object)

    def archived(self, ticket: Ticket) -> bool:
        """Closed for so long that lists and search leave it out."""
        closed = ticket.closed_at
        return closed is not None and closed + self.dials.archive_after <= self.now()

    def touch(self, ticket: Ticket) -> None:
        """A write of any kind: `generated_timestamp` moves, and search will see it."""
        ticket.generated_at = self.now()
        ticket.serial = self.numbers.serial()
        ticket.versions.append((ticket.generated_at, ticket_body(self, ticket)))

    def add_named(self, shelf: dict[int, dict[str, Any]], kind: str, body: dict[str, Any]) -> int:
        """A group, brand, form or field of people: what was given with an id and its times."""
        now, number = stamp(self.now()), self.numbers.long()
        url = f"{self.base_url}/api/v2/{kind}/{number}.json"
        shelf[number] = {"id": number, "url": url, **body, "created_at": now, "updated_at": now}
        return number


def found(shelf: dict[int, _T], number: Any) -> _T:
    """What lies under an id, or 404."""
    key = int(number) if str(number).isdigit() else None
    if key is None or key not in shelf:
        raise not_found()
    return shelf[key]
