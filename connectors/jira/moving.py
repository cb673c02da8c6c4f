"""Writing fields, and moving an issue along its workflow by where it shall arrive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from bridge.domain.errors import Rejected
from bridge.domain.operations import ItemField
from bridge.domain.records import Observation
from connectors.jira import payloads, render
from connectors.jira.answers import strange
from connectors.jira.payloads import Issue, Status, Transition
from connectors.jira.reading import Reading
from connectors.jira.reference import STATUS


@dataclass(frozen=True, slots=True)
class Move:
    """A step of the workflow, and the fields that go with it."""

    id: str
    fields: tuple[ItemField, ...]


class Moving(Reading):
    """The part of the tracker that writes fields."""

    async def set_fields(
        self, id: str, fields: Sequence[ItemField], revision: int | None
    ) -> Observation:
        """Write fields in one call, and a status by a step of the workflow.

        May be repeated. Jira counts no revisions, so none is checked: who writes at the same time
        is told by 409. Whether the step can be made is found out before anything is written.
        """
        self._check_id(id)
        target = next((each for each in fields if each.field == STATUS), None)
        rest = [each for each in fields if each is not target]
        known = await self._known_fields({each.field for each in rest})
        move = None if target is None else await self._move_to(id, target, rest)
        if move is not None:
            rest = [each for each in rest if each not in move.fields]
        if rest or target is None:
            issue = await self._calls.ask(render.set_fields(id, rest, known), Issue)
            if target is None:
                return self._written(issue)
        if move is not None:
            await self._calls.tell(render.transition(id, move.id, move.fields, known))
        return self._written(await self._calls.ask(render.read_issue(id), Issue))

    async def _move_to(self, id: str, target: ItemField, given: Sequence[ItemField]) -> Move | None:
        """The step that leads to the status; None where the issue is there already."""
        issue = await self._calls.ask(render.read_issue(id, STATUS), Issue)
        here = _status_of(issue)
        if _is(here, target):
            return None
        found = await self._calls.ask(render.read_transitions(id), payloads.Transitions)
        leading = [each for each in found.transitions if _is(each.to, target)]
        if not leading:
            text = f"No step of the workflow leads from {here.name} to this {STATUS}."
            raise Rejected(text, field=STATUS)
        moves = [_move(each, given, self._settings.transition_fields) for each in leading]
        for move in moves:
            if isinstance(move, Move):
                return move
        raise Rejected(_blocked(str(target.value), [str(each) for each in moves]), field=STATUS)


def _status_of(issue: Issue) -> Status:
    try:
        return Status.model_validate(issue.fields.get(STATUS))
    except ValidationError:
        raise strange("an issue without its status") from None


def _is(status: Status, target: ItemField) -> bool:
    """By id or by name: names of steps repeat, and say nothing of where they lead."""
    wanted = str(target.value)
    return status.id == wanted or status.name.casefold() == wanted.casefold()


def _move(step: Transition, given: Sequence[ItemField], defaults: Mapping[str, str]) -> Move | str:
    """The step with what its screen takes; else the name of a field it wants and nobody gives."""
    values = {each.field: each for each in given}
    taken: list[ItemField] = []
    for name, screen in step.fields.items():
        if name in values:
            taken.append(values[name])
        elif screen.required and name in defaults:
            taken.append(ItemField(name, defaults[name]))
        elif screen.required and not screen.has_default:
            return f"{screen.name or name} ({name})"
    return Move(step.id, tuple(taken))


def _blocked(target: str, missing: Sequence[str]) -> str:
    return (
        f"The workflow wants a value for {missing[0]} before {STATUS} may be {target}: add it to "
        "transition_fields of the connection."
    )
