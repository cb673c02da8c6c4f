"""The only place that talks HTTP with Zendesk: calls in, typed answers or named errors out."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import httpx
from pydantic import BaseModel, ValidationError

from bridge.domain.errors import BridgeError, Rejected, Unavailable, UnknownOutcome
from bridge.kit.http import Caller, NoAnswer, Wire
from bridge.kit.rate import Bucket
from connectors.zendesk.files import is_own, is_trusted
from connectors.zendesk.pace import UpdatePace
from connectors.zendesk.payloads import UpdateAnswer
from connectors.zendesk.refusals import (
    OK,
    Answer,
    file_refusal,
    is_documented,
    not_zendesk,
    refusal,
    throttled_ticket,
)
from connectors.zendesk.render import Request
from connectors.zendesk.settings import ZendeskSettings

Model = TypeVar("Model", bound=BaseModel)

_EXPORTS_AT_ONCE, _EXPORTS_A_MINUTE = 5, 5
"""The vendor allows ten in a minute: the burst and what a minute brings are never more."""
_HOPS = 4
_OF_THE_LIMIT = 0.95
"""How much of the allowance is used: its window is not ours, and people use the account too."""


class Client:
    """Calls to one Zendesk account."""

    def __init__(self, name: str, settings: ZendeskSettings, wire: Wire) -> None:
        self._origin = settings.origin(settings.site)
        self._clock = wire.clock
        self._pace = UpdatePace()
        self._exports = Bucket(_EXPORTS_A_MINUTE / 60, wire.clock, burst=_EXPORTS_AT_ONCE)
        updates = settings.updates_per_minute
        self._updates = Bucket(updates / 60 * _OF_THE_LIMIT, wire.clock, burst=updates // 10)
        pair = f"{settings.email}/token:{settings.token.get_secret_value()}"
        basic = f"Basic {base64.b64encode(pair.encode()).decode()}"
        self._api = self._caller(
            name, settings, wire, {"Authorization": basic, "Accept": "application/json"}
        )
        # Files lie at other hosts too; the credential stays with the API's.
        self._downloads = self._caller(name, settings, wire, {})
        self._files = self._caller(name, settings, wire, {"Authorization": basic})

    def _caller(
        self, name: str, settings: ZendeskSettings, wire: Wire, headers: Mapping[str, str]
    ) -> Caller:
        return Caller(
            name,
            self._origin,
            headers=headers,
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

    async def ask(self, request: Request, model: type[Model]) -> Model:
        """The answer to a call that may be repeated: a read, or a write of the same values."""
        try:
            answer = await self._call(request)
        except NoAnswer as lost:
            raise Unavailable("Zendesk did not answer", detail=str(lost)) from lost
        if answer.status not in OK:
            raise self._refusal(answer, request)
        try:
            return model.model_validate_json(answer.body)
        except ValidationError:
            raise not_zendesk(answer) from None

    async def add(self, request: Request) -> str:
        """The id of the comment that the call added. Anything unclear is `UnknownOutcome`."""
        return _comment_of(await self.once(request)) or ""

    async def once(self, request: Request) -> UpdateAnswer:
        """The answer to a call that adds a comment and must not be repeated, with that comment.

        Anything unclear is `UnknownOutcome`.
        """
        try:
            answer = await self._call(request)
        except NoAnswer as lost:
            if lost.sent:
                message = "Zendesk did not say whether it took the comment"
                raise UnknownOutcome(message, detail=str(lost)) from lost
            raise Unavailable("Zendesk could not be reached", detail=str(lost)) from lost
        if answer.status in OK:
            try:
                said = UpdateAnswer.model_validate_json(answer.body)
            except ValidationError:
                said = None
            if said is not None and _comment_of(said) is not None:
                return said
        elif is_documented(answer):
            raise self._refusal(answer, request)
        message = "Zendesk's answer does not say whether it took the comment"
        raise UnknownOutcome(message, detail=f"status {answer.status}")

    @asynccontextmanager
    async def download(self, url: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes behind a file's address; only from Zendesk's hosts, redirects included."""
        try:
            for _ in range(_HOPS):
                if not is_trusted(url, self._origin):
                    host = urlsplit(url).hostname or "nowhere"
                    raise Rejected(f"The file is not kept by Zendesk but at {host}; not fetched")
                caller = self._files if is_own(url, self._origin) else self._downloads
                async with caller.stream("GET", url) as answer:
                    if answer.has_redirect_location:
                        url = urljoin(url, answer.headers["location"])
                        continue
                    if answer.status_code != httpx.codes.OK:
                        raise file_refusal(answer.status_code, answer.headers, self.now())
                    yield answer.aiter_bytes()
                    return
        except NoAnswer as lost:
            raise Unavailable("The file could not be read to its end", detail=str(lost)) from lost
        except (httpx.InvalidURL, ValueError):
            raise Rejected("The file has an address that cannot be read") from None
        raise Rejected("The file's address leads in circles")

    async def aclose(self) -> None:
        """Close every pool."""
        await asyncio.gather(self._api.aclose(), self._downloads.aclose(), self._files.aclose())

    async def _call(self, request: Request) -> Answer:
        if request.export:
            await self._exports.take()
        if request.ticket:
            await self._may_update(request.ticket)
        answer = await self._api.request(
            request.method,
            request.path,
            params=dict(request.params),
            json=request.body,
            headers={"Idempotency-Key": request.key} if request.key else None,
        )
        self._learn_limit(answer.headers)
        return Answer(answer.status_code, answer.headers, answer.content)

    async def _may_update(self, ticket: str) -> None:
        """Throttled, for this ticket alone, where one more update would be too many."""
        until = self._pace.wait(ticket, self.now())
        if until is not None:
            raise throttled_ticket(ticket, until)
        await self._updates.take()
        self._pace.note(ticket, self.now())

    def _refusal(self, answer: Answer, request: Request) -> BridgeError:
        return refusal(
            answer,
            self.now(),
            record=request.record,
            update=bool(request.ticket),
            export=request.export,
        )

    def _learn_limit(self, headers: Mapping[str, str]) -> None:
        """Keep below the plan's limit, which every answer names, instead of running into it.

        https://developer.zendesk.com/api-reference/introduction/rate-limits/
        """
        most = headers.get("x-rate-limit", "")
        if most.isascii() and most.isdecimal() and len(most) < 8 and int(most):
            self._api.keep_to(int(most) / 60 * _OF_THE_LIMIT)


def _comment_of(answer: UpdateAnswer) -> str | None:
    """The id of the comment that the answer's audit tells of."""
    said = (each.id for each in answer.audit.events if each.type == "Comment")
    return next((id for id in said if id is not None), None)
