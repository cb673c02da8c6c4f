"""Signing in by a provider: the way there, and the way back from it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from bridge.core.granting import shown_name
from bridge.engine import provider_sign_in
from bridge.engine.hub import Hub
from bridge.engine.provider_sign_in import CALLBACK, NoRole, SignInBy
from bridge.kit.oidc.errors import Declined, NoProvider, NotProven
from bridge.kit.oidc.parts import Begun
from bridge.web.pressing import moved
from bridge.web.signing_in import let_in
from bridge.web.visitor import HubHere, PageProblem, cookie_name, is_secure, sign_in_page

router = APIRouter(include_in_schema=False)

BEGUN_S = 600
"""Seconds for the way there and back."""
MOST_QUERY = 8 * 1024


@router.get("/oidc/start")
async def go_there(hub: HubHere) -> Response:
    """Send the browser to the provider. A link, because a form's policy ends at this site."""
    by = _by(hub)
    try:
        address, begun = await provider_sign_in.begin(hub, by)
    except NoProvider as error:
        return _no_way(hub, by, error)
    answer = moved(address)
    answer.set_cookie(
        _cookie(hub),
        begun.packed(),
        max_age=BEGUN_S,
        path="/",
        secure=is_secure(hub),
        httponly=True,
        # The way back begins at the provider: a stricter cookie would not come along.
        samesite="lax",
    )
    return answer


@router.get(CALLBACK)
async def come_back(request: Request, hub: HubHere) -> Response:
    """Sign in whom the provider vouches for, once, in the browser that began it."""
    by = _by(hub)
    answer = await _answered(request, hub, by)
    answer.delete_cookie(
        _cookie(hub), path="/", secure=is_secure(hub), httponly=True, samesite="lax"
    )
    return answer


async def _answered(request: Request, hub: Hub, by: SignInBy) -> Response:
    begun = Begun.unpacked(request.cookies.get(_cookie(hub), ""))
    said = request.query_params.multi_items()
    if begun is None:
        again = "This sign-in was not begun in this browser, or more than ten minutes ago."
        return sign_in_page(hub, 400, wrong=f"{again} Nobody was signed in. Begin again.")
    if len(request.url.query) > MOST_QUERY or len(dict(said)) != len(said):
        return sign_in_page(hub, 400, wrong="That was no answer of a provider. Begin again.")
    before = request.cookies.get(cookie_name(hub), "")
    try:
        session = await provider_sign_in.finish(hub, by, dict(said), begun, before=before)
    except NotProven as error:
        return sign_in_page(hub, 400, wrong=f"{error} Nobody was signed in. Begin again.")
    except Declined as error:
        return sign_in_page(hub, 403, wrong=str(error), said=shown_name(error.said))
    except NoProvider as error:
        return _no_way(hub, by, error)
    except NoRole:
        wrong = (
            f"{by.name} knows you, but none of your groups there may use Ticketbridge. "
            "Ask an admin for one that may, or for a link that works once."
        )
        return sign_in_page(hub, 403, wrong=wrong)
    return let_in(request, hub, session)


def _no_way(hub: Hub, by: SignInBy, error: NoProvider) -> Response:
    wrong = f"Nobody can sign in by {by.name} just now. {error} A link that works once still does."
    return sign_in_page(hub, 502, wrong=wrong)


def _by(hub: Hub) -> SignInBy:
    if hub.sign_in_by is None:
        raise PageProblem(
            404, "There is nothing here", "This hub has no provider; sign in by a link."
        )
    return hub.sign_in_by


def _cookie(hub: Hub) -> str:
    """The cookie of a sign-in under way. Behind TLS no other host or path can set it."""
    return "__Host-ticketbridge-oidc" if is_secure(hub) else "ticketbridge-oidc"
