"""What gives a text away as coming from error tracking. Better one text too many than one missed.

A text found here is not refused: it waits for a person. The shapes are those that Sentry's own
integrations write into trackers (getsentry/sentry: integrations/jira/integration.py,
integrations/vsts/issues.py, integrations/mixins/issues.py) and those of its addresses.
"""

from __future__ import annotations

import html
import re
from urllib.parse import unquote

# "Name wrote:" and a quotation: Sentry's comment as it stands in a tracker, in Azure DevOps
# under the name of a person. Whatever quotes somebody in this way is held.
_ATTRIBUTION = re.compile(
    r"wrote:(?:\s|&nbsp;|</?(?:p|div|span|b|strong|em|br)\b[^>]*>|\*)*"
    r"(?:<blockquote|\{quote|>|&gt;|<pre|$)",
    re.IGNORECASE | re.MULTILINE,
)
_WORD = re.compile(r"sentry", re.IGNORECASE)
_PATHS = re.compile(
    r"/organizations/[\w.-]+/(?:issues|replays|performance|traces|projects|feedback)/"
    r"|/share/(?:issue|group)/[0-9a-f]{8,}"
    r"|/issues/\d+/events/"
    r"|/api/0/(?:issues|organizations|projects)/"
    r"|referrer=(?:jira|vsts)[a-z_]*integration|referrer=jira_server",
    re.IGNORECASE,
)
# Letters and digits mixed after the last hyphen: Sentry's base-32 short ids, not a tracker's key.
_SHORT_ID = re.compile(
    r"\b[A-Z][A-Z0-9_]{0,40}(?:-[A-Z0-9_]{1,40}){0,4}-(?=[0-9A-Z]{0,12}\d)(?=[0-9A-Z]{0,12}[A-HJKMNP-TV-Z])"
    r"[0-9A-HJKMNP-TV-Z]{2,13}\b"
)
_DATA_SOURCE = re.compile(r"https?://[0-9a-f]{32}(?::[0-9a-f]+)?@", re.IGNORECASE)
_TRACE = re.compile(
    r"Traceback \(most recent call last\)"
    r"|\bFile \"[^\"\n]{1,300}\", line \d+"
    r"|(?:^|\s)at [\w.$<>/\[\]]{1,300} ?\([^)\n]{0,300}"
    r"(?::\d|Native Method|Unknown Source|<anonymous>)"
    r"|\b[\w.$]{0,100}(?:Error|Exception|Panic)\b ?(?:\(|:)"
    r"|\bin [\w.$<>]{1,200} at line \d+"
    r"|\b[\w/\\.-]{1,100}\.(?:py|js|jsx|ts|tsx|java|kt|rb|go|cs|php|cpp|rs|swift|dart|ex):\d+"
    r"|\b(?:panic|goroutine \d+|segmentation fault)\b",
    re.IGNORECASE | re.MULTILINE,
)

_SHAPES = (
    ("attribution", _ATTRIBUTION),
    ("sentry", _WORD),
    ("address", _PATHS),
    ("short id", _SHORT_ID),
    ("data source", _DATA_SOURCE),
    ("stack trace", _TRACE),
)


def suspicion(text: str) -> str | None:
    """What in the text looks like error tracking (the shape's name); None where nothing does."""
    forms = (text, html.unescape(text), unquote(html.unescape(text)))
    found = (name for name, shape in _SHAPES for form in forms if shape.search(form))
    return next(found, None)


def is_signal_reference(text: str) -> bool:
    """Whether the text names a Sentry issue, by its word, host or address."""
    forms = (text, unquote(html.unescape(text)))
    return any(_WORD.search(form) or _PATHS.search(form) for form in forms)
