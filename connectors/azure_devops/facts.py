"""The vendor's JSON of a work item as facts; the same from a service hook and from REST."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from bridge.domain import records
from bridge.domain.records import Attachment, Comment, Fact, Value, parse_instant
from bridge.kit.clock import rfc3339
from bridge.kit.richtext import clean_html, write_html
from bridge.kit.richtext.markdown_reading import read_markdown
from connectors.azure_devops.addresses import Place
from connectors.azure_devops.identities import (
    display_name,
    is_identity,
    label,
    unique_name,
)
from connectors.azure_devops.manifest import DUE_DATE, TARGET_DATE
from connectors.azure_devops.payloads import CommentEntry, Relation, WorkItem

TITLE, STATE, TYPE = "System.Title", "System.State", "System.WorkItemType"
PROJECT, CHANGED_DATE, CHANGED_BY = "System.TeamProject", "System.ChangedDate", "System.ChangedBy"
CREATED_DATE, CREATED_BY = "System.CreatedDate", "System.CreatedBy"
ASSIGNED_TO, ITERATION_PATH = "System.AssignedTo", "System.IterationPath"
COMMENT_COUNT, HISTORY, DELETED = "System.CommentCount", "System.History", "System.IsDeleted"
DESCRIPTION, REPRO_STEPS = "System.Description", "Microsoft.VSTS.TCM.ReproSteps"

_COMPLETE = (TITLE, STATE, TYPE, PROJECT)
"""Fields that every whole revision has; one without them was cut down."""

_BOOKKEEPING = frozenset(
    {
        "System.Id", "System.Rev", "System.Watermark", "System.AuthorizedDate",
        "System.AuthorizedAs", "System.RevisedDate", "System.PersonId", "System.AreaId",
        "System.IterationId", "System.NodeName", HISTORY, DELETED,
    }
)  # fmt: skip
"""What only some of the answers carry, or what is said by the observation itself. The history
field is the text of one revision's comment: comments are read as such."""
_LEVELS = re.compile(r"System\.(?:Area|Iteration)Level[0-9]+")

_FILE_ID = re.compile(r"/attachments/([0-9a-f-]{36})", re.IGNORECASE)


def moment(value: Any) -> datetime | None:
    """A time as the vendor writes it, in UTC; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        return parse_instant(value)
    except OverflowError:  # beyond the calendar in UTC
        return None


def plain(text: str) -> str:
    """The text without what no store keeps: NUL and lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


def scalar(value: Any) -> Value:
    """A field's value as JSON: people as text, and nothing that is no JSON."""
    if is_identity(value):
        return plain(label(value))
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, bool | int | float) else None


def item_facts(item: WorkItem, place: Place) -> dict[str, Fact] | None:
    """All facts of a revision; None if it is not a whole one.

    Links and files are among them only if the revision says which it has: an item without any
    looks like one whose links were left out.
    """
    at = moment(item.fields.get(CHANGED_DATE))
    if at is None or any(not isinstance(item.fields.get(name), str) for name in _COMPLETE):
        return None
    values = {TARGET_DATE: None, DUE_DATE: None} | _vendor_fields(item.fields)
    values |= _row_values(item, place)
    values[records.BODY] = _body(item)
    if item.relations is not None:
        values[records.HYPERLINKS] = hyperlinks(item.relations)
        values[records.ATTACHMENTS] = _attachments(item.relations)
    return as_facts(values, at)


def row_facts(row: WorkItem, place: Place) -> dict[str, Fact] | None:
    """The few facts that a row of the reporting feed carries; None if it carries no time."""
    at = moment(row.fields.get(CHANGED_DATE))
    if at is None or any(not isinstance(row.fields.get(name), str) for name in _COMPLETE):
        return None
    return as_facts(_vendor_fields(row.fields) | _row_values(row, place), at)


def as_facts(values: Mapping[str, Value], at: datetime) -> dict[str, Fact]:
    """The values, all as of one time."""
    return {name: Fact(value, at) for name, value in values.items()}


def _vendor_fields(fields: Mapping[str, Any]) -> dict[str, Value]:
    return {
        plain(name): scalar(value)
        for name, value in fields.items()
        if name not in _BOOKKEEPING and not _LEVELS.fullmatch(name)
    }


def _row_values(item: WorkItem, place: Place) -> dict[str, Value]:
    fields = item.fields
    project, assigned = plain(fields[PROJECT]), fields.get(ASSIGNED_TO)
    iteration = fields.get(ITERATION_PATH)
    return {
        records.SUBJECT: plain(fields[TITLE]),
        records.STATUS: plain(fields[STATE]),
        records.TYPE: plain(fields[TYPE]),
        records.PROJECT: project,
        records.KEY: f"#{item.id}",
        records.URL: place.page_url(project, item.id),
        records.CREATED_AT: _instant(fields.get(CREATED_DATE)),
        records.CHANGED_AT: _instant(fields.get(CHANGED_DATE)),
        records.AUTHOR: plain(unique_name(fields.get(CHANGED_BY))) or None,
        records.ASSIGNEE: plain(display_name(assigned)) if assigned else None,
        records.ITERATION: plain(iteration) if isinstance(iteration, str) else None,
    }


def _instant(value: Any) -> str | None:
    at = moment(value)
    return None if at is None else rfc3339(at)


def _body(item: WorkItem) -> str:
    """The description: bug-like types keep it in the steps to reproduce."""
    for name in (REPRO_STEPS, DESCRIPTION):
        text = item.fields.get(name)
        if isinstance(text, str) and text.strip():
            return safe_html(text, str(item.formats.get(name, "html")))
    return ""


def safe_html(text: str, markup: str) -> str:
    """A long text, in HTML or in Markdown, as the hub keeps it."""
    markdown = markup.casefold() == "markdown"
    return write_html(read_markdown(text)) if markdown else clean_html(text)


def markdown_fields(item: WorkItem) -> frozenset[str]:
    """The long texts of an item that somebody has turned into Markdown, which is for good."""
    formats = item.formats.items()
    return frozenset(name for name, markup in formats if str(markup).casefold() == "markdown")


def hyperlinks(relations: Iterable[Relation]) -> list[Value]:
    """The links out of the item, in the vendor's order."""
    return [
        {"url": plain(each.url), "comment": _comment(each)}
        for each in relations
        if each.rel == "Hyperlink"
    ]


def link_comment(relation: Relation) -> str:
    """The text beside a link, where markers are."""
    return _comment(relation)


def _comment(relation: Relation) -> str:
    return plain(str(relation.attributes.get("comment") or ""))


def _attachments(relations: Iterable[Relation]) -> list[Value]:
    found: list[Value] = []
    for each in relations:
        id = _FILE_ID.search(each.url)
        if each.rel != "AttachedFile" or id is None:
            continue
        size = each.attributes.get("resourceSize")
        found.append(
            Attachment(
                id=id[1].lower(),
                name=plain(str(each.attributes.get("name") or "")),
                size=size if isinstance(size, int) and not isinstance(size, bool) else None,
                comment=_comment(each),
            ).as_value()
        )
    return found


def comment_value(entry: CommentEntry, own_ids: frozenset[str]) -> dict[str, Value]:
    """A comment as it is kept; engineers' comments are never public."""
    markdown = entry.format.casefold() == "markdown"
    html = clean_html(plain(entry.rendered)) if markdown and entry.rendered else ""
    author = plain(unique_name(entry.created_by))
    return Comment(
        id=str(entry.id),
        html=html or safe_html(entry.text, entry.format),
        author_id=author,
        author=plain(display_name(entry.created_by)),
        at=_instant(entry.created_date) or "",
        internal=True,
        own=author in own_ids,
    ).as_value()
