"""Calls to one organization: credential, what an answer means, and how pages are turned."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from bridge.domain.errors import Unavailable
from bridge.kit.http import Caller, NoAnswer, Wire
from connectors.sentry.addresses import Place
from connectors.sentry.answers import read_answer, strange
from connectors.sentry.render import Request
from connectors.sentry.settings import SentrySettings

Shape = TypeVar("Shape", bound=BaseModel)
_NEXT = re.compile(r'rel="next"; results="true"; cursor="([0-9:]{1,60})"')


class Calls:
    """The way to the vendor. Raises only errors that say what happens next; only reads."""

    def __init__(self, name: str, settings: SentrySettings, place: Place, wire: Wire) -> None:
        self._clock = wire.clock
        self._caller = Caller(
            name,
            place.origin + "/",
            headers={
                "Accept": "application/json",
                "Authorization": f"Bearer {settings.token.get_secret_value().strip()}",
            },
            timeout_s=settings.timeout_s,
            rate=settings.rate,
            wire=wire,
        )

    def now(self) -> datetime:
        """The time."""
        return self._clock.now()

    async def ask(self, request: Request, shape: type[Shape]) -> Shape:
        """The answer to a read."""
        body = read_answer(await self._send(request), self.now())
        try:
            return shape.model_validate(body)
        except ValidationError:
            raise strange(f"not the JSON of {shape.__name__}") from None

    async def ask_page(
        self, request: Request, shape: type[Shape]
    ) -> tuple[list[Shape], str | None]:
        """A page of a list, and the cursor of the next one."""
        answer = await self._send(request)
        body: Any = read_answer(answer, self.now())
        try:
            read = TypeAdapter(list[shape]).validate_python(body)  # type: ignore[valid-type]  # a list of what is asked for
        except ValidationError:
            raise strange(f"not the JSON of a list of {shape.__name__}") from None
        more = _NEXT.search(answer.headers.get("link", ""))
        return read, more[1] if more else None

    async def _send(self, request: Request) -> httpx.Response:
        try:
            return await self._caller.request(
                request.method, request.path, params=dict(request.query)
            )
        except NoAnswer as silence:
            raise Unavailable("Sentry did not answer.", detail=f"no answer ({silence})") from None

    async def aclose(self) -> None:
        """Close the pool."""
        await self._caller.aclose()
