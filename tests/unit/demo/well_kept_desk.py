"""A small day at the desk, in a project and in error tracking, kept by hand as it should be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage

from bridge.cli.demo import cast, projects
from bridge.cli.demo.casebook import Case, DeskCase, SignalCase
from bridge.cli.demo.cast_desk import OLD_PHONES, PHOTOS_LOST, PROJECT
from bridge.cli.demo.checks import judge
from bridge.cli.demo.deeds_desk import answers_and_solves, asks, decides
from bridge.cli.demo.desk import ETA, KEYS, STAGE, STAGES, Desk
from bridge.cli.demo.hub_api import Answer
from bridge.cli.demo.scene import Scene
from bridge.cli.demo.vendors import KEYS as TICKET_KEYS
from bridge.cli.demo.vendors import STAGE as TICKET_STAGE
from bridge.cli.demo.vendors import Vendors, picture
from connectors.email.simulator import Mail
from connectors.jira.simulator.records import Issue
from connectors.rocketlane.simulator.records import Task
from connectors.teams.simulator import Run
from tests.unit.demo.well_kept import silent_scene

DAY = "2026-12-14"
SECRET = "TypeError: tenant is undefined"


@dataclass(slots=True)
class DeskDay:
    """A bug of the desk, a question, a task of a project, and a signal beside the bug."""

    scene: Scene
    bug: DeskCase
    question: DeskCase
    after: Case
    signal: SignalCase

    @property
    def vendors(self) -> Vendors:
        """All accounts."""
        return self.scene.vendors

    @property
    def desk(self) -> Desk:
        """Those of the desk."""
        return self.scene.vendors.desk

    @property
    def issue(self) -> Issue:
        """The bug in Jira."""
        return self.desk.issues_of(self.bug.ticket_id)[0]

    @property
    def task(self) -> Task:
        """The task in Rocketlane."""
        return self.vendors.tasks_of(self.after.ticket_id)[0]

    def bad_checks(self) -> list[str]:
        """The checks that find something wrong."""
        return [v.title for v in judge(self.vendors, self.scene.book) if not v.good]


def well_kept_desk() -> DeskDay:
    """The day, with a patch whose date the ticket shows."""
    scene = silent_scene()
    bug, question = asks(scene, PHOTOS_LOST), asks(scene, OLD_PHONES)
    answers_and_solves(scene, question, "Yes.")
    decides(scene, bug, reproduced=True)
    own = hub_opens_bug(scene, bug)
    desk = scene.vendors.desk
    desk.jira.add_version("7.2", PROJECT, DAY)
    desk.jira.person_edits(own.id, {"fixVersions": [{"name": "7.2"}]})
    hub_writes(scene, bug, **{STAGE: STAGES["To Do"], KEYS: own.key, ETA: DAY})
    csm_hears(scene, bug, own.key)
    after = scene.file_ticket(cast.WARRANTY)
    task = hub_makes_task(scene, after)
    card(scene, after, task)
    return DeskDay(scene, bug, question, after, _signal(scene, bug, own))


def hub_opens_bug(scene: Scene, case: DeskCase, priority: str = "High") -> Issue:
    """The issue of a ticket, as the hub makes it: with its link and its picture."""
    desk, request = scene.vendors.desk, case.request
    hub = desk.jira.account
    summary = f"[{request.customer.name}] {request.subject}"
    id = desk.jira.person_creates(summary, PROJECT, by=hub, priority={"name": priority})
    issue = desk.jira.issue(id)
    there = {"url": desk.ticket_url(case.ticket_id), "title": "ticket"}
    desk.jira.jira.talk.remote_link(hub, issue, {"object": there})
    if request.screenshot:
        content = picture(request.screenshot)
        desk.jira.jira.talk.attach(hub, issue, request.screenshot, "image/png", content)
    return issue


def hub_writes(scene: Scene, case: DeskCase, **values: str) -> None:
    """What the hub writes on a ticket of the desk."""
    desk = scene.vendors.desk
    own = {desk.fields[title]: value for title, value in values.items()}
    desk.zendesk.person_edits_ticket(case.ticket_id, by=desk.zendesk.admin_id, custom_fields=own)


def csm_hears(scene: Scene, case: DeskCase, key: str) -> None:
    """The customer's success manager is told of a bug."""
    mails, message = scene.vendors.mail.mails, EmailMessage()
    message["Message-ID"] = f"<{len(mails)}@harborline.example>"
    message.set_content(f"Work: {key}\n")
    csm = case.request.customer.csm.email
    mails.append(Mail("support@harborline.example", csm, message, True, None))


def hub_makes_task(scene: Scene, case: Case) -> Task:
    """The task of a ticket with its subtask, as the hub makes them, and what the ticket shows."""
    vendors, customer = scene.vendors, case.request.customer
    account, rocketlane = vendors.projects, vendors.projects.rocketlane
    workspace, hub = rocketlane.workspace, rocketlane.account
    project = next(p for p in workspace.projects.values() if p.company.name == customer.name)
    phase = next(p for p in workspace.phases.values() if p.project is project)
    owners = [account.person(each) for each in (customer.csm, cast.HUGO)]
    link = f'<p><a href="{vendors.ticket_url(case.ticket_id)}">ticket</a></p>'
    id = rocketlane.person_creates(
        case.request.subject,
        project,
        hub,
        phase={"phaseId": phase.id},
        assignees={"members": [{"userId": each.id} for each in owners]},
        taskPrivateNote=f"<p>{case.request.text}</p>{link}",
    )
    rocketlane.person_creates(projects.QUESTIONS, project, hub, parent={"taskId": int(id)})
    portal = vendors.helpdesk.portal
    shown = {TICKET_STAGE: projects.STAGES["To do"], TICKET_KEYS: f"#{id}"}
    portal.crm.update(vendors.ticket(case.ticket_id), shown, portal.app)
    return rocketlane.task(id)


def card(scene: Scene, case: Case, task: Task, *, screenshot: bool = True) -> None:
    """A card of a task in the internal channel."""
    leads_to = [f"{projects.SITE}/projects/1/tasks/{task.id}"]
    if screenshot:
        leads_to.append(f"http://hub.test/tickets/hubspot/{case.ticket_id}")
    body = [{"type": "TextBlock", "text": f"Task #{task.id}"}]
    actions = [{"title": url, "url": url, "type": "Action.OpenUrl"} for url in leads_to]
    message = {"attachments": [{"content": {"body": body, "actions": actions}}]}
    scene.vendors.channel.runs.append(Run(datetime.now(UTC), message, "Succeeded"))


def _signal(scene: Scene, bug: DeskCase, own: Issue) -> SignalCase:
    desk = scene.vendors.desk
    error = desk.sentry.error_occurs("field-app", title=SECRET)
    beside = desk.jira.person_creates(SECRET, PROJECT, by=desk.jira.account)
    desk.jira.person_links(own.id, beside)
    refused = Answer(422, {"code": "sentry_never_on_ticket"})
    signal = SignalCase(error.id, bug, refused, Answer(201, {}), internal_tasks=1)
    scene.book.signals.append(signal)
    scene.book.keep_inside("sentry", SECRET)
    return signal
