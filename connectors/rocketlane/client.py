"""Rocketlane as a tracker: what is created and changed there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from bridge.domain.errors import RecordMissing, Rejected, Stale
from bridge.domain.operations import ItemField, ItemLink, NewItem
from bridge.domain.records import Observation, Source, Value
from bridge.ports.roles import Found, Phase, Subtask
from connectors.rocketlane import note_links, payloads, render
from connectors.rocketlane.answers import unclear
from connectors.rocketlane.facts import moment, owners, person_id
from connectors.rocketlane.payloads import Task
from connectors.rocketlane.reading import Reading
from connectors.rocketlane.reference import own_ids
from connectors.rocketlane.schema import project_named

_CLOCK_SLACK = timedelta(minutes=10)
"""How far our clock and the vendor's may be apart when a launch is looked for by its time."""
_NO_FILES = "Rocketlane's API takes no files."


class RocketlaneTracker(Reading):
    """Reads and writes the tasks of one account."""

    async def create_item(self, launch: NewItem) -> Observation:
        """Create the task with reference, phase, people and back link, sent at most once."""
        project = await self._project_id(launch.project or self._settings.project)
        values: dict[str, Value] = dict(launch.fields)
        if "status" in values:
            values["status"] = await self._status_value(values["status"])
        try:
            body = await self._calls.ask_once(render.create(launch, project, values))
        except RecordMissing as refusal:
            raise Rejected("Rocketlane shows no such project.", detail=refusal.detail) from None
        return self._made(body)

    def _made(self, body: Any) -> Observation:
        """What was created; without its id the outcome is unknown."""
        try:
            made = payloads.Made.model_validate(body)
        except ValidationError:
            raise unclear("an answer without a task") from None
        try:
            task = Task.model_validate(body)
        except ValidationError:
            raise unclear(f"an answer that names task {made.id} and says nothing of it") from None
        # A create is by the key's own user: by it the hub learns who that is.
        self._account = self._account or task.created_by
        return self._seen(task, Source.WRITE)

    async def _project_id(self, text: str) -> str:
        if not text:
            raise Rejected("The route names no project, and the connection has none.")
        if text.isascii() and text.isdecimal():
            return text
        known = self._reference if self._reference.projects else await self.fetch_reference()
        found = project_named(text, known.projects)
        if len(found) != 1:
            raise Rejected(f"Rocketlane shows {len(found)} projects of that name.")
        return found[0].id

    async def _status_value(self, value: Value) -> Value:
        """A status by its label as the number that the API takes; others as they are."""
        text = str(value).strip()
        if not isinstance(value, str) or text.isdecimal():
            return value
        known = self._reference if self._reference.statuses else await self.fetch_reference()
        for each in known.statuses.values():
            if each.label.casefold() == text.casefold():
                return int(each.id)
        raise Rejected("Rocketlane shows no status of that label (status).", field="status")

    async def find_marked(self, marker: str, since: datetime) -> list[Found]:
        """Tasks that bear the marker as their reference, duplicates by people included."""
        request = render.list_marked(marker, since - _CLOCK_SLACK)
        tasks = (await self._calls.ask(request, payloads.TaskPage)).data
        marked = [each for each in tasks if each.reference == render.MARK + marker]
        if not marked:
            return []
        own = own_ids(await self._me())
        return [
            Found(str(each.id), marker, moment(each.created), person_id(each.created_by) in own)
            for each in marked
        ]

    async def set_fields(
        self, id: str, fields: Sequence[ItemField], revision: int | None
    ) -> Observation:
        """Write fields in one call, which may be repeated; the vendor counts no revisions."""
        self._check_id(id)
        given = [
            ItemField(each.field, await self._status_value(each.value))
            if each.field == "status" and each.value is not None
            else each
            for each in fields
        ]
        return await self._update(id, render.members(given))

    async def _update(self, id: str, body: dict[str, Any]) -> Observation:
        task = await self._calls.ask(render.update(id, body), Task)
        self._account = self._account or task.updated_by
        return self._seen(task, Source.WRITE)

    async def set_links(
        self,
        id: str,
        add: Sequence[ItemLink],
        remove: Sequence[ItemLink],
        revision: int | None,
    ) -> Observation:
        """Add and remove lines of the private note, read right before: nothing guards a write."""
        self._check_id(id)
        task = await self._calls.ask(render.read_task(id), Task)
        if not task.answers:
            raise Rejected("Rocketlane does not show the private note, so no link is put there.")
        held = task.note or ""
        note = note_links.changed(held, add, remove)
        if note == held:
            return self._seen(task, Source.READ)
        return await self._update(id, {"taskPrivateNote": note})

    async def assign(self, id: str, people: Sequence[str], saw: str) -> tuple[str, ...]:
        """Put people on a task, those already on it left out: nothing says that twice is once.

        The owners are compared right before: nothing guards the write itself, and it only adds.
        """
        self._check_id(id)
        task = await self._calls.ask(render.read_task(id), Task)
        if not task.answers:
            raise Rejected("Rocketlane does not show who is on the task, so nobody is put there.")
        if owners(task) != saw:
            raise Stale("Others own the task by now.")
        there = {each.email.casefold() for each in task.assignees.members} if task.assignees else ()
        new = tuple(each for each in people if each.casefold() not in there)
        if new:
            await self._calls.ask(render.assign(id, new), payloads.Made)
        return new

    async def attach(
        self, id: str, name: str, content: AsyncIterator[bytes], size: int | None, comment: str
    ) -> Observation:
        """Refused: no call takes a file."""
        self._check_id(id)
        await self._calls.ask(render.read_task(id), Task)
        raise Rejected(_NO_FILES)

    async def add_comment(self, id: str, html: str) -> str:
        """Add a private comment, sent at most once; its id."""
        self._check_id(id)
        try:
            body = await self._calls.ask_once(render.add_comment(id, html))
        except Rejected as refusal:
            if refusal.field == "source":
                # A task that is gone is a wrong value to this call.
                await self._calls.ask(render.read_task(id), Task)
            raise
        try:
            return str(payloads.CommentEntry.model_validate(body).id)
        except ValidationError:
            raise unclear("an answer without a comment") from None

    async def delete_comment(self, id: str, comment_id: str) -> None:
        """Delete a comment; one that is gone is no error if its task is there."""
        self._check_id(id)
        if not (comment_id.isascii() and comment_id.isdecimal()):
            raise RecordMissing("That is no id of a comment.")
        try:
            await self._calls.delete(render.delete_comment(comment_id))
        except RecordMissing:
            await self._calls.ask(render.read_task(id), Task)

    async def delete_file(self, id: str, comment: str) -> bool:
        """False: no file of the hub hangs on any task."""
        self._check_id(id)
        await self._calls.ask(render.read_task(id), Task)
        return False

    async def find_phases(self, project: str, name: str) -> list[Phase]:
        """The phases of that name, case-folded, in the vendor's order."""
        reference = self._reference if self._reference.statuses else await self.fetch_reference()
        found: list[Phase] = []
        token = None
        while True:
            page = await self._calls.ask(render.list_phases(project, token), payloads.PhasePage)
            for each in page.data:
                if each.name.strip().casefold() == name.strip().casefold():
                    status = str(each.status.value) if each.status else ""
                    info = reference.statuses.get(status)
                    found.append(Phase(str(each.id), info is not None and info.closed))
            token = page.pages.token
            if not page.pages.more or token is None:
                return found

    async def create_phase(self, project: str, name: str, start: str, due: str) -> str:
        """Create a phase, sent at most once; its id."""
        body = await self._calls.ask_once(render.create_phase(project, name, start, due))
        try:
            return str(payloads.Phase.model_validate(body).id)
        except ValidationError:
            raise unclear("an answer without a phase") from None

    async def add_subtask(self, id: str, subtask: Subtask) -> str:
        """Create a task below that one, sent at most once; its id."""
        self._check_id(id)
        parent = await self._calls.ask(render.read_task(id), Task)
        day = self._calls.now().date().isoformat()
        request = render.create_subtask(
            parent.id, parent.project.id, subtask.title, subtask.html, subtask.marker,
            subtask.template, day,
        )  # fmt: skip
        return self._made(await self._calls.ask_once(request)).ref.id
