"""One provider: where people are sent to sign in, and what its answer proves."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus, urlencode

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from bridge.kit.clock import Clock
from bridge.kit.http import Caller, Wire
from bridge.kit.oidc.errors import Declined, NoProvider, NotProven
from bridge.kit.oidc.metadata import WELL_KNOWN, Metadata, read_metadata
from bridge.kit.oidc.parts import Begun, Client
from bridge.kit.oidc.proof import Expected, Key, KeyUnknown, proven_claims, read_keys
from bridge.kit.oidc.reading import PATIENCE_S, ask
from bridge.kit.signatures import same

KEPT_S = 3600.0
"""Seconds that the provider's keys and metadata are kept: a key it withdraws counts no longer."""
LEFT_ALONE_S = 5.0
"""Seconds that a provider which could not be used is not asked again: strangers may press, too."""

_DECLINED: Mapping[str, str] = {
    "access_denied": "The provider did not let you in, or you turned back there.",
    "login_required": "The provider wants you to sign in there first.",
    "interaction_required": "The provider wants you to sign in there first.",
    "consent_required": "The provider wants your consent first.",
    "invalid_scope": "The provider does not give what the hub asks for (scopes in bridge.yaml).",
    "unauthorized_client": "The provider does not let the hub ask for this: see its registration.",
    "invalid_client": "The provider does not know the hub by its client_id and client_secret.",
    "invalid_grant": "The provider no longer knows this sign-in: it took too long, or was used.",
    "temporarily_unavailable": "The provider has no time just now.",
    "server_error": "The provider itself has a problem.",
}
"""RFC 6749, sections 4.1.2.1 and 5.2; OpenID Connect Core 1.0, section 3.1.2.6."""

_OF_ADDRESS = ("email", "email_verified")


class Provider:
    """An OpenID provider, asked when somebody signs in, and as seldom as will do."""

    def __init__(self, client: Client, wire: Wire, *, name: str = "sign_in") -> None:
        self.client = client
        self._clock: Clock = wire.clock
        self._caller = Caller(
            name, client.issuer, headers={}, timeout_s=PATIENCE_S, rate=None, wire=wire
        )
        self._turn = asyncio.Lock()
        self._metadata: tuple[Metadata, float] | None = None
        self._keys: tuple[tuple[Key, ...], float] | None = None
        self._failed: tuple[NoProvider, float] | None = None

    async def aclose(self) -> None:
        """Close its connections."""
        await self._caller.aclose()

    async def metadata(self) -> Metadata:
        """What the provider says of itself; NoProvider if that can't be had or is unsafe."""
        async with self._turn:
            if self._metadata is None or self._is_old(self._metadata[1]):
                if self._failed is not None and not self._is_old(self._failed[1], LEFT_ALONE_S):
                    raise NoProvider(str(self._failed[0]))
                try:
                    read = await self._discover()
                except NoProvider as error:
                    self._failed = (error, self._clock.monotonic())
                    raise
                self._metadata = (read, self._clock.monotonic())
            return self._metadata[0]

    async def keys(self, *, fresh: bool = False) -> tuple[Key, ...]:
        """The keys by which it signs; `fresh`: as they are now."""
        metadata = await self.metadata()
        async with self._turn:
            if fresh or self._keys is None or self._is_old(self._keys[1]):
                status, said = await ask(self._caller, "GET", metadata.keys)
                found = read_keys(said) if status == 200 else ()
                if not found:
                    raise NoProvider("It publishes no key by which its signature could be proven.")
                self._keys = (found, self._clock.monotonic())
            return self._keys[0]

    async def begin(self, back: str) -> tuple[str, Begun]:
        """Where to send the browser, and what it must keep. `back`: where it is to return to."""
        metadata, begun = await self.metadata(), Begun.new()
        address = prepare_grant_uri(
            metadata.authorization,
            self.client.client_id,
            "code",
            redirect_uri=back,
            scope=" ".join(self.client.scopes),
            state=begun.state,
            nonce=begun.nonce,
            code_challenge=create_s256_code_challenge(begun.verifier),
            code_challenge_method="S256",
        )
        return str(address), begun

    async def finish(
        self,
        answer: Mapping[str, str],
        begun: Begun,
        back: str,
        now: datetime,
        *,
        wanted: Collection[str] = (),
    ) -> dict[str, Any]:
        """What the provider says of whoever came back; NotProven, Declined or NoProvider if not.

        `wanted` are claims that it is asked for besides, should its proof lack them.
        """
        if not same(answer.get("state", ""), begun.state):
            raise NotProven("This sign-in was not begun in this browser, or another one was since.")
        if answer.get("iss", self.client.issuer) != self.client.issuer:
            # RFC 9207: the answer of another provider that somebody passes off as this one's.
            raise NotProven("This answer is another provider's.")
        if "error" in answer:
            raise _declined(answer)
        if not answer.get("code"):
            raise NotProven("The provider's answer lacks its code.")
        tokens = await self._exchange(answer["code"], begun, back)
        token, access = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(token, str) or not token.isascii():
            raise NotProven("The provider sent no proof of who you are.")
        access = access if isinstance(access, str) and access.isascii() else ""
        claims = await self._prove(token, access, begun, now)
        if access and any(each not in claims for each in wanted):
            return await self._told_besides(claims, access)
        return claims

    async def sign_out_address(self, back: str) -> str:
        """Where somebody signs out at the provider too; empty if it has no such place."""
        end = (await self.metadata()).end_session
        if not end:
            return ""
        # OpenID Connect RP-Initiated Logout 1.0: the client's id stands for a token as the hint,
        # so that no token need be kept.
        said = {"client_id": self.client.client_id, "post_logout_redirect_uri": back}
        return f"{end}{'&' if '?' in end else '?'}{urlencode(said)}"

    async def _discover(self) -> Metadata:
        at = f"{self.client.issuer.rstrip('/')}{WELL_KNOWN}"
        status, said = await ask(self._caller, "GET", at)
        if status != 200:
            raise NoProvider(f"It answers with status {status} where it should be found.")
        return read_metadata(self.client.issuer, said)

    def _is_old(self, since: float, kept: float = KEPT_S) -> bool:
        return not 0 <= self._clock.monotonic() - since < kept

    async def _exchange(self, code: str, begun: Begun, back: str) -> dict[str, Any]:
        """The tokens for a code: this asks with the secret and with what the browser kept."""
        metadata, client = await self.metadata(), self.client
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": begun.verifier,
        }
        headers = {}
        if metadata.basic:
            # RFC 6749, section 2.3.1: both are written as in a form before they are joined.
            pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": client.client_id, "client_secret": client.client_secret}
        status, said = await ask(self._caller, "POST", metadata.token, headers=headers, data=form)
        if "error" in said:
            raise _declined(said)
        if status != 200:
            raise NoProvider(f"It answers with status {status} when asked who came.")
        return said

    async def _prove(self, token: str, access: str, begun: Begun, now: datetime) -> dict[str, Any]:
        """The token's claims. A key that is not at hand is looked for once: keys are rotated."""
        metadata, client = await self.metadata(), self.client
        expected = Expected(
            client.issuer, client.client_id, begun.nonce, access, metadata.signed_by
        )
        try:
            return proven_claims(token, await self.keys(), expected, now)
        except KeyUnknown:
            return proven_claims(token, await self.keys(fresh=True), expected, now)

    async def _told_besides(self, claims: dict[str, Any], access: str) -> dict[str, Any]:
        """The claims, with those that the provider tells only at its userinfo endpoint."""
        metadata = await self.metadata()
        if not metadata.userinfo:
            return claims
        headers = {"Authorization": f"Bearer {access}"}
        status, said = await ask(self._caller, "GET", metadata.userinfo, headers=headers)
        if status != 200:
            raise NoProvider(f"It answers with status {status} when asked about you.")
        if said.get("sub") != claims["sub"]:
            # OpenID Connect Core 1.0, section 5.3.2.
            raise NotProven("The provider speaks of two people in one sign-in.")
        # What is signed counts where both say something; and whether an address is verified is
        # said of the address beside it, never of the other one.
        told, unsigned = dict(claims), dict(said)
        for each in _OF_ADDRESS:
            (unsigned if "email" in claims else told).pop(each, None)
        return {**unsigned, **told}


def _declined(answer: Mapping[str, Any]) -> Declined:
    code, said = answer.get("error"), answer.get("error_description")
    word = code if isinstance(code, str) else ""
    sentence = _DECLINED.get(word, "The provider did not let you in.")
    return Declined(sentence, said=said if isinstance(said, str) else "")
