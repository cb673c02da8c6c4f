"""Erasure: a ticket's or a person's words leave the hub, and its copies the trackers."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from bridge.api.access import Admin, HubHere
from bridge.api.jobs import JobShape
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import Word, one_of, printable
from bridge.engine.erasing import UnknownRecord, erase_person, erase_record

router = APIRouter(tags=["jobs"])

_PART = r"[^@\s\x00-\x1f:,;<>\"]+"
_ADDRESS = re.compile(rf"{_PART}@({_PART}\.{_PART}|localhost)")


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError("one e-mail address, such as ana@client.example")
    return printable(text)


class ErasedRef(BaseModel):
    """The record to erase."""

    model_config = ConfigDict(title="RecordToErase", extra="forbid")

    connection: Word = Field(examples=["hubspot"])
    id: Word = Field(description="The vendor's stable id.", examples=["812"])


class Erase(BaseModel):
    """Whose words are to go: those of a record, or of whoever has an e-mail address."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"ref": {"connection": "hubspot", "id": "812"}},
                {"email": "ana@client.example"},
            ],
            **one_of("ref", "email"),
        },
    )

    ref: ErasedRef | None = Field(None, description="A ticket or a work item.")
    email: (
        Annotated[
            str,
            Field(
                min_length=3,
                max_length=254,
                json_schema_extra={"pattern": f"^{_ADDRESS.pattern}$"},
            ),
            AfterValidator(_address),
        ]
        | None
    ) = Field(None, description="Never stored but in the job that is under way.")

    @model_validator(mode="after")
    def _one(self) -> Erase:
        if (self.ref is None) == (self.email is None):
            raise ValueError("either ref or email, and not both")
        return self


@router.post("/erase", status_code=202, responses=for_callers("not_found", "too_large"))
async def erase(hub: HubHere, actor: Admin, wanted: Erase) -> JobShape:
    """Begin to erase in the background; it can't be undone.

    Ids, links and the stage stay. The job's result counts what was `cleared` and lists the copies
    that were `deleted` at trackers and what is `left` for a person, each with its `ref`. It ends
    after about a minute, when it has gone over everything twice.
    """
    if wanted.email is not None:
        return JobShape.of(await erase_person(hub, wanted.email, by=actor.name))
    assert wanted.ref is not None  # noqa: S101 - the model takes exactly one of the two
    try:
        job = await erase_record(hub, wanted.ref.connection, wanted.ref.id, by=actor.name)
    except UnknownRecord as unknown:
        raise ApiProblem("not_found", str(unknown)) from None
    return JobShape.of(job)
