"""Gentle hints for who writes to customers: long sentences, and words only engineers use. Pure.

They never stand in anybody's way. The list of words is ours; keys and traces are known by shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

LONG = 28
"""Words of a sentence from which on most readers begin it again."""
_LONGEST_READ = 20_000
_SENTENCE = re.compile(r"[^.!?\n]+")
_WORD = re.compile(r"[^\W\d_][\w'\u2019-]*")
_KEY = re.compile(r"\b[A-Z][A-Z0-9]{1,9}-[0-9]{1,7}\b")
_TRACE = re.compile(
    r"\b\w{2,60}(?:Exception|Error)\b(?!\s+message)|\bTraceback\b"
    r"|\bat \w[\w.]{2,80}\([\w.]{1,60}:\d+\)"
    r"|\bnull pointer\b|\bstack ?trace\b|\b[\w-]{1,60}\.(?:py|java|cs|js|ts|rb|go|php)(?::\d+)?\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"\b[a-z]{2,30}(?:_[a-z0-9]{1,30}){1,6}\b|\b[a-z]{2,30}[A-Z][A-Za-z]{1,40}\b")
_JARGON = {
    "api": "the connection between the two systems",
    "backend": "our side",
    "backlog": "the list of planned work",
    "branch": "a version being worked on",
    "commit": "a change",
    "deploy": "put in place",
    "deployed": "put in place",
    "deployment": "the roll-out",
    "endpoint": "the part that answers",
    "epic": "a larger piece of work",
    "escalate": "bring to our engineers",
    "frontend": "what you see",
    "hotfix": "a quick correction",
    "merge": "add",
    "merged": "added",
    "pipeline": "our checks",
    "refactor": "rework",
    "refactored": "reworked",
    "regression": "something that worked before",
    "repro": "seeing it ourselves",
    "rollback": "going back",
    "sprint": "the weeks in which it is worked on",
    "staging": "our test system",
    "ticket": "your request",
    "triage": "the first look",
    "triaged": "looked at",
    "workaround": "another way until then",
}
"""Words of people who build software, each with what a customer would say."""
_NAMED_AT_MOST = 3


@dataclass(frozen=True, slots=True)
class Hint:
    """What a reader may stumble over."""

    about: str
    says: str


def hints(text: str, internal: Iterable[str] = ()) -> list[Hint]:
    """What a customer may stumble over in this text; empty where nothing stands out.

    `internal`: words that only this company's people know, such as statuses and routes' names.
    """
    text = text[:_LONGEST_READ]
    said = re.sub(r"\{\{.*?\}\}", " x ", text)
    return [*_long(said), *_shapes(said), *_words(said), *_internal(said, internal)]


def _long(text: str) -> list[Hint]:
    sentences = [each.split() for each in _SENTENCE.findall(text)]
    over = [each for each in sentences if len(each) > LONG]
    if not over:
        return []
    longest = max(over, key=len)
    begins = " ".join(longest[:5])
    many = f"{len(over)} sentences have" if len(over) > 1 else "One sentence has"
    return [
        Hint("long", f"{many} more than {LONG} words, such as “{begins} …” with {len(longest)}.")
    ]


def _shapes(text: str) -> list[Hint]:
    found = []
    keys = _named(_KEY, text)
    if keys:
        found.append(Hint("key", f"{keys} is a key: a customer can't look it up."))
    traces = _named(_TRACE, text)
    if traces:
        found.append(Hint("trace", f"{traces} reads like a program's own message."))
    codes = _named(_CODE, text)
    if codes:
        found.append(Hint("code", f"{codes} reads like a name from the program."))
    return found


def _named(pattern: re.Pattern[str], text: str) -> str:
    names = list(dict.fromkeys(each.group() for each in pattern.finditer(text)))
    return ", ".join(f"“{each}”" for each in names[:_NAMED_AT_MOST])


def _words(text: str) -> list[Hint]:
    there = dict.fromkeys(each.casefold() for each in _WORD.findall(text))
    return [
        Hint("word", f"“{each}” is our word; a customer may rather read “{_JARGON[each]}”.")
        for each in there
        if each in _JARGON
    ][:_NAMED_AT_MOST]


def _internal(text: str, internal: Iterable[str]) -> list[Hint]:
    folded = f" {' '.join(_WORD.findall(text.casefold()))} "
    found = [
        each
        for each in dict.fromkeys(internal)
        if len(each) > 3 and f" {' '.join(_WORD.findall(each.casefold()))} " in folded
    ]
    names = ", ".join(f"“{each}”" for each in found[:_NAMED_AT_MOST])
    return (
        [Hint("internal", f"{names} is what we call it here; say what it means.")] if names else []
    )
