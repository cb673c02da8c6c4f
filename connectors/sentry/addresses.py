"""Addresses of one organization, and which issue a text names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

_ID = re.compile(r"[1-9][0-9]{0,18}")
# The slug, and a counter in base 32 without I, L, O and U, which people may type all the same.
_SHORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}-[A-Za-z0-9]{1,13}")
_CLOUD = "sentry.io"
_IN_PATH = re.compile(
    r"^/(?:(?:api/0/)?organizations/(?P<org>[^/]+)/|api/0/|(?P<first>[^/]+)/(?:[^/]+/)?)?"
    r"issues/(?P<issue>[A-Za-z0-9_-]+)(?:/|$)"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the organization is."""

    origin: str
    organization: str

    @property
    def api(self) -> str:
        """The root of the organization's part of the API, relative to the origin."""
        return f"api/0/organizations/{quote(self.organization, safe='')}"

    def page_url(self, id: str) -> str:
        """Where people open an issue."""
        return f"{self.origin}/organizations/{self.organization}/issues/{id}/"

    def is_ours(self, url: str) -> bool:
        """Whether an address leads to the configured Sentry."""
        parts = _split(url)
        return parts is not None and self._is_our_host(parts)

    def names(self, text: str) -> str | None:
        """The id or short id that a text names; None where it names none of ours."""
        text = text.strip()
        if is_id(text) or _SHORT.fullmatch(text):
            return text
        parts = _split(text)
        if parts is None or not self._is_our_host(parts):
            return None
        found = _IN_PATH.match(parts.path)
        if found is None or not self._is_our_organization(parts, found):
            return None
        named = found["issue"]
        return named if is_id(named) or _SHORT.fullmatch(named) else None

    def _is_our_host(self, parts: SplitResult) -> bool:
        own = _split(self.origin)
        if own is not None and (parts.hostname, _port(parts)) == (own.hostname, _port(own)):
            return True
        cloud = own is not None and _on_cloud(own.hostname or "")
        return cloud and _on_cloud(parts.hostname or "") and parts.scheme == "https"

    def _is_our_organization(self, parts: SplitResult, found: re.Match[str]) -> bool:
        named = found["org"] or found["first"]
        if named is None and _on_cloud(parts.hostname or ""):
            named = (parts.hostname or "").removesuffix(_CLOUD).rstrip(".") or None
        return named in (None, self.organization, "us", "de", "eu", "www")


def is_id(text: str) -> bool:
    """Whether the text is an issue's id: only such a one may become part of a path."""
    return _ID.fullmatch(text) is not None


def is_short_id(text: str) -> bool:
    """Whether the text has the form of a short id."""
    return _SHORT.fullmatch(text) is not None


def _on_cloud(host: str) -> bool:
    return host == _CLOUD or host.endswith(f".{_CLOUD}")


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _port(parts)
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname else None


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)
