"""The reporting feed: revisions of all items in the order of their watermarks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from connectors.azure_devops.simulator.errors import bad_request
from connectors.azure_devops.simulator.fields import LONG_TEXT
from connectors.azure_devops.simulator.identities import Identity
from connectors.azure_devops.simulator.records import Item, Project, Revision

if TYPE_CHECKING:
    from connectors.azure_devops.simulator.world import World

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader asked of the feed."""

    project: Project | None
    after: int
    since: datetime | None
    types: tuple[str, ...] = ()
    fields: tuple[str, ...] | None = None
    latest_only: bool = False
    deleted: bool = False
    identity_ref: bool = False
    long_text: bool = False
    page: int = PAGE


def token_of(watermark: int) -> str:
    """The opaque token: only the first number counts, and nobody may rely on that."""
    return f"{watermark};{watermark % 7};1"


def watermark_of(token: str) -> int:
    """Read a token back; refuses what this feed never gave out."""
    head, _, rest = token.partition(";")
    if not head.isdigit() or not rest:
        raise bad_request(f"The continuation token {token} is not valid.", "InvalidTokenException")
    return int(head)


def read_feed(world: World, wanted: Wanted) -> tuple[list[dict[str, Any]], int, bool]:
    """One batch: values, the watermark reached, and whether that is all for now."""
    visible_until = world.now() - world.feed_lag
    entries = sorted(
        (
            (revision, item)
            for item in world.items.values()
            for revision in item.revisions
            if revision.watermark > wanted.after
        ),
        key=lambda entry: entry[0].watermark,
    )
    values: list[dict[str, Any]] = []
    reached = wanted.after
    for revision, item in entries:
        if revision.at > visible_until:
            break
        if len(values) == wanted.page:
            return values, reached, False
        reached = revision.watermark
        if _matches(wanted, item, revision, visible_until):
            values.append(_entry(world, wanted, item, revision))
    return values, reached, True


def _matches(wanted: Wanted, item: Item, revision: Revision, until: datetime) -> bool:
    if wanted.project is not None and revision.project is not wanted.project:
        return False
    if wanted.since is not None and revision.at < wanted.since:
        return False
    if wanted.types and item.type.casefold() not in wanted.types:
        return False
    visible = [r for r in item.revisions if r.at <= until]
    if not wanted.deleted and visible[-1].fields.get("System.IsDeleted"):
        return False
    return not wanted.latest_only or revision is visible[-1]


def _entry(world: World, wanted: Wanted, item: Item, revision: Revision) -> dict[str, Any]:
    fields = {
        "System.Id": item.id,
        "System.Rev": revision.rev,
        "System.Watermark": revision.watermark,
        **revision.fields,
    }
    if not wanted.long_text:
        fields = {k: v for k, v in fields.items() if not _is_long(world, k)}

    def printed(person: Identity) -> Any:
        if wanted.identity_ref:
            return {"id": person.id, "uniqueName": person.label}
        return person.label

    names = wanted.fields
    if names is not None and wanted.deleted:
        names = (*names, "System.IsDeleted")
    shown = world.render.values(fields, printed, names)
    return {"id": item.id, "rev": revision.rev, "fields": shown}


def _is_long(world: World, name: str) -> bool:
    found = world.fields.find(name)
    return found is not None and found.type in LONG_TEXT
