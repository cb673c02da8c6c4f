"""The page behind a notice's link: GET only shows it, the button's POST acknowledges.

Mail scanners follow links; none presses a button. Whoever holds the link was told it by the hub,
so that no other credential is asked for, and the page says no more than the notice did.
"""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from bridge.api.access import HubHere
from bridge.api.bodies import read_body
from bridge.core.spoken import said_time
from bridge.engine import notices
from bridge.engine.hub import Hub
from bridge.store.notices import Asked

router = APIRouter()

MAX_BODY = 4096
LONGEST_NAME = 100
_HEADERS = {
    "Cache-Control": "no-store",
    # The address is the credential: it is told to no other page.
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Robots-Tag": "noindex",
}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}"
    "dt{color:#555}dd{margin:0 0 .5rem}button{font:inherit;padding:.5rem 1rem}"
    "input{font:inherit;padding:.4rem;width:100%;box-sizing:border-box;margin:.25rem 0 1rem}"
)


@router.get("/ack/{token}", include_in_schema=False)
async def show_notice(hub: HubHere, token: str) -> HTMLResponse:
    """The notice and a button; nothing changes by looking."""
    found = await notices.asked(hub, token)
    return _unknown() if found is None else _page(hub, found)


@router.post("/ack/{token}", include_in_schema=False)
async def acknowledge_notice(request: Request, hub: HubHere, token: str) -> HTMLResponse:
    """Whoever presses the button knows, and says who it is."""
    body = (await read_body(request, MAX_BODY)).decode("utf-8", "replace")
    named = parse_qs(body).get("name", [""])[0]
    before = await notices.asked(hub, token)
    if before is None:
        return _unknown()
    found = await notices.acknowledge(hub, token, _name(named) or before.notice.recipient)
    return _unknown() if found is None else _page(hub, found)


def _name(text: str) -> str:
    """One line of bounded length."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line[:LONGEST_NAME]


def _page(hub: Hub, found: Asked) -> HTMLResponse:
    content = found.notice.content
    title = f"Ticket {found.ticket_key}" if content is None else content.title.value
    facts = () if content is None else content.facts
    rows = "".join(
        f"<dt>{escape(label)}</dt><dd>{escape(value.value)}</dd>" for label, value in facts
    )
    return _html(200, title, f"<dl>{rows}</dl>{_state(hub, found)}")


def _state(hub: Hub, found: Asked) -> str:
    if found.acknowledged_at is not None:
        who = escape(found.acknowledged_by or "somebody")
        when = escape(said_time(found.acknowledged_at, hub.now()))
        return f"<p>Acknowledged by {who}, {when}. Nobody is told again for this.</p>"
    return (
        "<form method='post'><label>Who are you?"
        f"<input name='name' maxlength='{LONGEST_NAME}' value='{escape(found.notice.recipient)}'>"
        "</label><button>I know, I see to it</button></form>"
    )


def _unknown() -> HTMLResponse:
    return _html(404, "There is nothing here", "<p>The link is not, or no longer, one of ours.</p>")


def _html(status: int, title: str, body: str) -> HTMLResponse:
    page = (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
    return HTMLResponse(page, status, headers=_HEADERS)
