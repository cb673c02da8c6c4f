"""Previews: what a draft of a mapping would change, before it counts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import AccessRole, HubHere, Viewer
from bridge.api.jobs import JobShape
from bridge.api.mapping_texts import BODY, NotJson, mapping_text
from bridge.api.mappings import broken, invalid
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import Word
from bridge.engine import preview
from bridge.engine.activation import BrokenMapping, NoSuchVersion
from bridge.store.jobs import Job

router = APIRouter(tags=["mappings"])

_OPTIONAL: dict[str, Any] = {
    "requestBody": {
        **BODY["requestBody"],
        "required": False,
        "description": "The whole draft, as YAML or as JSON; without it the newest stored draft.",
    }
}
_REF = Field(description="The record.", examples=["hubspot:812"])


class PreviewChange(BaseModel):
    """One value that would be written."""

    ref: str = _REF
    field: str = Field(
        description="The vendor's field; or `note`, `comment`, `file`, `hyperlink`.",
        examples=["work_stage"],
    )
    from_: str | None = Field(
        alias="from",
        description="What is there now; null where nothing is, or nobody has read it.",
        examples=["Reported to engineering"],
    )
    to: str | None = Field(
        description="What would be there; null where something is taken away.",
        examples=["With our engineers"],
    )
    customer_visible: bool = Field(description="Whether customers may see it.")


class PreviewLaunch(BaseModel):
    """A work item that would be created for a ticket."""

    ref: str = _REF
    route: str = Field(examples=["bug"])
    connection: str = Field(description="The tracker.", examples=["boards"])
    project: str | None = Field(examples=["Platform"])
    type: str = Field(examples=["Bug"])


class PreviewProblem(BaseModel):
    """Something that a person should know before the draft counts."""

    ref: str | None = Field(description="The record; null if it is about many.")
    field: str = Field(description="What it is about; empty where it is about the whole record.")
    code: str = Field(description="A reason code, see docs/errors.md.", examples=["CONFLICT"])
    sentence: str
    what_to_do: str


class PreviewCounts(BaseModel):
    """How many there are, whether listed or not."""

    changes: int = Field(examples=[2])
    launches: int = Field(examples=[0])
    problems: int = Field(examples=[0])
    refused: int = Field(examples=[0])
    messages: int = Field(
        description="Tickets that would reach a stage which asks for a message to the customer.",
        examples=[1],
    )
    notices: int = Field(description="Messages to the team that would go out.", examples=[0])
    promises: int = Field(
        0, description="Promises that would be made and are not now.", examples=[3]
    )
    broken: int = Field(
        0, description="Promises that would be found broken and are not now.", examples=[0]
    )


class PreviewShape(BaseModel):
    """What would change if the draft were in force instead of the active version."""

    model_config = ConfigDict(title="Preview")

    active: str | None = Field(description="The hash in force; null where none is.")
    draft: str = Field(description="The draft's hash.")
    records: int = Field(description="Tickets and work items that were looked at.", examples=[812])
    unread: int = Field(
        description="Those of them that must be read before all can be told.", examples=[0]
    )
    changes: list[PreviewChange]
    launches: list[PreviewLaunch]
    problems: list[PreviewProblem] = Field(description="What a person would have to put right.")
    refused: list[PreviewProblem] = Field(description="What the hub would refuse to write.")
    counts: PreviewCounts


@router.post(
    "/mappings/{name}/preview",
    response_model=PreviewShape,
    responses={
        202: {"model": JobShape, "description": "Many tickets: the result will be at /jobs/{id}."},
        **for_callers("not_found", "too_large", "mapping_invalid"),
    },
    openapi_extra=_OPTIONAL,
)
async def preview_mapping(
    hub: HubHere,
    actor: Viewer,
    name: Annotated[Word, Path(description="The mapping's name.", examples=["hubspot-success"])],
    request: Request,
) -> Response:
    """Say what a draft would change; nothing is written anywhere and no vendor is asked.

    The same plans as after an activation are made on what the hub has seen. Of each list the
    first 1,000 entries are given; `counts` are complete. Above 1,000 tickets the answer is 202
    with a job, whose `result` is the preview. The stored draft may be asked about by every role;
    a draft that is sent needs the role admin, as it is kept with the job.
    """
    sent = bool(await request.body())
    if sent and not actor.role.covers(AccessRole.ADMIN):
        raise ApiProblem(
            "forbidden",
            f"Previewing a draft of your own needs the role admin; the token has the role "
            f"{actor.role.value}. Without a body the newest stored draft is previewed",
        )
    try:
        text = await mapping_text(request) if sent else None
        draft = await preview.read_draft(hub, name, text)
    except NotJson as error:
        raise invalid([error.mistake]) from None
    except BrokenMapping as error:
        raise broken(error.problems) from None
    except NoSuchVersion:
        said = f"The mapping {name!r} has no draft; send one, or keep one first"
        raise ApiProblem("not_found", said) from None
    found = await preview.preview(hub, draft, by=actor.name)
    if isinstance(found, Job):
        headers = {"Location": f"/api/v1/jobs/{found.id}"}
        body = JobShape.of(found).model_dump_json()
        return Response(body, 202, headers, media_type="application/json")
    body = PreviewShape.model_validate(found).model_dump_json(by_alias=True)
    return Response(body, 200, media_type="application/json")
