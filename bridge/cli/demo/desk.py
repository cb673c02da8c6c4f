"""The desk's accounts, set up as their admins would, and how to read their state: Zendesk, Jira
and Sentry.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from itertools import chain

from bridge.cli.demo.cast import CUSTOMERS
from bridge.cli.demo.cast_desk import BUG, COLLEEN, INES, LENA, NOOR, PROJECT, SOLVED, YUSUF
from connectors.jira.simulator import JiraSimulator
from connectors.jira.simulator.records import Issue, Status, Transition, User
from connectors.sentry.simulator import SentrySimulator
from connectors.zendesk.simulator import ZendeskSimulator
from connectors.zendesk.simulator.records import Ticket

SUBDOMAIN, JIRA_SITE = "harborline", "https://harborline.atlassian.net"
HUB_ACCOUNT = "hub@harborline.example"
ESCALATION, REPRODUCED, INSTANCE = "Escalation", "Reproduced", "Instance"
ASKED = ("Steps to reproduce", "Since when", "Who is affected")
"""What the intake asks of whoever reports a bug."""
ACCESS = "Access until"
STAGE, ETA, KEYS = "Work stage", "Work ETA", "Work items"
STAGES = {
    "To Do": "Reported to engineering",
    "Planned": "Scheduled for a patch",
    "In Progress": "In development",
    "In QA": "In testing",
    "Committed": "Fixed and in the next patch",
    "Patch QA": "Patch in testing",
    "Managed Services": "Patch in release checks",
    "Done": "Available to you",
    "Won't Do": "Not planned",
}
"""The steps of a fix on its way, and what a customer may hear of each."""
_CATEGORIES = {"To Do": "new", "Planned": "new", "Done": "done", "Won't Do": "done"}


@dataclass(slots=True)
class Desk:
    """The desk's three accounts, all simulated."""

    zendesk: ZendeskSimulator
    jira: JiraSimulator
    sentry: SentrySimulator
    jira_token: str = field(repr=False)
    fields: dict[str, int] = field(default_factory=dict)
    """Title of a ticket field → its id."""
    firms: dict[str, int] = field(default_factory=dict)
    """Customer's name → organisation id."""
    agents: dict[str, int] = field(default_factory=dict)
    engineers: dict[str, User] = field(default_factory=dict)
    """By their names."""

    def ticket(self, ticket_id: int) -> Ticket:
        """The ticket of that id."""
        return self.zendesk.tickets[ticket_id]

    def shown(self, ticket_id: int, title: str) -> str:
        """What the ticket shows in a field; empty where it shows nothing."""
        return str(self.ticket(ticket_id).custom.get(self.fields[title]) or "")

    def ticket_url(self, ticket_id: int) -> str:
        """Where people open the ticket."""
        return f"https://{SUBDOMAIN}.zendesk.com/agent/tickets/{ticket_id}"

    def issues_of(self, ticket_id: int) -> list[Issue]:
        """The issues that carry a link to the ticket."""
        url = self.ticket_url(ticket_id)
        return [
            issue
            for issue in self.jira.site.issues.values()
            if any(link.object["url"] == url for link in issue.remote_links)
        ]

    def own_issues(self) -> list[Issue]:
        """The issues that the hub's account created."""
        hub = self.jira.account
        return [each for each in self.jira.site.issues.values() if each.creator is hub]

    def status_of(self, issue: Issue) -> str:
        """The name of the issue's status."""
        return self.jira.site.status(issue.fields["status"]).name

    def priority_of(self, issue: Issue) -> str:
        """The name of the issue's priority."""
        named = {each.id: each.name for each in self.jira.site.priorities}
        return named[issue.fields["priority"]]

    def related_to(self, issue: Issue) -> list[str]:
        """The ids of the issues that it is related to."""
        links = self.jira.site.links_of(issue)
        ends = chain.from_iterable((each.inward, each.outward) for each in links)
        return [each for each in ends if each != issue.id]


def open_desk(zendesk_address: str) -> Desk:
    """The three accounts, with people, customers, fields and a workflow with patches."""
    token = secrets.token_urlsafe(24)
    desk = Desk(
        ZendeskSimulator(
            base_url=zendesk_address, api_token=secrets.token_urlsafe(24), email=HUB_ACCOUNT
        ),
        JiraSimulator(base_url=JIRA_SITE, email=HUB_ACCOUNT, token=token),
        SentrySimulator(
            organization=SUBDOMAIN,
            token=secrets.token_urlsafe(24),
            client_secret=secrets.token_urlsafe(24),
        ),
        jira_token=token,
    )
    _set_up_zendesk(desk)
    _set_up_jira(desk)
    desk.sentry.organization.add_project("field-app", "Field app", "react-native")
    desk.sentry.person.name = COLLEEN
    return desk


def _set_up_zendesk(desk: Desk) -> None:
    zendesk = desk.zendesk
    for title, kind, choices in (
        (ESCALATION, "tagger", (BUG, SOLVED)),
        (REPRODUCED, "checkbox", ()),
        (INSTANCE, "tagger", ("production", "sandbox")),
        *((title, "text", ()) for title in ASKED),
        (ACCESS, "date", ()),
        (STAGE, "text", ()),
        (ETA, "date", ()),
        (KEYS, "text", ()),
    ):
        desk.fields[title] = zendesk.add_field(kind, title, choices)
    for name, address in (INES, NOOR):
        desk.agents[name] = zendesk.add_agent(name, address)
    zendesk.add_organization_field("plan", "Success plan")
    zendesk.add_organization_field("csm_email", "Success manager's address")
    for customer in CUSTOMERS:
        known = {"plan": customer.plan, "csm_email": customer.csm.email}
        desk.firms[customer.name] = zendesk.add_organization(
            customer.name, organization_fields=known
        )


def _set_up_jira(desk: Desk) -> None:
    site = desk.jira.site
    categories = {each.key: each for each in site.categories}
    known = {each.name: each for each in site.statuses}
    project = desk.jira.add_project(PROJECT, "Field app")
    project.transitions = []
    for number, name in enumerate(STAGES, 1):
        if name not in known:
            category = categories[_CATEGORIES.get(name, "indeterminate")]
            known[name] = Status(str(10100 + number), name, category)
            site.statuses.append(known[name])
        project.transitions.append(Transition(str(100 + number), name, known[name].id))
    for name, address in (LENA, YUSUF):
        desk.engineers[name] = desk.jira.add_user(name, address)
