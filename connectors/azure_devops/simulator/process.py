"""The processes Agile, Basic and Scrum: work item types, their states and categories."""

from __future__ import annotations

from dataclasses import dataclass

PROPOSED, IN_PROGRESS, RESOLVED = "Proposed", "InProgress", "Resolved"
COMPLETED, REMOVED = "Completed", "Removed"

_COLOURS = {
    PROPOSED: "b2b2b2",
    IN_PROGRESS: "007acc",
    RESOLVED: "ff9d00",
    COMPLETED: "339933",
    REMOVED: "ffffff",
}


@dataclass(frozen=True, slots=True)
class State:
    """A workflow state; its name may be anything, its category is one of five."""

    name: str
    category: str

    @property
    def colour(self) -> str:
        """The colour the boards give the category."""
        return _COLOURS[self.category]


@dataclass(frozen=True, slots=True)
class WorkItemType:
    """A type with its workflow; the first state is where an item begins."""

    name: str
    reference_name: str
    category: str
    colour: str
    states: tuple[State, ...]

    def state(self, name: str) -> State | None:
        """The state of that name; the service compares without case."""
        return next((s for s in self.states if s.name.casefold() == name.casefold()), None)


@dataclass(frozen=True, slots=True)
class Process:
    """A process template."""

    name: str
    id: str
    types: tuple[WorkItemType, ...]

    def type(self, name: str) -> WorkItemType | None:
        """The type of that name or reference name, compared without case."""
        wanted = name.casefold()
        return next(
            (t for t in self.types if wanted in (t.name.casefold(), t.reference_name.casefold())),
            None,
        )


_STORY = (
    State("New", PROPOSED),
    State("Active", IN_PROGRESS),
    State("Resolved", RESOLVED),
    State("Closed", COMPLETED),
    State("Removed", REMOVED),
)
_AGILE_BUG = _STORY[:4]
_AGILE_TASK = (_STORY[0], _STORY[1], _STORY[3], _STORY[4])
_AGILE_ISSUE = (_STORY[1], _STORY[3])
_BASIC = (State("To Do", PROPOSED), State("Doing", IN_PROGRESS), State("Done", COMPLETED))
_BACKLOG = (
    State("New", PROPOSED),
    State("Approved", PROPOSED),
    State("Committed", IN_PROGRESS),
    State("Done", COMPLETED),
    State("Removed", REMOVED),
)
_SCRUM_TASK = (
    State("To Do", PROPOSED),
    State("In Progress", IN_PROGRESS),
    State("Done", COMPLETED),
    State("Removed", REMOVED),
)
_SCRUM_PORTFOLIO = (
    State("New", PROPOSED),
    State("In Progress", IN_PROGRESS),
    State("Done", COMPLETED),
    State("Removed", REMOVED),
)
_IMPEDIMENT = (State("Open", IN_PROGRESS), State("Closed", COMPLETED))


def _type(name: str, category: str, colour: str, states: tuple[State, ...]) -> WorkItemType:
    reference = "Microsoft.VSTS.WorkItemTypes." + name.replace(" ", "")
    return WorkItemType(name, reference, f"Microsoft.{category}Category", colour, states)


PROCESSES = {
    "Agile": Process(
        "Agile",
        "adcc42ab-9882-485e-a3ed-7678f01f66bc",
        (
            _type("User Story", "Requirement", "009CCC", _STORY),
            _type("Bug", "Bug", "CC293D", _AGILE_BUG),
            _type("Task", "Task", "F2CB1D", _AGILE_TASK),
            _type("Issue", "Issue", "B4009E", _AGILE_ISSUE),
            _type("Feature", "Feature", "773B93", _STORY),
            _type("Epic", "Epic", "FF7B00", _STORY),
        ),
    ),
    "Basic": Process(
        "Basic",
        "b8a3a935-7e91-48b8-a94c-606d37c3e9f2",
        (
            _type("Epic", "Epic", "E06C00", _BASIC),
            _type("Issue", "Requirement", "B4009E", _BASIC),
            _type("Task", "Task", "A4880A", _BASIC),
        ),
    ),
    "Scrum": Process(
        "Scrum",
        "6b724908-ef14-45cf-84f8-768b5384da45",
        (
            _type("Product Backlog Item", "Requirement", "009CCC", _BACKLOG),
            _type("Bug", "Bug", "CC293D", _BACKLOG),
            _type("Task", "Task", "F2CB1D", _SCRUM_TASK),
            _type("Impediment", "Impediment", "B4009E", _IMPEDIMENT),
            _type("Feature", "Feature", "773B93", _SCRUM_PORTFOLIO),
            _type("Epic", "Epic", "FF7B00", _SCRUM_PORTFOLIO),
        ),
    ),
}
