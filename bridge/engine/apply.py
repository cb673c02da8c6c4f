"""Apply: carry a plan's operations out, one by one."""

from __future__ import annotations

from typing import assert_never

from bridge.domain.operations import (
    AddItemComment,
    AddSubtask,
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
        case LaunchItem() | ProbeLaunch() | LaunchSignal() | ProbeSignal():
            outcome = await _launch(run, operation)
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
        case RelateItem():
            outcome = await relating.relate(run, operation)
        case AddSubtask():
            outcome = await copying.add_subtask(run, operation)
        case _:
            assert_never(operation)
    run.outcomes.append((operation, outcome))
    return outcome


async def _launch(
    run: Run, operation: LaunchItem | ProbeLaunch | LaunchSignal | ProbeSignal
) -> Outcome:
    match operation:
        case LaunchItem():
            return await launching.launch(run, operation)
        case ProbeLaunch():
            return await launching.probe(run, operation)
        case LaunchSignal():
            return await signal_launching.launch(run, operation)
        case ProbeSignal():
            return await signal_launching.probe(run, operation)
