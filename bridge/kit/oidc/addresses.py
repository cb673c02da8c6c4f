"""Which addresses a provider may have: TLS, or this machine itself."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether that host is this machine, by name or address."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def why_unsafe(url: str) -> str:
    """Why nobody should be sent to that address, in a phrase; empty if it is safe to use."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "is no address"
    if not host or port == 0 or any(not 32 < ord(each) < 127 for each in url):
        return "is no address"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "must be an address without user or fragment"
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        return "must begin with https:// (http:// only on this machine itself)"
    return ""


def safe_issuer(text: str) -> str:
    """The issuer as it must be written; ValueError with what is wrong."""
    wrong = why_unsafe(text)
    if wrong:
        raise ValueError(wrong)
    if "?" in text:
        raise ValueError("must be an address without query")
    return text
