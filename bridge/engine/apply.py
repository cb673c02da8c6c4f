"""Apply: carry a plan's operations out, one by one."""

from __future__ import annotations

from typing import assert_never

from bridge.domain.operations import (
    AddItemComment,
    AddSubtask,
    AddTicketNote,
    CopyAttachment,
    FindSaid,
    LaunchItem,
    LaunchSignal,
    Operation,
    Outcome,
    ProbeLaunch,
    ProbeSignal,
    RelateItem,
    SayToCustomer,
    SetItemFields,
    SetItemLinks,
    SetTicketFields,
    ShowLetter,
)
from bridge.engine import copying, launching, relating, signal_launching, speaking, writing
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
        case AddTicketNote() | AddItemComment() | CopyAttachment() | AddSubtask():
            outcome = await _copy(run, operation)
        case SayToCustomer() | FindSaid() | ShowLetter():
            outcome = await speaking.speak(run, operation)
        case RelateItem():
            outcome = await relating.relate(run, operation)
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


async def _copy(
    run: Run, operation: AddTicketNote | AddItemComment | CopyAttachment | AddSubtask
) -> Outcome:
    match operation:
        case AddTicketNote():
            return await copying.add_note(run, operation)
        case AddItemComment():
            return await copying.add_comment(run, operation)
        case CopyAttachment():
            return await copying.copy_attachment(run, operation)
        case AddSubtask():
            return await copying.add_subtask(run, operation)
