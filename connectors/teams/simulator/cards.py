"""What is wrong with a message, as the run of a workflow would find.

https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/cards-reference
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

MAX_BYTES = 28 * 1024
CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"
NEWEST = (1, 5)
ELEMENTS = frozenset(
    {
        "ActionSet", "Column", "ColumnSet", "Container", "FactSet", "Image", "ImageSet",
        "RichTextBlock", "Table", "TextBlock",
    }
)  # fmt: skip
ACTIONS = frozenset({"Action.OpenUrl", "Action.ShowCard", "Action.ToggleVisibility"})
"""Action.Submit is not for one-way webhooks."""
_TAG = re.compile(r"<at>.*?</at>")


def complaints(message: Any, size: int) -> list[str]:
    """Why the card would not be posted; empty where it is."""
    return list(_of_message(message, size))


def _of_message(message: Any, size: int) -> Iterator[str]:
    if size > MAX_BYTES:
        yield "Request Entity too large"
    if not isinstance(message, dict) or message.get("type") != "message":
        yield "the type is not message"
        return
    attachments = message.get("attachments")
    if not isinstance(attachments, list) or not attachments:
        yield "foreach: attachments is of type Null"
        return
    for each in attachments:
        if not isinstance(each, dict) or each.get("contentType") != CONTENT_TYPE:
            yield "the content type is not an Adaptive Card's"
            continue
        yield from _of_card(each.get("content"))


def _of_card(card: Any) -> Iterator[str]:
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        yield "the content is no AdaptiveCard"
        return
    version = str(card.get("version", ""))
    if not re.fullmatch(r"\d+\.\d+", version):
        yield "the card states no version"
    elif tuple(int(part) for part in version.split(".")) > NEWEST:
        yield f"Teams does not know version {version}"
    for each in card.get("body", []):
        yield from _of_element(each)
    for each in card.get("actions", []):
        if each.get("type") not in ACTIONS:
            yield f"no such action: {each.get('type')}"
        elif each["type"] == "Action.OpenUrl" and not _is_address(each.get("url")):
            yield "an action leads nowhere"
    yield from _mentions(card)


def _of_element(element: Any) -> Iterator[str]:
    if not isinstance(element, dict) or element.get("type") not in ELEMENTS:
        yield "no such element"
        return
    if element["type"] == "TextBlock" and not isinstance(element.get("text"), str):
        yield "a text without text"
    if element["type"] == "FactSet" and not all(
        isinstance(each.get("title"), str) and isinstance(each.get("value"), str)
        for each in element.get("facts", [])
    ):
        yield "a fact without title or value"
    if element["type"] == "Image" and not str(element.get("url", "")).startswith("https://"):
        yield "an image needs an https address"
    for each in (*element.get("items", []), *element.get("columns", [])):
        yield from _of_element(each)


def _mentions(card: dict[str, Any]) -> Iterator[str]:
    entities = card.get("msteams", {}).get("entities", [])
    said = {str(each.get("text")) for each in entities}
    written = set(_TAG.findall(" ".join(texts_of(card))))
    for each in sorted(written ^ said):
        yield f"the mention {each} has no match"


def texts_of(card: Any) -> list[str]:
    """Every text that people would read on the card."""
    if isinstance(card, dict):
        own = [str(card[k]) for k in ("text", "title", "value") if isinstance(card.get(k), str)]
        inner = [card.get(k) for k in ("body", "items", "columns", "facts", "actions")]
        return own + [text for each in inner if each for text in texts_of(each)]
    if isinstance(card, list):
        return [text for each in card for text in texts_of(each)]
    return []


def _is_address(url: Any) -> bool:
    return isinstance(url, str) and url.startswith(("https://", "http://"))
