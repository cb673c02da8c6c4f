"""Pages that show changes by themselves: a stream that tells that there are some.

What has changed is not told here: a page reads its own part again, by the same rules as before.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from bridge.engine import signing_in, watching
from bridge.engine.watching import TooMany, Watch, Watcher
from bridge.store import watching as figures
from bridge.web.rendering import page
from bridge.web.visitor import HubHere, Shown, Viewer, cookie_name, printable

router = APIRouter(include_in_schema=False)
stream_router = APIRouter(include_in_schema=False)

_HEADERS = {
    "Cache-Control": "no-store",
    # A proxy that gathers an answer before it passes it on would pass nothing on.
    "X-Accel-Buffering": "no",
}


@stream_router.get("/live")
async def live(request: Request, hub: HubHere) -> Response:
    """Server-sent events: the figures of topics as they change, while the session holds.

    https://html.spec.whatwg.org/multipage/server-sent-events.html
    """
    session = request.cookies.get(cookie_name(hub), "")
    person = await signing_in.visitor(hub, session, used=False) if session else None
    if person is None:
        return _refusal(401, "Sign in first")
    topics = request.query_params.getlist("topic")
    if not topics or len(topics) > watching.MOST_TOPICS or not all(map(_is_topic, topics)):
        return _refusal(404, "There is no such topic")
    watch = _watch(request)
    try:
        watcher = watch.begin(session, topics)
    except TooMany:
        return _refusal(429, "Too many pages are open")
    return _Stream(watch, watcher)


class _Stream(StreamingResponse):
    """The answer that goes on. Its watcher ends with it, however it ends."""

    def __init__(self, watch: Watch, watcher: Watcher) -> None:
        super().__init__(_written(watcher), headers=_HEADERS, media_type="text/event-stream")
        self._watch, self._watcher = watch, watcher

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._watch.end(self._watcher)


async def _written(watcher: Watcher) -> AsyncIterator[str]:
    yield "retry: 3000\n\n"
    async for news in watcher.news():
        if not news:
            yield ": still here\nevent: alive\ndata: 1\n\n"
        for topic, figure in sorted(news.items()):
            yield f"event: figure\ndata: {json.dumps({'topic': topic, 'figure': figure})}\n\n"
    if watcher.signed_out:
        yield "event: signed-out\ndata: 1\n\n"


@router.get("/changes")
async def changes(
    hub: HubHere,
    visitor: Viewer,
    since: Annotated[Shown, Query(max_length=40)] = "",
    seen: Annotated[Shown, Query(max_length=40)] = "",
) -> Response:
    """How many tickets have changed since the list was read: a hint beside it.

    `since`: the newest change then; `seen`: the figure of the list then.
    """
    figure = await watching.list_figure(hub)
    async with hub.db.read(long=True) as connection:
        count = await figures.changed_tickets(connection, since)
    return page(
        "changes.html",
        visitor=visitor,
        since=since,
        seen=seen,
        figure=figure,
        count=count,
        many=count >= figures.COUNTED,
        changed=figure != seen,
    )


def _is_topic(topic: str) -> bool:
    try:
        return len(topic) <= 500 and watching.is_topic(printable(topic))
    except ValueError:
        return False


def _watch(request: Request) -> Watch:
    watch = request.app.state.watch
    assert isinstance(watch, Watch)  # noqa: S101 - the pages are never added without
    return watch


def _refusal(status: int, said: str) -> Response:
    return Response(said, status, headers={"Cache-Control": "no-store"}, media_type="text/plain")
