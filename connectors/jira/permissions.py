"""Which permission of a project a call needs: Jira's 403 does not say it.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/ names it with each call.
"""

from __future__ import annotations

import re

_NEEDED = (
    ("POST", re.compile(r"/issue$"), "Create issues"),
    ("PUT", re.compile(r"/issue/[^/]+$"), "Edit issues"),
    ("POST", re.compile(r"/issue/[^/]+/transitions$"), "Transition issues"),
    ("POST", re.compile(r"/issue/[^/]+/remotelink$"), "Link issues"),
    ("DELETE", re.compile(r"/issue/[^/]+/remotelink/[^/]+$"), "Link issues"),
    ("POST", re.compile(r"/issueLink$"), "Link issues"),
    ("POST", re.compile(r"/issue/[^/]+/comment$"), "Add comments"),
    ("DELETE", re.compile(r"/issue/[^/]+/comment/[^/]+$"), "Delete own comments"),
    ("POST", re.compile(r"/issue/[^/]+/attachments$"), "Create attachments"),
    ("DELETE", re.compile(r"/attachment/[^/]+$"), "Delete own attachments"),
)


def needed(method: str, path: str) -> str:
    """The permission's name in Jira's English pages; "" where a call needs none of these."""
    found = (name for verb, shape, name in _NEEDED if verb == method and shape.search(path))
    return next(found, "")
