"""From a message to the card that Teams shows. Pure, and never larger than Teams takes."""

from __future__ import annotations

import json
import re
from typing import Any

from bridge.domain.errors import Rejected
from bridge.domain.notices import Message
from connectors.teams.manifest import CARD_VERSION, MAX_BYTES

CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"
SHORTEST = 40
"""Characters that a fact is cut to, at most, to make a card fit."""

# The subset of Markdown that cards understand: bold, italic, lists, links.
# https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/cards-format
_MARKS = re.compile(r"([\\`*_\[\]()~|])")
_AT_START = re.compile(r"^([-+#>]+|\d+[.)])(?=\s)")


def escape(text: str) -> str:
    """The text as a card shows it letter by letter: no list, no link, no mention."""
    plain = " ".join(text.split())
    marked = _MARKS.sub(r"\\\1", plain)
    marked = _AT_START.sub(r"\\\1", marked)
    # A mention is written as a tag; with a sign of no width in it, it is none.
    return marked.replace("<", "<\u200b")


def envelope(message: Message, *, mention: bool) -> bytes:
    """The body to post. Facts are cut until it fits; Rejected where even that is not enough."""
    for longest in (300, 120, SHORTEST):
        body = json.dumps(_envelope(message, longest, mention=mention), ensure_ascii=False)
        encoded = body.encode("utf-8", "replace")
        if len(encoded) <= MAX_BYTES:
            return encoded
    raise Rejected("the card would be larger than Teams takes")


def _envelope(message: Message, longest: int, *, mention: bool) -> dict[str, Any]:
    attachment = {
        "contentType": CONTENT_TYPE,
        "contentUrl": None,
        "content": card(message, longest, mention=mention),
    }
    return {"type": "message", "attachments": [attachment]}


def card(message: Message, longest: int = 300, *, mention: bool = False) -> dict[str, Any]:
    """The card alone."""
    content = message.content
    title = _cut(content.title.value, longest)
    teams: dict[str, Any] = {"width": "Full"}
    body: list[dict[str, Any]] = [
        _text(escape(title), size="Medium", weight="Bolder"),
    ]
    if message.recipient:
        body.append(_text(_addressee(message, teams, mention=mention)))
    facts = [
        {"title": escape(label), "value": escape(_cut(value.value, longest))}
        for label, value in content.facts
    ]
    if facts:
        body.append({"type": "FactSet", "facts": facts})
    if content.held:
        body.append(_text(f"Held back for review: {escape(', '.join(content.held))}."))
    body.append(_text(_footer(message), size="Small", isSubtle=True))
    links = [(label, url.value) for label, url in content.links]
    if message.acknowledge_url:
        links.insert(0, ("I know, I see to it", message.acknowledge_url))
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": CARD_VERSION,
        "fallbackText": title,
        "msteams": teams,
        "body": body,
        "actions": [
            {"type": "Action.OpenUrl", "title": _cut(label, 60), "url": url} for label, url in links
        ],
    }


def _addressee(message: Message, teams: dict[str, Any], *, mention: bool) -> str:
    if not mention:
        return f"For {escape(message.recipient)}"
    tag = f"<at>{message.recipient}</at>"
    teams["entities"] = [
        {
            "type": "mention",
            "text": tag,
            "mentioned": {"id": message.recipient, "name": message.recipient},
        }
    ]
    return f"For {tag}"


def _footer(message: Message) -> str:
    again = "" if message.attempt == 1 else f", told {message.attempt} times"
    return f"Notice {escape(message.id)}{again}"


def _text(text: str, **looks: Any) -> dict[str, Any]:
    return {"type": "TextBlock", "text": text, "wrap": True, **looks}


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
