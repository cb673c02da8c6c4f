"""The only place that talks HTTP with HubSpot: calls in, typed answers or named errors out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypeVar
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
from pydantic import BaseModel, ValidationError

from bridge.domain.errors import Rejected, Unavailable, UnknownOutcome
from bridge.kit.http import Caller, NoAnswer, Wire
from connectors.hubspot.files import is_trusted
from connectors.hubspot.payloads import Record
from connectors.hubspot.refusals import (
    OK,
    Answer,
    Moment,
    file_refusal,
    is_documented,
    not_hubspot,
    refusal,
)
from connectors.hubspot.render import Request
from connectors.hubspot.settings import API, HubSpotSettings

Model = TypeVar("Model", bound=BaseModel)

_SEARCHES_A_SECOND = 4.0
"""The vendor allows five, shared by all apps of the account."""
_HOPS = 3
_OF_THE_LIMIT = 0.95
"""How much of the allowance is used: the window rolls, and its clock is not ours."""


class Client:
    """Calls to one HubSpot account."""

    def __init__(self, name: str, settings: HubSpotSettings, wire: Wire) -> None:
        self._origin = settings.origin(API)
        self._clock = wire.clock
        self._zone: ZoneInfo | None = None
        bearer = f"Bearer {settings.token.get_secret_value()}"
        self._api = Caller(
            name,
            self._origin,
            headers={"Authorization": bearer, "Accept": "application/json"},
            timeout_s=settings.timeout_s,
            rate=settings.rate,
            wire=wire,
        )
        self._searches = self._api.part("searches", _SEARCHES_A_SECOND)
        # Signed addresses carry their own proof; the token stays with the API.
        self._downloads = Caller(
            name,
            self._origin,
            headers={},
            timeout_s=settings.timeout_s,
            rate=settings.rate,
            wire=wire,
        )

    def now(self) -> datetime:
        """The hub's time."""
        return self._clock.now()

    @property
    def rate(self) -> float | None:
        """Calls a second at most, as far as the operator or the account has said."""
        return self._api.rate

    def learn_zone(self, name: str) -> None:
        """Take the account's time zone, by whose midnight a day's allowance ends."""
        try:
            self._zone = ZoneInfo(name) if name else None
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self._zone = None

    async def ask(self, request: Request, model: type[Model]) -> Model:
        """The answer to a call that may be repeated: a read, or a write of the same values."""
        try:
            answer = await self._call(request)
        except NoAnswer as lost:
            raise Unavailable("HubSpot did not answer", detail=str(lost)) from lost
        if answer.status not in OK:
            moment = self._moment()
            raise refusal(answer, moment, search=request.search, record=request.record)
        try:
            return model.model_validate_json(answer.body)
        except ValidationError:
            raise not_hubspot(answer) from None

    async def create(self, request: Request) -> str:
        """The id of what the call made. Anything unclear is `UnknownOutcome`: never repeated."""
        return (await self.once(request, Record)).id

    async def once(self, request: Request, model: type[Model]) -> Model:
        """The answer to a call that must not be repeated. Anything unclear is `UnknownOutcome`."""
        try:
            answer = await self._call(request)
        except NoAnswer as lost:
            if lost.sent:
                message = "HubSpot did not say whether it created the record"
                raise UnknownOutcome(message, detail=str(lost)) from lost
            raise Unavailable("HubSpot could not be reached", detail=str(lost)) from lost
        if answer.status in OK:
            try:
                return model.model_validate_json(answer.body)
            except ValidationError:
                pass
        elif is_documented(answer):
            raise refusal(answer, self._moment())
        message = "HubSpot's answer does not say whether the record was created"
        raise UnknownOutcome(message, detail=f"status {answer.status}")

    @asynccontextmanager
    async def download(self, url: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes behind a signed address; only from HubSpot's hosts, redirects included."""
        try:
            for _ in range(_HOPS):
                if not is_trusted(url, self._origin):
                    host = urlsplit(url).hostname or "nowhere"
                    raise Rejected(f"The file is not kept by HubSpot but at {host}; not fetched")
                async with self._downloads.stream("GET", url) as answer:
                    if answer.has_redirect_location:
                        url = urljoin(url, answer.headers["location"])
                        continue
                    if answer.status_code != httpx.codes.OK:
                        raise file_refusal(answer.status_code, answer.headers, self._clock.now())
                    yield answer.aiter_bytes()
                    return
        except NoAnswer as lost:
            raise Unavailable("The file could not be read to its end", detail=str(lost)) from lost
        except httpx.InvalidURL:
            raise Rejected("The file has an address that cannot be read") from None
        raise Rejected("The file's address leads in circles")

    async def aclose(self) -> None:
        """Close both pools."""
        await asyncio.gather(self._api.aclose(), self._downloads.aclose())

    async def _call(self, request: Request) -> Answer:
        if request.search:
            await self._searches.take()
        answer = await self._api.request(
            request.method, request.path, params=dict(request.params), json=request.body
        )
        self._learn_limit(answer.headers)
        return Answer(answer.status_code, answer.headers, answer.content)

    def _learn_limit(self, headers: Mapping[str, str]) -> None:
        """Keep below the allowance that the account says it has, instead of running into it.

        https://developers.hubspot.com/docs/api/usage-details
        """
        most = headers.get("x-hubspot-ratelimit-max", "")
        span = headers.get("x-hubspot-ratelimit-interval-milliseconds", "")
        if most.isdecimal() and span.isdecimal() and int(most) and int(span):
            self._api.keep_to(int(most) / int(span) * 1000 * _OF_THE_LIMIT)

    def _moment(self) -> Moment:
        return Moment(self._clock.now(), self._zone)
