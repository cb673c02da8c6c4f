"""Where people open a task, and which task a text names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlsplit

_ID = re.compile(r"#?([0-9]{1,18})")
_IN_PATH = re.compile(r"/tasks/([0-9]{1,18})/?$")


@dataclass(frozen=True, slots=True)
class Place:
    """The host of the API and the one where people are."""

    origin: str
    site: str

    def page_url(self, project: int, task: int) -> str:
        """Where people open the task: its project's page; none says how a task is addressed."""
        return f"{self.site}/projects/{project}?task={task}"

    def task_id(self, text: str) -> str | None:
        """The id that `123`, `#123` or one of our own addresses names; None otherwise."""
        text = text.strip()
        plain = _ID.fullmatch(text)
        if plain is not None:
            return _as_id(plain[1])
        parts = _split(text)
        if parts is None or not (_same(parts, self.site) or _same(parts, self.origin)):
            return None
        found = _IN_PATH.search(parts.path)
        return _as_id(found[1] if found else parse_qs(parts.query).get("task", [""])[-1])


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _port(parts)
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") else None


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _same(parts: SplitResult, own: str) -> bool:
    ours = _split(own)
    return ours is not None and (parts.hostname, _port(parts)) == (ours.hostname, _port(ours))


def _as_id(digits: str) -> str | None:
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 18):
        return None
    return str(int(digits)) if int(digits) > 0 else None
