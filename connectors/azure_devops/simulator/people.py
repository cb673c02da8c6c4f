"""People at the vendor's own pages: the changes that no API client made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from connectors.azure_devops.simulator import moments
from connectors.azure_devops.simulator.fields import Field
from connectors.azure_devops.simulator.identities import Identity
from connectors.azure_devops.simulator.records import Comment, Item, Iteration, Project
from connectors.azure_devops.simulator.world import World

ANA = "Ana Dev <ana@acme.example>"


def _op(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


class People(World):
    """A world in which people click; ids are strings, as a hub keeps them."""

    def person_creates(
        self, type: str, title: str, project: str = "Platform", by: str = ANA, **fields: Any
    ) -> str:
        """A person creates an item; further fields by reference name (`**{"System.Tags": …}`)."""
        draft = self.board.draft_new(self._project(project), type)
        wanted = {"System.Title": title} | fields
        operations = [_op(f"/fields/{name}", value) for name, value in wanted.items()]
        return str(self.board.patch(draft, operations, self.people.named(by)).id)

    def person_edits(self, id: str | int, fields: Mapping[str, Any], by: str = ANA) -> None:
        """A person sets fields; None clears one."""
        operations = [_op(f"/fields/{name}", value) for name, value in fields.items()]
        self._patch(id, operations, by)

    def person_moves_state(self, id: str | int, state: str, by: str = ANA) -> None:
        """A person moves the item to a state."""
        self.person_edits(id, {"System.State": state}, by)

    def person_comments(self, id: str | int, html: str, by: str = ANA) -> int:
        """A person comments; returns the comment's id."""
        return self.board.comment(self._item(id), html, "html", self.people.named(by)).id

    def person_edits_comment(
        self, id: str | int, comment_id: int, html: str, by: str = ANA
    ) -> None:
        """A person rewrites a comment."""
        item = self._item(id)
        self.board.edit_comment(item, self._comment(item, comment_id), html, self.people.named(by))

    def person_deletes_comment(self, id: str | int, comment_id: int, by: str = ANA) -> None:
        """A person deletes a comment."""
        item = self._item(id)
        self.board.delete_comment(item, self._comment(item, comment_id), self.people.named(by))

    def person_deletes(self, id: str | int, by: str = ANA) -> None:
        """A person puts the item into the recycle bin."""
        self.board.delete(self._item(id), self.people.named(by))

    def person_restores(self, id: str | int, by: str = ANA) -> None:
        """A person takes the item out of the recycle bin."""
        item = self.items[int(id)]
        if not item.deleted:
            raise ValueError(f"work item {id} is not in the recycle bin")
        self.board.restore(item, self.people.named(by))

    def person_destroys(self, id: str | int) -> None:
        """A person removes the item for good, from wherever it is."""
        self.board.destroy(self.items[int(id)])

    def person_moves_project(self, id: str | int, project: str, by: str = ANA) -> None:
        """A person moves the item to another project; it keeps its id."""
        self.person_edits(id, {"System.TeamProject": project}, by)

    def person_clones(self, id: str | int, by: str = ANA) -> str:
        """A person copies an item with its text, tags and hyperlinks, markers included."""
        source, person = self._item(id), self.people.named(by)
        draft = self.board.draft_new(source.project, source.type)
        left = ("System.State", "System.Reason", "System.CommentCount", "System.Parent")
        operations = [
            _op(f"/fields/{name}", value.label if isinstance(value, Identity) else value)
            for name, value in source.fields.items()
            if name not in left and self._writable(name)
        ]
        for relation in source.relations:
            if relation.rel == "Hyperlink":
                value = {"rel": "Hyperlink", "url": relation.url, "attributes": {}}
                if relation.comment is not None:
                    value["attributes"] = {"comment": relation.comment}
                operations.append({"op": "add", "path": "/relations/-", "value": value})
        draft.formats = dict(source.formats)
        return str(self.board.patch(draft, operations, person).id)

    def person_adds_hyperlink(
        self, id: str | int, url: str, comment: str = "", by: str = ANA
    ) -> None:
        """A person adds a hyperlink with a comment beside it."""
        attributes = {"comment": comment} if comment else {}
        value = {"rel": "Hyperlink", "url": url, "attributes": attributes}
        self._patch(id, [{"op": "add", "path": "/relations/-", "value": value}], by)

    def add_user(self, name: str, unique_name: str) -> Identity:
        """Add a person to the organisation."""
        return self.people.add(name, unique_name)

    def add_field(self, field: Field) -> None:
        """Add a field to the organisation, as an administrator customises a process."""
        self.fields.add(field)

    def add_iteration(
        self,
        path: str,
        start: date | datetime | str | None = None,
        finish: date | datetime | str | None = None,
    ) -> None:
        r"""Add an iteration such as `Platform\Sprint 1`, or set the dates of one."""
        project = self._project(path.partition("\\")[0])
        node = next((n for n in project.iterations if n.path == path), None)
        if node is None:
            node = Iteration(self.next_number("node"), self.new_id(), path)
            project.iterations.append(node)
        node.start, node.finish = moments.node_date(start), moments.node_date(finish)

    def add_area(self, path: str) -> None:
        r"""Add an area such as `Platform\Web`."""
        project = self._project(path.partition("\\")[0])
        project.areas.append(Iteration(self.next_number("node"), self.new_id(), path))

    def _patch(self, id: str | int, operations: list[dict[str, Any]], by: str) -> None:
        draft = self.board.draft_change(self._item(id))
        self.board.patch(draft, operations, self.people.named(by))

    def _item(self, id: str | int) -> Item:
        return self.board.item(int(id))

    def _writable(self, name: str) -> bool:
        field = self.fields.find(name)
        return field is not None and not field.read_only and name != "System.History"

    def _project(self, name: str) -> Project:
        found = self.project(name)
        if found is None:
            raise ValueError(f"no project {name}")
        return found

    @staticmethod
    def _comment(item: Item, comment_id: int) -> Comment:
        return next(c for c in item.comments if c.id == int(comment_id))
