"""What a person may choose for a severity: only what means something, and is theirs to set."""

from __future__ import annotations

from bridge.core.severity_choices import severity_choices
from bridge.domain.mapping import Mapping
from bridge.domain.records import FieldInfo, Reference
from tests.unit.core.examples import mapping

OPTIONS = (("HIGH", "High"), ("LOW", "Low"), ("ODD", "Odd"))
KNOWN = Reference(fields={"urgency": FieldInfo("urgency", "Urgency", "choice", OPTIONS)})


def judged(values: dict[str, str] | None, **more: object) -> Mapping:
    ticket = {
        "category": {"property": "kind"}, "severity": {"property": "urgency", "values": values},
    }  # fmt: skip
    return mapping(ticket=ticket, **more)


def test_choices_are_the_fields_own_that_the_mapping_knows() -> None:
    table = {"HIGH": "high", "Low": "low"}
    assert severity_choices(judged(table), KNOWN) == OPTIONS[:2]
    assert severity_choices(judged(None), KNOWN) == OPTIONS
    assert severity_choices(judged(table), Reference()) == (("HIGH", "high"), ("Low", "low"))


def test_severity_that_the_work_item_owns_is_set_there() -> None:
    pair = {"ticket": "urgency", "work_item": "Priority", "owner": "work_item"}
    assert severity_choices(judged({"HIGH": "high"}, fields=[pair]), KNOWN) == ()
