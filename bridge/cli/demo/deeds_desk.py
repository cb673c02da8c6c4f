"""What people at the support desk and the app's engineers do, and how its tickets are read."""

from __future__ import annotations

from bridge.cli.demo.casebook import DeskCase
from bridge.cli.demo.cast import first_name
from bridge.cli.demo.cast_desk import BUG, INES, NOOR, DeskRequest
from bridge.cli.demo.desk import ESCALATION, INSTANCE, KEYS, REPRODUCED, STAGE, STAGES
from bridge.cli.demo.narrator import DESK, JIRA
from bridge.cli.demo.scene import Scene, StoryEnds
from bridge.cli.demo.vendors import picture
from connectors.jira.simulator.records import Issue


def asks(scene: Scene, request: DeskRequest) -> DeskCase:
    """Somebody at a customer writes to the desk, with a picture where they took one."""
    desk, customer = scene.vendors.desk, request.customer
    local = request.asker.casefold().replace(" ", ".")
    address = f"{local}@{customer.domain}"
    known = (u.id for u in desk.zendesk.account.users.values() if u.email == address)
    asker = next(known, None) or desk.zendesk.add_customer(
        request.asker, address, desk.firms[customer.name]
    )
    files = []
    if request.screenshot:
        files = [(request.screenshot, picture(request.screenshot), "image/png")]
    ticket_id = desk.zendesk.customer_creates_ticket(
        request.subject, request.text, asker, files, priority=request.priority
    )
    case = DeskCase(request, ticket_id)
    scene.book.desk.append(case)
    who = f"{request.asker} of {customer.name} ({customer.plan})"
    along = ", with a screenshot" if request.screenshot else ""
    scene.act(DESK, f"{who} writes to the desk: “{request.subject}”{along}")
    return case


def decides(scene: Scene, case: DeskCase, *, reproduced: bool) -> None:
    """The escalation team says that it is a bug; Ines says whether she has seen it herself."""
    values: dict[str, str | bool] = {
        ESCALATION: BUG,
        INSTANCE: case.request.instance,
        REPRODUCED: reproduced,
    }
    edits(scene, case, NOOR[0], **values)
    case.escalated = reproduced


def edits(scene: Scene, case: DeskCase, by: str, **values: str | bool) -> None:
    """Somebody at the desk sets fields of a ticket, named by their titles."""
    desk = scene.vendors.desk
    own = {desk.fields[title]: value for title, value in values.items()}
    desk.zendesk.person_edits_ticket(case.ticket_id, by=desk.agents[by], custom_fields=own)


def issue_of(scene: Scene, case: DeskCase) -> Issue:
    """The issue of a ticket that has one; without it the story can't go on."""
    issues = scene.vendors.desk.issues_of(case.ticket_id)
    if not issues:
        raise StoryEnds(f"“{case.request.subject}” has no issue in Jira to go on with")
    return issues[0]


def has_issue(scene: Scene, case: DeskCase) -> bool:
    """Whether the issue is there with its picture, and the ticket shows its key and stage."""
    desk = scene.vendors.desk
    issues = desk.issues_of(case.ticket_id)
    return (
        len(issues) == 1
        and len(issues[0].attachments) == bool(case.request.screenshot)
        and desk.shown(case.ticket_id, KEYS) == issues[0].key
        and desk.shown(case.ticket_id, STAGE) == STAGES["To Do"]
    )


def moves(scene: Scene, case: DeskCase, status: str, by: str) -> None:
    """An engineer moves the issue of a ticket."""
    desk, issue = scene.vendors.desk, issue_of(scene, case)
    before = desk.status_of(issue)
    desk.jira.person_moves_status(issue.id, status, desk.engineers[by])
    scene.act(JIRA, f"{first_name(by)} moves {issue.key} from {before} to {status}")


async def follows(scene: Scene, case: DeskCase, status: str) -> None:
    """Wait until the ticket shows what that status means to a customer."""
    wanted = STAGES[status]
    await scene.until(
        lambda: scene.vendors.desk.shown(case.ticket_id, STAGE) == wanted,
        f"The ticket shows “{wanted}”",
    )


def answers_and_solves(scene: Scene, case: DeskCase, text: str) -> None:
    """Ines tells the customer, and solves the ticket."""
    desk = scene.vendors.desk
    ines = desk.agents[INES[0]]
    desk.zendesk.agent_writes(case.ticket_id, text, by=ines)
    desk.zendesk.person_edits_ticket(case.ticket_id, by=ines, assignee_id=ines, status="solved")
    case.solved = True
    scene.act(DESK, f"Ines to {case.request.asker}: “{text}” She solves the ticket")
