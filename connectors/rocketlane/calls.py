"""Calls to one account: key, pace, pauses the vendor asked for, and what a silence means."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from bridge.domain.errors import Unavailable
from bridge.kit.http import Caller, NoAnswer, Wire
from connectors.rocketlane.answers import (
    read_answer,
    read_deletion,
    read_once,
    strange,
    throttled,
    unclear,
    wait_until,
)
from connectors.rocketlane.render import Request
from connectors.rocketlane.settings import DEFAULT_ORIGIN, RocketlaneSettings

RATE = 200 / 60
"""Calls a second: 200 a minute. https://developer.rocketlane.com/docs/rate-limiting"""
LISTS = 0.3
"""The share of lists in them: 60 a minute."""

Shape = TypeVar("Shape", bound=BaseModel)


class Calls:
    """The way to the vendor. Raises only errors that say what happens next."""

    def __init__(self, name: str, settings: RocketlaneSettings, wire: Wire) -> None:
        self._clock = wire.clock
        self._not_before: datetime | None = None
        self._caller = Caller(
            name,
            settings.origin(DEFAULT_ORIGIN) + "/api/1.0/",
            headers={
                "Accept": "application/json",
                "api-key": settings.api_key.get_secret_value().strip(),
            },
            timeout_s=settings.timeout_s,
            rate=settings.rate,
            wire=wire,
        )
        self._caller.keep_to(RATE)
        self._lists = self._caller.part("lists", pace_of_lists(settings))

    def now(self) -> datetime:
        """The time."""
        return self._clock.now()

    async def ask(self, request: Request, shape: type[Shape]) -> Shape:
        """The answer to a call that may be repeated (a read, or setting what is to be)."""
        try:
            answer = await self._send(request)
        except NoAnswer as silence:
            raise _unavailable(silence) from None
        body = read_answer(answer, self.now())
        try:
            return shape.model_validate(body)
        except ValidationError:
            raise strange(f"not the JSON of {shape.__name__}") from None

    async def ask_once(self, request: Request) -> Any:
        """The answer to a call that must not be repeated: silence is `UnknownOutcome`."""
        try:
            answer = await self._send(request)
        except NoAnswer as silence:
            if silence.sent:
                raise unclear(f"no answer ({silence})") from None
            raise _unavailable(silence) from None
        return read_once(answer, self.now())

    async def delete(self, request: Request) -> None:
        """A deletion, which may be repeated."""
        try:
            answer = await self._send(request)
        except NoAnswer as silence:
            raise _unavailable(silence) from None
        read_deletion(answer, self.now())

    async def _send(self, request: Request) -> httpx.Response:
        if self._not_before is not None and self.now() < self._not_before:
            raise throttled(self._not_before)
        if request.is_list:
            await self._lists.take()
        body = {} if request.json is None else {"json": request.json}
        answer = await self._caller.request(
            request.method, request.path, params=dict(request.query), **body
        )
        self._not_before = wait_until(answer, self.now()) or self._not_before
        return answer

    async def aclose(self) -> None:
        """Close the pool."""
        await self._caller.aclose()


def pace_of_lists(settings: RocketlaneSettings) -> float:
    """Calls of lists a second at most."""
    if settings.lists_per_minute is not None:
        return settings.lists_per_minute / 60
    # A `rate` above the vendor's says nothing of its limit for lists.
    return min(settings.rate or RATE, RATE) * LISTS


def _unavailable(silence: NoAnswer) -> Unavailable:
    return Unavailable("Rocketlane did not answer.", detail=f"no answer ({silence})")
