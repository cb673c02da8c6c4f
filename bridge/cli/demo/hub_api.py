"""The hub's JSON API as somebody with a token uses it: for deeds that no vendor's page offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

_API = "/api/v1"
_LAUNCH_WAIT_S = 15


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hub answered; status 0: nothing that could be read."""

    status: int
    said: dict[str, Any]


@dataclass(frozen=True, slots=True)
class HubApi:
    """Calls of the hub's API; `client` has its address and a token."""

    client: httpx.AsyncClient

    async def link(self, ticket: str, connection: str, url: str) -> Answer:
        """Ask for a link between a ticket (a ref) and whatever lies behind an address."""
        helpdesk, _, id = ticket.partition(":")
        body = {
            "ticket": {"connection": helpdesk, "id": id},
            "work_item": {"connection": connection, "url": url},
        }
        return await self._asked("POST", "/links", json=body)

    async def launch_signal(self, id: str, tracker: str, key: str) -> Answer:
        """Launch a Sentry issue as a work item of its own, related to that one."""
        body = {"related_to": {"connection": tracker, "key": key}}
        return await self._asked(
            "POST",
            f"/signals/sentry/{id}/launch",
            params={"wait": _LAUNCH_WAIT_S},
            json=body,
            timeout=2 * _LAUNCH_WAIT_S,
        )

    async def ticket(self, ticket: str) -> dict[str, Any]:
        """What the CSM's list says of a ticket (a ref); empty where the hub does not know it."""
        answer = await self._asked("GET", f"/tickets/{ticket.replace(':', '/')}")
        return answer.said if answer.status == httpx.codes.OK else {}

    async def findings(self) -> list[dict[str, Any]] | None:
        """All open findings; None where the hub does not answer."""
        found: list[dict[str, Any]] = []
        query = {"state": "open", "limit": "100"}
        while True:
            answer = await self._asked("GET", "/findings", params=query)
            if answer.status != httpx.codes.OK:
                return None
            found += answer.said["items"]
            if answer.said["next_cursor"] is None:
                return found
            query["cursor"] = answer.said["next_cursor"]

    async def has_finding(self, code: str, ticket: str) -> bool:
        """Whether such a finding is open about a ticket (a ref)."""
        found = await self.findings() or []
        wanted = tuple(ticket.split(":", 1))
        return any(
            each["code"] == code
            and each["ref"] is not None
            and (each["ref"]["connection"], each["ref"]["id"]) == wanted
            for each in found
        )

    async def _asked(self, method: str, path: str, **more: Any) -> Answer:
        """One call. A hub that does not answer is not the end of the story: a check says so."""
        try:
            answer = await self.client.request(method, f"{_API}{path}", **more)
            return Answer(answer.status_code, dict(answer.json()))
        except (httpx.HTTPError, ValueError):
            return Answer(0, {})
