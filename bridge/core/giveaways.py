"""What gives a text away as coming from error tracking: shapes, for the gate alone.

The forms that Sentry's own integrations write into trackers (getsentry/sentry:
integrations/jira/integration.py, integrations/vsts/issues.py, integrations/mixins/issues.py),
and what errors look like. All but short ids are looked for in small letters, each pattern goes
over a text once however that is made, and nearly all begin with a sign that is found fast.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from bridge.core.sentry_addresses import REFERRER, UNIQUE, lowered
from bridge.core.short_ids import may_be_short_id

# "Name wrote:" and a quotation, or the end of a line or of a document's text node: Sentry's
# comment as it stands in a tracker, in Azure DevOps under the name of a person. Whatever
# quotes somebody in this way is held. The name may be of any script, so it is not looked at.
_ATTRIBUTION = re.compile(
    r"wrote\s{0,3}:"
    r"(?:(?:\s|&nbsp;|\*|</?(?!blockquote|pre)[a-z][^<>]{0,300}>)*+"
    r"(?:<blockquote|<pre|\{quote|>|&gt;|\Z)"
    r"|[^\S\n]{0,20}\n"
    r"|\s{0,9}\"\s{0,9}[,}])"
)
_DATA_SOURCE = (
    re.compile(r"@(?<=[0-9a-f]{32}@)[\w.-]"),
    re.compile(r":(?<=[0-9a-f]{32}:)[0-9a-f]{1,64}@[\w.-]"),
)
_TRACE = (
    re.compile(r"traceback \(most recent call last\)"),
    re.compile(r"file \"[^\"\n]{1,300}\", line \d"),
    re.compile(
        r"at (?<!\Sat )[\w.$<>/\[\]]{1,300} ?\([^()\n]{0,300}"
        r"(?::\d|native method|unknown source|<anonymous>)"
    ),
    re.compile(r"error\b ?[(:]"),
    re.compile(r"exception\b ?[(:]"),
    re.compile(r"panic(?:ked at)?\b"),
    re.compile(r"in (?<!\win )[\w.$<>]{1,200} at line \d"),
    re.compile(
        r"\.(?:py|js|jsx|ts|tsx|java|kt|rb|go|cs|vb|fs|php|cpp|rs|swift|dart|ex)"
        r"(?::(?:line )?\d|\(\d)"
    ),
    re.compile(r"goroutine \d"),
    re.compile(r"segmentation fault\b"),
)
# Addresses that say nothing of where they lead: a mail gateway keeps the target to itself
# (Mimecast's URL Protection), and so do services that shorten. What they hide can't be judged.
_HIDING = (
    "mimecast",
    "bit.ly/",
    "t.co/",
    "tinyurl.com/",
    "goo.gl/",
    "is.gd/",
    "ow.ly/",
    "lnkd.in/",
)
_OPAQUE = re.compile(
    r"\.mimecast(?:protect)?\.com/s/"
    r"|(?<![\w.-])(?:bit\.ly|t\.co|tinyurl\.com|goo\.gl|is\.gd|ow\.ly|lnkd\.in)/\w"
)
_UNIQUE_STEPS = ("/organizations/", "/share/", "/events/", "/api/0/")


def attributed(form: str) -> bool:
    """Whether one reading of a text quotes somebody as Sentry's integrations do."""
    return _ATTRIBUTION.search(lowered(form)) is not None


def giveaway(form: str, hosts: frozenset[str]) -> str | None:
    """The name of the first shape found in one reading of a text."""
    lower = lowered(form)
    if _ATTRIBUTION.search(lower) is not None:
        return "attribution"
    if "sentry" in lower:
        return "sentry"
    if _is_addressed(lower, hosts):
        return "address"
    if "-" in form and may_be_short_id(form):
        return "short id"
    if _any(_DATA_SOURCE, lower):
        return "data source"
    if _any(_TRACE, lower):
        return "stack trace"
    if any(each in lower for each in _HIDING) and _OPAQUE.search(lower) is not None:
        return "opaque address"
    return None


def _is_addressed(lower: str, hosts: frozenset[str]) -> bool:
    if any(each in lower for each in _UNIQUE_STEPS) and UNIQUE.search(lower) is not None:
        return True
    if "referrer=" in lower and REFERRER.search(lower) is not None:
        return True
    return bool(hosts) and _of_one(hosts).search(lower) is not None


@lru_cache(maxsize=16)
def _of_one(hosts: frozenset[str]) -> re.Pattern[str]:
    """A configured host, with or without anything before and after it."""
    either = "|".join(re.escape(each) for each in sorted(hosts, key=len, reverse=True))
    return re.compile(rf"(?<![\w.-])(?:{either})(?::(?:80|443)(?!\d))?(?![\w-]|\.\w|:\d)")


def _any(patterns: Sequence[re.Pattern[str]], lower: str) -> bool:
    return any(each.search(lower) is not None for each in patterns)
