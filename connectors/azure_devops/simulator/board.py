"""Every change of an item: one revision, one watermark, one update record, its events."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from connectors.azure_devops.simulator import moments
from connectors.azure_devops.simulator.draft import Draft, apply_patch
from connectors.azure_devops.simulator.errors import VendorError, bad_request, missing_item
from connectors.azure_devops.simulator.fields import VSTS
from connectors.azure_devops.simulator.identities import Identity
from connectors.azure_devops.simulator.links import LINK_TYPES, PARENT
from connectors.azure_devops.simulator.process import COMPLETED, IN_PROGRESS, RESOLVED
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

REVISION_LIMIT = 10_000
_ENTERED = {RESOLVED: "ResolvedDate", IN_PROGRESS: "ActivatedDate", COMPLETED: "ClosedDate"}


class Board:
    """The items of the organisation and the only way to change them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def item(self, item_id: int) -> Item:
        """The item, if it is there and not in the recycle bin."""
        item = self._world.items.get(item_id)
        if item is None or item.deleted:
            raise missing_item(item_id)
        return item

    def draft_new(self, project: Project, type_name: str) -> Draft:
        """A new item with the defaults of its type."""
        type_ = project.process.type(type_name)
        if type_ is None:
            raise VendorError(
                404,
                f"VS402323: Work item type {type_name} does not exist in project {project.name} "
                "or you do not have permission to access it.",
                "WorkItemTypeNotFoundException",
            )
        draft = Draft(type_, project)
        draft.fields = {
            "System.AreaPath": project.name,
            "System.TeamProject": project.name,
            "System.IterationPath": project.name,
            "System.WorkItemType": type_.name,
            "System.State": type_.states[0].name,
        }
        for field in self._world.fields.of_type(type_.name):
            if field.default is not None:
                draft.fields[field.reference_name] = field.default
        return draft

    def draft_change(self, item: Item) -> Draft:
        """The item as it stands, ready to be patched."""
        type_ = item.project.process.type(item.type)
        if type_ is None:
            raise bad_request(f"The process has lost the type {item.type}.")
        return Draft.of(item, type_)

    def patch(self, draft: Draft, operations: Any, by: Identity, *, bypass: bool = False) -> Item:
        """Apply a patch and commit it."""
        apply_patch(self._world, draft, operations, bypass=bypass)
        if draft.item is not None and draft.item.rev >= REVISION_LIMIT:
            raise bad_request(
                f"VS403668: The work item has reached the limit of {REVISION_LIMIT} revisions.",
                "WorkItemRevisionLimitExceededException",
            )
        return self.commit(draft, by)

    def commit(
        self, draft: Draft, by: Identity, about: Comment | None = None, event: str = ""
    ) -> Item:
        """Write the draft as the next revision and raise its events."""
        world, now = self._world, self._world.now()
        new = draft.item is None
        item = draft.item or Item(world.next_number("item"), draft.type.name, draft.project)
        before = {} if new else item.revisions[-1].fields
        old_relations = item.relations
        if draft.history:
            about = self._comment_record(item, draft.history, "html", by, now)
        item.type, item.project, item.rev = draft.type.name, draft.project, item.rev + 1
        item.relations, item.formats = draft.relations, draft.formats
        self._stamp_fields(draft, item, by, now, about, before)
        item.fields = draft.fields
        world.items[item.id] = item
        revision = self._snapshot(item, by, now, about)
        update = self._difference(item, before, old_relations, by, now)
        said = bool(draft.fields.get("System.History"))
        kind = "workitem.created" if new else event or "workitem.updated"
        world.hooks.announce(kind, item, revision, update)
        if said and not new:
            world.hooks.announce("workitem.commented", item, revision, update)
        self._mirror(item, update, by, now)
        return item

    def comment(self, item: Item, text: str, format_: str, by: Identity) -> Comment:
        """Add a comment: it bumps the revision, sets System.History and raises two events."""
        made = self._comment_record(item, text, format_, by, self._world.now())
        draft = self.draft_change(item)
        draft.fields["System.History"] = text
        self.commit(draft, by, made)
        return made

    def edit_comment(self, item: Item, comment: Comment, text: str, by: Identity) -> None:
        """Replace a comment's text; the item gets a revision but no `commented` event."""
        comment.text, comment.modified_by = text, by
        comment.version, comment.modified_at = comment.version + 1, self._world.now()
        comment.versions.append(text)
        self.commit(self.draft_change(item), by, comment)

    def delete_comment(self, item: Item, comment: Comment, by: Identity) -> None:
        """Mark a comment as deleted; the count goes down, the revision up."""
        comment.deleted, comment.modified_by = True, by
        comment.version, comment.modified_at = comment.version + 1, self._world.now()
        self.commit(self.draft_change(item), by, comment)

    def delete(self, item: Item, by: Identity) -> None:
        """Put the item into the recycle bin."""
        item.deleted, item.deleted_at, item.deleted_by = True, self._world.now(), by
        draft = self.draft_change(item)
        draft.fields["System.IsDeleted"] = True
        self.commit(draft, by, event="workitem.deleted")

    def restore(self, item: Item, by: Identity) -> None:
        """Take the item out of the recycle bin."""
        item.deleted, item.deleted_at, item.deleted_by = False, None, None
        draft = self.draft_change(item)
        draft.fields.pop("System.IsDeleted", None)
        self.commit(draft, by, event="workitem.restored")

    def destroy(self, item: Item) -> None:
        """Remove the item for good; nothing of it can be read again."""
        del self._world.items[item.id]
        for other in self._world.items.values():
            other.relations = [r for r in other.relations if r.target != item.id]

    def _comment_record(
        self, item: Item, text: str, format_: str, by: Identity, now: datetime
    ) -> Comment:
        made = Comment(
            self._world.next_number("comment"), text, format_, by, now, by, now, versions=[text]
        )
        item.comments.append(made)
        return made

    def _stamp_fields(
        self,
        draft: Draft,
        item: Item,
        by: Identity,
        now: datetime,
        about: Comment | None,
        before: dict[str, Any],
    ) -> None:
        fields, when = draft.fields, moments.stamp(now)
        if draft.history and about:
            fields["System.History"] = draft.history
        if not before:
            fields.setdefault("System.CreatedDate", when)
            fields.setdefault("System.CreatedBy", by)
        fields["System.ChangedDate"], fields["System.ChangedBy"] = when, by
        fields["System.CommentCount"] = sum(1 for c in item.comments if not c.deleted)
        parent = next((r.target for r in item.relations if r.rel == PARENT), None)
        fields.pop("System.Parent", None)
        if parent is not None:
            fields["System.Parent"] = parent
        if fields["System.State"] != before.get("System.State"):
            fields["System.Reason"] = (
                f"Moved to state {fields['System.State']}" if before else "New"
            )
            fields[VSTS + "StateChangeDate"] = when
            state = draft.type.state(fields["System.State"])
            entered = _ENTERED.get(state.category if state else "")
            if entered:
                fields[VSTS + entered] = when
            if entered == "ClosedDate":
                fields[VSTS + "ClosedBy"] = by
            else:
                fields.pop(VSTS + "ClosedDate", None)
                fields.pop(VSTS + "ClosedBy", None)

    def _snapshot(self, item: Item, by: Identity, now: datetime, about: Comment | None) -> Revision:
        revision = Revision(
            rev=item.rev,
            watermark=self._world.next_number("watermark"),
            at=now,
            by=by,
            fields=dict(item.fields),
            relations=[r.copy() for r in item.relations],
            formats=dict(item.formats),
            project=item.project,
            comment=(about.id, about.version, about.deleted) if about else None,
        )
        item.revisions.append(revision)
        return revision

    def _difference(
        self,
        item: Item,
        before: dict[str, Any],
        old_relations: list[Relation],
        by: Identity,
        now: datetime,
    ) -> Update:
        keys = sorted({*before, *item.fields} - {"System.History"})
        changed = {
            key: (before.get(key), item.fields.get(key))
            for key in keys
            if before.get(key) != item.fields.get(key)
        }
        if "System.History" in item.fields:
            changed["System.History"] = (None, item.fields["System.History"])
        update = Update(len(item.updates) + 1, item.rev, by, now, changed)
        new = item.relations
        update.added = [r for r in new if not any(r.same_place(o) for o in old_relations)]
        update.removed = [o for o in old_relations if not any(o.same_place(r) for r in new)]
        update.updated = [
            r
            for r in new
            if any(r.same_place(o) and r.attributes != o.attributes for o in old_relations)
        ]
        item.updates.append(update)
        return update

    def _mirror(self, item: Item, update: Update, by: Identity, now: datetime) -> None:
        """Show new and removed links at their other end: an update there without a revision."""
        for relation, is_new in [(r, True) for r in update.added] + [
            (r, False) for r in update.removed
        ]:
            other = self._world.items.get(relation.target or 0)
            if other is None:
                continue
            reverse = LINK_TYPES[relation.rel][1]
            seen = Update(len(other.updates) + 1, other.rev, by, now, {}, revises=False)
            if is_new:
                attributes = relation.attributes | {"name": LINK_TYPES[reverse][0]}
                seen.added = [Relation(reverse, "", attributes, item.id)]
                other.relations.extend(seen.added)
            else:
                seen.removed = [
                    r for r in other.relations if (r.rel, r.target) == (reverse, item.id)
                ]
                other.relations = [r for r in other.relations if r not in seen.removed]
            if reverse == PARENT:
                self._show_parent(other, item.id if is_new else None, seen)
            other.updates.append(seen)
            revision = other.revisions[-1]
            revision.relations = [r.copy() for r in other.relations]
            self._world.hooks.announce("workitem.updated", other, revision, seen)

    @staticmethod
    def _show_parent(child: Item, parent: int | None, seen: Update) -> None:
        seen.fields["System.Parent"] = (child.fields.get("System.Parent"), parent)
        for fields in (child.fields, child.revisions[-1].fields):
            fields.pop("System.Parent", None)
            if parent is not None:
                fields["System.Parent"] = parent
