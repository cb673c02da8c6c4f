"""What is sent: each call as method, path, query and body. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import quote

from bridge.domain.operations import ItemField, ItemLink, NewItem
from bridge.domain.records import Value
from bridge.kit.clock import rfc3339
from bridge.kit.richtext.cutting import NOWHERE, Whole, fit, fit_line
from bridge.kit.richtext.html_reading import read_html_or_lines
from bridge.kit.richtext.html_writing import Shape, write_html
from bridge.kit.richtext.markdown_writing import write_markdown
from bridge.kit.richtext.model import Image, RichText
from connectors.azure_devops.facts import (
    ASSIGNED_TO,
    CHANGED_BY,
    CHANGED_DATE,
    COMMENT_COUNT,
    CREATED_DATE,
    DELETED,
    DESCRIPTION,
    ITERATION_PATH,
    PROJECT,
    REPRO_STEPS,
    STATE,
    TITLE,
    TYPE,
)
from connectors.azure_devops.manifest import LONGEST_LINE, LONGEST_TEXT
from connectors.azure_devops.payloads import Relation

TAG = "ticketbridge"
"""The one visible tag of what the hub launched."""
MARK = "ticketbridge:"
"""Begins the comment of the hyperlink that carries a launch's marker."""

VERSION, COMMENTS_VERSION = "7.1", "7.1-preview.4"
CONNECTION_DATA_VERSION = "7.1-preview.1"
PATCH_TYPE = "application/json-patch+json"
TAGS = "System.Tags"
FEED_PAGE = 200
HYPERLINK_COUNT = "System.HyperLinkCount"
HYPERLINKED_PAGE = 200

HTML_FIELDS = frozenset(
    {
        DESCRIPTION, REPRO_STEPS, "System.History",
        "Microsoft.VSTS.Common.AcceptanceCriteria", "Microsoft.VSTS.TCM.SystemInfo",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Texts:
    """Which fields hold long texts, which of them are in Markdown, and which take one line."""

    html: frozenset[str] = HTML_FIELDS
    lines: frozenset[str] = frozenset()
    markdown: frozenset[str] = frozenset()
    """Those of one item: a person has turned them into it, which can't be taken back."""


USUAL_TEXTS = Texts()
"""What is true of every organization."""

FEED_FIELDS = (
    "System.Id", "System.Rev", TITLE, STATE, TYPE, PROJECT, ASSIGNED_TO, ITERATION_PATH,
    CREATED_DATE, CHANGED_DATE, CHANGED_BY, COMMENT_COUNT, DELETED,
)  # fmt: skip
"""Fields every organization has: one it does not know would make the whole feed fail."""

TRIED_TITLE = "Ticketbridge checks its rights"
_NAME_LENGTH = 120
_BAD_IN_NAMES = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\\/:*?\"<>|#%&]+")

Pictures: TypeAlias = Callable[[Image], str]


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `path` is below the organization and percent-encoded; `json` is the body."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    content_type: str = "application/json"


def _request(
    method: str, path: str, *, json: Any = None, version: str = VERSION, **query: str
) -> Request:
    spelled = {name.replace("_", "$", 1): value for name, value in query.items()}
    return Request(method, path, {**spelled, "api-version": version}, json)


def _wit(path: str, project: str | None = None) -> str:
    start = "" if project is None else f"{quote(project, safe='')}/"
    return f"{start}_apis/wit/{path}"


# -------------------------------------------------------------------------------------- reading


def read_item(id: str) -> Request:
    """One item with fields and links, wherever it lives."""
    return _request("GET", _wit(f"workitems/{id}"), _expand="all")


def read_binned(id: str) -> Request:
    """One entry of the recycle bin."""
    return _request("GET", _wit(f"recyclebin/{id}"))


def read_items(ids: Sequence[int]) -> Request:
    """At most 200 items; what can't be read is left out."""
    body = {"ids": list(ids), "$expand": "all", "errorPolicy": "omit"}
    return _request("POST", _wit("workitemsbatch"), json=body)


def read_comments(project: str, id: str, token: str | None) -> Request:
    """A page of comments, oldest first."""
    path = _wit(f"workItems/{id}/comments", project)
    more = {} if token is None else {"continuationToken": token}
    return _request(
        "GET", path, version=COMMENTS_VERSION, _top="200", order="asc",
        _expand="renderedText", **more,
    )  # fmt: skip


def read_feed(project: str | None, cursor: str | None, since: datetime) -> Request:
    """A page of the reporting feed from the cursor, or from a time where there is none."""
    start = {"startDateTime": rfc3339(since)} if cursor is None else {"continuationToken": cursor}
    return _request(
        "GET", _wit("reporting/workitemrevisions", project), fields=",".join(FEED_FIELDS),
        includeLatestOnly="true", includeDeleted="true", _maxPageSize=str(FEED_PAGE), **start,
    )  # fmt: skip


def query_tagged(since: datetime) -> Request:
    """A query for everything the hub launched since a time, in every project."""
    conditions = f"[{TAGS}] CONTAINS '{TAG}' AND [{CREATED_DATE}] >= '{rfc3339(since)}'"
    text = f"SELECT [System.Id] FROM WorkItems WHERE {conditions} ORDER BY [{CREATED_DATE}]"  # noqa: S608  # no SQL, and nothing in it comes from outside
    return _request("POST", _wit("wiql"), json={"query": text}, timePrecision="true")


def query_hyperlinked(after: int) -> Request:
    """A query for the next items with hyperlinks, by id; it can't ask where they lead to."""
    conditions = f"[{HYPERLINK_COUNT}] > 0 AND [System.Id] > {after}"
    text = f"SELECT [System.Id] FROM WorkItems WHERE {conditions} ORDER BY [System.Id]"  # noqa: S608  # no SQL, and nothing in it comes from outside
    return _request("POST", _wit("wiql"), json={"query": text}, _top=str(HYPERLINKED_PAGE))


def read_types(project: str) -> Request:
    """The types of a project with their states."""
    return _request("GET", _wit("workitemtypes", project))


def read_type_fields(project: str, type: str) -> Request:
    """The fields of a type with the values they take."""
    path = _wit(f"workitemtypes/{quote(type, safe='')}/fields", project)
    return _request("GET", path, _expand="allowedValues")


def read_fields() -> Request:
    """The fields of the organization."""
    return _request("GET", _wit("fields"))


def read_iterations(project: str) -> Request:
    """The iteration tree of a project."""
    return _request("GET", _wit("classificationnodes/iterations", project), _depth="10")


def read_caller() -> Request:
    """Who the token belongs to."""
    return _request("GET", "_apis/connectionData", version=CONNECTION_DATA_VERSION)


def read_projects() -> Request:
    """The projects that the caller may see."""
    return _request("GET", "_apis/projects")


def read_hooks() -> Request:
    """The service hooks that post work item events to an address."""
    return _request(
        "GET", "_apis/hooks/subscriptions", publisherId="tfs", consumerId="webHooks",
        consumerActionId="httpRequest",
    )  # fmt: skip


def try_create(project: str, type: str) -> Request:
    """A create that the service only validates: nothing is kept of it."""
    path = _wit(f"workitems/${quote(type, safe='')}", project)
    operations = [_set(TITLE, TRIED_TITLE, USUAL_TEXTS, NOWHERE)]
    request = _request("POST", path, json=operations, validateOnly="true")
    return Request(request.method, request.path, request.query, request.json, PATCH_TYPE)


# -------------------------------------------------------------------------------------- writing


def create(launch: NewItem, project: str, texts: Texts = USUAL_TEXTS) -> Request:
    """Create the item with its tag, its back link and its marker in the one call."""
    given = {name: value for name, value in launch.fields.items() if value is not None}
    given[TAGS] = _tags(given.get(TAGS))
    whole = Whole(launch.back_link, "the ticket")
    operations = [_set(name, value, texts, whole) for name, value in given.items()]
    operations.append(_add_link(ItemLink(launch.back_link, MARK + launch.marker)))
    path = _wit(f"workitems/${quote(launch.type, safe='')}", project)
    return _patch("POST", path, operations)


def set_fields(
    id: str,
    fields: Sequence[ItemField],
    revision: int | None,
    texts: Texts = USUAL_TEXTS,
) -> Request:
    """Write fields, guarded by the revision where one is given."""
    operations = [
        _set(each.field, each.value, texts, Whole(each.whole, "the ticket")) for each in fields
    ]
    return _change(id, operations, revision)


def set_links(
    id: str, add: Sequence[ItemLink], remove: Sequence[int], revision: int | None
) -> Request:
    """Add hyperlinks and remove relations by their index, the last one first."""
    return _change(id, [*_removals(remove), *map(_add_link, add)], revision)


RELATED = "System.LinkTypes.Related"


def relate(id: str, url: str, revision: int) -> Request:
    """Relate the item to the one of that API address; the other side shows it by itself."""
    value = {"rel": RELATED, "url": url}
    return _change(id, [{"op": "add", "path": "/relations/-", "value": value}], revision)


def link_file(id: str, url: str, comment: str) -> Request:
    """Hang an uploaded file on an item."""
    value = {"rel": "AttachedFile", "url": url, "attributes": {"comment": comment}}
    return _change(id, [{"op": "add", "path": "/relations/-", "value": value}], None)


def upload(project: str, name: str) -> Request:
    """Upload a file; the body is its bytes."""
    request = _request(
        "POST", _wit("attachments", project), fileName=file_name(name), uploadType="simple"
    )
    return Request(request.method, request.path, request.query, None, "application/octet-stream")


def add_comment(project: str, id: str, html: str, pictures: Pictures | None = None) -> Request:
    """Add a comment in HTML; `pictures` finds the address of a file on the item."""
    path = _wit(f"workItems/{id}/comments", project)
    body = {"text": long_text(html, pictures)}
    return _request("POST", path, json=body, version=COMMENTS_VERSION, format="html")


def delete_comment(project: str, id: str, comment_id: str) -> Request:
    """Delete a comment; the service marks it and keeps it in the item's history."""
    path = _wit(f"workItems/{id}/comments/{quote(comment_id, safe='')}", project)
    return _request("DELETE", path, version=COMMENTS_VERSION)


def remove_links(id: str, indices: Sequence[int], revision: int) -> Request:
    """Remove relations by their index, the last one first."""
    return _change(id, _removals(indices), revision)


def file_indices(relations: Sequence[Relation], comment: str) -> list[int]:
    """Where the files with that comment stand in the list."""
    return [
        index
        for index, each in enumerate(relations)
        if each.rel == "AttachedFile" and each.attributes.get("comment") == comment
    ]


def link_indices(relations: Sequence[Relation], links: Sequence[ItemLink]) -> list[int]:
    """Where the hub's own hyperlinks stand in the list, by address and comment."""
    wanted = {(each.url, each.comment) for each in links}
    return [
        index
        for index, each in enumerate(relations)
        if each.rel == "Hyperlink" and (each.url, each.attributes.get("comment") or "") in wanted
    ]


def file_name(name: str) -> str:
    """The name without what a path or the service would trip over; its extension is kept."""
    plain = _BAD_IN_NAMES.sub("_", name).strip(" ._") or "attachment"
    stem, dot, extension = plain.rpartition(".")
    if not dot or len(extension) > 10:
        return plain[:_NAME_LENGTH]
    return f"{stem[: _NAME_LENGTH - len(extension) - 1]}.{extension}"


def _patch(method: str, path: str, operations: list[dict[str, Any]]) -> Request:
    query = {"$expand": "all", "api-version": VERSION}
    return Request(method, path, query, operations, PATCH_TYPE)


def _change(id: str, operations: list[dict[str, Any]], revision: int | None) -> Request:
    guard = [] if revision is None else [{"op": "test", "path": "/rev", "value": revision}]
    return _patch("PATCH", _wit(f"workitems/{id}"), [*guard, *operations])


def _removals(indices: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {"op": "remove", "path": f"/relations/{each}"} for each in sorted(indices, reverse=True)
    ]


def _add_link(link: ItemLink) -> dict[str, Any]:
    value = {"rel": "Hyperlink", "url": link.url, "attributes": {"comment": link.comment}}
    return {"op": "add", "path": "/relations/-", "value": value}


def _set(name: str, value: Value, texts: Texts, whole: Whole) -> dict[str, Any]:
    if value is None:
        # An empty text clears a field of any type, and a field that is empty already.
        return _put(name, "")
    if name == TAGS:
        # `add` would merge with the tags that are there.
        return {"op": "replace", "path": f"/fields/{name}", "value": _tags(value)}
    if isinstance(value, str):
        value = _text(name, value, texts, whole)
    elif isinstance(value, list):
        value = "; ".join(str(each) for each in value)
    return _put(name, value)


def _text(name: str, value: str, texts: Texts, whole: Whole) -> str:
    if value and name in texts.markdown:
        return write_markdown(fit(read_html_or_lines(value), LONGEST_TEXT, _markdown_size, whole))
    if name in texts.html:
        return long_text(value, None, whole)
    if name == TITLE or (name in texts.lines and len(value) > LONGEST_LINE):
        return fit_line(value, LONGEST_LINE)
    return value


def _put(name: str, value: Value) -> dict[str, Any]:
    return {"op": "add", "path": f"/fields/{name}", "value": value}


def _markdown_size(text: RichText) -> int:
    return len(write_markdown(text))


def long_text(html: str, pictures: Pictures | None = None, whole: Whole = NOWHERE) -> str:
    """A long text as the service takes it; cut, with the way to the whole, if it is too long."""
    shape = Shape(source_of=pictures)
    text = fit(
        read_html_or_lines(html), LONGEST_TEXT, lambda each: len(write_html(each, shape)), whole
    )
    return write_html(text, shape)


def _tags(value: Value) -> str:
    """The tags with ours among them, each once."""
    given = value if isinstance(value, list) else str(value or "").split(";")
    kept = {str(each).strip().casefold(): str(each).strip() for each in given}
    kept.pop("", None)
    return "; ".join({**kept, TAG: TAG}.values())
