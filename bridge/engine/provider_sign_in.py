"""Signing in by a provider: there, back, and what its proven answer opens here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.config.sign_in import SignIn
from bridge.core.check_result import Result
from bridge.core.granting import Granting, person_of
from bridge.engine import signing_in
from bridge.engine.hub import Hub
from bridge.kit.http import Wire
from bridge.kit.oidc.errors import NoProvider, NotProven
from bridge.kit.oidc.parts import Begun, Client

if TYPE_CHECKING:
    from bridge.kit.oidc.provider import Provider

CALLBACK = "/oidc/callback"


@dataclass(frozen=True, slots=True)
class SignInBy:
    """The provider of this installation, and what its groups may do."""

    name: str
    provider: Provider
    granting: Granting


class NoRole(Exception):
    """The provider vouches for somebody to whom nothing gives a role here."""


def sign_in_by(settings: SignIn, wire: Wire) -> SignInBy:
    """The provider of the settings; it is not asked yet."""
    # What proves signatures takes 10 MB, which a hub without a provider need not hold.
    from bridge.kit.oidc.provider import Provider

    client = Client(
        issuer=settings.issuer,
        client_id=settings.client_id,
        client_secret=settings.client_secret.get_secret_value(),
        scopes=tuple(settings.scopes),
    )
    granting = Granting(
        claim=settings.roles_claim,
        roles=settings.roles,
        otherwise=settings.otherwise,
        trust_email=settings.trust_email,
    )
    return SignInBy(settings.name, Provider(client, wire), granting)


def callback(public_url: str) -> str:
    """Where the provider sends people back to; it must be registered there."""
    return f"{public_url}{CALLBACK}"


async def begin(hub: Hub, by: SignInBy) -> tuple[str, Begun]:
    """Where to send the browser, and what it must keep; NoProvider if there is no way there."""
    return await by.provider.begin(callback(hub.public_url))


async def finish(
    hub: Hub, by: SignInBy, answer: Mapping[str, str], begun: Begun, *, before: str = ""
) -> str:
    """The secret of the session that the provider's answer begins.

    NotProven, Declined, NoProvider or NoRole: then nobody is signed in, and whoever was stays so.
    """
    issuer = by.provider.client.issuer
    claims = await by.provider.finish(
        answer, begun, callback(hub.public_url), hub.now(), wanted=by.granting.wanted
    )
    person = person_of(claims, issuer, by.granting)
    if person is None:
        raise NoRole
    session = await signing_in.sign_in_by_provider(
        hub, person, begun.state, by=issuer, before=before
    )
    if session is None:
        raise NotProven("This sign-in was used already.")
    return session


async def check_provider(by: SignInBy, public_url: str) -> list[Result]:
    """Whether people could sign in by the provider now, as far as it can be asked."""
    what, back = "sign_in", callback(public_url)
    try:
        metadata = await by.provider.metadata()
        keys = await by.provider.keys(fresh=True)
    except NoProvider as error:
        hint = "See sign_in.issuer in bridge.yaml, and whether the hub may reach it."
        return [Result(what, False, f"Nobody can sign in by {by.name}: {error}", hint)]
    sentence = f"{by.name} answers; it signs with {len(keys)} key{'' if len(keys) == 1 else 's'}."
    found = [Result(what, True, sentence)]
    asked = f"Let {by.name} send people back to {back}. Only a sign-in shows whether it does, and "
    found.append(
        Result(what, True, f"The address to register is {back}.", f"{asked}knows the secret.")
    )
    if metadata.s256 is None:
        sentence = f"{by.name} does not say whether it checks PKCE; the hub uses it all the same."
        found.append(Result(what, True, sentence))
    return found
