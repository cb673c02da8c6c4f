"""Mistakes about where a launch goes: the place, and what would be right."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.config.mapping_files import LoadedMapping, load_mapping
from bridge.domain.launch_parts import ProjectSource
from tests.unit.config.samples import FILE, GOOD, KNOWN

ROUTE = """\
  - id: post
    when: {field: category, is: Post}
    launch:
      in: rocketlane
      project: {from: customer}
      phase: {name: Post Implementation, create: true, lasts: 30d}
      type: TASK
      assignees: [csm, on_call, ana@acme.com]
      subtasks: [{title: Questions, form: Q, questions: [When?]}, {title: Copy, template: 5}]
status:
  rocketlane: {To do: reported}
"""
TEXT = (
    GOOD.replace("status:\n", ROUTE, 1)
    .replace("  severity:", "  customer: {association: company}\n  severity:", 1)
    .replace("owner: work_item}", "owner: work_item, connection: boards}")
    + "roles:\n  csm: [{property: csm_mail}]\n"
)
PLACE = "routes[2].launch"


def _told(*changes: tuple[str, str]) -> list[str]:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    loaded = load_mapping(text, FILE, known=KNOWN)
    if isinstance(loaded, LoadedMapping):
        return []
    return [str(each).partition(": ")[2] for each in loaded]


def test_good_launch_is_loaded_with_everything_it_says() -> None:
    loaded = load_mapping(TEXT, FILE, known=KNOWN)
    assert isinstance(loaded, LoadedMapping), loaded
    spec = loaded.mapping.routes[2].launch
    assert spec is not None
    assert isinstance(spec.project, ProjectSource)
    assert spec.fixed_project is None
    phase = spec.wanted_phase
    assert phase is not None
    assert (phase.name, phase.create, phase.lasts) == (
        "Post Implementation", True, timedelta(days=30),
    )  # fmt: skip
    assert [each.template for each in spec.subtasks] == [None, 5]


def test_project_and_phase_may_be_plain_names() -> None:
    assert (
        _told(("{from: customer}", "Rollout"), ("{name: Post Implementation,", "{name: P,")) == []
    )
    phase = "{name: Post Implementation, create: true, lasts: 30d}"
    assert _told((phase, "Post Implementation")) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "{from: customer}",
            "{from: custmer}",
            f'{PLACE}.project.from: "custmer" is not one of customer; did you mean "customer"?',
        ),
        (
            "{from: customer}",
            "{from: customer, property: x}",
            f"{PLACE}.project: a project is exactly one of: from, property",
        ),
        (
            "  customer: {association: company}\n",
            "",
            f"{PLACE}.project.from: finds no project: the key ticket.customer is not set",
        ),
        (
            "      project: {from: customer}\n",
            "",
            f"{PLACE}.project: is missing: a phase is one of a project",
        ),
        (
            "create: true",
            "creat: true",
            f'{PLACE}.phase.creat: unknown key; did you mean "create"?',
        ),
        (
            "[csm, on_call,",
            "[cms, on_call,",
            f'{PLACE}.assignees[0]: nobody is called "cms"; did you mean "csm"?',
        ),
        (
            "title: Copy",
            "title: Questions",
            f'{PLACE}.subtasks[1].title: "Questions" is the title of subtasks[0] already',
        ),
        (
            "      type: TASK\n",
            "      type: TASK\n      attachments: true\n",
            (
                f'{PLACE}.attachments: "rocketlane" takes no files; '
                "leave it out; the work item links to the ticket"
            ),
        ),
        (
            "      type: Bug\n",
            "      type: Bug\n      phase: P\n",
            'routes[1].launch.phase: "boards" can\'t do that; only rocketlane can',
        ),
        (
            "      type: Bug\n",
            "      type: Bug\n      project: {property: x}\n",
            (
                'routes[1].launch.project: "boards" has no customers\' projects; '
                "name the project itself"
            ),
        ),
    ],
)
def test_mistake_names_its_place_and_what_is_right(old: str, new: str, said: str) -> None:
    assert said in [
        each.partition(": ")[2] if each[:1].isdigit() else each for each in _told((old, new))
    ]
