"""The field catalogue: what each field is called, what it holds and who may write it."""

from __future__ import annotations

from dataclasses import dataclass

VSTS = "Microsoft.VSTS.Common."
SCHEDULING = "Microsoft.VSTS.Scheduling."
PRIORITY = VSTS + "Priority"
SEVERITY = VSTS + "Severity"
SEVERITIES = ("1 - Critical", "2 - High", "3 - Medium", "4 - Low")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the organisation; `types` is empty when every type has it."""

    reference_name: str
    name: str
    type: str
    read_only: bool = False
    allowed: tuple[object, ...] = ()
    default: object = None
    types: tuple[str, ...] = ()
    required: bool = False

    @property
    def is_identity(self) -> bool:
        """Whether the field names a person."""
        return self.type == "identity"

    def belongs_to(self, type_name: str) -> bool:
        """Whether the work item type has the field."""
        return not self.types or type_name in self.types


_BUG = ("Bug",)
_STORIES = ("User Story", "Product Backlog Item", "Feature", "Epic")
_DATED = ("Task", "Issue", "Feature", "Epic", "User Story")

_SYSTEM = (
    Field("System.Id", "ID", "integer", True),
    Field("System.Rev", "Rev", "integer", True),
    Field("System.Watermark", "Watermark", "integer", True),
    Field("System.Title", "Title", "string", required=True),
    Field("System.Description", "Description", "html"),
    Field("System.History", "History", "history"),
    Field("System.Tags", "Tags", "plainText"),
    Field("System.State", "State", "string", required=True),
    Field("System.Reason", "Reason", "string"),
    Field("System.AssignedTo", "Assigned To", "identity"),
    Field("System.AreaPath", "Area Path", "treePath"),
    Field("System.IterationPath", "Iteration Path", "treePath", required=True),
    Field("System.TeamProject", "Team Project", "string"),
    Field("System.WorkItemType", "Work Item Type", "string"),
    Field("System.CreatedDate", "Created Date", "dateTime", True),
    Field("System.CreatedBy", "Created By", "identity", True),
    Field("System.ChangedDate", "Changed Date", "dateTime", True),
    Field("System.ChangedBy", "Changed By", "identity", True),
    Field("System.AuthorizedDate", "Authorized Date", "dateTime", True),
    Field("System.AuthorizedAs", "Authorized As", "identity", True),
    Field("System.RevisedDate", "Revised Date", "dateTime", True),
    Field("System.CommentCount", "Comment Count", "integer", True),
    Field("System.HyperLinkCount", "Hyperlink Count", "integer", True),
    Field("System.IsDeleted", "Is Deleted", "boolean", True),
    Field("System.Parent", "Parent", "integer", True),
)

_PROCESS = (
    Field(PRIORITY, "Priority", "integer", allowed=(1, 2, 3, 4), default=2),
    Field(SEVERITY, "Severity", "string", False, SEVERITIES, SEVERITIES[2], _BUG),
    Field(VSTS + "StateChangeDate", "State Change Date", "dateTime", True),
    Field(VSTS + "ActivatedDate", "Activated Date", "dateTime", True),
    Field(VSTS + "ResolvedDate", "Resolved Date", "dateTime", True),
    Field(VSTS + "ClosedDate", "Closed Date", "dateTime", True),
    Field(VSTS + "ClosedBy", "Closed By", "identity", True),
    Field(
        VSTS + "ValueArea",
        "Value Area",
        "string",
        False,
        ("Architectural", "Business"),
        "Business",
        (*_STORIES, "Bug"),
    ),
    Field(VSTS + "AcceptanceCriteria", "Acceptance Criteria", "html", types=(*_STORIES, "Bug")),
    Field("Microsoft.VSTS.TCM.ReproSteps", "Repro Steps", "html", types=_BUG),
    Field("Microsoft.VSTS.TCM.SystemInfo", "System Info", "html", types=_BUG),
    Field("Microsoft.VSTS.Build.FoundIn", "Found In", "string", types=_BUG),
    Field(SCHEDULING + "StoryPoints", "Story Points", "double", types=("User Story", "Bug")),
    Field(SCHEDULING + "RemainingWork", "Remaining Work", "double", types=("Task", "Bug")),
    Field(SCHEDULING + "StartDate", "Start Date", "dateTime", types=_DATED),
    Field(SCHEDULING + "FinishDate", "Finish Date", "dateTime", types=("Task", "User Story")),
    Field(SCHEDULING + "TargetDate", "Target Date", "dateTime", types=("Feature", "Epic")),
    Field(SCHEDULING + "DueDate", "Due Date", "dateTime", types=("Issue",)),
)

LONG_TEXT = ("html", "history")
"""Field types that the reporting feed leaves out unless it is asked to expand fields."""


class FieldCatalogue:
    """Fields by reference name or display name, without case."""

    def __init__(self) -> None:
        self._fields: dict[str, Field] = {}
        for field in (*_SYSTEM, *_PROCESS):
            self.add(field)

    def add(self, field: Field) -> None:
        """Put a field into the catalogue, or replace it."""
        self._fields[field.reference_name.casefold()] = field

    def find(self, name: str) -> Field | None:
        """The field of that reference name or display name."""
        wanted = name.casefold()
        by_reference = self._fields.get(wanted)
        if by_reference is not None:
            return by_reference
        return next((f for f in self._fields.values() if f.name.casefold() == wanted), None)

    def all(self) -> list[Field]:
        """Every field, in catalogue order."""
        return list(self._fields.values())

    def of_type(self, type_name: str) -> list[Field]:
        """The fields of one work item type."""
        return [f for f in self._fields.values() if f.belongs_to(type_name)]
