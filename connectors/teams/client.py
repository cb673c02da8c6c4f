"""The way to a workflow: one post a message, and what each answer means.

An answer of 202 says that the workflow was started, no more: what fails inside it (a card that
Teams can't read, a removed channel) shows in the workflow's own run history only.
https://learn.microsoft.com/en-us/connectors/teams/
"""

from __future__ import annotations

from datetime import timedelta

import httpx

from bridge.domain.errors import (
    CredentialProblem,
    Rejected,
    Throttled,
    Unavailable,
    UnknownOutcome,
)
from bridge.domain.notices import Message
from bridge.domain.texts import Audience
from bridge.kit.http import Caller, NoAnswer, Wire
from bridge.kit.rate import Bucket, retry_after
from connectors.teams.manifest import RATE
from connectors.teams.render import envelope
from connectors.teams.settings import TeamsSettings

NO_WORKFLOW = (401, 403, 404, 410)
PAUSE = timedelta(seconds=30)
"""How long to wait where Teams does not say for how long."""


class TeamsNotifier:
    """One channel."""

    def __init__(self, name: str, settings: TeamsSettings, wire: Wire) -> None:
        origin, self._path = settings.origin_and_path
        self._mention = settings.mention
        self._clock = wire.clock
        self._pace = Bucket(settings.rate or RATE, wire.clock, burst=3)
        self.audience = Audience.parse(settings.audience)
        self._caller = Caller(
            name,
            settings.origin(origin),
            headers={"Content-Type": "application/json; charset=UTF-8"},
            timeout_s=settings.timeout_s,
            rate=settings.rate or RATE,
            wire=wire,
        )

    async def send(self, message: Message) -> None:
        """Start the workflow with the message's card."""
        body = envelope(message, mention=self._mention)
        await self._pace.take()
        try:
            answer = await self._caller.request("POST", self._path, content=body)
        except NoAnswer as silence:
            if silence.sent:
                raise UnknownOutcome("Teams gave no clear answer.", detail=str(silence)) from None
            raise Unavailable("Teams did not answer.", detail=str(silence)) from None
        self._read(answer)

    def _read(self, answer: httpx.Response) -> None:
        status = answer.status_code
        said = f"status {status}"
        if 200 <= status < 300:
            # Mostly 202; a workflow with a Response action of its own says what it likes.
            if _is_page(answer):
                raise UnknownOutcome("A page came in place of Teams' answer.", detail=said)
            return
        if status == 429:
            now = self._clock.now()
            until = retry_after(answer.headers, now) or now + PAUSE
            raise Throttled("Teams asks for a pause.", until=until, detail=said)
        if status in NO_WORKFLOW:
            raise CredentialProblem(
                "Teams does not know the workflow, or not by this address: see webhook_url.",
                detail=said,
            )
        if status >= 500:
            # The flow may have been started before something behind it failed.
            raise UnknownOutcome("Teams failed to say what came of it.", detail=said)
        if status in (408, 425):
            raise Unavailable("Teams did not take the message now.", detail=said)
        raise Rejected(f"Teams refused the message (status {status}).", detail=said)

    async def probe(self) -> None:
        """Nobody can find out without starting the workflow, which posts."""

    async def aclose(self) -> None:
        """Close the pool."""
        await self._caller.aclose()


def _is_page(answer: httpx.Response) -> bool:
    """A page instead of nothing: a proxy's, or a sign-in's."""
    return "html" in answer.headers.get("content-type", "").lower()
