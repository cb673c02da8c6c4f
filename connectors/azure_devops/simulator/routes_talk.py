"""Comments and attachments over REST."""

from __future__ import annotations

import mimetypes
import re
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from connectors.azure_devops.simulator.api import Ask, Routes, answer
from connectors.azure_devops.simulator.errors import VendorError, bad_request
from connectors.azure_devops.simulator.html import rewritten
from connectors.azure_devops.simulator.records import Attachment, Comment, Item
from connectors.azure_devops.simulator.routes_items import item_of, number_of

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_FORMATS = {"": "html", "html": "html", "1": "html", "markdown": "markdown", "0": "markdown"}


def register(routes: Routes) -> None:
    """Add the addresses of this module; comments are still in preview."""
    comments = "wit/workitems/{id}/comments"
    routes.add("GET", comments, list_comments, preview=True)
    routes.add("POST", comments, add_comment, preview=True)
    routes.add("GET", comments + "/{comment}", read_comment, preview=True)
    routes.add("PATCH", comments + "/{comment}", edit_comment, preview=True)
    routes.add("DELETE", comments + "/{comment}", delete_comment, preview=True)
    routes.add("GET", comments + "/{comment}/versions", list_versions, preview=True)
    routes.add("POST", "wit/attachments", upload)
    routes.add("PUT", "wit/attachments/{file}", upload_chunk)
    routes.add("GET", "wit/attachments/{file}", download)


def _comment_of(ask: Ask, item: Item) -> Comment:
    wanted = number_of(ask, "comment")
    found = next((c for c in item.comments if c.id == wanted), None)
    if found is None:
        message = f"The comment with id {wanted} does not exist on work item {item.id}."
        raise VendorError(404, message, "CommentNotFoundException")
    return found


def _text_of(ask: Ask) -> tuple[str, str]:
    body = ask.json()
    text = str(body.get("text") or "") if isinstance(body, dict) else ""
    kind = _FORMATS.get(ask.query.get("format", "").casefold())
    if not text.strip() or kind is None:
        raise bad_request("A comment needs a text, and html or markdown as its format.")
    if kind == "html" and ask.world.rewrite_html:
        text = rewritten(text)
    return text, kind


async def list_comments(ask: Ask) -> Response:
    """Comments, newest first unless asked otherwise; pages by continuation token."""
    item = item_of(ask)
    expand = ask.query.get("$expand", "none").casefold()
    ids = [part for part in ask.query.get("ids", "").split(",") if part]
    shown = [c for c in item.comments if ask.flag("includedeleted") or not c.deleted]
    total = len(shown)
    if ids:
        shown = [c for c in shown if str(c.id) in ids]
    if ask.query.get("order", "desc").casefold() != "asc":
        shown.reverse()
    start, top = ask.number("continuationtoken", 0), ask.number("$top", 200)
    page = shown[start : start + top]
    url = f"{ask.world.render.project_api(item.project)}/wit/workItems/{item.id}/comments"
    body: dict[str, Any] = {
        "totalCount": total,
        "count": len(page),
        "comments": [ask.world.render.comment(item, c, expand) for c in page],
        "url": url,
    }
    if start + top < len(shown):
        body["continuationToken"] = str(start + top)
        body["nextPage"] = f"{url}?continuationToken={start + top}&$top={top}"
    return answer(body)


async def add_comment(ask: Ask) -> Response:
    """Add a comment."""
    item = item_of(ask)
    text, kind = _text_of(ask)
    made = ask.world.board.comment(item, text, kind, ask.world.service_account)
    return answer(ask.world.render.comment(item, made))


async def read_comment(ask: Ask) -> Response:
    """One comment; a deleted one only with includeDeleted."""
    item = item_of(ask)
    found = _comment_of(ask, item)
    if found.deleted and not ask.flag("includedeleted"):
        message = f"The comment with id {found.id} does not exist on work item {item.id}."
        raise VendorError(404, message, "CommentNotFoundException")
    return answer(ask.world.render.comment(item, found, ask.query.get("$expand", "").casefold()))


async def edit_comment(ask: Ask) -> Response:
    """Replace the text of a comment."""
    item = item_of(ask)
    found = _comment_of(ask, item)
    text, _kind = _text_of(ask)
    ask.world.board.edit_comment(item, found, text, ask.world.service_account)
    return answer(ask.world.render.comment(item, found))


async def delete_comment(ask: Ask) -> Response:
    """Mark a comment as deleted."""
    item = item_of(ask)
    ask.world.board.delete_comment(item, _comment_of(ask, item), ask.world.service_account)
    return Response(status_code=204)


async def list_versions(ask: Ask) -> Response:
    """Every text that a comment had."""
    item = item_of(ask)
    found = _comment_of(ask, item)
    versions = [
        {"id": found.id, "version": n, "text": text, "isDeleted": False}
        for n, text in enumerate(found.versions, start=1)
    ]
    return answer({"count": len(versions), "value": versions})


def _file_url(ask: Ask, file: Attachment) -> str:
    api = f"{ask.world.organization_url}/_apis"
    if file.project is not None:
        api = ask.world.render.project_api(file.project)
    return f"{api}/wit/attachments/{file.id}?fileName={quote(file.name)}"


async def upload(ask: Ask) -> Response:
    """Keep a file; in chunks it is only registered here. Nothing shows it until it is linked."""
    limit = ask.world.attachment_limit
    if len(ask.body) > limit:
        message = (
            f"TF237082: The file you are trying to upload exceeds the supported {limit} bytes."
        )
        raise VendorError(413, message, "AttachmentTooLargeException")
    name = ask.query.get("filename") or "attachment"
    chunked = ask.query.get("uploadtype", "simple").casefold() == "chunked"
    content = b"" if chunked else ask.body
    file = Attachment(ask.world.new_id(), name, content, ask.project, 0 if chunked else None)
    ask.world.attachments[file.id] = file
    return answer({"id": file.id, "url": _file_url(ask, file)}, 201)


def _file_of(ask: Ask) -> Attachment:
    file = ask.world.attachments.get(ask.params["file"].lower())
    if file is None:
        message = f"VS402408: The attachment {ask.params['file']} could not be found."
        raise VendorError(404, message, "AttachmentNotFoundException")
    return file


async def upload_chunk(ask: Ask) -> Response:
    """Append the next piece of a registered file; 201 when it is whole."""
    file, said = _file_of(ask), _RANGE.match(ask.request.headers.get("content-range", ""))
    if said is None or file.size is None or int(said[1]) != len(file.content):
        raise bad_request("The Content-Range does not continue the file.")
    if int(said[3]) > ask.world.attachment_limit:
        raise VendorError(413, "TF237082: The file is too large.", "AttachmentTooLargeException")
    file.content, file.size = file.content + ask.body, int(said[3])
    whole = len(file.content) == file.size
    return answer({"id": file.id, "url": _file_url(ask, file)}, 201 if whole else 202)


async def download(ask: Ask) -> Response:
    """The bytes of a file."""
    file = _file_of(ask)
    name = ask.query.get("filename") or file.name
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {}
    if ask.flag("download"):
        kind = "application/octet-stream"
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(file.content, headers=headers, media_type=kind)
