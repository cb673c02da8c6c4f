"""How the day ended: the picture of all tickets, the verdicts and the summary."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bridge.cli.demo.casebook import Case, Casebook, DeskCase
from bridge.cli.demo.desk import ETA as DESK_ETA
from bridge.cli.demo.desk import STAGE as DESK_STAGE
from bridge.cli.demo.systems import SystemReport, events_lost, reports, stages_written
from bridge.cli.demo.vendors import ETA, STAGE, Vendors
from bridge.cli.demo.verdicts import Verdict

_SPOKEN = {
    "hubspot": "HubSpot",
    "zendesk": "Zendesk",
    "boards": "Azure DevOps Boards",
    "jira": "Jira",
    "rocketlane": "Rocketlane",
    "sentry": "Sentry",
    "internal": "Teams, internal channel",
    "mail": "E-mail",
}
_SHORT = {"User Story": "Story"}
_SUBJECT, _NARROWEST, _FRAME = 1, 12, 13
"""The column that is cut on a narrow screen, how far, and what the table itself takes."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The result of `--once`, as it is printed with `--json`."""

    ok: bool
    tickets: int
    launched: int
    stages_mirrored: int
    vendor_calls: int
    findings: int | None
    """Open findings of the hub; None if it did not answer."""
    deliveries_lost: int
    dropped_on_purpose: int
    seconds: float
    systems: dict[str, SystemReport] = field(default_factory=dict)
    finding_codes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        """The summary as JSON data."""
        return asdict(self)


def summarise(
    vendors: Vendors,
    book: Casebook,
    verdicts: list[Verdict],
    codes: list[str] | None,
    seconds: float,
) -> Summary:
    """The numbers of the day, from the vendors' state; only the findings are the hub's own."""
    systems = reports(vendors, book)
    subtasks = sum(each.parent is not None for each in vendors.projects.own_tasks())
    return Summary(
        ok=all(verdict.good for verdict in verdicts),
        tickets=len(book.cases) + len(book.desk),
        launched=sum(each.created for each in systems.values()) - subtasks,
        stages_mirrored=stages_written(vendors),
        vendor_calls=sum(each.calls for each in systems.values()),
        findings=None if codes is None else len(codes),
        deliveries_lost=events_lost(vendors),
        dropped_on_purpose=book.dropped,
        seconds=round(seconds, 1),
        systems=systems,
        finding_codes=sorted(codes or []),
        problems=[problem for verdict in verdicts for problem in verdict.problems],
    )


def show_picture(console: Console, vendors: Vendors, book: Casebook) -> None:
    """Every ticket with its work and what it shows; subjects are cut first on a narrow screen."""
    rows = [_row(vendors, case) for case in book.cases if case.merged_into is None]
    rows += [_desk_row(vendors, case) for case in book.desk]
    headings = ("Customer", "Ticket", "Work", "The ticket shows")
    widths = [max(map(cell_len, column)) for column in zip(headings, *rows, strict=True)]
    widths[_SUBJECT] = 0
    widths[_SUBJECT] = max(_NARROWEST, console.width - sum(widths) - _FRAME)
    table = Table(title="Where everything stands", title_justify="left", box=SIMPLE_HEAD)
    for heading, width in zip(headings, widths, strict=True):
        table.add_column(heading, no_wrap=True, overflow="ellipsis", max_width=width)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print()
    console.print(table)


def _row(vendors: Vendors, case: Case) -> tuple[str, ...]:
    customer = case.request.customer.name.partition(" ")[0]
    work = [
        f"{_SHORT.get(each.type, each.type)} #{each.id} {each.state}"
        for each in vendors.items_of(case.ticket_id)
    ]
    work += [f"Task #{each.id} {each.status.label}" for each in vendors.tasks_of(case.ticket_id)]
    if not work:
        return customer, case.request.subject, "stays in HubSpot", ""
    shown = vendors.shown(case.ticket_id, STAGE)
    expected = vendors.shown(case.ticket_id, ETA)[:10]
    closed = " (closed)" if case.closed_with is not None else ""
    return customer, case.request.subject, ", ".join(work), f"{_with_date(shown, expected)}{closed}"


def _desk_row(vendors: Vendors, case: DeskCase) -> tuple[str, ...]:
    desk, customer = vendors.desk, case.request.customer.name.partition(" ")[0]
    work = [f"{each.key} {desk.status_of(each)}" for each in desk.issues_of(case.ticket_id)]
    if not work:
        return customer, case.request.subject, "stays in Zendesk", ""
    shown = desk.shown(case.ticket_id, DESK_STAGE)
    expected = desk.shown(case.ticket_id, DESK_ETA)
    solved = " (solved)" if case.solved else ""
    return customer, case.request.subject, ", ".join(work), f"{_with_date(shown, expected)}{solved}"


def _with_date(shown: str, expected: str) -> str:
    return f"{shown}, {expected}" if expected else shown


def show_systems(console: Console, summary: Summary) -> None:
    """What the hub did at each system."""
    table = Table(title="What the hub did at each system", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("System")
    headings = ("created", "mirrored", "told", "withheld", "calls")
    for heading in headings:
        table.add_column(heading, justify="right")
    for name, report in summary.systems.items():
        counts = asdict(report)
        table.add_row(_SPOKEN[name], *(str(counts[each] or "") for each in headings))
    console.print()
    console.print(table)


def show_verdicts(console: Console, verdicts: list[Verdict], summary: Summary) -> None:
    """Each check with what it found, and the numbers."""
    console.print()
    for verdict in verdicts:
        mark = "[green]✓[/]" if verdict.good else "[bold red]✗[/]"
        console.print(f"{mark} {verdict.title}")
        for problem in verdict.problems:
            console.print(f"    [red]{problem}", highlight=False)
    codes = f" ({', '.join(summary.finding_codes)})" if summary.finding_codes else ""
    findings = "an unknown number of" if summary.findings is None else summary.findings
    console.print()
    console.print(
        f"Tickets {summary.tickets}, work items {summary.launched}, stages written "
        f"{summary.stages_mirrored}, calls to the vendors {summary.vendor_calls}, open findings: "
        f"{findings}{codes}, events lost {summary.deliveries_lost}, dropped on purpose and "
        f"repaired {summary.dropped_on_purpose}. It took {summary.seconds:.0f} s.",
        highlight=False,
    )
