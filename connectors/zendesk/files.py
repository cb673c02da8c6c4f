"""Which addresses of files belong to Zendesk. Pure: what is not on the list is not fetched."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# The help desk itself and the network that its files are served from.
_HOSTS = re.compile(r"(?:[a-z0-9-]+\.)+(?:zendesk\.com|zdusercontent\.com|zdassets\.com)")


def is_own(url: str, origin: str) -> bool:
    """Whether the address is at the very origin of the API: only there the credential goes."""
    try:
        return _place(url) == _place(origin)
    except ValueError:
        return False


def is_trusted(url: str, origin: str) -> bool:
    """Whether the address is Zendesk's."""
    if is_own(url, origin):
        return True
    try:
        given = urlsplit(url)
        secure = given.scheme == "https" and given.port in (None, 443)
    except ValueError:
        return False
    plain = given.username is None and given.password is None
    return secure and plain and bool(_HOSTS.fullmatch((given.hostname or "").lower()))


def _place(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address with a credential in it")
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or usual
