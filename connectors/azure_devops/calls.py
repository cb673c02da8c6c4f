"""Calls to one organization: credential, pauses the vendor asked for, and what a silence means."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from bridge.domain.errors import Unavailable
from bridge.kit.http import Caller, NoAnswer, Wire
from connectors.azure_devops.addresses import Place
from connectors.azure_devops.answers import (
    read_answer,
    read_once,
    strange,
    throttled,
    unclear,
    wait_until,
)
from connectors.azure_devops.render import Request
from connectors.azure_devops.settings import AzureDevOpsSettings

Shape = TypeVar("Shape", bound=BaseModel)


class Calls:
    """The way to the vendor. Raises only errors that say what happens next."""

    def __init__(self, name: str, settings: AzureDevOpsSettings, place: Place, wire: Wire) -> None:
        self._clock = wire.clock
        self._not_before: datetime | None = None
        token = settings.token.get_secret_value().strip()
        self._caller = Caller(
            name,
            place.api_base + "/",
            headers={
                "Accept": "application/json",
                "Authorization": "Basic " + base64.b64encode(f":{token}".encode()).decode(),
                # Asks for 401 instead of a redirect to the sign-in page; not always heeded.
                "X-TFS-FedAuthRedirect": "Suppress",
            },
            timeout_s=settings.timeout_s,
            rate=settings.rate,
            wire=wire,
        )

    def now(self) -> datetime:
        """The time."""
        return self._clock.now()

    async def ask(self, request: Request, shape: type[Shape]) -> Shape:
        """The answer to a call that may be repeated (a read, or a guarded write)."""
        return _shaped(await self.ask_raw(request), shape)

    async def ask_raw(
        self,
        request: Request,
        *,
        content: AsyncIterator[bytes] | None = None,
        size: int | None = None,
    ) -> Any:
        """The same, as plain JSON; `content` is the body of an upload."""
        try:
            answer = await self._send(request, content, size)
        except NoAnswer as silence:
            raise _unavailable(silence) from None
        return read_answer(answer, self.now())

    async def tell(self, request: Request) -> None:
        """A call that may be repeated, and whose answer says nothing (a deletion)."""
        try:
            answer = await self._send(request)
        except NoAnswer as silence:
            raise _unavailable(silence) from None
        # https://learn.microsoft.com/en-us/rest/api/azure/devops/wit/comments/delete promises
        # a 200 without a body; a sign-in page is a 203.
        if answer.content or answer.status_code not in (200, 204):
            read_answer(answer, self.now())

    async def ask_once(self, request: Request, refusals: frozenset[int]) -> Any:
        """The answer to a call that must not be repeated: silence is `UnknownOutcome`.

        `refusals` are the statuses by which the vendor is documented to refuse it.
        """
        try:
            answer = await self._send(request)
        except NoAnswer as silence:
            if silence.sent:
                raise unclear(f"no answer ({silence})") from None
            raise _unavailable(silence) from None
        return read_once(answer, self.now(), refusals)

    async def _send(
        self,
        request: Request,
        content: AsyncIterator[bytes] | None = None,
        size: int | None = None,
    ) -> httpx.Response:
        if self._not_before is not None and self.now() < self._not_before:
            raise throttled(self._not_before)
        headers, body = {}, content
        if request.json is not None or content is not None:
            headers["Content-Type"] = request.content_type
        if size is not None:
            headers["Content-Length"] = str(size)
        answer = await self._caller.request(
            request.method,
            request.path,
            params=dict(request.query),
            headers=headers,
            content=json.dumps(request.json) if request.json is not None else body,
        )
        # The vendor may ask for a pause with any answer, a good one too.
        until = wait_until(answer, self.now())
        if until is not None and (self._not_before is None or until > self._not_before):
            self._not_before = until
        return answer

    async def aclose(self) -> None:
        """Close the pool."""
        await self._caller.aclose()


def _unavailable(silence: NoAnswer) -> Unavailable:
    return Unavailable("Azure DevOps did not answer.", detail=f"no answer ({silence})")


def _shaped(body: Any, shape: type[Shape]) -> Shape:
    try:
        return shape.model_validate(body)
    except ValidationError:
        raise strange(f"not the JSON of {shape.__name__}") from None
