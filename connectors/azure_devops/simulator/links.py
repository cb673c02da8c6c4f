"""Relations of a draft: adding, removing and their limits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.azure_devops.simulator import moments
from connectors.azure_devops.simulator.errors import bad_request, missing_item
from connectors.azure_devops.simulator.records import Relation

if TYPE_CHECKING:
    from connectors.azure_devops.simulator.draft import Draft
    from connectors.azure_devops.simulator.world import World

LINK_TYPES: dict[str, tuple[str, str]] = {
    "System.LinkTypes.Hierarchy-Forward": ("Child", "System.LinkTypes.Hierarchy-Reverse"),
    "System.LinkTypes.Hierarchy-Reverse": ("Parent", "System.LinkTypes.Hierarchy-Forward"),
    "System.LinkTypes.Related": ("Related", "System.LinkTypes.Related"),
    "System.LinkTypes.Dependency-Forward": ("Successor", "System.LinkTypes.Dependency-Reverse"),
    "System.LinkTypes.Dependency-Reverse": ("Predecessor", "System.LinkTypes.Dependency-Forward"),
    "System.LinkTypes.Duplicate-Forward": ("Duplicate", "System.LinkTypes.Duplicate-Reverse"),
    "System.LinkTypes.Duplicate-Reverse": ("Duplicate Of", "System.LinkTypes.Duplicate-Forward"),
    "Microsoft.VSTS.Common.Affects-Forward": ("Affects", "Microsoft.VSTS.Common.Affects-Reverse"),
    "Microsoft.VSTS.Common.Affects-Reverse": (
        "Affected By",
        "Microsoft.VSTS.Common.Affects-Forward",
    ),
    "Microsoft.VSTS.Common.TestedBy-Forward": (
        "Tested By",
        "Microsoft.VSTS.Common.TestedBy-Reverse",
    ),
    "Microsoft.VSTS.Common.TestedBy-Reverse": ("Tests", "Microsoft.VSTS.Common.TestedBy-Forward"),
}
"""Links between items: the name people see and the link that appears at the other end."""

RESOURCE_LINKS = ("AttachedFile", "Hyperlink", "ArtifactLink")
PARENT = "System.LinkTypes.Hierarchy-Reverse"
CHILD = "System.LinkTypes.Hierarchy-Forward"
ATTACHMENT_LIMIT = 100
LINK_LIMIT = 1000

_ITEM_URL = re.compile(r"/_apis/wit/workitems/(\d+)/?$", re.IGNORECASE)
_FILE_URL = re.compile(r"/_apis/wit/attachments/([0-9a-f-]{36})", re.IGNORECASE)
_RELATION_ERROR = "WorkItemLinkInvalidException"


def add_relation(world: World, draft: Draft, value: Any) -> None:
    """Add one relation to the draft, or refuse it as the service does."""
    if not isinstance(value, dict) or not value.get("rel") or not value.get("url"):
        raise bad_request("A relation needs a rel and a url.", "JsonPatchException")
    rel, url = str(value["rel"]), str(value["url"])
    attributes = dict(value.get("attributes") or {})
    if rel in LINK_TYPES:
        relation = _item_link(world, draft, rel, url, attributes)
    elif rel in RESOURCE_LINKS:
        relation = _resource_link(world, rel, url, attributes)
    else:
        raise bad_request(f"The relation type {rel} does not exist.", "RelationTypeNotFound")
    draft.relations.append(relation)
    _check_limits(draft)


def _check_limits(draft: Draft) -> None:
    files = sum(1 for relation in draft.relations if relation.rel == "AttachedFile")
    if files > ATTACHMENT_LIMIT:
        raise bad_request(
            f"TF237070: A work item cannot have more than {ATTACHMENT_LIMIT} attachments.",
            "WorkItemAttachmentLimitException",
        )
    if len(draft.relations) - files > LINK_LIMIT:
        raise bad_request(
            f"TF401319: A work item cannot have more than {LINK_LIMIT} links.",
            "WorkItemLinksLimitExceededException",
        )


def _item_link(
    world: World, draft: Draft, rel: str, url: str, attributes: dict[str, Any]
) -> Relation:
    found = _ITEM_URL.search(url.split("?")[0])
    if found is None:
        raise bad_request(f"The url {url} does not name a work item.", _RELATION_ERROR)
    target = world.items.get(int(found[1]))
    if target is None or target.deleted:
        raise missing_item(found[1])
    if draft.item is not None and target.id == draft.item.id:
        raise bad_request("TF201036: A work item cannot be linked to itself.", _RELATION_ERROR)
    if any(r.rel == rel and r.target == target.id for r in draft.relations):
        raise bad_request("TF237099: Duplicate work item link.", _RELATION_ERROR)
    second_parent = rel == PARENT and any(r.rel == PARENT for r in draft.relations)
    if second_parent or (rel == CHILD and any(r.rel == PARENT for r in target.relations)):
        raise bad_request(
            "TF201036: You cannot add a Child link between work items because a work item can "
            "have only one Parent link.",
            _RELATION_ERROR,
        )
    kept = {"isLocked": False, "name": LINK_TYPES[rel][0]}
    if attributes.get("comment") is not None:
        kept["comment"] = str(attributes["comment"])
    return Relation(rel, "", kept, target.id)


def _resource_link(world: World, rel: str, url: str, attributes: dict[str, Any]) -> Relation:
    now = moments.stamp(world.now())
    kept: dict[str, Any] = {
        "authorizedDate": now,
        "id": world.next_number("resource"),
        "resourceCreatedDate": now,
        "resourceModifiedDate": now,
        "revisedDate": moments.NEVER_REVISED,
    }
    if rel == "AttachedFile":
        found = _FILE_URL.search(url)
        file = world.attachments.get(found[1].lower()) if found else None
        if file is None:
            raise bad_request(f"TF237082: The file {url} does not exist.", _RELATION_ERROR)
        kept |= {"resourceSize": len(file.content), "name": attributes.get("name") or file.name}
    if rel == "ArtifactLink":
        if not attributes.get("name"):
            raise bad_request("An ArtifactLink needs attributes.name.", _RELATION_ERROR)
        kept["name"] = str(attributes["name"])
    if attributes.get("comment") is not None:
        kept["comment"] = str(attributes["comment"])
    return Relation(rel, url, kept)


def change_relation(draft: Draft, parts: list[str], operation: dict[str, Any]) -> None:
    """Remove a relation by its index, or change what is written beside it."""
    place = int(parts[0]) if parts[0].isdigit() else len(draft.relations)
    if place >= len(draft.relations):
        raise bad_request(f"Index out of range for path {operation['path']}.", "JsonPatchException")
    if len(parts) == 1 and operation["op"] == "remove":
        del draft.relations[place]
    elif len(parts) == 3 and parts[1] == "attributes":
        attributes = draft.relations[place].attributes
        if operation["op"] == "remove":
            attributes.pop(parts[2], None)
        else:
            attributes[parts[2]] = operation.get("value")
    else:
        raise bad_request(f"The path {operation['path']} can not be changed.", "JsonPatchException")
