"""An OpenID provider that really signs, and checks client, redirect and PKCE; and that can lie.

Runs as a process of its own: `python -m tests.oidc.provider` prints its port. It shares no code
with the hub. Whoever comes is let in as the person that `/test/behave` has named last.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus, urlencode

import uvicorn
from fastapi import FastAPI, Request
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.responses import JSONResponse, RedirectResponse, Response

CLIENT, SECRET = "ticketbridge", "a secret: with + signs"
BACK = "https://bridge.test/oidc/callback"
ADA = {
    "sub": "u-1",
    "name": "Ada Lovelace",
    "email": "Ada@Acme.com",
    "email_verified": True,
    "groups": ["Everybody", "Support"],
}


def new_key(kid: str) -> RSAKey:
    """A key pair of that name."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


@dataclass
class State:
    """What the provider holds, and how it behaves."""

    issuer: str
    key: RSAKey
    stranger: RSAKey
    """A key that it never publishes."""
    person: dict[str, Any] = field(default_factory=lambda: dict(ADA))
    lie: str = ""
    besides: list[str] = field(default_factory=list)
    """Claims that it tells at its userinfo endpoint only."""
    back: str = BACK
    """The one address that is registered."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)


def build(state: State) -> FastAPI:
    """The provider's endpoints."""
    app = FastAPI()
    app.middleware("http")(_counting(state))

    @app.post("/test/behave")
    async def behave(request: Request) -> dict[str, int]:
        said = await request.json()
        state.person = {**ADA, **said.get("person", {})}
        state.lie, state.besides = said.get("lie", ""), said.get("besides", [])
        state.back = said.get("back", BACK)
        if said.get("rotate"):
            state.key = new_key(secrets.token_hex(4))
        asked, state.asked = state.asked, {}
        return asked

    @app.get("/.well-known/openid-configuration")
    async def discovery() -> Response:
        return _discovery(state)

    @app.get("/jwks")
    async def jwks() -> Response:
        keys = [state.key.as_dict(private=False), {"kty": "oct", "k": "c2VjcmV0"}]
        return JSONResponse({"keys": keys[1:] if state.lie == "no keys" else keys})

    @app.get("/authorize")
    async def authorize(request: Request) -> Response:
        return _authorize(state, dict(request.query_params))

    @app.post("/token")
    async def token(request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        return _token(state, form, request.headers.get("authorization", ""))

    @app.get("/userinfo")
    async def userinfo(request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer access":
            return JSONResponse({"error": "invalid_token"}, 401)
        other = {"sub": "u-2"} if state.lie == "other sub" else {}
        return JSONResponse({**state.person, **other})

    return app


def _counting(state: State) -> Any:
    async def counted(request: Request, call_next: Any) -> Response:
        state.asked[request.url.path] = state.asked.get(request.url.path, 0) + 1
        answer: Response = await call_next(request)
        return answer

    return counted


def _discovery(state: State) -> Response:
    at = state.issuer
    said: dict[str, Any] = {
        "issuer": at,
        "authorization_endpoint": f"{at}/authorize",
        "token_endpoint": f"{at}/token",
        "jwks_uri": f"{at}/jwks",
        "userinfo_endpoint": f"{at}/userinfo",
        "end_session_endpoint": f"{at}/end",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }
    lies: dict[str, dict[str, Any]] = {
        "discovery of another issuer": {"issuer": "https://other.example"},
        "discovery with a plain address": {"token_endpoint": "http://other.example/token"},
        "discovery without keys": {"jwks_uri": None},
        "discovery without a safe algorithm": {
            "id_token_signing_alg_values_supported": ["HS256", "none"]
        },
        "discovery without S256": {"code_challenge_methods_supported": ["plain"]},
        "secret in the form": {"token_endpoint_auth_methods_supported": ["client_secret_post"]},
    }
    answers = {
        "discovery elsewhere": RedirectResponse(f"{at}/jwks", 302),
        "discovery without end": Response("{" + " " * 700_000, media_type="application/json"),
        "discovery in HTML": Response("<h1>Sign in</h1>", media_type="text/html"),
        "discovery fails": JSONResponse({"message": "no"}, 500),
    }
    return answers.get(state.lie) or JSONResponse({**said, **lies.get(state.lie, {})})


def _authorize(state: State, said: dict[str, str]) -> Response:
    right = {
        "client_id": CLIENT,
        "redirect_uri": state.back,
        "response_type": "code",
        "code_challenge_method": "S256",
    }
    wrong = [name for name, value in right.items() if said.get(name) != value]
    wrong += [name for name in ("state", "nonce", "code_challenge") if not said.get(name)]
    if wrong or "openid" not in said.get("scope", "").split():
        return JSONResponse({"error": "invalid_request", "wrong": wrong}, 400)
    if state.lie == "denied":
        answer = {"error": "access_denied", "error_description": "Not <b>you</b>\u202e today"}
    else:
        code = secrets.token_urlsafe(16)
        state.codes[code] = said
        answer = {"code": code, "iss": state.issuer}
    if state.lie == "answer of another issuer":
        answer["iss"] = "https://other.example"
    return RedirectResponse(f"{state.back}?{urlencode({**answer, 'state': said['state']})}", 303)


def _token(state: State, form: dict[str, str], authorization: str) -> Response:
    if state.lie == "no time":
        return JSONResponse({"error": "temporarily_unavailable"}, 503)
    if not _is_client(state, form, authorization):
        return JSONResponse({"error": "invalid_client"}, 401)
    asked = state.codes.pop(form.get("code", ""), None)
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge = _base64(digest)
    if (
        asked is None
        or form.get("grant_type") != "authorization_code"
        or form.get("redirect_uri") != asked["redirect_uri"]
        or challenge != asked["code_challenge"]
    ):
        return JSONResponse({"error": "invalid_grant", "error_description": "no such code"}, 400)
    answer: dict[str, Any] = {"access_token": "access", "token_type": "Bearer", "expires_in": 60}
    if state.lie != "no token":
        answer["id_token"] = _signed(state, asked["nonce"])
    return JSONResponse(answer)


def _is_client(state: State, form: dict[str, str], authorization: str) -> bool:
    if state.lie == "secret in the form":
        return (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
    scheme, _, encoded = authorization.partition(" ")
    user, _, password = base64.b64decode(encoded).decode().partition(":")
    given = (unquote_plus(user), unquote_plus(password))
    return scheme == "Basic" and given == (CLIENT, SECRET)


def _claims(state: State, nonce: str) -> dict[str, Any]:
    now = int(time.time())
    half = hashlib.sha256(b"access").digest()[:16]
    claims: dict[str, Any] = {
        "iss": state.issuer,
        "aud": CLIENT,
        "iat": now,
        "exp": now + 300,
        "nonce": nonce,
        "at_hash": _base64(half),
        **{name: value for name, value in state.person.items() if name not in state.besides},
    }
    lies: dict[str, dict[str, Any]] = {
        "nonce": {"nonce": "another"},
        "no nonce": {"nonce": None},
        "audience": {"aud": "another"},
        "no audience": {"aud": None},
        "two audiences": {"aud": [CLIENT, "another"]},
        "two audiences with azp": {"aud": [CLIENT, "another"], "azp": CLIENT},
        "azp": {"azp": "another"},
        "issuer": {"iss": "https://other.example"},
        "issuer's neighbour": {"iss": f"{state.issuer}/"},
        "expired": {"iat": now - 7200, "exp": now - 3600},
        "expired a moment ago": {"iat": now - 330, "exp": now - 30},
        "no expiry": {"exp": None},
        "endless": {"exp": True},
        "of the future": {"iat": now + 3600, "exp": now + 7200},
        "not before": {"nbf": now + 3600},
        "access token of another": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
        "nobody": {"sub": None},
        "somebody empty": {"sub": ""},
    }
    claims.update(lies.get(state.lie, {}))
    return {name: value for name, value in claims.items() if value is not None}


def _signed(state: State, nonce: str) -> str:
    claims, kid = _claims(state, nonce), str(state.key.kid)
    header = {"alg": "RS256", "kid": kid}
    unsigned = {
        "alg none": f"{_part({'alg': 'none', 'kid': kid})}.{_part(claims)}.",
        "alg none in capitals": f"{_part({'alg': 'NONE', 'kid': kid})}.{_part(claims)}.",
        "no signature": f"{_part(header)}.{_part(claims)}.",
        "garbage": "a.b.c",
    }
    if state.lie in unsigned:
        return unsigned[state.lie]
    if state.lie in ("signed by the client's secret", "signed by the public key as a secret"):
        is_public = state.lie.endswith("as a secret")
        secret = state.key.as_pem(private=False) if is_public else SECRET.encode()
        signed = f"{_part({'alg': 'HS256', 'kid': kid})}.{_part(claims)}"
        return f"{signed}.{_base64(hmac.digest(secret, signed.encode(), 'sha256'))}"
    others = {
        "signed by a stranger": (header, state.stranger),
        "signed by an unknown key": ({"alg": "RS256", "kid": "unknown"}, state.stranger),
        "key without a name": ({"alg": "RS256"}, state.key),
    }
    used, key = others.get(state.lie, (header, state.key))
    made = jwt.encode(used, claims, key)
    if state.lie == "changed afterwards":
        head, _, signature = made.split(".")
        return f"{head}.{_part({**claims, 'groups': ['Admins']})}.{signature}"
    return made


def _part(said: dict[str, Any]) -> str:
    return _base64(json.dumps(said).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def main() -> None:
    """Serve on a free port of loopback until the process is ended."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    state = State(f"http://127.0.0.1:{port}", new_key("first"), new_key("first"))
    server = uvicorn.Server(uvicorn.Config(build(state), log_config=None))
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.run(sockets=[listening])


if __name__ == "__main__":
    main()
