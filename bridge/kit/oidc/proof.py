"""Whether an ID token is this provider's, for this client, for this browser, and of now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

from bridge.kit.oidc.errors import NotProven

SKEW_S = 60
"""Seconds by which the provider's clock and ours may differ."""
LONGEST_TOKEN = 128 * 1024

_CLAIMS = frozenset(
    {"iss", "sub", "aud", "exp", "nbf", "iat", "auth_time", "nonce", "amr", "azp", "at_hash"}
)

Key = RSAKey | ECKey


class KeyUnknown(NotProven):
    """No key at hand proves it: a newer set of keys may."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str
    signed_by: Collection[str]


def read_keys(said: dict[str, Any]) -> tuple[Key, ...]:
    """The keys of a key set that may prove a signature; others in it are passed over."""
    found: list[Key] = []
    listed = said.get("keys")
    for each in listed if isinstance(listed, list) else ():
        if not isinstance(each, dict) or each.get("kty") not in ("RSA", "EC"):
            continue
        if each.get("use", "sig") != "sig":
            continue
        try:
            key = JWKRegistry.import_key(each)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if isinstance(key, RSAKey | ECKey) and not key.is_private:
            found.append(key)
    return tuple(found)


def proven_claims(
    token: str, keys: Collection[Key], expected: Expected, now: datetime
) -> dict[str, Any]:
    """What the token says, once all of it holds; NotProven otherwise."""
    if len(token) > LONGEST_TOKEN:
        raise NotProven("The provider's proof of who you are is too long.")
    signed = _signed(token, keys, expected.signed_by)
    claims = CodeIDToken(
        signed.claims,
        signed.header,
        {
            "iss": {"essential": True, "value": expected.issuer},
            "aud": {"essential": True, "value": expected.client_id},
        },
        {
            "nonce": expected.nonce,
            "client_id": expected.client_id,
            "access_token": expected.access_token,
        },
    )
    try:
        claims.validate(now=int(now.timestamp()), leeway=SKEW_S)
    except ExpiredTokenError:
        raise NotProven("The provider's proof of who you are has expired.") from None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        said = f"The provider's proof of who you are does not hold: {_why(error)}."
        raise NotProven(said) from None
    proven = dict(claims)
    subject = proven.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise NotProven("The provider's proof does not say who you are.")
    return proven


def _signed(token: str, keys: Collection[Key], signed_by: Collection[str]) -> jwt.Token:
    """The token, once a key of the provider's has proven its signature."""
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError) as error:
        raise NotProven("The provider's proof of who you are can't be read.") from error
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in signed_by:
        raise NotProven("The provider's proof is signed in a way that is not accepted.")
    for key in keys:
        # A set may hold several without a name; one that has another name did not sign this.
        if kid is not None and key.get("kid") not in (None, kid):
            continue
        if key.get("alg") not in (None, algorithm):
            continue
        try:
            return jwt.decode(token, key, algorithms=[algorithm])
        except (JoseError, ValueError, TypeError):
            continue
    raise KeyUnknown("The provider's proof is signed by none of the keys that it publishes.")


def _why(error: Exception) -> str:
    """Which claim it is, by its name only: its value is anybody's text."""
    claim = error.claim if isinstance(error, ClaimError) else ""
    return f"{claim} is wrong or missing" if claim in _CLAIMS else "a claim is wrong or missing"
