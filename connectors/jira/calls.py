"""Calls to one site: credential, what an answer means, and what a silence means."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from bridge.domain.errors import Rejected, Unavailable
from bridge.kit.http import Caller, NoAnswer, Wire
from connectors.jira import render
from connectors.jira.addresses import Place
from connectors.jira.answers import is_anonymous, read_answer, read_once, strange, unclear
from connectors.jira.permissions import needed
from connectors.jira.render import Request
from connectors.jira.settings import JiraSettings

Shape = TypeVar("Shape", bound=BaseModel)
JSON = "application/json"


class Calls:
    """The way to the vendor. Raises only errors that say what happens next."""

    def __init__(self, name: str, settings: JiraSettings, place: Place, wire: Wire) -> None:
        self._clock = wire.clock
        credential = f"{settings.email}:{settings.token.get_secret_value().strip()}"
        self._caller = Caller(
            name,
            place.origin + "/",
            headers={
                "Accept": JSON,
                "Authorization": "Basic " + base64.b64encode(credential.encode()).decode(),
            },
            timeout_s=settings.timeout_s,
            rate=settings.rate,
            wire=wire,
        )

    def now(self) -> datetime:
        """The time."""
        return self._clock.now()

    async def ask(self, request: Request, shape: type[Shape]) -> Shape:
        """The answer to a call that may be repeated."""
        try:
            return shape.model_validate(await self._repeatable(request))
        except ValidationError:
            raise strange(f"not the JSON of {shape.__name__}") from None

    async def ask_list(self, request: Request, shape: type[Shape]) -> list[Shape]:
        """The same, where the answer is a list."""
        try:
            return TypeAdapter(list[shape]).validate_python(  # type: ignore[valid-type]  # a list of what is asked for
                await self._repeatable(request)
            )
        except ValidationError:
            raise strange(f"not the JSON of a list of {shape.__name__}") from None

    async def _repeatable(self, request: Request) -> Any:
        try:
            answer = await self._send(request)
        except NoAnswer as silence:
            raise _unavailable(silence) from None
        return read_answer(answer, self.now(), needed(request.method, request.path))

    async def tell(self, request: Request) -> None:
        """A call that may be repeated, and whose good answer (204, 201) has no body."""
        try:
            answer = await self._send(request)
        except NoAnswer as silence:
            raise _unavailable(silence) from None
        done = answer.status_code == 204 or (answer.status_code == 201 and not answer.content)
        if not done or is_anonymous(answer):
            read_answer(answer, self.now(), needed(request.method, request.path))
            raise strange(f"status {answer.status_code} where 204 was due")

    async def ask_once(self, request: Request, refusals: frozenset[int]) -> Any:
        """The answer to a call that must not be repeated: silence is `UnknownOutcome`.

        `refusals` are the statuses by which the vendor is documented to refuse it.
        """
        return await self._once(self._json_of(request), request, refusals)

    async def upload_once(
        self,
        request: Request,
        name: str,
        content: AsyncIterator[bytes],
        size: int | None,
        refusals: frozenset[int],
    ) -> Any:
        """The same for a file, which goes out as the vendor's form and is never held whole."""
        boundary = uuid4().hex
        head, tail = render.form_of(name, boundary)
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            # Jira refuses uploads without it, against forgery by web pages.
            "X-Atlassian-Token": "no-check",
        }
        if size is not None:
            headers["Content-Length"] = str(len(head) + size + len(tail))
        body = _form(head, content, size, tail)
        return await self._once({"headers": headers, "content": body}, request, refusals)

    async def _once(
        self, options: dict[str, Any], request: Request, refusals: frozenset[int]
    ) -> Any:
        try:
            answer = await self._caller.request(
                request.method, request.path, params=dict(request.query), **options
            )
        except NoAnswer as silence:
            if silence.sent:
                raise unclear(f"no answer ({silence})") from None
            raise _unavailable(silence) from None
        return read_once(answer, self.now(), refusals, needed(request.method, request.path))

    async def _send(self, request: Request) -> httpx.Response:
        return await self._caller.request(
            request.method, request.path, params=dict(request.query), **self._json_of(request)
        )

    def _json_of(self, request: Request) -> dict[str, Any]:
        if request.method == "GET":
            return {}
        # A deletion wants the type too: without it remote links are answered with 415.
        content = None if request.json is None else json.dumps(request.json)
        return {"headers": {"Content-Type": JSON}, "content": content}

    async def aclose(self) -> None:
        """Close the pool."""
        await self._caller.aclose()


def _unavailable(silence: NoAnswer) -> Unavailable:
    return Unavailable("Jira did not answer.", detail=f"no answer ({silence})")


async def _form(
    head: bytes, content: AsyncIterator[bytes], size: int | None, tail: bytes
) -> AsyncIterator[bytes]:
    """The form around the bytes; refused as soon as they are other than announced."""
    yield head
    sent = 0
    async for chunk in content:
        sent += len(chunk)
        if size is not None and sent > size:
            raise Rejected("The file is longer than the helpdesk says.")
        yield chunk
    if size is not None and sent < size:
        raise Rejected("The file is shorter than the helpdesk says.")
    yield tail
