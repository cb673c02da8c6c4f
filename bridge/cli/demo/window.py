"""One page that shows what people see at every simulated system, for whoever watches the demo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from bridge.cli.demo import desk
from bridge.cli.demo.told import acknowledge_link
from bridge.cli.demo.vendors import CATEGORY, CLOSED_STAGE, ETA, KEYS, STAGE, Vendors

_EVERY_S = 3
_NEWEST = 8
"""Rows of a list: the newest ones, on top."""
_STYLE = """
:root { color-scheme: light dark; --line: #d5dbe3; --soft: #5a6675; --page: #eef1f5;
  --paper: #fff; }
@media (prefers-color-scheme: dark) { :root { --line: #323c48; --soft: #9aa7b6; --page: #11161c;
  --paper: #1b222b; } }
body { margin: 0; padding: 1rem; background: var(--page); font: 14px/1.4 system-ui, sans-serif; }
h1 { font-size: 1.25rem; margin: 0; }
p { color: var(--soft); margin: .2rem 0 1rem; }
main { columns: 34rem 3; column-gap: 1rem; }
section { break-inside: avoid; margin: 0 0 1rem; padding: .75rem 1rem; overflow-x: auto;
  background: var(--paper); border: 1px solid var(--line); border-radius: 8px; }
h2 { font-size: 1rem; margin: 0 0 .4rem; } h2 small { color: var(--soft); font-weight: 400; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0;
  border-top: 1px solid var(--line); }
th { color: var(--soft); font-weight: 400; border: 0; white-space: nowrap; }
"""


@dataclass(frozen=True, slots=True)
class Way:
    """A cell that leads somewhere."""

    text: str
    address: str


Cell = str | Way


@dataclass(frozen=True, slots=True)
class Sight:
    """What people see at one system: a list, oldest row first."""

    title: str
    remark: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


def window(vendors: Vendors) -> ASGIApp:
    """The page as an application; it reads the simulators and changes nothing."""

    async def show(_request: Request) -> HTMLResponse:
        headers = {"Cache-Control": "no-store"}
        return HTMLResponse(page(sights(vendors)), headers=headers)

    return Starlette(routes=[Route("/", show)])


def sights(vendors: Vendors) -> list[Sight]:
    """All systems, helpdesks first."""
    return [
        Sight(
            "HubSpot",
            "customer success",
            ("Ticket", "Customer", "Category", "The ticket shows", "Expected", "Work"),
            list(_hubspot(vendors)),
        ),
        Sight(
            "Zendesk",
            "support desk of the app",
            ("Ticket", "Customer", "Status", "The ticket shows", "Expected", "Work"),
            list(_zendesk(vendors)),
        ),
        Sight(
            "Azure DevOps Boards",
            "engineering",
            ("Item", "Title", "State", "Comments"),
            [
                (f"{i.type} #{i.id}", i.title, i.state, str(len(i.comments)))
                for i in vendors.live_items()
            ],
        ),
        Sight(
            "Jira",
            "engineers of the app",
            ("Issue", "Summary", "Status", "Priority"),
            _jira(vendors),
        ),
        Sight(
            "Rocketlane",
            "implementation team",
            ("Task", "Name", "Project", "Status", "Given to"),
            list(_rocketlane(vendors)),
        ),
        Sight(
            "Sentry",
            "never on a ticket",
            ("Issue", "Title", "Comments"),
            [
                (i.short_id, i.title, str(len(i.notes)))
                for i in vendors.desk.sentry.organization.issues.values()
            ],
        ),
        Sight(
            "Teams",
            "the internal channel",
            ("At", "Card", "Leads to"),
            [
                (f"{r.at:%H:%M:%S}", r.text.partition("\n")[0], ", ".join(r.urls))
                for r in vendors.channel.shown
            ],
        ),
        Sight("E-mail", "all mailboxes", ("To", "Subject", ""), list(_mail(vendors))),
    ]


def page(seen: Sequence[Sight]) -> str:
    """The page, which looks again by itself."""
    return (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>"
        f"<meta http-equiv='refresh' content='{_EVERY_S}'><title>The demo's systems</title>"
        f"<style>{_STYLE}</style></head><body><header><h1>What people see</h1>"
        "<p>Every system of the demo as it is now, newest first. Only the hub moves anything from "
        "one to another.</p></header>"
        f"<main>{''.join(map(_section, seen))}</main></body></html>"
    )


def _section(sight: Sight) -> str:
    heads = "".join(f"<th>{escape(each)}</th>" for each in sight.heads)
    newest = [*reversed(sight.rows)][:_NEWEST]
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in newest)
    more = f", {len(sight.rows)} in all" if len(sight.rows) > _NEWEST else ""
    return (
        f"<section><h2>{escape(sight.title)} <small>{escape(sight.remark)}{more}</small></h2>"
        f"<table><tr>{heads}</tr>{rows}</table></section>"
    )


def _cell(cell: Cell) -> str:
    if isinstance(cell, Way):
        return f"<td><a href='{escape(cell.address)}' target='_blank'>{escape(cell.text)}</a></td>"
    return f"<td>{escape(cell)}</td>"


def _hubspot(vendors: Vendors) -> Iterator[tuple[Cell, ...]]:
    for ticket in vendors.helpdesk.tickets.values():
        if ticket.merged_into is not None:
            continue
        said = {name: value or "" for name, value in ticket.properties.items()}
        firm = next((c.properties.get("name") or "" for c in ticket.companies), "")
        closed = " (closed)" if said.get("hs_pipeline_stage") == CLOSED_STAGE else ""
        yield (
            said.get("subject", ""), firm, said.get(CATEGORY, ""), said.get(STAGE, "") + closed,
            said.get(ETA, "")[:10], said.get(KEYS, ""),
        )  # fmt: skip


def _zendesk(vendors: Vendors) -> Iterator[tuple[Cell, ...]]:
    firms = {id: name for name, id in vendors.desk.firms.items()}
    for ticket in vendors.desk.zendesk.tickets.values():
        shown = (vendors.desk.shown(ticket.id, t) for t in (desk.STAGE, desk.ETA, desk.KEYS))
        firm = firms.get(ticket.values["organization_id"], "")
        yield (ticket.subject, firm, ticket.status, *shown)


def _jira(vendors: Vendors) -> list[tuple[Cell, ...]]:
    there = vendors.desk
    return [
        (each.key, each.fields["summary"], there.status_of(each), there.priority_of(each))
        for each in there.jira.site.issues.values()
    ]


def _rocketlane(vendors: Vendors) -> Iterator[tuple[Cell, ...]]:
    for task in vendors.projects.rocketlane.workspace.tasks.values():
        below = "↳" if task.parent is not None else ""
        owners = ", ".join(each.first for each in task.assignees)
        yield (f"{below}#{task.id}", task.name, task.project.name, task.status.label, owners)


def _mail(vendors: Vendors) -> Iterator[tuple[Cell, ...]]:
    for mail in vendors.mail.mails:
        link = acknowledge_link(mail)
        way = Way("the page behind its link", link) if link else ""
        yield (mail.recipient, str(mail.message["Subject"]), way)
