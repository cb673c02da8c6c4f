"""Items, updates and comments as the service prints them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from connectors.azure_devops.simulator import moments
from connectors.azure_devops.simulator.identities import Identity
from connectors.azure_devops.simulator.records import (
    Comment,
    Item,
    Project,
    Relation,
    Revision,
    Update,
)

if TYPE_CHECKING:
    from connectors.azure_devops.simulator.world import World

PrintIdentity = Callable[[Identity], Any]
_ON_REQUEST = ("System.Id", "System.Rev", "System.Watermark")


class Renderer:
    """Prints records; every address begins with the world's base address of this moment."""

    def __init__(self, world: World) -> None:
        self._world = world

    def project_api(self, project: Project) -> str:
        """The address under which a project's API lies."""
        return f"{self._world.organization_url}/{project.id}/_apis"

    def item_url(self, item: Item) -> str:
        """The address of an item in the API; other when it is in the recycle bin."""
        folder = "recyclebin" if item.deleted else "workItems"
        return f"{self.project_api(item.project)}/wit/{folder}/{item.id}"

    def page_url(self, item: Item) -> str:
        """The address of an item for people."""
        project = quote(item.project.name)
        return f"{self._world.organization_url}/{project}/_workitems/edit/{item.id}"

    def identity(self, person: Identity) -> dict[str, Any]:
        """An IdentityRef."""
        return person.ref(self._world.organization_url)

    def values(
        self, fields: dict[str, Any], printed: PrintIdentity, names: Iterable[str] | None = None
    ) -> dict[str, Any]:
        """Field values with people printed the asked way; all of them, or those named."""
        wanted = None if names is None else {name.casefold() for name in names}
        return {
            key: printed(value) if isinstance(value, Identity) else value
            for key, value in fields.items()
            if wanted is None or key.casefold() in wanted
        }

    def item(
        self,
        item: Item,
        revision: Revision | None = None,
        *,
        fields: list[str] | None = None,
        expand: str = "none",
        printed: PrintIdentity | None = None,
    ) -> dict[str, Any]:
        """A work item, or one of its revisions, as REST answers print it."""
        shown = revision or item.revisions[-1]
        values = dict(shown.fields)
        if fields is not None or expand in ("all", "fields"):
            numbers = (item.id, shown.rev, shown.watermark)
            values |= dict(zip(_ON_REQUEST, numbers, strict=True))
        body: dict[str, Any] = {
            "id": item.id,
            "rev": shown.rev,
            "fields": self.values(values, printed or self.identity, fields),
        }
        if expand in ("all", "relations") and shown.relations:
            body["relations"] = [self.relation(r) for r in shown.relations]
        if shown.formats:
            body["multilineFieldsFormat"] = dict(shown.formats)
        if shown.comment is not None:
            body["commentVersionRef"] = self.comment_ref(item, shown.comment)
        url = self.item_url(item)
        if fields is None and expand in ("all", "links"):
            body["_links"] = self.links(item)
        body["url"] = url if revision is None else f"{url}/revisions/{shown.rev}"
        return body

    def links(self, item: Item) -> dict[str, Any]:
        """The `_links` of an item."""
        url, api = self.item_url(item), self.project_api(item.project)
        places = {
            "self": url,
            "workItemUpdates": f"{api}/wit/workItems/{item.id}/updates",
            "workItemRevisions": f"{api}/wit/workItems/{item.id}/revisions",
            "workItemComments": f"{api}/wit/workItems/{item.id}/comments",
            "html": self.page_url(item),
            "workItemType": f"{api}/wit/workItemTypes/{quote(item.type)}",
            "fields": f"{api}/wit/fields",
            "workItemHistory": f"{api}/wit/workItems/{item.id}/history",
        }
        return {name: {"href": place} for name, place in places.items()}

    def relation(self, relation: Relation) -> dict[str, Any]:
        """One entry of `relations`."""
        url = relation.url
        if relation.target is not None:
            target = self._world.items.get(relation.target)
            api = self.project_api(target.project) if target else self._world.organization_url
            url = f"{api}/wit/workItems/{relation.target}"
        return {"rel": relation.rel, "url": url, "attributes": dict(relation.attributes)}

    def comment_ref(self, item: Item, about: tuple[int, int, bool]) -> dict[str, Any]:
        """The `commentVersionRef` of a revision that is about a comment."""
        comment_id, version, deleted = about
        url = f"{self.project_api(item.project)}/wit/workItems/{item.id}/comments/{comment_id}"
        reference = {"commentId": comment_id, "version": version}
        return (
            reference
            | ({"isDeleted": True} if deleted else {})
            | {"url": f"{url}/versions/{version}"}
        )

    def update(
        self, item: Item, update: Update, printed: PrintIdentity | None = None
    ) -> dict[str, Any]:
        """A WorkItemUpdate; the latest one carries the year 9999 as its revised date."""
        show = printed or self.identity
        following = next((u for u in item.updates if u.number == update.number + 1), None)
        until = moments.stamp(following.at) if following else moments.NEVER_REVISED
        url = f"{self.project_api(item.project)}/wit/workItems/{item.id}"
        person = self.identity(update.by) | {"name": update.by.label}
        body: dict[str, Any] = {
            "id": update.number,
            "workItemId": item.id,
            "rev": update.rev,
            "revisedBy": person,
            "revisedDate": until,
            "fields": self._field_changes(item, update, show),
            "_links": {
                "self": {"href": f"{url}/updates/{update.number}"},
                "workItemUpdates": {"href": f"{url}/updates"},
                "parent": {"href": url},
                "html": {"href": self.page_url(item)},
            },
            "url": f"{url}/updates/{update.number}",
        }
        delta = {"added": update.added, "removed": update.removed, "updated": update.updated}
        if any(delta.values()):
            body["relations"] = {
                name: [self.relation(r) for r in some] for name, some in delta.items() if some
            }
        return body

    def _field_changes(self, item: Item, update: Update, show: PrintIdentity) -> dict[str, Any]:
        changes = dict(update.fields)
        revision = next((r for r in item.revisions if r.rev == update.rev), None)
        if revision is not None and update.revises:
            earlier = next((r for r in item.revisions if r.rev == update.rev - 1), None)
            when = moments.stamp(revision.at)
            changes |= {
                "System.Rev": (earlier.rev if earlier else None, revision.rev),
                "System.Watermark": (earlier.watermark if earlier else None, revision.watermark),
                "System.AuthorizedDate": (moments.stamp(earlier.at) if earlier else None, when),
                "System.RevisedDate": (when if earlier else None, moments.NEVER_REVISED),
            }
            if earlier is None:
                changes["System.Id"] = (None, item.id)
        return {key: _change(*pair, show) for key, pair in changes.items()}

    def comment(self, item: Item, comment: Comment, expand: str = "none") -> dict[str, Any]:
        """A Comment; a deleted one has lost its text."""
        api = self.project_api(item.project)
        body: dict[str, Any] = {
            "workItemId": item.id,
            "id": comment.id,
            "version": comment.version,
            "text": "" if comment.deleted else comment.text,
            "format": comment.format,
            "createdBy": self.identity(comment.created_by),
            "createdDate": moments.stamp(comment.created_at),
            "modifiedBy": self.identity(comment.modified_by),
            "modifiedDate": moments.stamp(comment.modified_at),
            "isDeleted": comment.deleted,
            "url": f"{api}/wit/workItems/{item.id}/comments/{comment.id}",
        }
        if expand in ("all", "renderedtext", "renderedtextonly"):
            body["renderedText"] = body["text"]
        if expand == "renderedtextonly":
            del body["text"]
        return body

    def deleted(self, item: Item) -> dict[str, Any]:
        """A WorkItemDelete: the entry of the recycle bin with the item in it."""
        gone = item.deleted_at or self._world.now()
        return {
            "id": item.id,
            "code": 200,
            "type": item.type,
            "name": item.title,
            "project": item.project.name,
            "deletedDate": moments.stamp(gone),
            "deletedBy": item.deleted_by.label if item.deleted_by else "",
            "url": self.item_url(item),
            "resource": self.item(item, expand="all"),
        }


def _change(old: Any, new: Any, show: PrintIdentity) -> dict[str, Any]:
    sides = {"oldValue": old, "newValue": new}
    return {
        side: show(value) if isinstance(value, Identity) else value
        for side, value in sides.items()
        if value is not None
    }
