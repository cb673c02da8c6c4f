"""An app with signed addresses in the ticket's sidebar: what its frame is opened with.

https://developer.zendesk.com/documentation/apps/build-an-app/building-a-server-side-app/part-5-secure-the-app
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

_HOLDS = timedelta(minutes=5)


class SidebarApp:
    """One installation of an app, with the key that its account signs with."""

    def __init__(self, subdomain: str, installation_id: int, clock: Callable[[], datetime]) -> None:
        self.site = f"https://{subdomain}.zendesk.com"
        self.installation_id = installation_id
        self.guid = f"guid-{installation_id}"
        self._clock = clock
        self.signing_key = RSAKey.generate_key(2048)

    @property
    def public_key(self) -> str:
        """What `GET /api/v2/apps/{app_id}/public_key` answers."""
        return self.signing_key.as_pem(private=False).decode()

    def token(self, user_id: int, **other: Any) -> str:
        """The token of a person's first request; `other` claims take the place of the true ones."""
        now = int(self._clock().timestamp())
        claims = {
            "iss": self.site.removeprefix("https://"),
            "aud": f"{self.site}/api/v2/apps/installations/{self.installation_id}.json",
            "sub": f"{self.site}/api/v2/users/{user_id}.json",
            "iat": now,
            "exp": now + int(_HOLDS.total_seconds()),
            "qsh": "0" * 64,
            "context": {"product": "support", "location": "ticket_sidebar"},
        } | other
        said = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "RS256", "typ": "JWT"}, said, self.signing_key)

    def address(self, url: str) -> str:
        """Where the frame leads: with the account's origin and the frame's name in the query."""
        return f"{url}?{urlencode({'origin': self.site, 'app_guid': self.guid})}"

    async def open(
        self, client: httpx.AsyncClient, url: str, user_id: int, **other: Any
    ) -> httpx.Response:
        """What the browser of somebody who opens a ticket sends."""
        form = {"token": self.token(user_id, **other)}
        return await client.post(self.address(url), data=form)
