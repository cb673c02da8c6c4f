"""Addresses of the site, and which issue a text names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, quote, urlsplit

_ID = re.compile(r"[1-9][0-9]{0,17}")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[1-9][0-9]{0,11}")
_IN_PATH = re.compile(
    r"/(?:browse|issues)/(?P<key>[A-Za-z][A-Za-z0-9_]*-[0-9]+)/?$"
    r"|/rest/api/[^/]+/issue/(?P<any>[A-Za-z0-9_-]+)(?:/|$)"
    # A service project: the request as its customer sees it, and in its agents' queue.
    r"|/servicedesk/customer/portal/[0-9]+/(?P<request>[A-Za-z][A-Za-z0-9_]*-[0-9]+)/?$"
    r"|/queues/(?:[a-z]+/)?[0-9]+/(?P<queued>[A-Za-z][A-Za-z0-9_]*-[0-9]+)/?$"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the site is: what people see, and what is called (the same but for proxies)."""

    site: str
    origin: str

    def page_url(self, key: str) -> str:
        """Where people open an issue."""
        return f"{self.site}/browse/{quote(key, safe='')}"

    def names(self, text: str) -> str | None:
        """The id or key that an id, a key or one of our own addresses names; None otherwise."""
        text = text.strip()
        if is_id(text):
            return text
        if _KEY.fullmatch(text):
            return text.upper()
        parts = _split(text)
        return _named_in(parts) if parts is not None and self._is_ours(parts) else None

    def _is_ours(self, parts: SplitResult) -> bool:
        # One host serves every site's API where tokens have scopes: its path says whose it is.
        own = [each for each in map(_split, (self.site, self.origin)) if each is not None]
        place = (parts.hostname, _port(parts))
        return any(
            place == (each.hostname, _port(each))
            and parts.path.startswith(each.path.rstrip("/") + "/")
            for each in own
        )


def is_id(text: str) -> bool:
    """Whether the text is an id of the vendor's: only such a one may become part of a path."""
    return _ID.fullmatch(text) is not None


def _named_in(parts: SplitResult) -> str | None:
    chosen = parse_qs(parts.query).get("selectedIssue", [""])[-1]
    found = _IN_PATH.search(parts.path)
    text = chosen or (next(filter(None, found.groups()), "") if found else "")
    if is_id(text):
        return text
    return text.upper() if _KEY.fullmatch(text) else None


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _port(parts)
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") else None


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)
