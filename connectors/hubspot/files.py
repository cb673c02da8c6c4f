"""Which addresses of files belong to HubSpot. Pure: what is not on the list is not fetched."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# The API, the file manager and the content network, with their regional names.
_HOSTS = re.compile(
    r"(?:[a-z0-9-]+\.)*"
    r"(?:hubspot\.com|hubapi\.com|hubspot\.net|hubspotusercontent(?:[0-9]{2}|-[a-z]{2}[0-9])?\.net)"
)


def is_trusted(url: str, api_origin: str) -> bool:
    """Whether the address is HubSpot's, or at the very origin that the API is configured at."""
    try:
        given, own = urlsplit(url), urlsplit(api_origin)
        places = (
            _place(given.scheme, given.hostname, given.port),
            _place(own.scheme, own.hostname, own.port),
        )
    except ValueError:
        return False
    if given.username is not None or given.password is not None:
        return False
    if places[0] == places[1]:
        return True
    host = (given.hostname or "").lower()
    return given.scheme == "https" and given.port in (None, 443) and bool(_HOSTS.fullmatch(host))


def _place(scheme: str, host: str | None, port: int | None) -> tuple[str, str, int | None]:
    usual = {"https": 443, "http": 80}.get(scheme)
    return scheme, (host or "").lower(), port or usual
