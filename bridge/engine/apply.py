"""Apply: carry a plan's operations out, one by one."""

from __future__ import annotations

from typing import assert_never

from bridge.domain.operations import (
    AddItemComment,
    AddTicketNote,
    CopyAttachment,
    LaunchItem,
    LaunchSignal,
    Operation,
    Outcome,
    ProbeLaunch,
    ProbeSignal,
    RelateItem,
    SetItemFields,
    SetItemLinks,
    SetTicketFields,
)
from bridge.engine import copying, launching, relating, signal_launching, writing
from bridge.engine.operation import Run


async def apply_operation(run: Run, operation: Operation) -> Outcome:
    """Carry one operation out; raises CallFailed for whatever the shell must react to."""
    match operation:
        case LaunchItem():
            outcome = await launching.launch(run, operation)
        case ProbeLaunch():
            outcome = await launching.probe(run, operation)
        case SetTicketFields():
            outcome = await writing.set_ticket_fields(run, operation)
        case SetItemFields():
            outcome = await writing.set_item_fields(run, operation)
        case SetItemLinks():
            outcome = await writing.set_item_links(run, operation)
        case AddTicketNote():
            outcome = await copying.add_note(run, operation)
        case AddItemComment():
            outcome = await copying.add_comment(run, operation)
        case CopyAttachment():
            outcome = await copying.copy_attachment(run, operation)
        case LaunchSignal() | ProbeSignal() | RelateItem():
            outcome = await _beside_tickets(run, operation)
        case _:
            assert_never(operation)
    run.outcomes.append((operation, outcome))
    return outcome


async def _beside_tickets(run: Run, operation: LaunchSignal | ProbeSignal | RelateItem) -> Outcome:
    match operation:
        case LaunchSignal():
            return await signal_launching.launch(run, operation)
        case ProbeSignal():
            return await signal_launching.probe(run, operation)
        case RelateItem():
            return await relating.relate(run, operation)
