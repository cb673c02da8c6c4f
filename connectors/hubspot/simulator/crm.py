"""The objects of the account and everything that can be done to them.

Each change keeps its history, moves `hs_lastmodifieddate` and is announced; who did it
(a person, an app) is told by the `Author`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from connectors.hubspot.simulator.association_types import NOUNS, TYPE_IDS
from connectors.hubspot.simulator.default_properties import default_schemas
from connectors.hubspot.simulator.dials import Dials
from connectors.hubspot.simulator.mail_headers import named_in_headers
from connectors.hubspot.simulator.outbox import Outbox
from connectors.hubspot.simulator.owners import Owners
from connectors.hubspot.simulator.pipelines import Pipelines
from connectors.hubspot.simulator.problems import (
    ApiProblem,
    InvalidValue,
    invalid,
    invalid_values,
    not_found,
)
from connectors.hubspot.simulator.records import CALCULATED, Author, Record
from connectors.hubspot.simulator.rich_text import rewritten
from connectors.hubspot.simulator.schema import DATE_ENTERED
from connectors.hubspot.simulator.stamps import iso

_FIRST_IDS = {
    "tickets": 5158000,
    "companies": 77000,
    "contacts": 300,
    "notes": 990400,
    "emails": 880100,
    "feedback_submissions": 66000,
}
ANNOUNCED = frozenset({"tickets", "companies", "contacts"})
"""Object types with webhooks; notes and mail on a ticket are not announced in any form."""
_NOTE_LIMIT = 65_536


class Crm:
    """Shelves of records by object type."""

    def __init__(self, dials: Dials, outbox: Outbox, clock: Callable[[], datetime]) -> None:
        now = clock()
        self.shelves: dict[str, dict[str, Record]] = {name: {} for name in _FIRST_IDS}
        self.schemas = default_schemas(now)
        self.pipelines = Pipelines(now)
        self.owners = Owners()
        self.clock = clock
        self._dials = dials
        self._outbox = outbox
        self._last_ids = dict(_FIRST_IDS)

    def find(self, object_type: str, key: str, id_property: str | None = None) -> Record | None:
        """A record by id or unique property, archived or not; merged ids as the dial says."""
        shelf = self.shelves[object_type]
        if id_property is not None and id_property != "hs_object_id":
            definition = self.schemas[object_type].find(id_property)
            if definition is None or not definition.unique:
                raise invalid(f"{id_property} is not a unique property of {object_type}")
            live = (r for r in shelf.values() if not r.archived and r.merged_into is None)
            return next((r for r in live if r.properties.get(id_property) == key), None)
        found = shelf.get(key)
        while found is not None and found.merged_into is not None:
            found = shelf.get(found.merged_into) if self._dials.merged_ids_resolve else None
        return found

    def live(self, object_type: str, key: str, id_property: str | None = None) -> Record:
        """Like `find`, and 404 for anything that is not there any more."""
        found = self.find(object_type, key, id_property)
        if found is None or found.archived:
            raise not_found("Object", key)
        return found

    def blank(self, object_type: str) -> Record:
        """A record with an id and nothing else, already on its shelf."""
        self._last_ids[object_type] += 1
        now = self.clock()
        record_id = str(self._last_ids[object_type])
        record = Record(object_type, record_id, now, now, self.shelves)
        self.shelves[object_type][record_id] = record
        return record

    def create(self, object_type: str, raw: dict[str, Any], author: Author) -> Record:
        """A new record, announced; nothing is left behind when a value is refused."""
        values = self._checked(object_type, raw, None)
        self._require(object_type, values)
        if object_type == "emails":
            values |= named_in_headers(values.get("hs_email_headers"))
        record = self.blank(object_type)
        now = record.created_at
        record.put("hs_object_id", record.id, now, author)
        record.put("createdate", iso(now), now, author)
        record.put("hs_lastmodifieddate", iso(now), now, author)
        record.put("hs_object_source", author.source_type, now, author)
        record.put("hs_object_source_id", author.source_id, now, author)
        flag = {"objectId": int(record.id), "changeFlag": "CREATED"}
        self.announce(record, "creation", flag, author)
        quiet = not self._dials.property_events_on_creation
        for name, value in values.items():
            self._set(record, name, value, author, quiet=quiet)
        return record

    def update(self, record: Record, raw: dict[str, Any], author: Author) -> None:
        """Stores what was sent; hs_lastmodifieddate moves even if every value was there before."""
        values = self._checked(record.object_type, raw, record)
        for name, value in values.items():
            self._set(record, name, value, author)
        self.touch(record, author)

    def touch(self, record: Record, author: Author) -> None:
        """Moves the time of the last change."""
        record.updated_at = self.clock()
        record.put("hs_lastmodifieddate", iso(record.updated_at), record.updated_at, author)

    def archive(self, record: Record, author: Author) -> None:
        """To the recycle bin."""
        if not record.archived:
            record.archived, record.archived_at = True, self.clock()
            flag = {"objectId": int(record.id), "changeFlag": "DELETED"}
            self.announce(record, "deletion", flag, author)

    def restore(self, record: Record, author: Author) -> None:
        """Back from the recycle bin."""
        if record.archived:
            record.archived, record.archived_at = False, None
            self.touch(record, author)
            flag = {"objectId": int(record.id), "changeFlag": "RESTORED"}
            self.announce(record, "restore", flag, author)

    def purge(self, record: Record) -> None:
        """A privacy deletion: gone for good, with nothing left to read."""
        del self.shelves[record.object_type][record.id]
        for other_type, others in record.links.items():
            for other_id in others:
                other = self.shelves[other_type].get(other_id)
                if other is not None:
                    other.links.get(record.object_type, {}).pop(record.id, None)
        if record.object_type == "contacts":
            self._outbox.emit("contact", "privacyDeletion", {"objectId": int(record.id)})

    def announce(
        self,
        record: Record,
        kind: str,
        body: dict[str, Any],
        author: Author,
        generic: dict[str, Any] | None = None,
    ) -> None:
        """An event about a record; notes and feedback have none."""
        if record.object_type not in ANNOUNCED:
            return
        type_id = TYPE_IDS[record.object_type]
        source = {"changeSource": author.source_type, "sourceId": author.source_id}
        self._outbox.emit(
            NOUNS[record.object_type],
            kind,
            body | source,
            type_id=type_id,
            generic=generic or {"objectTypeId": type_id},
        )

    def _set(
        self, record: Record, name: str, value: str | None, author: Author, *, quiet: bool = False
    ) -> None:
        if (
            name in ("hs_note_body", "hs_email_html")
            and value is not None
            and self._dials.rewrite_rich_text
        ):
            value = rewritten(value)
        if not record.put(name, value, self.clock(), author):
            return
        definition = self.schemas[record.object_type].find(name)
        if not quiet and definition is not None:
            shown = definition.in_webhook(value)
            change = {"objectId": int(record.id), "propertyName": name, "propertyValue": shown}
            self.announce(record, "propertyChange", change, author)
        if record.object_type == "tickets" and name == "hs_pipeline_stage":
            self._enter_stage(record, value, quiet=quiet)

    def _enter_stage(self, record: Record, stage_id: str | None, *, quiet: bool) -> None:
        now = iso(self.clock())
        record.put(f"{DATE_ENTERED}{stage_id}", now, self.clock(), CALCULATED)
        stage = self.pipelines.stage(stage_id)
        closed = stage is not None and stage.closed
        if closed != (record.properties.get("closed_date") is not None):
            self._set(record, "closed_date", now if closed else None, CALCULATED, quiet=quiet)

    def _checked(
        self, object_type: str, raw: dict[str, Any], record: Record | None
    ) -> dict[str, str | None]:
        values, problems = self.schemas[object_type].check(raw)
        problems += self._owner_problems(values) + self._note_problems(values)
        if object_type == "tickets":
            problems += self._stage_problems(values, record)
        if problems:
            raise invalid_values(problems)
        self._check_unique(object_type, values, record)
        return values

    def _owner_problems(self, values: dict[str, str | None]) -> list[InvalidValue]:
        owner = values.get("hubspot_owner_id")
        if owner is None or owner in self.owners.by_id:
            return []
        message = f"{owner} is not a valid owner ID"
        return [InvalidValue("hubspot_owner_id", "INVALID_OWNER_ID", message)]

    def _note_problems(self, values: dict[str, str | None]) -> list[InvalidValue]:
        if len(values.get("hs_note_body") or "") <= _NOTE_LIMIT:
            return []
        message = f"The note body is longer than {_NOTE_LIMIT} characters"
        return [InvalidValue("hs_note_body", "PROPERTY_VALUE_TOO_LONG", message)]

    def _stage_problems(
        self, values: dict[str, str | None], record: Record | None
    ) -> list[InvalidValue]:
        """A stage must belong to the pipeline that the ticket is in after the write."""
        if not {"hs_pipeline", "hs_pipeline_stage"} & values.keys():
            return []
        held = record.properties if record is not None else {}
        live = self.pipelines.live()
        default = live[0].id if len(live) == 1 else None
        pipeline_id = values.get("hs_pipeline") or held.get("hs_pipeline") or default
        pipeline = next((p for p in live if p.id == pipeline_id), None)
        if pipeline is None:
            message = f"{pipeline_id} was not one of the allowed options"
            return [InvalidValue("hs_pipeline", "INVALID_OPTION", message)]
        stage_id = values.get("hs_pipeline_stage") or held.get("hs_pipeline_stage")
        stage = pipeline.stages.get(stage_id or "")
        moved = "hs_pipeline_stage" in values and stage_id != held.get("hs_pipeline_stage")
        if stage_id is not None and (stage is None or (stage.archived and moved)):
            message = f"{stage_id} is not a stage of pipeline {pipeline_id}"
            return [InvalidValue("hs_pipeline_stage", "INVALID_OPTION", message)]
        values.setdefault("hs_pipeline", pipeline_id)
        return []

    def _require(self, object_type: str, values: dict[str, str | None]) -> None:
        wanted = {
            "tickets": ["subject", "hs_pipeline_stage"],
            "notes": ["hs_timestamp"],
            "emails": ["hs_timestamp"],
        }
        missing = [name for name in wanted.get(object_type, []) if values.get(name) is None]
        if missing:
            raise invalid_values(
                [InvalidValue(n, "REQUIRED_PROPERTY", f"{n} is required") for n in missing]
            )

    def _check_unique(
        self, object_type: str, values: dict[str, str | None], record: Record | None
    ) -> None:
        for name, value in values.items():
            definition = self.schemas[object_type].find(name)
            if value is None or definition is None or not definition.unique:
                continue
            holder = self.find(object_type, value, name)
            if holder is not None and holder is not record:
                message = f"{name} {value} is already used by object {holder.id}"
                raise ApiProblem(409, "CONFLICT", message, context={"id": [holder.id]})
