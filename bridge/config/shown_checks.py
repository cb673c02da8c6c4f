"""What customers and support are shown stands in the mapping as it is: nothing is put into it."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.config.cursor import Cursor
from bridge.config.problems import Complaint
from bridge.core.wording import check_template, is_template, of_engineering

AS_IT_STANDS = "is shown as it stands and can hold no {{ … }}"


def check_shown(mapping: Cursor) -> Iterator[Complaint]:
    """Labels and values for the ticket's readers that are templates."""
    for stage in mapping.at("stages").each():
        yield from _constant(stage.at("label"))
    for pair in mapping.at("fields").each():
        if pair.at("owner").text == "work_item":
            for _, value in pair.at("values").entries():
                yield from _constant(value)


def _constant(place: Cursor) -> Iterator[Complaint]:
    text = place.text
    if text is None or not is_template(text):
        return
    told = next((each for each in check_template(text) if of_engineering(each)), None)
    yield place.complaint(told or AS_IT_STANDS, "" if told else "write what people may read")
