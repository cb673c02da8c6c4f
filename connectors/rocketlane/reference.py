"""What planning must know of the account, put together from what its API shows. Pure.

No call lists statuses: three are known of every account, further ones stand in bridge.yaml or are
learnt from tasks that bear them. https://developer.rocketlane.com/reference/get-all-tasks
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bridge.domain.records import FieldInfo, ProjectInfo, Reference, StatusCategory, StatusInfo
from connectors.rocketlane.facts import CUSTOM, person_id, plain
from connectors.rocketlane.payloads import FieldDefinition, Person, Project, Task, User
from connectors.rocketlane.settings import KnownStatus

TASK, MILESTONE = "TASK", "MILESTONE"
TYPES = (TASK, MILESTONE)
_CLOSED = (StatusCategory.COMPLETED, StatusCategory.REMOVED)
_DEFAULTS = (
    KnownStatus(value=1, label="To do", category=StatusCategory.PROPOSED),
    KnownStatus(value=2, label="In progress", category=StatusCategory.IN_PROGRESS),
    KnownStatus(value=3, label="Completed", category=StatusCategory.COMPLETED),
)
_BUILT_IN = (
    ("taskName", "Task name", "text", False),
    ("taskDescription", "Description", "html", False),
    ("taskPrivateNote", "Private note", "html", False),
    ("startDate", "Start date", "date", False),
    ("dueDate", "Due date", "date", False),
    ("effortInMinutes", "Effort in minutes", "number", False),
    ("progress", "Progress", "number", False),
    ("atRisk", "At risk", "boolean", False),
    ("private", "Private", "boolean", False),
    ("status", "Status", "number", False),
    ("type", "Type", "text", True),
    ("phase", "Phase", "text", True),
    ("externalReferenceId", "External reference", "text", True),
    ("startDateActual", "Actual start", "date", True),
    ("dueDateActual", "Actual end", "date", True),
)
TEXT_TYPES = frozenset({"text", "html", "TEXT", "MULTI_LINE_TEXT"})
DATE_TYPES = frozenset({"date", "DATE"})


def reference_of(
    known: Sequence[KnownStatus],
    tasks: Iterable[Task],
    fields: Iterable[FieldDefinition],
    projects: Iterable[Project],
    account: User | Person | None,
) -> Reference:
    """The connection's reference data."""
    statuses = statuses_of(known, tasks)
    return Reference(
        statuses=statuses,
        fields=_fields(statuses, fields),
        types=TYPES,
        projects=tuple(
            ProjectInfo(str(each.id), plain(each.name), plain(each.customer.name))
            for each in projects
        ),
        account_ids=own_ids(account),
        account_name=_name(account),
    )


def statuses_of(known: Sequence[KnownStatus], tasks: Iterable[Task]) -> dict[str, StatusInfo]:
    """Statuses by value: what an admin says counts most, then what tasks show, then the usual.

    A task's actual dates tell the category of its status: the vendor sets them as a status of
    that category is entered.
    """
    found = {each.value: each for each in _DEFAULTS}
    for task in tasks:
        label = plain(task.status.label) or str(task.status.value)
        usual = found.get(task.status.value)
        if usual is not None and usual.label == label:
            continue
        category = _category(task)
        if usual is not None and category is StatusCategory.PROPOSED:
            category = usual.category
        found[task.status.value] = KnownStatus(
            value=max(task.status.value, 0), label=label, category=category
        )
    found |= {each.value: each for each in known}
    return {
        str(value): StatusInfo(
            str(value), each.label, each.category, closed=each.category in _CLOSED
        )
        for value, each in found.items()
    }


def _category(task: Task) -> StatusCategory:
    if task.due_actual:
        return StatusCategory.COMPLETED
    return StatusCategory.IN_PROGRESS if task.start_actual else StatusCategory.PROPOSED


def _fields(
    statuses: dict[str, StatusInfo], custom: Iterable[FieldDefinition]
) -> dict[str, FieldInfo]:
    options = {"status": tuple((key, each.label) for key, each in statuses.items())}
    found = {
        name: FieldInfo(name, label, type, options.get(name, ()), read_only)
        for name, label, type, read_only in _BUILT_IN
    }
    for each in custom:
        name = f"{CUSTOM}{each.id}"
        values = tuple((str(option.value), plain(option.label)) for option in each.options)
        found[name] = FieldInfo(name, plain(each.label), plain(each.type), values)
    return found


def own_ids(account: User | Person | None) -> frozenset[str]:
    """The ids under which the hub's own account appears; none where nobody said whose key it is."""
    if isinstance(account, User):
        return frozenset({str(account.id)})
    return frozenset({person_id(account)} - {""})


def _name(account: User | Person | None) -> str:
    if account is None:
        return ""
    return plain(f"{account.first} {account.last}".strip() or account.email)
