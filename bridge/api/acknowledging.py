"""The page behind a notice's link: GET only shows it, the button's POST acknowledges.

Mail scanners follow links; none presses a button. Whoever holds the link was told it by the hub,
so that no other credential is asked for, and the page says no more than the notice did.
"""

from __future__ import annotations

from datetime import timedelta
from html import escape
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from bridge.api.access import HubHere
from bridge.api.bodies import read_body
from bridge.core.spoken import said_time
from bridge.domain.notices import NoticeState
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
_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --page: #eef1f5; --ink: #1d2733; --soft: #5a6675;
  --line: #d5dbe3; --deed: #17607e; --link: #17607e; --good: #e6f4ea; --good-ink: #14532d; }
@media (prefers-color-scheme: dark) { :root { --paper: #1b222b; --page: #11161c; --ink: #e8edf3;
  --soft: #9aa7b6; --line: #323c48; --deed: #1f7396; --link: #6cc0e0; --good: #14321f;
  --good-ink: #b7e4c7; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 1.5rem 1rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 36rem; margin: 0 auto; padding: 1.5rem; background: var(--paper);
  border: 1px solid var(--line); border-radius: 10px; }
h1 { margin: 0 0 1rem; font-size: 1.35rem; line-height: 1.25; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.25rem; margin: 0 0 1rem; }
dt { color: var(--soft); } dd { margin: 0; }
a { color: var(--link); }
form, .state { margin-top: 1.25rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
label { display: block; color: var(--soft); }
input { width: 100%; margin: .25rem 0 1rem; padding: .55rem .7rem; font: inherit; color: var(--ink);
  background: var(--page); border: 1px solid var(--line); border-radius: 6px; }
button { width: 100%; padding: .8rem 1rem; font: inherit; font-weight: 600; color: #fff;
  background: var(--deed); border: 0; border-radius: 6px; cursor: pointer; }
small { display: block; margin-top: .75rem; color: var(--soft); font-size: .9rem; }
.good { padding: .9rem 1rem; border: 0; border-radius: 6px; background: var(--good);
  color: var(--good-ink); }
"""


@router.api_route("/ack/{token}", methods=["GET", "HEAD"], include_in_schema=False)
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
    if content is None:
        return _html(200, f"Ticket {found.ticket_key}", _state(hub, found))
    rows = "".join(
        f"<dt>{escape(label)}</dt><dd>{escape(value.value)}</dd>" for label, value in content.facts
    )
    links = "".join(
        f"<a href='{escape(url.value)}'>{escape(label)}</a><br>"
        for label, url in content.links
        if url.value.startswith(("https://", "http://"))
    )
    return _html(200, content.title.value, f"<dl>{rows}</dl>{links}{_state(hub, found)}")


def _state(hub: Hub, found: Asked) -> str:
    notice = found.notice
    if found.acknowledged_at is not None:
        who = escape(found.acknowledged_by or "somebody")
        when = escape(said_time(found.acknowledged_at, hub.now()))
        return (
            f"<p class='state good' role='status'><b>Acknowledged by {who}</b>, {when}. You are "
            "not told of this again. Whoever else was asked still is, until they answer too.</p>"
        )
    if notice.state is NoticeState.OVER:
        return (
            "<p class='state good' role='status'>There is nothing to do: somebody has taken the "
            "work, or the ticket was closed.</p>"
        )
    every = f"every {_minutes(notice.resend)}, {notices.RESENDS} times at most"
    repeated = f"<small>Until you press it you are told again, {every}.</small>"
    return (
        "<form method='post'><label>Your name, so that the others see who knows"
        f"<input name='name' maxlength='{LONGEST_NAME}' value='{escape(notice.recipient)}'>"
        "</label><button>I know, I see to it</button>"
        f"{repeated if notice.state is NoticeState.DUE else ''}</form>"
    )


def _minutes(span: timedelta) -> str:
    count = round(span.total_seconds() / 60)
    return "minute" if count == 1 else f"{count} minutes"


def _unknown() -> HTMLResponse:
    return _html(404, "There is nothing here", "<p>The link is not, or no longer, one of ours.</p>")


def _html(status: int, title: str, body: str) -> HTMLResponse:
    page = (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    return HTMLResponse(page, status, headers=_HEADERS)
