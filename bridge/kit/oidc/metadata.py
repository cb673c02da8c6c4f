"""What a provider says of itself, as far as it is needed and safe to follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bridge.kit.oidc.addresses import why_unsafe
from bridge.kit.oidc.errors import NoProvider

SIGNED_BY = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"}
)
"""Only what a private key signs: with `none` or a shared secret anybody could be the provider."""

WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Metadata:
    """A provider's endpoints and habits. Optional endpoints are empty where it names none."""

    issuer: str
    authorization: str
    token: str
    keys: str
    userinfo: str
    end_session: str
    signed_by: frozenset[str]
    basic: bool
    """Whether it takes the client's secret as HTTP Basic authentication; else in the form."""
    s256: bool | None
    """Whether it says that it checks PKCE; None where it does not speak of it."""


def read_metadata(issuer: str, said: dict[str, Any]) -> Metadata:
    """The discovery document; NoProvider if it is another's, or lacks what signing in takes."""
    if said.get("issuer") != issuer:
        raise NoProvider(
            "It says that it is another issuer than the one in bridge.yaml; the two must be equal "
            "to the letter."
        )
    signed_by = SIGNED_BY & set(_texts(said, "id_token_signing_alg_values_supported"))
    if not signed_by:
        raise NoProvider(f"It signs with none of {', '.join(sorted(SIGNED_BY))}.")
    challenges = _texts(said, "code_challenge_methods_supported")
    if challenges and "S256" not in challenges:
        raise NoProvider("It does not check PKCE by S256.")
    ways = _texts(said, "token_endpoint_auth_methods_supported")
    return Metadata(
        issuer=issuer,
        authorization=_endpoint(said, "authorization_endpoint", needed=True),
        token=_endpoint(said, "token_endpoint", needed=True),
        keys=_endpoint(said, "jwks_uri", needed=True),
        userinfo=_endpoint(said, "userinfo_endpoint"),
        end_session=_endpoint(said, "end_session_endpoint"),
        signed_by=frozenset(signed_by),
        # Basic is what holds where nothing is said: OpenID Connect Discovery 1.0, section 3.
        basic=not ways or "client_secret_basic" in ways,
        s256=True if challenges else None,
    )


def _endpoint(said: dict[str, Any], name: str, *, needed: bool = False) -> str:
    found = said.get(name)
    if found is None and not needed:
        return ""
    if not isinstance(found, str) or not found:
        raise NoProvider(f"Its discovery document has no {name}.")
    wrong = why_unsafe(found)
    if wrong:
        raise NoProvider(f"The {name} of its discovery document {wrong}.")
    return found


def _texts(said: dict[str, Any], name: str) -> list[str]:
    found = said.get(name)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
