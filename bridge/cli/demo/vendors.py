"""The vendors of the story, set up as their admins would, and how to read their state."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from html import unescape
from importlib import resources

from bridge.cli.demo.cast import (
    CSMS,
    CUSTOMERS,
    ENGINEERS,
    GRETA,
    HUGO,
    Colleague,
    Customer,
)
from bridge.cli.demo.desk import Desk, open_desk
from bridge.cli.demo.projects import Projects, open_projects
from connectors.azure_devops.simulator import AzureDevOpsSimulator, Field, Item
from connectors.email.simulator import EmailSimulator
from connectors.hubspot.simulator import HubSpotSimulator, Record
from connectors.rocketlane.simulator.records import Task
from connectors.teams.simulator import TeamsSimulator, Workflow

STAGE, ETA, KEYS = "work_stage", "work_eta", "work_items"
ENGINEERING_PRIORITY = "engineering_priority"
TARGET_DATE = "Microsoft.VSTS.Scheduling.TargetDate"
PRIORITY = "Microsoft.VSTS.Common.Priority"
CATEGORY = "hs_ticket_category"
CLOSED_STAGE = "4"
HOOK_USER = "bridge"
# Seconds, so that a refused webhook comes again while somebody watches.
_RETRY_DELAYS = tuple(timedelta(seconds=each) for each in (1, 2, 4, 8, 16))


@cache
def picture(name: str) -> bytes:
    """A screenshot of the assets."""
    return (resources.files("bridge.cli.demo") / "assets" / name).read_bytes()


@dataclass(slots=True)
class Vendors:
    """Every account that Harborline has, all of them simulated."""

    helpdesk: HubSpotSimulator
    boards: AzureDevOpsSimulator
    desk: Desk
    projects: Projects
    teams: TeamsSimulator = field(default_factory=TeamsSimulator)
    mail: EmailSimulator = field(default_factory=EmailSimulator)
    companies: dict[str, str] = field(default_factory=dict)
    """Customer's name → company id."""
    owners: dict[str, str] = field(default_factory=dict)
    """A CSM's address → owner id."""
    helpdesk_token: str = field(default="", repr=False)
    helpdesk_secret: str = field(default="", repr=False)
    """By which HubSpot signs its webhooks."""

    @property
    def channel(self) -> Workflow:
        """The internal channel in Teams."""
        for workflow in self.teams.workflows.values():
            return workflow
        return self.teams.add_workflow()

    def ticket(self, ticket_id: str) -> Record:
        """The ticket of that id, or what it was merged into."""
        found = self.helpdesk.tickets[ticket_id]
        while found.merged_into is not None:
            found = self.helpdesk.tickets[found.merged_into]
        return found

    def shown(self, ticket_id: str, name: str) -> str:
        """What the ticket shows in a property; empty where it shows nothing."""
        return self.ticket(ticket_id).properties.get(name) or ""

    def ticket_url(self, ticket_id: str) -> str:
        """Where people open the ticket."""
        portal = self.helpdesk.portal.portal_id
        return f"https://app.hubspot.com/contacts/{portal}/record/0-5/{ticket_id}"

    def ticket_urls(self, ticket: Record) -> set[str]:
        """The addresses under which people know the ticket, its former ones included."""
        former = (ticket.properties.get("hs_merged_object_ids") or "").split(";")
        return {self.ticket_url(each) for each in (ticket.id, *former) if each}

    def items_of(self, ticket_id: str) -> list[Item]:
        """The work items that carry a link to the ticket."""
        urls = self.ticket_urls(self.ticket(ticket_id))
        return [item for item in self.live_items() if urls & set(hyperlinks(item))]

    def tasks_of(self, ticket_id: str) -> list[Task]:
        """The tasks in Rocketlane that carry a link to the ticket."""
        urls = self.ticket_urls(self.ticket(ticket_id))
        return [task for url in urls for task in self.projects.tasks_of(url)]

    def live_items(self) -> list[Item]:
        """Every work item that is not in the recycle bin."""
        return [item for item in self.boards.items.values() if not item.deleted]

    def files_of(self, item: Item) -> list[bytes]:
        """The bytes of the files that hang on an item."""
        stored = self.boards.attachments
        urls = [r.url for r in item.relations if r.rel == "AttachedFile"]
        return [file.content for url in urls for id, file in stored.items() if id in url]

    def user(self, csm: Colleague) -> int:
        """The userId under which a CSM writes."""
        return self.helpdesk.portal.crm.owners.by_id[self.owners[csm.email]].user_id


def notes_of(ticket: Record) -> str:
    """What the notes of a ticket say, one after the other."""
    return unescape("\n".join(note.properties.get("hs_note_body") or "" for note in ticket.notes))


def comments_of(item: Item) -> str:
    """What the comments of an item say, one after the other."""
    return unescape("\n".join(each.text for each in item.comments if not each.deleted))


def hyperlinks(item: Item) -> list[str]:
    """The addresses that an item links to."""
    return [relation.url for relation in item.relations if relation.rel == "Hyperlink"]


def open_accounts(zendesk_address: str = "http://zendesk.test") -> Vendors:
    """All accounts, with people, customers and the properties that the mappings fill.

    Zendesk alone has to know its address from the start: the addresses of its files begin with it.
    """
    token, secret = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    vendors = Vendors(
        HubSpotSimulator(token=token, client_secret=secret),
        AzureDevOpsSimulator("harborline", ("Platform",), pat=secrets.token_urlsafe(24)),
        open_desk(zendesk_address),
        open_projects(),
        helpdesk_token=token,
        helpdesk_secret=secret,
    )
    _set_up_helpdesk(vendors)
    _set_up_boards(vendors.boards)
    return vendors


@dataclass(frozen=True, slots=True)
class HookSecrets:
    """By what webhooks are proven, where the hub's admin chooses it."""

    boards_password: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    jira: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    zendesk: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)


def connect_hooks(vendors: Vendors, hub: str, hooks: HookSecrets) -> None:
    """Subscribe the hub everywhere, as `docs/connect-*.md` tells an admin to do by hand."""
    doors, desk, projects = f"{hub}/webhooks", vendors.desk, vendors.projects
    vendors.helpdesk.webhook_url = f"{doors}/hubspot"
    vendors.helpdesk.retry_delays = _RETRY_DELAYS
    vendors.helpdesk.subscribe_all()
    vendors.boards.subscribe(f"{doors}/boards", HOOK_USER, hooks.boards_password)
    desk.zendesk.subscribe(f"{doors}/zendesk").secret = hooks.zendesk
    desk.jira.add_webhook(f"{doors}/jira", hooks.jira)
    desk.sentry.subscribe(f"{doors}/sentry")
    projects.rocketlane.add_webhook(f"{doors}/rocketlane?token={projects.hook_token}")


def _set_up_helpdesk(vendors: Vendors) -> None:
    helpdesk = vendors.helpdesk
    helpdesk.add_property("tickets", STAGE, label="Engineering: stage")
    helpdesk.add_property("tickets", ETA, "date", "date", label="Engineering: expected")
    helpdesk.add_property("tickets", KEYS, label="Engineering: work items")
    helpdesk.add_property("tickets", ENGINEERING_PRIORITY, label="Engineering: priority")
    helpdesk.add_property(
        "companies", "success_plan", "enumeration", "select", ("Elite", "Premium", "Standard")
    )
    for name in ("implementation_lead", "sales_account_lead"):
        helpdesk.add_property("companies", name)
    for csm in CSMS:
        vendors.owners[csm.email] = helpdesk.add_owner(csm.email, csm.first, csm.last)
    for customer in CUSTOMERS:
        vendors.companies[customer.name] = _company(vendors, customer)


def _company(vendors: Vendors, customer: Customer) -> str:
    owner = vendors.owners[customer.csm.email]
    return vendors.helpdesk.add_company(
        customer.name,
        customer.domain,
        success_plan=customer.plan,
        hubspot_owner_id=owner,
        implementation_lead=HUGO.email,
        sales_account_lead=GRETA.email,
    )


def _set_up_boards(boards: AzureDevOpsSimulator) -> None:
    for person in ENGINEERS:
        boards.people.named(person)
    # Stories and bugs have no target date until an administrator puts one on their form.
    boards.add_field(Field(TARGET_DATE, "Target Date", "dateTime"))
