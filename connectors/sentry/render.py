"""Questions as method, path and query. Every path ends with a slash: Sentry redirects others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.sentry.addresses import Place

PAGE = 100


@dataclass(frozen=True, slots=True)
class Request:
    """One call."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)


def read_issue(place: Place, id: str) -> Request:
    """One issue."""
    return Request("GET", f"{place.api}/issues/{id}/")


def read_short(place: Place, short: str) -> Request:
    """What a short id means."""
    return Request("GET", f"{place.api}/shortids/{short}/")


def list_issues(place: Place, cursor: str | None, limit: int = PAGE) -> Request:
    """Issues by the time they were last seen, newest first; resolved ones too (empty query)."""
    query = {"query": "", "sort": "date", "limit": str(limit)}
    return Request("GET", f"{place.api}/issues/", query | ({"cursor": cursor} if cursor else {}))


def list_linked(place: Place, cursor: str | None) -> Request:
    """Issues to which something is linked, by Sentry's own integrations or by an app.

    getsentry/sentry: tests/snuba/search/test_backend.py, `is:linked`.
    """
    query = {"query": "is:linked", "sort": "date", "limit": str(PAGE)}
    return Request("GET", f"{place.api}/issues/", query | ({"cursor": cursor} if cursor else {}))


def list_app_links(place: Place, id: str) -> Request:
    """What apps linked to an issue."""
    return Request("GET", f"{place.api}/issues/{id}/external-issues/")


def list_tracker_links(place: Place, id: str) -> Request:
    """What Sentry's own integrations linked to an issue."""
    return Request("GET", f"{place.api}/issues/{id}/integrations/")


def list_notes(place: Place, id: str) -> Request:
    """The notes of an issue."""
    return Request("GET", f"{place.api}/issues/{id}/comments/")


def list_projects(place: Place, cursor: str | None = None) -> Request:
    """The projects."""
    return Request("GET", f"{place.api}/projects/", {"cursor": cursor} if cursor else {})


def list_installations(place: Place) -> Request:
    """The apps that are installed."""
    return Request("GET", f"{place.api}/sentry-app-installations/")
