"""A small day at both vendors, kept by hand exactly as the hub should keep it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

from rich.console import Console

from bridge.cli.demo import cast
from bridge.cli.demo.casebook import Case
from bridge.cli.demo.checks import STAGES, judge
from bridge.cli.demo.narrator import Narrator
from bridge.cli.demo.scene import Scene
from bridge.cli.demo.vendors import (
    ENGINEERING_PRIORITY,
    ETA,
    KEYS,
    PRIORITY,
    STAGE,
    TARGET_DATE,
    Vendors,
    open_accounts,
    picture,
)
from connectors.azure_devops.simulator import Item, Relation
from connectors.azure_devops.simulator.records import Attachment
from connectors.email.simulator import Mail
from connectors.teams.simulator import Run

DAY = "2026-08-14"
ASIDE = "The cache again, as in July."
FOR_CUSTOMER = "Fixed today."
FOR_ENGINEERS = "Only with the cover folded."


@dataclass(slots=True)
class WellKept:
    """A bug, a wish and a question, all as they should be."""

    scene: Scene
    bug: Case
    wish: Case
    question: Case

    @property
    def vendors(self) -> Vendors:
        """Both vendors."""
        return self.scene.vendors

    def item(self, case: Case) -> Item:
        """The one item of a ticket."""
        return self.vendors.items_of(case.ticket_id)[0]

    def hub_writes(self, case: Case, **properties: str) -> None:
        """What the hub's app writes on a ticket."""
        portal = self.vendors.helpdesk.portal
        portal.crm.update(self.vendors.ticket(case.ticket_id), properties, portal.app)

    def bad_checks(self) -> list[str]:
        """The checks that find something wrong."""
        return [v.title for v in judge(self.vendors, self.scene.book) if not v.good]


def silent_scene() -> Scene:
    """A scene that nobody watches."""
    return Scene(open_accounts(), Narrator(Console(quiet=True)), speed=1000)


def well_kept() -> WellKept:
    """The day, with a marked comment in each direction and one that is not marked."""
    scene = silent_scene()
    bug, wish = scene.file_ticket(cast.BOARD_BLANK), scene.file_ticket(cast.DARK_WALL)
    day = WellKept(scene, bug, wish, scene.file_ticket(cast.THREE_USERS))
    launch(day, bug)
    launch(day, wish)
    for lead in cast.LEADS:
        tell(day, bug, lead)
    boards, helpdesk = day.vendors.boards, day.vendors.helpdesk
    item = day.item(bug)
    boards.person_edits(item.id, {"System.State": "Active", TARGET_DATE: DAY}, cast.KENTON)
    day.hub_writes(bug, **{STAGE: STAGES["Active"], ETA: DAY})
    boards.person_comments(item.id, f"<div>{ASIDE}</div>", cast.SAM)
    boards.person_comments(item.id, f"<div>#customer</div><div>{FOR_CUSTOMER}</div>", cast.SAM)
    helpdesk.person_adds_note(bug.ticket_id, f"<p>{FOR_CUSTOMER}</p>")
    boards.person_comments(item.id, FOR_ENGINEERS, boards.service_account.label)
    scene.book.keep_inside("boards", ASIDE)
    bug.to_customer.append(FOR_CUSTOMER)
    bug.to_engineers.append(FOR_ENGINEERS)
    return day


def tell(day: WellKept, case: Case, lead: str) -> None:
    """One lead hears of a ticket by mail and in the channel."""
    mail = EmailMessage()
    mail["Subject"] = "High bug"
    mail["Message-ID"] = f"<{len(day.vendors.mail.mails)}@harborline.example>"
    mail.set_content(f"Ticket: {case.ticket_id}\n")
    day.vendors.mail.mails.append(Mail("support@harborline.example", lead, mail, True, None))
    facts = [{"title": "Ticket", "value": case.ticket_id}]
    body = [{"type": "TextBlock", "text": f"For {lead}"}, {"type": "FactSet", "facts": facts}]
    message = {"attachments": [{"content": {"body": body}}]}
    day.vendors.channel.runs.append(Run(datetime.now(UTC), message, "Succeeded"))


def launch(day: WellKept, case: Case) -> None:
    """Create a ticket's item as the hub would, with link and files, and show it on the ticket."""
    boards, request = day.vendors.boards, case.request
    priority = {"HIGH": 1, "MEDIUM": 2, "LOW": 3}[request.priority]
    service = boards.service_account.label
    title = f"[{request.customer.name}] {request.subject}"
    fields: dict[str, Any] = {PRIORITY: priority}
    id = boards.person_creates(case.work, title, by=service, **fields)
    boards.person_adds_hyperlink(id, day.vendors.ticket_url(case.ticket_id), by=service)
    for name in case.pictures:
        file_id = boards.new_id()
        boards.attachments[file_id] = Attachment(file_id, name, picture(name), None)
        relation = Relation("AttachedFile", f"{boards.base_url}/_apis/wit/attachments/{file_id}")
        boards.items[int(id)].relations.append(relation)
    shown = {STAGE: STAGES["New"], KEYS: f"#{id}", ENGINEERING_PRIORITY: str(priority)}
    day.hub_writes(case, **shown)
