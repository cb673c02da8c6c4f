"""Addresses of the organization: what belongs to it, and which work item one names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, quote, urlsplit

from bridge.kit.richtext.model import FILE, Image

_ID = re.compile(r"(?:ab)?#?([0-9]{1,10})", re.IGNORECASE)
_IN_PATH = re.compile(r"/_workitems/edit/([0-9]{1,10})(?:/|$)|/wit/workitems/([0-9]{1,10})(?:/|$)")
_LARGEST = 2**31 - 1
_MOST_DIGITS = 20
"""Python reads no number of thousands of digits; a page's address may have any."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the organization is: the address of its host and its name there."""

    origin: str
    organization: str

    @property
    def api_base(self) -> str:
        """Where the addresses of the API begin, without a trailing slash."""
        return f"{self.origin}/{quote(self.organization, safe='')}"

    def page_url(self, project: str, id: int) -> str:
        """Where people open a work item."""
        return f"{self.api_base}/{quote(project, safe='')}/_workitems/edit/{id}"

    def picture_url(self, image: Image) -> str:
        """The address of an image that is a file on an item; nothing for any other."""
        id = image.source.removeprefix(FILE)
        if not image.source.startswith(FILE):
            return ""
        name = f"?fileName={quote(image.name, safe='')}" if image.name else ""
        return f"{self.api_base}/_apis/wit/attachments/{quote(id, safe='')}{name}"

    def names_us(self, url: str) -> bool:
        """Whether an address out of a payload is one of this organization's.

        Hosts are not compared: the same organization answers at dev.azure.com and at
        visualstudio.com, and a server of one's own under several names.
        """
        parts = _split(url)
        if parts is None:
            return False
        own = self.organization.casefold()
        before_api = parts.path.casefold().partition("/_apis")[0].split("/")
        host = (parts.hostname or "").casefold()
        return own in before_api or host == f"{own}.visualstudio.com"

    def item_id(self, text: str) -> str | None:
        """The id that `123`, `#123`, `AB#123` or one of our own addresses names; None otherwise."""
        text = text.strip()
        plain = _ID.fullmatch(text)
        if plain is not None:
            return _as_id(plain[1]) if text[:2].casefold() != "ab" or "#" in text else None
        parts = _split(text)
        return _id_in(parts) if parts is not None and self._is_ours(parts) else None

    def _is_ours(self, parts: SplitResult) -> bool:
        own, origin = self.organization.casefold(), _split(self.origin)
        host = parts.hostname or ""
        if host.casefold() == f"{own}.visualstudio.com":
            return origin is not None and origin.hostname == "dev.azure.com"
        first = parts.path.casefold().split("/")[1:2]
        if origin is None or _port(parts) != _port(origin) or host != origin.hostname:
            return False
        return first in ([own], [quote(own, safe="")])


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _port(parts)
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") else None


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _id_in(parts: SplitResult) -> str | None:
    path = parts.path.casefold()
    found = _IN_PATH.search(path)
    if found is not None:
        return _as_id(found[1] or found[2])
    query = {key.casefold(): values[-1] for key, values in parse_qs(parts.query).items()}
    if query.get("workitem", "").isdecimal():
        return _as_id(query["workitem"])
    names_item = path.endswith(("/wi.aspx", "/_workitems", "/_workitems/"))
    return _as_id(query.get("id", "")) if names_item else None


def _as_id(digits: str) -> str | None:
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS):
        return None
    number = int(digits)
    return str(number) if 0 < number <= _LARGEST else None
